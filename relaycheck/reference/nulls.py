"""Null targets: servers that know nothing of RelayMessage and must never be certified. Real sockets on loopback."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
    Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

CHALLENGE = 'WWW-Authenticate: Basic realm="null"\r\n'


PAUSE = 0.02
"""Seconds between the octets of a slow drip."""
BLOCK = b"x" * 65536


def _response(status: int, reason: str, fields: str = "", body: bytes = b"") -> bytes:
    length = "" if status == 204 else f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status} {reason}\r\nDate: {formatdate(usegmt=True)}\r\n{fields}{length}\r\n".encode() + body


JSON = "Content-Type: application/json\r\n"
NO = b'{"Message":"no"}'
LOGIN = b"<!doctype html><title>Sign in</title><form method=post><input name=user><input name=password type=password></form>"
CONSTANT: dict[str, Callable[[], bytes]] = {
    "constant-200": lambda: _response(200, "OK", JSON, b"null"),
    "constant-204": lambda: _response(204, "No Content"),
    "constant-400": lambda: _response(400, "Bad Request", JSON, NO),
    "constant-401": lambda: _response(401, "Unauthorized", CHALLENGE + JSON, NO),
    "constant-401-without-challenge": lambda: _response(401, "Unauthorized", JSON, NO),
    "constant-403": lambda: _response(403, "Forbidden", JSON, NO),
    "constant-404": lambda: _response(404, "Not Found", JSON, NO),
    "constant-415": lambda: _response(415, "Unsupported Media Type", JSON, NO),
    "constant-429": lambda: _response(429, "Too Many Requests", "Retry-After: 0\r\n" + JSON, NO),
    "constant-500": lambda: _response(500, "Internal Server Error", JSON, NO),
    "constant-502": lambda: _response(502, "Bad Gateway", JSON, NO),
    "constant-503": lambda: _response(503, "Service Unavailable", JSON, NO),
    "redirect-same-origin": lambda: _response(302, "Found", "Location: /api/v1/elsewhere\r\n"),
    "redirect-other-origin": lambda: _response(307, "Temporary Redirect", "Location: http://127.0.0.1:9/\r\n"),
    "login-page": lambda: _response(200, "OK", "Content-Type: text/html; charset=utf-8\r\n", LOGIN),
}


async def _request(reader: asyncio.StreamReader) -> tuple[bytes, bytes] | None:
    """Reads one request, its head and its content; None at the end of the connection or for what is no HTTP."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        _, found, rest = head.lower().partition(b"\r\ncontent-length:")
        length = rest.partition(b"\r\n")[0].strip()
        if found and length.isdigit():
            return head, await reader.readexactly(int(length))
        if b"\r\ntransfer-encoding:" in head.lower():
            return head, await reader.readuntil(b"0\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return None
    return head, b""


async def _constant(make: Callable[[], bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await _request(reader) is not None:
        writer.write(make())
        await writer.drain()


async def _gate_204(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A gateway's rule that wants some credentials and then answers 204 by itself."""
    while (request := await _request(reader)) is not None:
        known = any(scheme in request[0] for scheme in (b"Basic ", b"SoTicket ", b"Bearer ", b"X-XSRF-TOKEN: "))
        writer.write(CONSTANT["constant-204" if known else "constant-401"]())
        await writer.drain()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers 200 with the request, head and content."""
    while (request := await _request(reader)) is not None:
        writer.write(_response(200, "OK", "Content-Type: application/octet-stream\r\n", b"".join(request)))
        await writer.drain()


async def _echo_204(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers 204 with the request's own header fields, but for those that frame it."""
    while (request := await _request(reader)) is not None:
        _, *lines = request[0].decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        kept = [
            line for line in lines if not line.lower().startswith(("content-length:", "transfer-encoding:", "host:"))
        ]
        writer.write(_response(204, "No Content", "".join(f"{line}\r\n" for line in kept)))
        await writer.drain()


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything and says nothing, until the client leaves."""
    while await reader.read(65536):
        pass


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    writer.transport.abort()


async def _close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and closes."""


async def _plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a server of plain HTTP makes of a TLS handshake: a request that it cannot read."""
    await reader.read(65536)
    writer.write(CONSTANT["constant-400"]())
    await writer.drain()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A response that comes octet by octet and never ends."""
    await _request(reader)
    for octet in _response(200, "OK", "Content-Length: 1000000\r\n"):
        writer.write(bytes((octet,)))
        await writer.drain()
        await asyncio.sleep(PAUSE)
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(PAUSE)


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A response whose body has no end."""
    await _request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK))
        await writer.drain()


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await _request(reader) is not None:
        writer.write(bytes(range(256)) * 4)
        await writer.drain()


HANDLERS: dict[str, Handler] = {name: partial(_constant, make) for name, make in CONSTANT.items()}
HANDLERS |= {
    "gate-204": _gate_204,
    "echo": _echo,
    "echo-204": _echo_204,
    "hang": _hang,
    "reset": _reset,
    "close-at-once": _close_at_once,
    "slow-drip": _drip,
    "endless-body": _endless,
    "garbage": _garbage,
}
CLOSED_PORT = "closed-port"
TLS_SPOKEN_TO_IN_PLAIN = "tls-spoken-to-in-plain"
PLAIN_SPOKEN_TO_IN_TLS = "plain-spoken-to-in-tls"
BEHIND_TLS = {TLS_SPOKEN_TO_IN_PLAIN: "constant-204"}
KINDS = (*HANDLERS, CLOSED_PORT, TLS_SPOKEN_TO_IN_PLAIN, PLAIN_SPOKEN_TO_IN_TLS)


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
    handler = _plain if kind == PLAIN_SPOKEN_TO_IN_TLS else HANDLERS[kind if kind in HANDLERS else BEHIND_TLS[kind]]
    with _Serving(handler, _tls() if kind == TLS_SPOKEN_TO_IN_PLAIN else None) as port:
        yield f"{'https' if kind == PLAIN_SPOKEN_TO_IN_TLS else 'http'}://127.0.0.1:{port}"


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


class _Serving:
    """A handler on a free port, in a thread with its own event loop."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
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

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self._tls)
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        async with server:
            await self._over.wait()
            for task in tuple(open_now):
                if task is not None:
                    task.cancel()
