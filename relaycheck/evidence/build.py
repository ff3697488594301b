"""From a concluded run to its record. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from relaycheck import __version__
from relaycheck.evidence.model import (
    CheckFacts,
    ClassFacts,
    ExchangeFacts,
    LevelFacts,
    RequirementFacts,
    Result,
    RunFacts,
    Suite,
    TargetFacts,
)

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.rollup import RowVerdict


def result_of(outcome: RunOutcome) -> Result:
    """The record of `outcome`, as it is written to `result.json`."""
    conclusion, settings = outcome.conclusion, outcome.settings
    checks: dict[str, list[Check]] = {}
    for check in outcome.checks:
        checks.setdefault(check.requirement.id, []).append(check)
    return Result(
        suite=Suite(
            name="relaycheck",
            version=__version__,
            edition=outcome.catalogue.edition,
            catalogue_digest=outcome.catalogue.digest,
        ),
        target=_target(outcome),
        run=RunFacts(
            id=outcome.run_id,
            started=_utc(outcome.started),
            finished=_utc(outcome.finished),
            depth=settings.depth.value,
            seed=settings.seed,
            selection=list(settings.select),
            requests_sent=outcome.sent,
            able_to_relay=outcome.could_relay,
            witnessed=outcome.witnessed,
            obstacle=outcome.obstacle,
            notes=list(settings.notes),
        ),
        verdict=conclusion.verdict.value,
        reason=conclusion.reason,
        exit_code=int(conclusion.exit_code),
        level=LevelFacts(
            claimed=conclusion.claimed.value, reached=conclusion.reached.value if conclusion.reached else None
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
        requirements=[_requirement(row, checks.get(row.requirement.id, [])) for row in conclusion.rows],
        exchanges=[_exchange(e) for e in outcome.exchanges],
    )


def _target(outcome: RunOutcome) -> TargetFacts:
    target = outcome.settings.target
    return TargetFacts(
        name=target.name,
        version=target.version,
        contact=target.contact,
        url=str(target.url),
        installation=target.installation,
        capabilities=target.capabilities(),
    )


def _requirement(row: RowVerdict, checks: list[Check]) -> RequirementFacts:
    return RequirementFacts(
        id=row.requirement.id,
        title=row.requirement.title,
        level=row.requirement.level.value,
        conformance_class=row.requirement.class_.value,
        verdict=row.weighed.value,
        reason=row.verdict.reason if row.checks else "no check tries this row yet",
        checks=[_check(c) for c in checks],
    )


def _check(check: Check) -> CheckFacts:
    deciding = check.deciding
    return CheckFacts(
        name=check.name,
        id=check.id,
        verdict=check.verdict.kind.value,
        reason=check.verdict.reason,
        cause=check.verdict.cause.value if check.verdict.cause else None,
        judgement=deciding.name if deciding else None,
        attempts=len(check.attempts),
        seconds=round(check.seconds, 4),
        control=deciding.control.id if deciding and deciding.control else None,
        exchanges=list(check.exchange_ids),
    )


def _exchange(exchange: Exchange) -> ExchangeFacts:
    request = exchange.request
    return ExchangeFacts(
        id=exchange.id,
        nonce=request.nonce,
        note=request.note,
        method=request.method,
        target=request.target,
        outcome=exchange.outcome.value,
        status=exchange.response.status if exchange.response else None,
        connection=f"{exchange.connection.id}#{exchange.connection.ordinal}",
        seconds=round(exchange.seconds, 5),
        mails=sum(1 for d in exchange.deliveries if d.accepted),
        digest=hashlib.sha256(request.raw + b"\0" + exchange.received).hexdigest(),
    )


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
