"""A listener on loopback that notes who connects: for inputs that must not make the target fetch or probe anything.

Three manners beside a closed port: an HTTP server, a silent port, and a port with a banner that is not SMTP.
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from threading import Condition
from typing import TYPE_CHECKING

from relaycheck.witness.listener import bound
from relaycheck.witness.loop_thread import LoopThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

KEPT = 65536  # octets of each connection
LOOPBACK = "127.0.0.1"


class Manner(Enum):
    """What the listener says: (at once, after the first blank line)."""

    HTTP = (b"", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    SILENT = (b"", b"")
    BANNER = (b"SSH-2.0-relaycheck\r\n", b"")

    @property
    def greeting(self) -> bytes:
        return self.value[0]

    @property
    def answer(self) -> bytes:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Hit:
    """One connection. `received` grows until it is closed; this is what had come when it was asked for."""

    at: float
    peer: str
    received: bytes


class Callback:
    """The listener, a context manager. `clock` stamps the hits; `address_host` is the host as the target reaches it."""

    def __init__(
        self,
        manner: Manner = Manner.HTTP,
        *,
        listen_host: str = LOOPBACK,
        address_host: str = LOOPBACK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host = address_host
        self.port = 0
        self._manner = manner
        self._listen_host = listen_host
        self._clock = clock
        self._changed = Condition()
        self._log: list[tuple[float, str, bytearray]] = []
        self._open: set[_Caller] = set()

    def __enter__(self) -> Callback:
        listening = bound(self._listen_host, 0)
        self.port = listening.getsockname()[1]
        self._loop = LoopThread("relaycheck-callback")
        self._loop.start()
        self._server = self._loop.call(self._serve(listening))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call(self._shut())
        self._loop.stop()

    def url(self, token: str) -> str:
        """A URL whose use shows up in `hits(token)`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/{token}"

    def hits(self, token: str = "") -> tuple[Hit, ...]:
        """The connections on which the token came, in any case; without one, all connections."""
        with self._changed:
            return self._hits(token)

    def wait(self, token: str = "", *, timeout: float) -> tuple[Hit, ...]:
        """The same, as soon as there is one, at the latest after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._hits(token), timeout)
            return self._hits(token)

    def _hits(self, token: str) -> tuple[Hit, ...]:
        wanted = token.lower().encode()
        return tuple(Hit(at, peer, bytes(octets)) for at, peer, octets in self._log if wanted in octets.lower())

    async def _serve(self, listening: socket.socket) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(lambda: _Caller(self), sock=listening)

    async def _shut(self) -> None:
        self._server.close()
        for caller in tuple(self._open):
            caller.hang_up()
        await self._server.wait_closed()

    def _called(self, caller: _Caller, peer: str) -> bytearray:
        octets = bytearray()
        self._open.add(caller)
        with self._changed:
            self._log.append((self._clock(), peer, octets))
            self._changed.notify_all()
        return octets

    def _said(self, octets: bytearray, more: bytes) -> bool:
        """True: a blank line has come, and it is the listener's turn."""
        with self._changed:
            octets += more[: KEPT - len(octets)]
            self._changed.notify_all()
            return b"\r\n\r\n" in octets or b"\n\n" in octets


class _Caller(asyncio.Protocol):
    def __init__(self, callback: Callback) -> None:
        self._callback = callback

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._octets = self._callback._called(self, f"{peer[0]}:{peer[1]}" if peer else "")
        if self._callback._manner.greeting:
            transport.write(self._callback._manner.greeting)

    def data_received(self, data: bytes) -> None:
        answer = self._callback._manner.answer
        if self._callback._said(self._octets, data) and answer:
            self._transport.write(answer)
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._callback._open.discard(self)

    def hang_up(self) -> None:
        with suppress(OSError):
            self._transport.abort()


@contextmanager
def closed_port(host: str = LOOPBACK) -> Iterator[int]:
    """A port on which connections are refused, and which nobody else takes meanwhile: bound, not listening."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as held:
        held.bind((host, 0))
        yield held.getsockname()[1]
