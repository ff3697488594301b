"""The octets that a client sent, kept until a command or mail data takes them.

Below aiosmtpd: its stream reader drops buffered octets when the connection is reset, and stops at long lines.
"""

from __future__ import annotations

import asyncio


class Inbox:
    """One reader, one writer, both on the same event loop."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._ended = False
        self._more = asyncio.Event()

    def feed(self, octets: bytes) -> None:
        self._octets += octets
        self._more.set()

    def end(self) -> None:
        """The connection gives no more octets; those that came can still be taken."""
        self._ended = True
        self._more.set()

    async def line(self) -> bytes | None:
        """The next line with its line end, LF or CRLF. None: the connection ended before one was complete."""
        searched = 0
        while (end := self._octets.find(b"\n", searched)) < 0:
            searched = len(self._octets)
            if not await self._grown(searched):
                return None
        return self._take(end + 1)

    async def some(self) -> bytes:
        """All octets that are there, at least one; empty at the end of the connection."""
        if not self._octets:
            await self._grown(0)
        return self.rest()

    async def ended(self) -> None:
        """Returns when the connection has ended, whatever comes before."""
        while await self._grown(len(self._octets)):
            pass

    def rest(self) -> bytes:
        return self._take(len(self._octets))

    def put_back(self, octets: bytes) -> None:
        self._octets[:0] = octets

    def _take(self, count: int) -> bytes:
        taken = bytes(self._octets[:count])
        del self._octets[:count]
        return taken

    async def _grown(self, length: int) -> bool:
        while len(self._octets) <= length:
            if self._ended:
                return False
            self._more.clear()
            await self._more.wait()
        return True
