"""The way into a server with TLS that also shows faults below HTTP: plain http on the same port, and versions of TLS that are over.

Which service a request names is known only from its path. So plain http comes in for all of them, and each service refuses it for
itself; and old TLS is offered to clients that ask for `OLD_TLS_NAME`, before any path is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

OLD_TLS_NAME = "localhost"
"""The server name (SNI) for which TLS 1.0 is negotiated; clients that use the address send none."""
HANDSHAKE = 0x16
PATIENCE = 10.0  # seconds for the first octets of a connection
HELLO = 4096


def allow_old(context: ssl.SSLContext) -> None:
    """Let `context` negotiate TLS 1.0 and 1.1 (RFC 8996 forbids it)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")


async def admit_all(
    listener: socket.socket, protocol: Callable[[], asyncio.Protocol], current: ssl.SSLContext, old: ssl.SSLContext
) -> None:
    """Take connections until cancelled. `listener` is listening and non-blocking."""
    loop = asyncio.get_running_loop()
    under_way: set[asyncio.Task[None]] = set()
    while True:
        connection, _ = await loop.sock_accept(listener)
        task = loop.create_task(_admit(connection, protocol, current, old))
        under_way.add(task)
        task.add_done_callback(under_way.discard)


async def _admit(
    connection: socket.socket, protocol: Callable[[], asyncio.Protocol], current: ssl.SSLContext, old: ssl.SSLContext
) -> None:
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError, TimeoutError):
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(PATIENCE):
            await _readable(loop, connection)
        hello = connection.recv(HELLO, socket.MSG_PEEK)
        if hello:
            chosen = old if OLD_TLS_NAME.encode() in hello else current
            secure = chosen if hello[0] == HANDSHAKE else None
            await loop.connect_accepted_socket(protocol, connection, ssl=secure)
            return
    connection.close()


async def _readable(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
    ready: asyncio.Future[None] = loop.create_future()

    def arrived() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(connection, arrived)
    try:
        await ready
    finally:
        loop.remove_reader(connection)
