"""A concluded run as one value: what evidence and views are made from."""

from __future__ import annotations

from dataclasses import dataclass
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

    def checks_of(self, requirement_id: str) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.requirement.id == requirement_id)

    def exchange(self, id: str) -> Exchange:
        return next(e for e in self.exchanges if e.id == id)


def conclude_run(run: Run, catalogue: Catalogue, not_run: Sequence[Requirement], *, partial: bool) -> RunOutcome:
    """Roll the final verdicts up. `not_run`: the row of each test that was planned and not executed. Call after `run.settle()`."""
    exchanges = run.ledger.all()
    verdicts: dict[str, list[Verdict]] = {}
    for row in not_run:
        verdicts.setdefault(row.id, []).append(Verdict(Kind.NOT_RUN, "not run"))
    for check in run.checks.values():
        verdicts.setdefault(check.requirement.id, []).append(check.verdict)
    rows = [row_verdict(requirement, verdicts.get(requirement.id, ())) for requirement in catalogue]
    return RunOutcome(
        settings=run.settings,
        catalogue=catalogue,
        run_id=run.run_id,
        checks=tuple(run.checks.values()),
        exchanges=exchanges,
        conclusion=conclude(run.settings.level, rows, partial=partial),
        obstacle=run.obstacle,
        started=run.started,
        finished=run.finished,
        sent=run.budget.sent,
        could_relay=run.budget.could_relay,
        witnessed=len(run.witness.all_deliveries()) if run.witness is not None else 0,
        partial=partial,
    )
