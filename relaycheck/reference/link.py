"""The transport that the protocol writes to: gathers each response whole, lets a wire fault change it, and closes without loss."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from relaycheck.reference.faults import Close, Pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.faults import Move

LINGER = 2.0
"""Seconds that a closing connection goes on reading: octets that are never read would reset it and destroy the response."""


class Link(asyncio.Transport):
    """A transport over `inner`. `shape` turns a complete response into what is written; `interim` an interim one."""

    def __init__(
        self,
        inner: asyncio.Transport,
        shape: Callable[[bytes], Iterable[Move]],
        interim: Callable[[bytes], bytes],
    ) -> None:
        super().__init__()
        self._inner = inner
        self._shape = shape
        self._interim = interim
        self._gathered: list[bytes] = []
        self._moves: deque[Move] = deque()
        self._waiting: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None
        self.closing = False
        self.peer_done = False
        """The client has sent its FIN."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self.closing or self._inner.is_closing()

    def pause_reading(self) -> None:
        if not self.is_closing():
            self._inner.pause_reading()

    def resume_reading(self) -> None:
        if not self._inner.is_closing():
            self._inner.resume_reading()

    def is_reading(self) -> bool:
        return self._inner.is_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._inner.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._inner.get_protocol()

    def can_write_eof(self) -> bool:
        return self._inner.can_write_eof()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Gathers; an interim response goes out at once."""
        octets = bytes(data)
        if not self._gathered and octets.startswith(b"HTTP/1.1 1"):
            self._enqueue(self._interim(octets))
        elif octets:
            self._gathered.append(octets)

    def finish(self) -> None:
        """The response is complete: it goes out in its final shape."""
        if self._gathered:
            raw = b"".join(self._gathered)
            self._gathered.clear()
            for move in self._shape(raw):
                self._enqueue(move)

    def close(self) -> None:
        """Sends what there is, says FIN, and reads until the client has said it too."""
        if not self.closing:
            self.finish()
            self.closing = True
            self._enqueue(Close())

    def abort(self) -> None:
        self.closing = True
        self._inner.abort()

    def ended(self) -> None:
        """The connection is gone."""
        for timer in (self._waiting, self._linger):
            if timer is not None:
                timer.cancel()
        self._moves.clear()

    def _enqueue(self, move: Move) -> None:
        self._moves.append(move)
        if self._waiting is None:
            self._run()

    def _run(self) -> None:
        self._waiting = None
        while self._moves:
            move = self._moves.popleft()
            if isinstance(move, bytes):
                if move and not self._inner.is_closing():
                    self._inner.write(move)
            elif isinstance(move, Pause):
                self._waiting = asyncio.get_running_loop().call_later(move.seconds, self._run)
                return
            else:
                self._end(move)
                return

    def _end(self, close: Close) -> None:
        self.closing = True
        self._moves.clear()
        if close.reset:
            self._inner.abort()
        elif self.peer_done or self._inner.is_closing() or not self._inner.can_write_eof():
            self._inner.close()
        else:
            self._inner.write_eof()
            self._inner.resume_reading()
            self._linger = asyncio.get_running_loop().call_later(LINGER, self._inner.close)
