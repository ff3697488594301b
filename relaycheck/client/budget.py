"""What a run may do to its target: how many requests, how fast, and when to stop because nobody answers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relaycheck.exchange import Outcome

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange, Request

SILENT_LIMIT = 5
"""So many exchanges in a row without any answer end the run: the target is gone."""


RESTART = 2.0
"""Seconds in which connections that are refused count once: a service that ended is given time to be started again."""


class Halted(Exception):
    """Nothing more is sent, and why."""


@dataclass(slots=True)
class Budget:
    """Counts requests per check, keeps the declared rate, stops at `limit` requests or when the target has gone silent."""

    limit: int | None = None
    requests_per_second: float | None = None
    sent: int = 0
    could_relay: int = 0
    """Requests that carried a message to relay."""
    reached: bool = False
    """The target has answered at least once."""
    per_check: Counter[str] = field(default_factory=Counter)
    halted: str = ""
    _silent: int = 0
    _silent_until: float = 0.0
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _never: threading.Event = field(default_factory=threading.Event)

    def spend(self, check: str) -> None:
        """Account for one request about to be sent; waits for its turn. Raises Halted."""
        with self._lock:
            if self.halted:
                raise Halted(self.halted)
            if self.limit is not None and self.sent >= self.limit:
                self.halted = f"the run's budget of {self.limit} requests is spent"
                raise Halted(self.halted)
            self.sent += 1
            self.per_check[check] += 1
            wait = self._turn()
        if wait > 0:
            self._never.wait(wait)

    def _turn(self) -> float:
        if not self.requests_per_second:
            return 0.0
        now = time.monotonic()
        start = max(now, self._next)
        self._next = start + 1.0 / self.requests_per_second
        return start - now

    def carried(self, request: Request) -> None:
        """Count a request that was put on the wire with something to relay."""
        with self._lock:
            self.could_relay += request.message is not None

    def note(self, exchange: Exchange) -> None:
        """Learn from a recorded exchange whether the target is still there."""
        with self._lock:
            if exchange.outcome in (Outcome.NOT_SENT, Outcome.UNANSWERED):
                if exchange.started < self._silent_until:
                    return  # at the same time as one that counts: together they say no more
                self._silent += 1
                gone = RESTART if self.reached and exchange.outcome is Outcome.NOT_SENT else 0.0
                self._silent_until = exchange.started + max(exchange.seconds, gone)
                if self._silent >= SILENT_LIMIT:
                    self.halted = f"{SILENT_LIMIT} requests in a row got no answer ({exchange.error})"
            else:
                self._silent = 0
                self.reached = True

    def halt(self, why: str) -> None:
        """Send nothing more. Raises nothing: the next request does."""
        with self._lock:
            self.halted = self.halted or why

    def pause(self, seconds: float) -> bool:
        """Wait before a request is repeated; always True."""
        self._never.wait(seconds)
        return True

    def revive(self) -> None:
        """Forget the silence: the control was answered again."""
        with self._lock:
            self._silent = 0
            self._silent_until = 0.0
            self.halted = ""
