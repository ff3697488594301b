"""One place where the witness listens: a socket, a behaviour, and the connections that are open on it."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from relaycheck.witness.connection import Connection, FaultSupply
from relaycheck.witness.session import WitnessSession
from relaycheck.witness.sessions import Closed

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from relaycheck.witness.behaviour import Behaviour
    from relaycheck.witness.ledger import Ledger
    from relaycheck.witness.loop_thread import LoopThread

BACKLOG = 256
LAST_PORT = 65535


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError."""
    if not 0 <= port <= LAST_PORT:
        raise OSError(f"ports end at {LAST_PORT}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


class Listener:
    """A running listener. `host` and `port` are its address as the target reaches it."""

    def __init__(
        self,
        name: str,
        behaviour: Behaviour,
        address: tuple[str, int],
        loop: LoopThread,
        on_close: Callable[[Listener], None],
    ) -> None:
        self.name = name
        self.behaviour = behaviour
        self.host, self.port = address
        self._loop = loop
        self._on_close = on_close
        self._server: asyncio.Server | None = None
        self._open: set[Connection] = set()

    def serve(self, listening: socket.socket, ledger: Ledger, context: ssl.SSLContext | None) -> None:
        faults = FaultSupply(self.behaviour.fault)

        def session() -> WitnessSession:
            return WitnessSession(self.name, self.behaviour, faults, ledger, context, self._open)

        async def start() -> asyncio.Server:
            return await asyncio.get_running_loop().create_server(session, sock=listening, backlog=BACKLOG)

        self._server = self._loop.call(start())

    def close(self) -> None:
        """Stop listening and end every session. Closing twice is no error."""
        server, self._server = self._server, None
        if server is None:
            return
        self._loop.call(self._shut(server))
        self._on_close(self)

    async def _shut(self, server: asyncio.Server) -> None:
        server.close()
        ending = list(self._open)
        for connection in ending:
            connection.stop(Closed.WITNESS)
        await asyncio.gather(*(connection.gone() for connection in ending))
        await server.wait_closed()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
