"""Reads the frames of one HTTP/2 connection (RFC 9113 §4) as they arrive, and keeps what a client library leaves out: interim
responses, trailers, and on which frame a stream ended. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from hpack import Decoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PushPromiseFrame,
    RstStreamFrame,
)

from relaycheck.exchange import Fields, Response

FRAME_HEAD = 9  # octets


@dataclass(slots=True)
class StreamLog:
    """What came on one stream."""

    sections: list[Fields] = field(default_factory=list)
    """Its header sections, pseudo-fields included: interim ones, the final one, trailers."""
    data: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: int | None = None
    """The error code of RST_STREAM (RFC 9113 §7)."""

    def response(self) -> Response | None:
        """The final response as far as it came; None before its header section."""
        finals = [n for n, section in enumerate(self.sections) if not _status(section).startswith("1")]
        if not finals or not _status(self.sections[finals[0]]).isdigit():
            return None
        final = finals[0]
        return Response(
            status=int(_status(self.sections[final])),
            reason="",
            fields=_regular(self.sections[final]),
            body=bytes(self.data),
            version="2",
            trailers=_regular(self.sections[final + 1]) if len(self.sections) > final + 1 else Fields(),
            interim=tuple(int(_status(section)) for section in self.sections[:final]),
            framing="h2",
            head=written(self.sections[final]),
        )

    def octets(self) -> bytes:
        """The decoded response, for a reader and for redaction: a compressed header section would hide a secret from both."""
        response = self.response()
        if response is None:
            return b"".join(map(written, self.sections))
        interim, rest = self.sections[: len(response.interim) + 1], self.sections[len(response.interim) + 1 :]
        return b"".join([*map(written, interim), bytes(self.data), *map(written, rest)])


def written(section: Fields) -> bytes:
    """A header section in lines, pseudo-fields first."""
    return "".join([*(f"{name}: {value}\r\n" for name, value in section), "\r\n"]).encode("latin-1", "replace")


def _status(section: Fields) -> str:
    return section.get(":status") or ""


def _regular(section: Fields) -> Fields:
    return Fields(tuple((name, value) for name, value in section if not name.startswith(":")))


class FrameLog:
    """Feed it what the server sends. Raises nothing: what is no frame is for the protocol to complain about."""

    def __init__(self) -> None:
        self.streams: dict[int, StreamLog] = {}
        self.going_away: int | None = None
        """The error code of GOAWAY."""
        self._decoder = Decoder()
        self._buffer = bytearray()
        self._block = bytearray()

    def feed(self, octets: bytes) -> None:
        self._buffer += octets
        while len(self._buffer) >= FRAME_HEAD:
            frame, length = Frame.parse_frame_header(memoryview(bytes(self._buffer[:FRAME_HEAD])))
            if len(self._buffer) < FRAME_HEAD + length:
                return
            frame.parse_body(memoryview(bytes(self._buffer[FRAME_HEAD : FRAME_HEAD + length])))
            del self._buffer[: FRAME_HEAD + length]
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        stream = self.streams.setdefault(frame.stream_id, StreamLog())
        if isinstance(frame, DataFrame):
            stream.data += frame.data
        elif isinstance(frame, HeadersFrame | ContinuationFrame | PushPromiseFrame):
            self._block += frame.data
            if "END_HEADERS" in frame.flags:
                fields = self._decoder.decode(bytes(self._block), raw=True)
                self._block.clear()
                if not isinstance(frame, PushPromiseFrame):
                    stream.sections.append(
                        Fields(tuple((bytes(n).decode("latin-1"), bytes(v).decode("latin-1")) for n, v in fields))
                    )
        elif isinstance(frame, RstStreamFrame):
            stream.reset = frame.error_code
        elif isinstance(frame, GoAwayFrame):
            self.going_away = frame.error_code
        if "END_STREAM" in frame.flags:
            stream.ended = True
