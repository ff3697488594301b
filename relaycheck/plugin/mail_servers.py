"""Further mail servers of the suite, for tests in which a request names one that refuses, lacks something or is slow."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.message import Connection
from relaycheck.plugin.judging import lacking, unobservable
from relaycheck.verdicts import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.plugin.run import Run
    from relaycheck.witness import Behaviour, Listener


@dataclass(frozen=True, slots=True)
class MailServer:
    """A listener and the connection object that names it."""

    listener: Listener
    connection: Connection

    @property
    def name(self) -> str:
        """As `Delivery.listener` has it."""
        return self.listener.name


@contextmanager
def mail_server(run: Run, behaviour: Behaviour) -> Iterator[MailServer]:
    """A listener for the length of a `with` block. Ends the test where there can be none, or no request may name it."""
    if not run.target.relay.connection_object:
        raise lacking("connection.object")
    if run.witness is None:
        raise unobservable(Cause.NO_WITNESS, "this needs the suite's own mail server: declare [witness]")
    with run.witness.open(behaviour) as listener:
        yield MailServer(listener, Connection(listener.host, listener.port, run.target.relay.protocol))
