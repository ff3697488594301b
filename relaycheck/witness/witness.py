"""The suite's own mail server: it listens where a target can reach it, and keeps what arrives."""

from __future__ import annotations

import errno
import time
from contextlib import closing
from functools import cached_property
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

from relaycheck.witness.behaviour import FAITHFUL, Behaviour
from relaycheck.witness.certificate import RunCertificate
from relaycheck.witness.ledger import Ledger
from relaycheck.witness.listener import Listener, bound
from relaycheck.witness.loop_thread import LoopThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from relaycheck.exchange import Delivery
    from relaycheck.target.model import WitnessSettings
    from relaycheck.witness.sessions import SessionRecord

ANY_PORT = 0


class WitnessError(Exception):
    """The witness cannot listen. The message says where and why, and what to do."""


class NoListener(Exception):
    """All the ports that the target file declares for the witness are in use by its own listeners."""


class Witness:
    """The main listener, further ones on demand, and what all of them saw.

    As a context manager, or with `start` and `close`. Every question can be asked from any thread, also after `close`.
    """

    def __init__(self, settings: WitnessSettings, clock: Callable[[], float] = time.perf_counter) -> None:
        self.settings = settings
        self._ledger = Ledger(clock)
        self._loop: LoopThread | None = None
        self._lock = Lock()
        self._listeners: dict[Listener, int] = {}
        self._closings: dict[int, int] = {}
        self._numbers = count(1)
        self._main: Listener | None = None

    # Life.

    def start(self) -> Witness:
        """Opens the main listener. Raises WitnessError."""
        if self.settings.kind == "none":
            raise WitnessError('The target file says [witness] kind = "none": there is no witness to start.')
        if self._loop is not None:
            raise WitnessError("This witness is already listening.")
        self._loop = LoopThread("relaycheck-witness")
        self._loop.start()
        try:
            self._main = self._opened(FAITHFUL, "main", 0)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Closes every listener and session; the records stay. Closing twice is no error."""
        for listener in tuple(self._listeners):
            listener.close()
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()

    def __enter__(self) -> Witness:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Listeners.

    @property
    def main(self) -> Listener:
        """The well-behaved listener, on the first declared port."""
        if self._main is None:
            raise WitnessError("The witness is not listening yet: start it first.")
        return self._main

    def open(self, behaviour: Behaviour = FAITHFUL) -> Listener:
        """A further listener, to be closed after use. Raises NoListener and WitnessError."""
        if self._loop is None:
            raise WitnessError("The witness is not listening: start it first.")
        with self._lock:
            declared = range(1, len(self.settings.listen_ports))
            free = [index for index in declared if index not in self._listeners.values()]
            if self.settings.listen_ports and not free:
                ports = ", ".join(map(str, self.settings.listen_ports))
                raise NoListener(
                    f"This test needs a further mail server, and every declared witness port ({ports}) is in use. "
                    "Declare more in [witness] listen and address."
                )
            # The one longest out of use: a queue's next try for a closed listener is to find nobody, rather than another.
            index = min(free, key=lambda found: self._closings.get(found, 0), default=0)
            return self._opened(behaviour, f"listener-{next(self._numbers)}", index)

    def _opened(self, behaviour: Behaviour, name: str, index: int) -> Listener:
        assert self._loop is not None
        settings = self.settings
        port = settings.listen_ports[index] if settings.listen_ports else ANY_PORT
        try:
            listening = bound(settings.listen_host, port)
        except OSError as error:
            raise WitnessError(_why(settings.listen_host, port, error)) from error
        seen_at = settings.address_ports[index] if index < len(settings.address_ports) else listening.getsockname()[1]
        listener = Listener(name, behaviour, (settings.address_host, seen_at), self._loop, self._closed)
        secure = behaviour.starttls or behaviour.implicit_tls
        try:
            listener.serve(listening, self._ledger, self._certificate.context if secure else None)
        except BaseException:
            with closing(listening):
                raise
        self._listeners[listener] = index
        return listener

    def _closed(self, listener: Listener) -> None:
        if (index := self._listeners.pop(listener, None)) is not None:
            self._closings[index] = max(self._closings.values(), default=0) + 1

    @cached_property
    def _certificate(self) -> RunCertificate:
        return RunCertificate(self.settings.address_host)

    @property
    def ca_pem(self) -> bytes:
        """PEM of the authority behind the TLS listeners' certificate: made for this run, for a target to trust."""
        return self._certificate.ca_pem

    # What was seen.

    @property
    def connections(self) -> int:
        """How many connections came, to any listener."""
        return self._ledger.connections

    @property
    def seen(self) -> bool:
        """Whether anybody ever connected."""
        return self.connections > 0

    def deliveries(self, nonce: str) -> tuple[Delivery, ...]:
        """The mails that hold the nonce, in any case, in their envelope or content; in order of arrival."""
        return self._ledger.deliveries(nonce)

    def all_deliveries(self) -> tuple[Delivery, ...]:
        return self._ledger.all_deliveries()

    def unattributed(self, known_nonces: Iterable[str]) -> tuple[Delivery, ...]:
        """The mails that hold none of these nonces: somebody else's, or robbed of theirs."""
        return self._ledger.unattributed(known_nonces)

    def sessions(self, listener: Listener | None = None, since: int = 0) -> tuple[SessionRecord, ...]:
        """Every session so far, also those without mail and those under way; in order of connecting. `since` leaves the first out."""
        return self._ledger.sessions(listener.name if listener else None, since)

    # Waiting, always woken by what happens; seconds.

    def wait(self, nonce: str, enough: Callable[[tuple[Delivery, ...]], bool], timeout: float) -> tuple[Delivery, ...]:
        """The mails with the nonce, as soon as they are `enough`, at the latest after `timeout`."""
        return self._ledger.wait(nonce, enough, timeout)

    def wait_session(self, predicate: Callable[[SessionRecord], bool], timeout: float) -> SessionRecord | None:
        """The first session of which the predicate is true; None if there is none before `timeout`."""
        return self._ledger.wait_session(predicate, timeout)

    def wait_for_quiet(self, settle: float, timeout: float, since: float | None = None) -> bool:
        """True after `settle` seconds without octet, connection or mail, from now or from `since` (`time.monotonic()`) on;
        False if `timeout` from now comes first."""
        return self._ledger.wait_for_quiet(settle, timeout, since)


def _why(host: str, port: int, error: OSError) -> str:
    where = f"The witness cannot listen on {host}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{where}: the port is in use. Stop what uses it, or choose another in [witness] listen."
        case errno.EACCES | errno.EPERM:
            return f"{where}: not permitted. Choose a port from 1024 on in [witness] listen."
        case errno.EADDRNOTAVAIL:
            return f"{where}: this machine has no such address. Correct the host in [witness] listen."
        case _:
            return f"{where}: {error}. Correct [witness] listen."
