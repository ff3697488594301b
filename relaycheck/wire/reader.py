"""Reads one response from bytes, however they are split. No I/O; h11 parses, this keeps what h11 discards."""

from __future__ import annotations

import re
from functools import lru_cache

import h11

from relaycheck.exchange import Fields, Response

STATUS_LINE_START = b"HTTP/1."
MAX_HEAD = 1 << 20  # octets; one head or one chunk line longer than this is malformed
NO_CONTENT = frozenset({204, 304})

_CONNECTION_OPTION = re.compile(r"[^\s,]+")


@lru_cache(maxsize=3)
def _request_event(method: str) -> h11.Request:
    return h11.Request(method=method, target="/", headers=[("Host", "target")])


def could_start_response(data: bytes | bytearray) -> bool:
    """Whether `data` begins, or may with more bytes begin, an HTTP/1 status line (RFC 9112 §4)."""
    return data[:5] == b"HTTP/"[: len(data)]


class ResponseReader:
    """Feed it bytes until `done`; then `complete`, `malformed` or `oversized` says how it ended (RFC 9112 §6.3).

    `method` is the request's: HEAD and CONNECT decide whether a response has content.
    """

    __slots__ = (
        "_body", "_consumed", "_fields", "_framing", "_h11", "_head", "_limit", "_method", "_response", "_trailers",
        "complete", "interim", "malformed", "oversized", "received",
    )  # fmt: skip

    def __init__(self, method: str, limit: int) -> None:
        self._method = method
        self._limit = limit
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._h11.send(_request_event(method if method in ("HEAD", "CONNECT") else "POST"))
        self._h11.send(h11.EndOfMessage())
        self._response: h11.Response | None = None
        self._fields = Fields()
        self._framing = "none"
        self._head = b""
        self._body: list[bytes] = []
        self._trailers = Fields()
        self._consumed = 0
        self.received = bytearray()
        self.interim: list[int] = []
        self.complete = False
        self.malformed = ""
        self.oversized = False

    @property
    def done(self) -> bool:
        return self.complete or self.oversized or bool(self.malformed)

    @property
    def stray(self) -> bytes:
        """What follows the end of a complete response."""
        return bytes(self.received[self._consumed :]) if self.complete else b""

    @property
    def closes(self) -> bool:
        """Whether the response ends its connection: by a close option, by its version, or by its framing (RFC 9112 §9.3)."""
        if self._response is None or self._framing == "close":
            return True
        options = {o.lower() for v in self._fields.all("connection") for o in _CONNECTION_OPTION.findall(v)}
        return "close" in options or (self._response.http_version < b"1.1" and "keep-alive" not in options)

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Bytes after the end of the response are kept as `stray`."""
        self.received += data
        if self.done:
            return
        if self._response is None and not self.interim and not could_start_response(self.received):
            self.malformed = "it does not begin with a status line"
            return
        self._h11.receive_data(data)
        self._advance()
        if not self.complete and len(self.received) > self._limit:
            self.oversized = True

    def end(self) -> None:
        """The connection ended: completes a response that is framed by it; any other stays incomplete."""
        if self.done or not self.received:
            return
        self._h11.receive_data(b"")
        self._advance(ended=True)

    def response(self) -> Response | None:
        """The response as far as it came, or None before its head is whole."""
        event = self._response
        if event is None:
            return None
        return Response(
            status=event.status_code,
            reason=event.reason.decode("latin-1"),
            fields=self._fields,
            body=b"".join(self._body),
            version=event.http_version.decode("ascii"),
            trailers=self._trailers,
            interim=tuple(self.interim),
            framing=self._framing,
            head=self._head,
        )

    def split_off_next(self) -> bytes:
        """Remove from the end of `received` what may be the next, pipelined response, and return it."""
        rest = self.received[self._consumed :]
        at = rest.find(STATUS_LINE_START)
        if at < 0:
            at = next(i for i in range(max(0, len(rest) - 6), len(rest) + 1) if STATUS_LINE_START.startswith(rest[i:]))
        following = bytes(rest[at:])
        del self.received[self._consumed + at :]
        return following

    def _advance(self, ended: bool = False) -> None:
        try:
            while not self.complete:
                event = self._h11.next_event()
                if isinstance(event, h11.Data):
                    self._body.append(bytes(event.data))
                elif isinstance(event, h11.InformationalResponse):
                    self.interim.append(event.status_code)
                    self._mark()
                elif isinstance(event, h11.Response):
                    self._begin(event)
                elif isinstance(event, h11.EndOfMessage):
                    self._trailers = _fields(event.headers.raw_items())
                    self._mark()
                    self.complete = True
                else:
                    return
        except h11.RemoteProtocolError as fault:
            if not ended:
                self.malformed = str(fault)

    def _begin(self, event: h11.Response) -> None:
        start = self._consumed
        self._mark()
        self._head = bytes(self.received[start : self._consumed])
        self._response = event
        self._fields = _fields(event.headers.raw_items())
        connected = self._method == "CONNECT" and 200 <= event.status_code < 300
        if self._method == "HEAD" or event.status_code in NO_CONTENT or connected:
            self._framing = "none"
        elif "transfer-encoding" in self._fields:
            self._framing = "chunked"
        elif "content-length" in self._fields:
            self._framing = "length"
        else:
            self._framing = "close"
        self.complete = connected

    def _mark(self) -> None:
        self._consumed = len(self.received) - len(self._h11.trailing_data[0])


def _fields(lines: list[tuple[bytes, bytes]]) -> Fields:
    return Fields(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in lines))
