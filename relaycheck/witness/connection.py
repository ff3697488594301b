"""One connection to a listener: octets in and out, TLS, faults and its end. The commands are in `session`."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP

from relaycheck.witness.behaviour import Action, Behaviour, Fault, Stage
from relaycheck.witness.inbox import Inbox
from relaycheck.witness.sessions import Closed

if TYPE_CHECKING:
    import ssl

    from relaycheck.witness.ledger import Ledger

HOSTNAME = "witness.relaycheck.test"
IDLE = 300.0  # seconds; RFC 5321 §4.5.3.2.7 asks a server to wait at least five minutes for a command
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
SERVICE_CLOSING = 421


class SessionOver(Exception):
    """Nothing more is to be said on this connection."""

    def __init__(self, closed: Closed) -> None:
        super().__init__(closed)
        self.closed = closed


class FaultSupply:
    """The fault of one listener, with what is left of its `times`."""

    def __init__(self, fault: Fault | None) -> None:
        self._fault = fault
        self._left = fault.times if fault else None

    def take(self, stage: Stage, addresses: tuple[str, ...]) -> Fault | None:
        if self._fault is None or self._left == 0 or not self._fault.concerns(stage, addresses):
            return None
        if self._left is not None:
            self._left -= 1
        return self._fault


class Connection(SMTP):
    """aiosmtpd's server with a tap below it: every octet is noted before anything acts on it.

    Runs on the witness's event loop only. A connection that ends is read to its last octet: mail that was complete when
    the client went away is a delivery all the same.
    """

    def __init__(
        self,
        listener: str,
        behaviour: Behaviour,
        faults: FaultSupply,
        ledger: Ledger,
        context: ssl.SSLContext | None,
        open_connections: set[Connection],
    ) -> None:
        super().__init__(None, hostname=HOSTNAME, enable_SMTPUTF8=True, timeout=IDLE, loop=asyncio.get_running_loop())
        self.behaviour = behaviour
        self.ledger = ledger
        self.inbox = Inbox()
        self.log = ledger.begin(listener)
        self._faults = faults
        self._context = context
        self._open_connections = open_connections
        self._lost = False
        self._shaking_hands = False
        self._gone = asyncio.Event()

    # What asyncio reports.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.behaviour.implicit_tls and isinstance(transport, asyncio.Transport):
            transport.pause_reading()  # the first octets belong to the handshake
        self._open_connections.add(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.inbox.feed(data)
        self.ledger.touch()

    def eof_received(self) -> bool:
        self.inbox.end()
        return not self.log.tls  # a TLS connection cannot be half closed

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if error is not None:
            self.log.end(Closed.RESET)
        self.inbox.end()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self._release()

    def _timeout_cb(self) -> None:
        self.stop(Closed.TIMEOUT)

    def stop(self, closed: Closed) -> None:
        """End the connection from the witness's side."""
        self.log.end(closed)
        self.inbox.end()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def gone(self) -> None:
        """Returns when the socket is closed."""
        await self._gone.wait()

    def _release(self) -> None:
        self._open_connections.discard(self)
        self._gone.set()

    # The life of a session.

    async def _handle_client(self) -> None:
        try:
            await self.converse()
        except SessionOver as over:
            self.log.end(over.closed)
        except asyncio.CancelledError:
            self.log.end(Closed.WITNESS)
        except Exception as error:  # whatever octets came: the record says so, and the witness lives on
            self.log.error = f"The witness failed in this session: {type(error).__name__}: {error}"
            self.log.end(Closed.WITNESS)
        finally:
            self._finish()

    async def converse(self) -> None:
        """From the first octet to the last; ends with SessionOver."""
        raise NotImplementedError

    def _finish(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if rest := self.inbox.rest():
            self.log.received(rest)
        if isinstance(self.transport, asyncio.Transport):
            if self.log.closed in (Closed.WITNESS, Closed.TIMEOUT):
                self.transport.abort()
            else:
                self.transport.close()
        if self._shaking_hands:
            self._release()  # asyncio reports no loss of a connection whose handshake failed
        self.ledger.touch()

    # Speaking.

    async def push(self, status: str | bytes) -> None:
        reply = status.encode("utf-8", "surrogateescape") if isinstance(status, str) else status
        self.say(reply)

    def worded(self, reply: bytes) -> bytes:
        """A reply in the number of lines that this server uses; 3yz, which asks for more, always has one."""
        if not self.behaviour.several_lines or reply[3:4] == b"-" or reply.startswith(b"3"):
            return reply
        return reply[:3] + b"-" + reply[4:] + b"\r\n" + reply

    def say(self, reply: bytes) -> None:
        """A reply, noted and then sent: what the client knows is on record."""
        reply = self.worded(reply)
        self.log.sent(reply)
        self.ledger.touch()
        self.send(reply)

    def send(self, reply: bytes) -> None:
        if not self._lost and isinstance(self.transport, asyncio.Transport):
            self.transport.write(reply + b"\r\n")

    async def secure(self) -> None:
        """The TLS handshake, as server."""
        assert self._context is not None
        assert isinstance(self.transport, asyncio.Transport)
        transport = self.transport
        self._shaking_hands = True
        try:
            secured = await self.loop.start_tls(transport, self, self._context, server_side=True)
        except OSError as error:  # ssl.SSLError is one
            raise SessionOver(Closed.TLS) from error
        if secured is None:  # the client went away inside the handshake
            raise SessionOver(Closed.TLS)
        self._shaking_hands = False
        self.transport = secured
        self.log.tls = True

    # Faults.

    async def spoiled(self, stage: Stage, *addresses: str) -> bool:
        """Acts as the listener's fault wants at this stage. True: the command has its reply. May end the session."""
        fault = self.fault_at(stage, *addresses)
        if fault is None:
            return False
        if fault.action is Action.REPLY:
            self.say(fault.reply)
            if fault.code == SERVICE_CLOSING:
                raise SessionOver(Closed.FAULT)
            return True
        if fault.action is Action.PAUSE:
            await asyncio.sleep(fault.seconds)
            return False
        await self.break_off(fault)
        return True

    def fault_at(self, stage: Stage, *addresses: str) -> Fault | None:
        return self._faults.take(stage, addresses)

    async def break_off(self, fault: Fault) -> None:
        """Drop, reset or silence; always ends the session."""
        if fault.action is Action.SILENCE:
            if isinstance(self.transport, asyncio.Transport):
                self.transport.resume_reading()  # before implicit TLS it is paused, and the end would go unnoticed
            await self.inbox.ended()
            raise SessionOver(Closed.CLIENT)
        if fault.action is Action.RESET and isinstance(self.transport, asyncio.Transport):
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.transport.abort()
        raise SessionOver(Closed.FAULT)
