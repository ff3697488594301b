"""From a concluded run to its record. Pure."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING

from relaycheck import __version__
from relaycheck.evidence.again import again
from relaycheck.evidence.beats import beats, sources
from relaycheck.evidence.finding import Finding, finding
from relaycheck.evidence.lacking import next_level
from relaycheck.evidence.model import (
    BeatFacts,
    ChapterFacts,
    CheckFacts,
    ClassFacts,
    DeliveryFacts,
    ExampleFacts,
    ExchangeFacts,
    LevelFacts,
    RequirementFacts,
    Result,
    RunFacts,
    Suite,
    TargetFacts,
)
from relaycheck.evidence.shell import shell_line
from relaycheck.evidence.texts import as_text
from relaycheck.judgements.state import described, red
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.exchange import Delivery, Exchange
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.rollup import RowVerdict

DECISION_RULE = (
    "Simple acceptance, zero tolerance: a MUST fails if one confirmed observation contradicts it, passes if all planned "
    "observations were made and none contradicts it, and is inconclusive otherwise. A SHOULD that is not met is a warning; MAY and "
    "INFO rows are observations. Properties are sampled: a pass means no counter-example in the recorded number of examples."
)
QUIET = (Kind.PASS, Kind.NOT_APPLICABLE, Kind.NOT_RUN)
SHOWN = 12  # exchanges of one check that the record holds in full
ENVIRONMENT = ("pytest", "hypothesis", "httpx", "schemathesis")


@dataclass(frozen=True)
class Told:
    """A concluded run with what its findings rest on."""

    outcome: RunOutcome
    folder_of: Callable[[Check], str] = field(default=lambda check: "")
    """Where the evidence of a check that is not green is kept, relative to the record; by default nowhere."""

    @cached_property
    def by_id(self) -> dict[str, Exchange]:
        return {e.id: e for e in self.outcome.exchanges}

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """By the id of the check; of those that are not green."""
        return {c.id: self._finding(c) for c in self.outcome.checks if loud(c)}

    def _finding(self, check: Check) -> Finding:
        """Where the judgement has no control, the run's plain request shows what is different about the probe."""
        found = finding(check, self.known)
        return found if found.control or found.probe is None else replace(found, control=self.plain)

    @cached_property
    def plain(self) -> Exchange | None:
        """The run's first accepted request, or the first at all."""
        accepted = (e for e in self.outcome.exchanges if e.request.message and red(e) is None)
        return next(accepted, next((self.by_id[id] for id in self.first_controls), None))

    @property
    def first_controls(self) -> list[str]:
        return [e.id for e in self.outcome.exchanges if not e.check and e.request.note.startswith("first control")]

    @cached_property
    def in_full(self) -> frozenset[str]:
        """The exchanges that are held as text: of findings, and the first controls where none was accepted."""
        found = {e for f in self.findings.values() for e in shown(f)}
        return frozenset(found | set(self.first_controls if self.outcome.obstacle else ()))

    @cached_property
    def _lines(self) -> dict[str, str]:
        return {}

    def shell(self, exchange: Exchange) -> str:
        """The exchange's request as a line for a shell."""
        if exchange.id not in self._lines:
            self._lines[exchange.id] = shell_line(exchange.request, self.outcome.settings.target.url)
        return self._lines[exchange.id]

    def since_start(self, exchange: Exchange) -> float:
        """Seconds from the run's first exchange to this one."""
        return exchange.started - self.outcome.exchanges[0].started

    def when(self, exchange: Exchange) -> float:
        """Seconds since the epoch."""
        return self.outcome.started + self.since_start(exchange)

    def known(self, exchange: Exchange) -> Exchange:
        """The exchange as it is known at the end of the run."""
        return self.by_id.get(exchange.id, exchange)


def loud(check: Check) -> bool:
    return check.verdict.kind not in QUIET


def shown(found: Finding) -> list[str]:
    """The ids of the exchanges that explain a finding: control and probe first."""
    first = [e.id for e in (found.control, found.probe) if e is not None]
    return list(dict.fromkeys([*first, *(e.id for e in found.exchanges)]))[:SHOWN]


def result_of(outcome: RunOutcome) -> Result:
    """The record of `outcome` without an evidence folder."""
    return told(Told(outcome))


def told(run: Told) -> Result:
    """The record of a concluded run, as it is written to `result.json`."""
    outcome = run.outcome
    conclusion = outcome.conclusion
    checks: dict[str, list[Check]] = {}
    for check in outcome.checks:
        checks.setdefault(check.requirement.id, []).append(check)
    return Result(
        suite=Suite(
            name="relaycheck",
            version=__version__,
            edition=outcome.catalogue.edition,
            catalogue_digest=outcome.catalogue.digest,
            decision_rule=DECISION_RULE,
        ),
        target=_target(outcome),
        run=_run(run),
        verdict=conclusion.verdict.value,
        reason=conclusion.reason,
        exit_code=int(conclusion.exit_code),
        level=LevelFacts(
            claimed=conclusion.claimed.value,
            reached=conclusion.reached.value if conclusion.reached else None,
            next=next_level(conclusion, partial=outcome.partial),
        ),
        classes=[
            ClassFacts(
                conformance_class=c.conformance_class.value,
                verdict=c.kind.value,
                passed=c.passed,
                applicable=c.applicable,
                warnings=c.warnings,
                reason=c.reason,
            )
            for c in conclusion.classes
        ],
        chapters=[ChapterFacts(key=c.key, title=c.title) for c in outcome.catalogue.chapters],
        requirements=[_requirement(run, row, checks.get(row.requirement.id, [])) for row in conclusion.rows],
        exchanges=[_exchange(run, e) for e in outcome.exchanges],
    )


def _target(outcome: RunOutcome) -> TargetFacts:
    target = outcome.settings.target
    return TargetFacts(
        name=target.name,
        version=target.version,
        contact=target.contact,
        url=str(target.url),
        installation=target.installation,
        source=outcome.settings.source,
        capabilities=target.capabilities(),
    )


def _run(run: Told) -> RunFacts:
    outcome, settings = run.outcome, run.outcome.settings
    return RunFacts(
        id=outcome.run_id,
        started=_utc(outcome.started),
        finished=_utc(outcome.finished),
        seconds=round(outcome.finished - outcome.started, 3),
        depth=settings.depth.value,
        seed=settings.seed,
        selection=list(settings.select),
        partial=outcome.partial,
        requests_sent=outcome.sent,
        able_to_relay=outcome.could_relay,
        witnessed=outcome.witnessed,
        obstacle=outcome.obstacle,
        first_controls=run.first_controls,
        notes=list(settings.notes),
        environment={"python": platform.python_version(), **{name: version(name) for name in ENVIRONMENT}},
    )


def _requirement(run: Told, row: RowVerdict, checks: list[Check]) -> RequirementFacts:
    requirement = row.requirement
    return RequirementFacts(
        id=requirement.id,
        title=requirement.title,
        chapter=requirement.chapter,
        level=requirement.level.value,
        conformance_class=requirement.class_.value,
        statement=requirement.statement,
        basis=requirement.basis.value,
        sources=sources(requirement, run.outcome.catalogue),
        needs=list(requirement.needs),
        tolerates=requirement.tolerates,
        fault=requirement.fault,
        blocks=requirement.blocks,
        untestable=requirement.untestable,
        verdict=row.weighed.value,
        reason=row.verdict.reason if row.checks else "no check tries this row yet",
        checks=[_check(run, c) for c in checks],
    )


def _check(run: Told, check: Check) -> CheckFacts:
    found = run.findings.get(check.id)
    deciding = found.judgement if found else check.deciding
    control = found.control if found else deciding.control if deciding else None
    return CheckFacts(
        name=check.name,
        id=check.id,
        about=check.about,
        verdict=check.verdict.kind.value,
        reason=check.verdict.reason,
        cause=check.verdict.cause.value if check.verdict.cause else None,
        capability=check.verdict.capability,
        judgement=deciding.name if deciding else None,
        attempts=len(check.attempts),
        seconds=round(check.seconds, 4),
        control=control.id if control else None,
        probe=found.probe.id if found and found.probe else None,
        exchanges=list(check.exchange_ids),
        shown=shown(found) if found else [],
        beats=_beats(run, check, found) if found else None,
        example=_example(check),
        shell=run.shell(found.probe) if found and found.probe else "",
        evidence=run.folder_of(check) or None if found and found.exchanges else None,
    )


def _example(check: Check) -> ExampleFacts | None:
    found = check.example
    if found is None:
        return None
    return ExampleFacts(
        value=found.value, minimal=found.minimal, seed=found.seed, drawn=found.drawn, requests=found.requests
    )


def _beats(run: Told, check: Check, found: Finding) -> BeatFacts:
    places = sources(check.requirement, run.outcome.catalogue)
    return beats(check, found, places, again(run.outcome.settings, check.requirement.id))


def _exchange(run: Told, exchange: Exchange) -> ExchangeFacts:
    request, in_full = exchange.request, exchange.id in run.in_full
    return ExchangeFacts(
        id=exchange.id,
        check=exchange.check,
        nonce=request.nonce,
        note=request.note,
        method=request.method,
        target=request.target,
        outcome=exchange.outcome.value,
        status=exchange.response.status if exchange.response else None,
        described=described(exchange),
        connection=f"{exchange.connection.id}#{exchange.connection.ordinal}",
        started=round(run.since_start(exchange), 5),
        seconds=round(exchange.seconds, 5),
        mails=sum(1 for d in exchange.deliveries if d.accepted),
        digest=hashlib.sha256(request.raw + b"\0" + exchange.received).hexdigest(),
        request=as_text(request.raw) if in_full else None,
        response=as_text(exchange.received) if in_full else None,
        stray=as_text(exchange.stray) if in_full else None,
        deliveries=[_delivery(d) for d in exchange.deliveries] if in_full else [],
    )


def _delivery(delivery: Delivery) -> DeliveryFacts:
    return DeliveryFacts(
        id=delivery.id,
        sender=delivery.sender,
        recipients=list(delivery.accepted_recipients),
        reply=delivery.reply,
        octets=len(delivery.data),
        transcript=as_text(delivery.transcript),
        mail=as_text(delivery.data),
    )


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
