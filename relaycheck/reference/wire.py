"""HTTP/1.1 under the application: uvicorn's h11 protocol, made right where it is not, with hooks for faults below HTTP."""

from __future__ import annotations

import json
import re
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from relaycheck.reference.faults import FAITHFUL_WIRE, Outgoing
from relaycheck.reference.link import Link

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Mapping

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from relaycheck.reference.candidates import Candidates
    from relaycheck.reference.faults import Move, WireFaults

HEAD_LIMIT = 128 * 1024
"""Octets of request line and header section; more is 431."""
LINE_LIMIT = 64 * 1024
REQUEST_LINE = re.compile(rb"[\r\n]*[^ \r\n]+[ \t]+([^ \r\n]+)")


class Watched(h11.Connection):
    """The parser, with the event hook of the current candidate, and a memory of what its last error advised."""

    def __init__(self, protocol: WireProtocol) -> None:
        super().__init__(h11.SERVER, HEAD_LIMIT)
        self._protocol = protocol
        self.advised = 400

    def next_event(self) -> Any:
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            self.advised = error.error_status_hint
            raise
        if isinstance(event, h11.Event):
            return self._protocol.wire.event(event, self._protocol.memory)
        return event


class WireProtocol(H11Protocol):
    """One connection."""

    candidates: ClassVar[Candidates]
    alternatives: ClassVar[Mapping[str, Callable[[WireProtocol], asyncio.Protocol]]] = {}
    """What takes a connection over by its ALPN name: where HTTP/2 plugs in."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": {}}, _loop)
        self.conn = Watched(self)
        self.wire: WireFaults = FAITHFUL_WIRE
        self.memory: dict[str, object] = {}
        self._opening = bytearray()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        tls = transport.get_extra_info("ssl_object")
        other = self.alternatives.get(tls.selected_alpn_protocol() or "") if tls is not None else None
        if other is not None:
            protocol = other(self)
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            return
        self._link = Link(transport, self._shape, lambda octets: self.wire.interim(octets, self.memory))
        super().connection_made(self._link)

    def data_received(self, data: bytes) -> None:
        if self._link.closing:
            return
        if self._opening or self._between_requests():
            self._opening += data
            if b"\n" not in self._opening.lstrip(b"\r\n") and len(self._opening) < LINE_LIMIT:
                return
            data = bytes(self._opening)
            self._opening.clear()
            line = REQUEST_LINE.match(data)
            target = line[1].decode("latin-1") if line else ""
            self.wire = self.candidates.find(target).wire
        data = self.wire.incoming(data, self.memory)
        if data:
            super().data_received(data)

    def _between_requests(self) -> bool:
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A client may end its side after a complete request and still read the answer; an incomplete one is over."""
        self._link.peer_done = True
        busy = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        answerable = not self._link.closing and self._link.can_write_eof()
        if busy and answerable and self.wire.half_close(self.memory):
            self.cycle.keep_alive = False
            return True
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.ended()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def on_response_complete(self) -> None:
        self._link.finish()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is refused in the words that every other error has, and the connection ends."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        assert isinstance(self.conn, Watched)
        status, code, sentence = 400, "bad-http", "This is not a well-formed HTTP request."
        if self.conn.advised == 431:
            status, code, sentence = 431, "header-too-large", "The header section is too large."
        body = json.dumps({"Code": code, "Message": sentence}).encode()
        headers = [
            ("Date", formatdate(usegmt=True)),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        reason = {400: b"Bad Request", 431: b"Request Header Fields Too Large"}[status]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=reason),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _shape(self, raw: bytes) -> Iterable[Move]:
        head, separator, content = raw.partition(b"\r\n\r\n")
        scope = self.scope or {"method": "", "raw_path": b"", "headers": []}
        outgoing = Outgoing(
            method=scope["method"],
            target=scope["raw_path"].decode("latin-1"),
            request_fields=tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]),
            status=int(head[9:12]),
            head=head + separator,
            content=content,
            memory=self.memory,
        )
        return self.wire.outgoing(outgoing)


def protocol_for(
    candidates_: Candidates, alternatives_: Mapping[str, Callable[[WireProtocol], asyncio.Protocol]] | None = None
) -> type[WireProtocol]:
    """The protocol class of a server that offers these candidates, and these alternatives to HTTP/1.1."""

    class Bound(WireProtocol):
        candidates = candidates_
        alternatives = alternatives_ or {}

    return Bound
