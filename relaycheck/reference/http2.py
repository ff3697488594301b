"""HTTP/2 (RFC 9113) beside HTTP/1.1: one connection that ALPN gave to h2, each stream one call of the ASGI application."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, RequestReceived, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import ProtocolError

from relaycheck.reference.application import DRAINED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from h2.events import Event
    from uvicorn.server import ServerState

    from relaycheck.reference.wire import WireProtocol

    Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


@dataclass(slots=True)
class Stream:
    """One request, as far as it has come."""

    length: int = 0
    """As declared."""
    body: bytearray = field(default_factory=bytearray)
    whole: bool = False
    gone: bool = False
    """The client has reset the stream or left."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client may have opened its window."""


class Http2Protocol(asyncio.Protocol):
    """One connection. Faults of the HTTP/1.1 wire have no place here; those of the service do."""

    def __init__(self, application: Application, state: ServerState) -> None:
        self._application = application
        self._state = state
        # Faulty services say fields that HTTP/2 forbids: what goes out is neither mended nor checked.
        config = H2Configuration(
            client_side=False,
            header_encoding=None,
            normalize_inbound_headers=False,  # each cookie stays in its own field, as it came
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self._h2 = H2Connection(config)
        self._streams: dict[int, Stream] = {}
        self._memory: dict[str, object] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._h2.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:
            # What was wrong is said in the GOAWAY that h2 has prepared.
            self._flush()
            self._transport.close()
            return
        for event in events:
            self._learn(event)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        for stream in self._streams.values():
            self._lose(stream)

    def shutdown(self) -> None:
        """The server stops: called by uvicorn."""
        self._h2.close_connection()
        self._flush()
        self._transport.close()

    def _learn(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            stream = self._streams[event.stream_id] = Stream()
            task = asyncio.get_running_loop().create_task(self._serve(event.stream_id, stream, event.headers))
            self._state.tasks.add(task)
            task.add_done_callback(self._state.tasks.discard)
        elif isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if stream_or_none := self._streams.get(event.stream_id):
                stream_or_none.body += event.data
                stream_or_none.news.set()
        elif isinstance(event, StreamEnded):
            if stream_or_none := self._streams.get(event.stream_id):
                stream_or_none.whole = True
                stream_or_none.news.set()
        elif isinstance(event, StreamReset):
            if stream_or_none := self._streams.pop(event.stream_id, None):
                self._lose(stream_or_none)
        elif isinstance(event, WindowUpdated):
            for stream in self._streams.values():
                stream.room.set()
        elif isinstance(event, ConnectionTerminated):
            self._transport.close()

    def _lose(self, stream: Stream) -> None:
        stream.gone = True
        stream.news.set()
        stream.room.set()

    async def _serve(self, number: int, stream: Stream, headers: Any) -> None:
        pseudo = {name: value for name, value in headers if name.startswith(b":")}
        fields = [(name, value) for name, value in headers if not name.startswith(b":")]
        if b":authority" in pseudo:
            fields.insert(0, (b"host", pseudo[b":authority"]))
        stream.length = next((int(value) for name, value in fields if name == b"content-length"), 0)
        raw_path, _, query = pseudo[b":path"].partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "2",
            "scheme": "https",
            "method": pseudo[b":method"].decode("ascii"),
            "root_path": "",
            "path": unquote(raw_path.decode("latin-1")),
            "raw_path": raw_path,
            "query_string": query,
            "headers": fields,
            "client": self._transport.get_extra_info("peername"),
            "server": self._transport.get_extra_info("sockname"),
            "state": {"connection": self._memory},
        }
        answer: dict[str, Any] = {}

        async def receive() -> dict[str, Any]:
            while not (stream.body or stream.whole or stream.gone):
                stream.news.clear()
                await stream.news.wait()
            if stream.gone:
                return {"type": "http.disconnect"}
            body = bytes(stream.body)
            stream.body.clear()
            return {"type": "http.request", "body": body, "more_body": not stream.whole}

        async def send(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                answer.update(event)
            elif not stream.gone:
                await self._answer(number, stream, answer, event.get("body", b""))

        await self._application(scope, receive, send)
        self._streams.pop(number, None)

    async def _answer(self, number: int, stream: Stream, start: dict[str, Any], body: bytes) -> None:
        fields = [(name.lower(), value) for name, value in (*self._state.default_headers, *start["headers"])]
        head = [(b":status", str(start["status"]).encode()), *fields]
        trailers = [(name.lower(), value) for name, value in start.get("trailers", ())]
        self._h2.send_headers(number, head, end_stream=not (body or trailers))
        while body and not stream.gone:
            size = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if size <= 0:
                self._flush()
                stream.room.clear()
                await stream.room.wait()
                continue
            self._h2.send_data(number, body[:size], end_stream=size >= len(body) and not trailers)
            body = body[size:]
        if trailers and not stream.gone:
            self._h2.send_headers(number, trailers, end_stream=True)
        if not (stream.whole or stream.gone) and stream.length > DRAINED:
            # The answer needs no more of the request (RFC 9113 §8.1); a shorter rest is taken and dropped.
            self._h2.reset_stream(number, ErrorCodes.NO_ERROR)
        self._flush()

    def _flush(self) -> None:
        octets = self._h2.data_to_send()
        if octets and not self._transport.is_closing():
            self._transport.write(octets)


def after(first: WireProtocol) -> Http2Protocol:
    """The protocol that takes over a connection on which ALPN has selected h2."""
    return Http2Protocol(first.app, first.server_state)
