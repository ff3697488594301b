"""One run against one target: witness, wire, client, the baseline that its first control establishes, and the settling at its end."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Self, Unpack

import pytest

from relaycheck.catalogue import Class_
from relaycheck.client import Budget, Client, Composer, Halted, Ledger, declared, new_run_id
from relaycheck.encodings import MEDIA_TYPES
from relaycheck.exchange import Exchange, Outcome
from relaycheck.judgements.state import answer_known, described, red
from relaycheck.message import Connection, Message, plain_message
from relaycheck.plugin.rehearsal import RehearsalWire, RehearsalWitness
from relaycheck.plugin.settings import Depth
from relaycheck.plugin.sharing import Sharing
from relaycheck.secret import Redactor
from relaycheck.wire import Wire
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from relaycheck.client import Credential, Variations
    from relaycheck.exchange import ConnectionUse
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.settings import Settings

RUN = pytest.StashKey["Run"]()
CONTROL_SPAN = {Depth.QUICK: 300, Depth.STANDARD: 20, Depth.THOROUGH: 20}
"""A control vouches for so many exchanges; then it is sent again."""
FIRST_PAUSES = (0.1, 0.4)
"""Seconds before first controls whose answers are lost are tried again."""
LOST_AT_ONCE = 2.0
"""A control that took so many seconds is not tried again: a target that hangs would hang as often."""
RED_LIMIT = 10
"""So many controls that are not accepted, and none that was, end the run's sending."""
STRAY_QUIET = 1.0
"""Seconds for which idle connections are watched for late octets at the end of the run."""
QUICK_SETTLE = 0.5
"""Seconds of quiet at the end of a run at quick depth, unless the target says that its mail takes long."""


class Run:
    """Opened before the first check, settled after the last. `checks` is the record that everything else is drawn from."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.target = settings.target
        self.run_id = settings.run_id or new_run_id()
        self.checks: dict[str, Check] = {}
        self.obstacle = ""
        """Why nothing can be observed, in a sentence; empty when a control was accepted."""
        self.unsteady = ""
        """How it was noticed that valid requests get lost on the way, in a phrase; empty as long as none was."""
        self._pauses = list(FIRST_PAUSES)
        self._red_in_a_row: int | None = 0
        """Controls that were not accepted, until the first one that is."""
        self.started = time.time()
        self.finished = 0.0
        self._names_witness = True
        """False when no baseline with a connection object was accepted, but one with null was."""
        self._stack = ExitStack()
        self._controls: dict[tuple[tuple[str, str], ...], tuple[Exchange, int]] = {}
        self.witness: Witness | None = None
        self.current: Check | None = None

    def __enter__(self) -> Self:
        target = self.target
        self.witness = self.settings.witness
        rehearsal = self.settings.rehearsal
        if self.witness is None and target.witness.kind == "smtp":
            witness = RehearsalWitness if rehearsal else Witness
            self.witness = self._stack.enter_context(witness(target.witness))
        watching = None if rehearsal else self.witness
        self.ledger = Ledger(target, Redactor(target.secrets()), watching, on_record=self._attach)
        wire = (RehearsalWire if rehearsal else Wire)(
            target.url,
            trust=target.trust,
            response_timeout=target.limits.response_timeout,
            on_late=self._late,
        )
        budget = Budget(self.settings.budget, target.limits.requests_per_second)
        self.credentials = declared(target.auth)
        composer = Composer(target, next(iter(self.credentials.values()), None), MEDIA_TYPES[0], self.run_id)
        self.client = Client(composer, wire, self.ledger, budget, watching, share=self.settings.share[0])
        self.client.on_transmitted = self._transmitted
        self.client.log_in = lambda: self.client.send(self.message(), note="a right login between wrong ones")
        self._span = sys.maxsize if self.settings.every_check else CONTROL_SPAN[self.settings.depth]
        self._sharing = Sharing(self.client, self._span)
        secrets = [s for credential in self.credentials.values() for s in credential.secrets()]
        self.ledger.redactor = self.ledger.redactor.with_secrets(*secrets).recalling()
        self._stack.callback(self.client.close)
        self._establish()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def budget(self) -> Budget:
        return self.client.budget

    def send(
        self, message: Message, *, fresh: bool = False, timeout: float | None = None, **variations: Unpack[Variations]
    ) -> Exchange:
        """Send one request and record the exchange. Unless a run explores, checks share what they would all send."""
        return self._send(message, fresh=fresh, timeout=timeout, vouches=False, **variations)

    def _send(
        self, message: Message, *, vouches: bool, fresh: bool, timeout: float | None, **variations: Unpack[Variations]
    ) -> Exchange:
        if self.settings.depth is Depth.THOROUGH:
            return self.client.send(message, fresh=fresh, timeout=timeout, **variations)
        exchange = self._sharing.send(
            self.current, message, vouches=vouches, fresh=fresh, timeout=timeout, **variations
        )
        self._attach(exchange)
        return exchange

    def message(self, recipients: int = 2, body: str = "A line of text.\r\n") -> Message:
        """A plain message to the witness, over the connection that the target honours, to no more recipients than it takes."""
        allowed = self.target.limits.at_most(recipients)
        return plain_message(self.target.safety_domain, allowed, body).but(connection=self.connection())

    def connection(self) -> Connection | None:
        """The connection that messages have by default; None where only the installation's own server is of use."""
        return self.named_connection() if self._names_witness else None

    def named_connection(self) -> Connection | None:
        """The connection object that names the witness; None where no object is honoured."""
        if self.witness is None or not self.target.relay.connection_object:
            return None
        main = self.witness.main
        return Connection(server_name=main.host, port=main.port, protocol=self.target.relay.protocol)

    def control(self, **variations: Unpack[Variations]) -> Exchange:
        """An accepted request that vouches for the target: at most `CONTROL_SPAN` exchanges old."""
        key = tuple(sorted((name, repr(value)) for name, value in variations.items()))
        known = self._controls.get(key)
        if known is not None and len(self.ledger) - known[1] <= self._span:
            exchange = self.ledger.view(known[0])
            if red(exchange) is None:
                self._attach(exchange)
                return exchange
        variations.setdefault("note", "control")
        exchange = self._send(self.message(), vouches=True, fresh=False, timeout=None, **variations)
        if not answer_known(exchange):
            self.unsteady = self.unsteady or f"{exchange.id}, a control, got {described(exchange)}"
        self._controls[key] = (exchange, len(self.ledger))
        self._count_red(exchange)
        return exchange

    def _count_red(self, control: Exchange) -> None:
        """Where no valid request is ever served, more of them show nothing more and are not sent."""
        if self._red_in_a_row is None:
            return
        self._red_in_a_row = self._red_in_a_row + 1 if red(control) else None
        if self._red_in_a_row == RED_LIMIT:
            self.budget.halt(
                f"{RED_LIMIT} valid requests in a row were not served, and none before ({described(control)})"
            )

    def fresh_control(self) -> Exchange:
        """A valid request of now, on a connection of its own: a way that loses exchanges shows itself."""
        exchange = self.client.send(self.message(), fresh=True, note="control")
        self._controls[()] = (exchange, len(self.ledger))
        return exchange

    def ordinary(self) -> tuple[Exchange, ...]:
        """Every exchange of the run but those of framing checks: they send what is no HTTP, and what a web server answers to that
        is held against no other class."""
        framing = {check.id for check in self.checks.values() if check.requirement.class_ is Class_.FRAMING}
        return tuple(exchange for exchange in self.ledger.all() if exchange.check not in framing)

    def settle(self) -> None:
        """Ask once for all what was still open: late mail and late octets. Then every check gets its final verdict."""
        if not self.obstacle and self.budget.reached:
            self.client.check = ""
            with suppress(Halted):
                self.client.send(self.message(), note="sentinel")
        asked, quiet = time.monotonic(), settling(self.settings.depth, self.target.witness.settle_time)
        self.client.wire.settle(min(STRAY_QUIET, quiet))
        if self.witness is not None:
            self.witness.wait_for_quiet(quiet, self.target.witness.delivery_timeout, asked)
        self.finished = time.time()

    def _establish(self) -> None:
        """Find the baseline: the first declared credential and media type with which a plain message is accepted."""
        if not self.credentials:
            self.obstacle = "no credentials are declared: give --basic, --soticket, --bearer or a target file"
            return
        tried: list[Exchange] = []
        for credential, media_type, query in self._candidates():
            exchange = self._try(credential, media_type, query)
            tried.append(exchange)
            if red(exchange) is None:
                self._red_in_a_row = None
                return
            if not exchange.answered:
                break
        if tried[-1].answered and self.connection() is not None and self.target.relay.default_connection:
            self._names_witness = False
            tried.append(self._try(*self._candidates()[0]))
            if red(tried[-1]) is None:
                self._red_in_a_row = None
                return
            self._names_witness = True
        best = next((e for e in tried[: len(self._candidates())] if e.succeeded), None)
        if best is not None:
            self._baseline(*self._candidates()[tried.index(best)])
        else:
            self.obstacle = _obstacle(tried)

    def _candidates(self) -> list[tuple[Credential, str, str | None]]:
        credentials = list(self.credentials.values())
        first = [(c, MEDIA_TYPES[0], None) for c in credentials]
        others = [(credentials[0], media_type, None) for media_type in MEDIA_TYPES[1:]]
        return [*first, *others, (credentials[0], MEDIA_TYPES[0], "$select=name")]

    def _try(self, credential: Credential, media_type: str, query: str | None) -> Exchange:
        """A first control; one that gets lost at once is sent again, because one loss says nothing about a whole run."""
        self._baseline(credential, media_type, query)
        note = f"first control: {credential.name}, {media_type}"
        while True:
            exchange = self.client.send(self.message(), note=note)
            lost = not answer_known(exchange) and exchange.outcome is not Outcome.NOT_SENT
            if not lost or exchange.seconds > LOST_AT_ONCE or not self._pauses:
                return exchange
            self.budget.pause(self._pauses.pop(0))

    def _baseline(self, credential: Credential, media_type: str, query: str | None) -> None:
        self.client.composer = Composer(self.target, credential, media_type, self.run_id, query)

    def _late(self, token: str, stray: bytes, closed: bool) -> None:
        self.ledger.charge(token, stray, closed)
        if closed and not stray:
            self._closes(token)

    def _transmitted(self, exchange: Exchange) -> None:
        if exchange.answered and _closed_silently(exchange, exchange.connection):
            self._closes(exchange.id)

    def _closes(self, id: str) -> None:
        self.client.fresh = True
        self.unsteady = self.unsteady or f"after {id} the connection closed without a word"

    def _attach(self, exchange: Exchange) -> None:
        check = self.current
        if check is not None and exchange.id not in check.exchange_ids:
            check.exchange_ids.append(exchange.id)
            check.has_sent = check.has_sent or exchange.check == check.id


def settling(depth: Depth, declared: float) -> float:
    """Seconds of quiet after which no more mail is expected, where the target declares so many."""
    return min(declared, max(QUICK_SETTLE, declared / 6)) if depth is Depth.QUICK else declared


def _closed_silently(exchange: Exchange, use: ConnectionUse) -> bool:
    response = exchange.response
    return (
        use.closed_after and response is not None and "close" not in (response.fields.get("Connection") or "").lower()
    )


def _obstacle(tried: list[Exchange]) -> str:
    """Why no control was accepted, and what to do about it."""
    last = tried[-1]
    came = described(last)
    match last.outcome:
        case Outcome.NOT_SENT:
            return f"the target cannot be reached: {last.error}"
        case Outcome.UNANSWERED | Outcome.CUT | Outcome.MALFORMED:
            return f"the target gave no usable answer to a valid request: {came}. Check the URL, the port and what stands before it"
    statuses = sorted({e.status for e in tried if e.status is not None})
    said = ", ".join(map(str, statuses))
    if set(statuses) <= {401, 403}:
        return f"every declared credential was refused ({said}): check the credentials and that the EMail agent is granted to them"
    if set(statuses) <= {404, 405, 421}:
        return f"the operation is not at this URL ({said}): check host and path prefix"
    if any(300 <= s < 400 for s in statuses):
        return f"the target redirects ({said}); redirects are never followed: give the URL that answers itself"
    return f"no valid request was accepted (answers: {said}): check the target file against what the service expects"
