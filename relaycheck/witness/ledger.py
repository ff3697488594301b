"""Everything that the witness saw, in order of arrival, and waiting for more of it. Safe to use from any thread."""

from __future__ import annotations

import time
from threading import Condition
from typing import TYPE_CHECKING

from relaycheck.witness import attribution
from relaycheck.witness.sessions import Closed, SessionLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.exchange import Delivery
    from relaycheck.witness.sessions import SessionRecord


class Ledger:
    """Deliveries and sessions. Deadlines go by the monotonic clock, whatever `clock` stamps on the records: by
    default the wire's clock, so that mails and answers have an order."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self._changed = Condition()
        self._deliveries: list[tuple[Delivery, bytes, frozenset[str]]] = []
        self._by_nonce: dict[str, tuple[Delivery, ...]] = {}
        self._sessions: list[SessionLog] = []
        self._last_activity = time.monotonic()

    # What the sessions report.

    def begin(self, listener: str) -> SessionLog:
        with self._changed:
            log = SessionLog(len(self._sessions) + 1, listener, self.clock())
            self._sessions.append(log)
            self._stamp()
        return log

    def touch(self) -> None:
        """Something crossed the wire: it is not quiet, and a session may have become what somebody waits for."""
        with self._changed:
            self._stamp()

    def deliver(self, delivery: Delivery) -> None:
        searchable = attribution.text_of(delivery)
        found = attribution.nonces(searchable)
        with self._changed:
            self._deliveries.append((delivery, searchable, found))
            for nonce in found:
                self._by_nonce[nonce] = (*self._by_nonce.get(nonce, ()), delivery)
            self._stamp()

    def _stamp(self) -> None:
        self._last_activity = time.monotonic()
        self._changed.notify_all()

    # What is asked of it.

    def all_deliveries(self) -> tuple[Delivery, ...]:
        with self._changed:
            return tuple(delivery for delivery, _, _ in self._deliveries)

    def deliveries(self, nonce: str) -> tuple[Delivery, ...]:
        if (found := self._by_nonce.get(nonce)) is not None:  # asked for very often
            return found
        with self._changed:
            return self._with(nonce)

    def _with(self, nonce: str) -> tuple[Delivery, ...]:
        if attribution.has_shape(nonce):
            return self._by_nonce.get(nonce.lower(), ())
        wanted = attribution.folded(nonce)
        return tuple(delivery for delivery, searchable, _ in self._deliveries if wanted in searchable)

    def unattributed(self, known: Iterable[str]) -> tuple[Delivery, ...]:
        """The deliveries in which none of these nonces is found."""
        asked = list(known)
        shaped = frozenset(n.lower() for n in asked if attribution.has_shape(n))
        odd = [attribution.folded(n) for n in asked if not attribution.has_shape(n)]
        with self._changed:
            return tuple(
                delivery
                for delivery, searchable, found in self._deliveries
                if not found & shaped and not any(n in searchable for n in odd)
            )

    def sessions(self, listener: str | None = None, since: int = 0) -> tuple[SessionRecord, ...]:
        with self._changed:
            return tuple(log.snapshot() for log in self._sessions[since:] if listener in (None, log.listener))

    @property
    def connections(self) -> int:
        with self._changed:
            return len(self._sessions)

    # Waiting: woken by what happens, ended by a deadline.

    def wait(self, nonce: str, enough: Callable[[tuple[Delivery, ...]], bool], timeout: float) -> tuple[Delivery, ...]:
        with self._changed:
            self._changed.wait_for(lambda: enough(self._with(nonce)), timeout)
            return self._with(nonce)

    def wait_session(self, predicate: Callable[[SessionRecord], bool], timeout: float) -> SessionRecord | None:
        ended: set[int] = set()  # and found wanting: they change no more

        def first() -> SessionRecord | None:
            for log in self._sessions:
                if log.number in ended:
                    continue
                record = log.snapshot()
                if predicate(record):
                    return record
                if record.closed is not Closed.OPEN:
                    ended.add(log.number)
            return None

        with self._changed:
            return self._changed.wait_for(first, timeout)

    def wait_for_quiet(self, settle: float, timeout: float, since: float | None = None) -> bool:
        deadline = time.monotonic() + timeout
        called = time.monotonic() if since is None else since
        with self._changed:
            while True:
                now = time.monotonic()
                quiet_at = max(called, self._last_activity) + settle
                if now >= quiet_at:
                    return True
                if now >= deadline:
                    return False
                self._changed.wait(min(quiet_at, deadline) - now)
