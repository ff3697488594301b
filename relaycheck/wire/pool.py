"""The way to one target: kept-alive connections, and the watch over what comes late on them."""

from __future__ import annotations

import itertools
import re
import selectors
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from relaycheck.exchange import Outcome
from relaycheck.wire.connection import BODY_LIMIT, WireConnection
from relaycheck.wire.dial import NotConnected, dial, trust_context
from relaycheck.wire.http2 import Http2Wire
from relaycheck.wire.observation import LateReport, Observation

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.target.model import Url

LINGERING = 16  # connections kept for late bytes after the target said that it closes them

_CLOSE_OPTION = re.compile(rb"\r\nconnection[ \t]*:[^\r\n]*\bclose\b", re.IGNORECASE)


class Wire:
    """Sends requests to one origin. Safe for many threads; each takes a connection of its own.

    Reads no proxy, netrc or cookie settings and repeats nothing that the target may have seen. Times are in seconds:
    `connect_timeout` bounds each of name resolution, TCP and TLS; `response_timeout` the writing of a request, and then its whole
    response. Raises TrustError for an unusable `trust` file.
    """

    def __init__(
        self,
        url: Url,
        *,
        trust: str | None = None,
        connect_timeout: float = 5.0,
        response_timeout: float = 30.0,
        body_limit: int = BODY_LIMIT,
        on_late: LateReport | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.url = url
        self._trust = trust
        self._context = trust_context(trust) if url.scheme == "https" else None
        self._connect_timeout = connect_timeout
        self._response_timeout = response_timeout
        self._body_limit = body_limit
        self._on_late = on_late
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._idle: list[WireConnection] = []
        self._lingering: deque[WireConnection] = deque()

    def exchange(
        self, raw: bytes, *, method: str, token: str, fresh: bool = False, response_timeout: float | None = None
    ) -> Observation:
        """Send the octets of one request and return what came back; never raises for what the target does.

        `method` decides how the response is framed. `fresh` uses a connection of its own, closed afterwards.
        """
        timeout = self._response_timeout if response_timeout is None else response_timeout
        last = fresh or _ends_connection(raw)
        while True:
            connection = None if fresh else self._take_idle()
            if connection is None:
                started = self._clock()
                try:
                    connection = self.open()
                except NotConnected as fault:
                    return Observation(
                        token=token,
                        sent=b"",
                        outcome=Outcome.NOT_SENT,
                        error=str(fault),
                        started=started,
                        seconds=self._clock() - started,
                    )
            observation = connection.exchange(raw, method, token, timeout, last=last)
            if observation is not None:
                self._put_back(connection, observation, fresh)
                return observation
            self._retire(connection)

    def open(self) -> WireConnection:
        """A new connection for raw mode, outside the pool; the caller closes it. Raises NotConnected."""
        return WireConnection(
            dial(self.url, self._context, self._connect_timeout),
            f"c{next(self._numbers)}",
            clock=self._clock,
            response_timeout=self._response_timeout,
            body_limit=self._body_limit,
            on_late=self._on_late,
        )

    def http2(self) -> Http2Wire:
        """The way to the same target over HTTP/2; connects when it is first used."""
        return Http2Wire(
            self.url,
            trust=self._trust,
            connect_timeout=self._connect_timeout,
            response_timeout=self._response_timeout,
            clock=self._clock,
        )

    def settle(self, quiet: float) -> None:
        """Watch all idle connections together for `quiet` seconds and report bytes and closes that come late. Returns sooner if
        there is nothing left to watch."""
        with self._lock:
            watched = [*self._idle, *self._lingering]
            lingering = set(self._lingering)
            self._idle.clear()
            self._lingering.clear()
        late: dict[WireConnection, bytes] = {}
        deadline = time.monotonic() + quiet
        with selectors.DefaultSelector() as selector:
            for connection in watched:
                selector.register(connection, selectors.EVENT_READ)
            # TLS may hold bytes that no selector sees, so every connection is looked at once before the wait.
            ready = watched
            while True:
                for connection in ready:
                    late[connection] = late.get(connection, b"") + connection.look()
                    if connection.ended:
                        selector.unregister(connection)
                if not selector.get_map() or time.monotonic() >= deadline:
                    break
                events = selector.select(max(0.0, deadline - time.monotonic()))
                ready = [c for key, _ in events if isinstance(c := key.fileobj, WireConnection)]
        kept = []
        for connection in watched:
            if connection.clean and connection not in lingering:
                kept.append(connection)
                continue
            self._report(connection, late[connection], announced=connection in lingering)
            connection.close()
        with self._lock:
            self._idle += kept

    def close(self) -> None:
        """Close every connection of the pool, after a last look at each without waiting."""
        self.settle(0.0)
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take_idle(self) -> WireConnection | None:
        """An idle connection that is in step: one with late bytes or an end is reported and closed."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            late = connection.look()
            if connection.clean:
                return connection
            self._report(connection, late)
            connection.close()

    def _put_back(self, connection: WireConnection, observation: Observation, fresh: bool) -> None:
        if connection.clean:
            with self._lock:
                self._idle.append(connection)
        elif observation.outcome is Outcome.ANSWERED and not (fresh or observation.stray or connection.ended):
            # It is announced to end here; until it does, bytes may still come that its response must answer for.
            with self._lock:
                self._lingering.append(connection)
                oldest = self._lingering.popleft() if len(self._lingering) > LINGERING else None
            if oldest is not None:
                self._retire(oldest)
        else:
            connection.close()

    def _retire(self, connection: WireConnection) -> None:
        self._report(connection, connection.look(), announced=True)
        connection.close()

    def _report(self, connection: WireConnection, late: bytes, announced: bool = False) -> None:
        """Tell of late bytes, and of a close unless it was announced and so is on record."""
        if self._on_late is not None and (late or (connection.ended and not announced)):
            self._on_late(connection.token, late, connection.ended)


def _ends_connection(raw: bytes) -> bool:
    """Whether the request carries the close option (RFC 9112 §9.6)."""
    return _CLOSE_OPTION.search(raw, 0, max(0, raw.find(b"\r\n\r\n"))) is not None
