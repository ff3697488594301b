"""A concluded run as one value: what evidence and views are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relaycheck.rollup import Conclusion, conclude, row_verdict
from relaycheck.verdicts import Kind, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.catalogue import Catalogue, Requirement
    from relaycheck.exchange import Exchange
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.run import Run
    from relaycheck.plugin.settings import Settings


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Everything a finished run knows. Secrets are already replaced in all of it."""

    settings: Settings
    catalogue: Catalogue
    run_id: str
    checks: tuple[Check, ...]
    exchanges: tuple[Exchange, ...]
    conclusion: Conclusion
    obstacle: str
    started: float
    finished: float
    """Seconds since the epoch."""
    sent: int
    could_relay: int
    witnessed: int
    """Mails that the witness accepted."""
    partial: bool
    """Only a selection was run."""
    not_run: tuple[Requirement, ...] = ()
    """The row of each test that was planned and not executed."""

    def checks_of(self, requirement_id: str) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.requirement.id == requirement_id)

    def exchange(self, id: str) -> Exchange:
        return next(e for e in self.exchanges if e.id == id)


def conclude_run(run: Run, catalogue: Catalogue, not_run: Sequence[Requirement], *, partial: bool) -> RunOutcome:
    """Roll the final verdicts up. `not_run`: the row of each test that was planned and not executed. Call after `run.settle()`."""
    checks = tuple(run.checks.values())
    return RunOutcome(
        settings=run.settings,
        catalogue=catalogue,
        run_id=run.run_id,
        checks=checks,
        exchanges=run.ledger.all(),
        conclusion=_conclusion(run.settings, catalogue, checks, not_run, partial=partial),
        obstacle=run.obstacle,
        started=run.started,
        finished=run.finished,
        sent=run.budget.sent,
        could_relay=run.budget.could_relay,
        witnessed=len(run.witness.all_deliveries()) if run.witness is not None else 0,
        partial=partial,
        not_run=tuple(not_run),
    )


def merged(first: RunOutcome, others: Sequence[RunOutcome]) -> RunOutcome:
    """One outcome from the shares of a run that several processes made."""
    shares = (first, *others)
    checks = tuple(check for share in shares for check in share.checks)
    not_run = tuple(row for share in shares for row in share.not_run)
    partial = any(share.partial for share in shares)
    return replace(
        first,
        checks=checks,
        exchanges=tuple(exchange for share in shares for exchange in share.exchanges),
        conclusion=_conclusion(first.settings, first.catalogue, checks, not_run, partial=partial),
        obstacle=next((share.obstacle for share in shares if share.obstacle), ""),
        started=min(share.started for share in shares),
        finished=max(share.finished for share in shares),
        sent=sum(share.sent for share in shares),
        could_relay=sum(share.could_relay for share in shares),
        witnessed=sum(share.witnessed for share in shares),
        partial=partial,
        not_run=not_run,
    )


def _conclusion(
    settings: Settings,
    catalogue: Catalogue,
    checks: Sequence[Check],
    not_run: Sequence[Requirement],
    *,
    partial: bool,
) -> Conclusion:
    verdicts: dict[str, list[Verdict]] = {}
    for row in not_run:
        verdicts.setdefault(row.id, []).append(Verdict(Kind.NOT_RUN, "not run"))
    for check in checks:
        verdicts.setdefault(check.requirement.id, []).append(check.verdict)
    rows = [row_verdict(requirement, verdicts.get(requirement.id, ())) for requirement in catalogue]
    return conclude(settings.level, rows, partial=partial)
