"""Null targets: servers that know nothing of RelayMessage and must never be certified. Real sockets on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
    Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

CHALLENGE = 'WWW-Authenticate: Basic realm="null"\r\n'


def _response(status: int, reason: str, fields: str = "", body: bytes = b"") -> bytes:
    length = "" if status == 204 else f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status} {reason}\r\nDate: {formatdate(usegmt=True)}\r\n{fields}{length}\r\n".encode() + body


JSON = "Content-Type: application/json\r\n"
CONSTANT: dict[str, Callable[[], bytes]] = {
    "constant-200": lambda: _response(200, "OK", JSON, b"null"),
    "constant-204": lambda: _response(204, "No Content"),
    "constant-400": lambda: _response(400, "Bad Request", JSON, b'{"Message":"no"}'),
    "constant-401": lambda: _response(401, "Unauthorized", CHALLENGE + JSON, b'{"Message":"no"}'),
    "constant-403": lambda: _response(403, "Forbidden", JSON, b'{"Message":"no"}'),
    "constant-404": lambda: _response(404, "Not Found", JSON, b'{"Message":"no"}'),
    "constant-415": lambda: _response(415, "Unsupported Media Type", JSON, b'{"Message":"no"}'),
    "constant-500": lambda: _response(500, "Internal Server Error", JSON, b'{"Message":"no"}'),
    "constant-503": lambda: _response(503, "Service Unavailable", JSON, b'{"Message":"no"}'),
}


async def _skip_request(reader: asyncio.StreamReader) -> bool:
    """Reads one request and forgets it; False at the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, found, rest = head.partition(b"\r\ncontent-length:")
        length = rest.partition(b"\r\n")[0].strip()
        if found and length.isdigit():
            await reader.readexactly(int(length))
        elif b"\r\ntransfer-encoding:" in head:
            await reader.readuntil(b"0\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return False
    return True


async def _constant(make: Callable[[], bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await _skip_request(reader):
        writer.write(make())
        await writer.drain()


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything and says nothing, until the client leaves."""
    while await reader.read(65536):
        pass


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _skip_request(reader)
    writer.transport.abort()


HANDLERS: dict[str, Handler] = {name: partial(_constant, make) for name, make in CONSTANT.items()}
HANDLERS |= {"hang": _hang, "reset": _reset}
CLOSED_PORT = "closed-port"
KINDS = (*HANDLERS, CLOSED_PORT)


@contextmanager
def null_target(kind: str) -> Iterator[str]:
    """The URL of a null target of this kind, one of `KINDS`. Raises KeyError for another kind."""
    if kind == CLOSED_PORT:
        with (
            socket.socket() as reserved
        ):  # bound and not listening: connections are refused, and nobody else gets the port
            reserved.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{reserved.getsockname()[1]}"
        return
    with _Serving(HANDLERS[kind]) as port:
        yield f"http://127.0.0.1:{port}"


class _Serving:
    """A handler on a free port, in a thread with its own event loop."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._port = 0
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="null-target", daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        self._listening.wait()
        return self._port

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        open_now: set[asyncio.Task[None] | None] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            open_now.add(asyncio.current_task())
            try:
                await self._handler(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                open_now.discard(asyncio.current_task())
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        async with server:
            await self._over.wait()
            for task in tuple(open_now):
                if task is not None:
                    task.cancel()
