"""Which checks catch the most mutants for a given number of requests: how the list of quick depth is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.plugin.settings import Depth
from relaycheck.selftest.trial import Job, Role
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.selftest.matrix import Suite
    from relaycheck.selftest.trial import Trial

FIRST_OF_ITS_ROW = 0.5
"""What trying a row at all counts for, in mutants."""
RED = (Kind.FAIL, Kind.WARN)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one check sends at quick depth: the ids of its exchanges, some of which other checks have too."""

    check: str
    row: str
    exchanges: frozenset[str]


def measuring(suite: Suite) -> tuple[Job, ...]:
    """Every mutant against all checks of its row, with the examples of quick depth."""
    return tuple(Job(Role.MUTANT, f.id, (f.breaks,), Depth.QUICK, every_check=True) for f in suite.faults)


def catches(trials: Iterable[Trial]) -> dict[str, frozenset[str]]:
    """By mutant, the checks that notice it: those of its own row where the trial was of its row alone."""
    return {
        t.job.candidate: frozenset(c.id for c in t.checks if c.kind in RED and (not t.job.rows or c.row in t.job.rows))
        for t in trials
    }


def costs(rehearsal: RunOutcome) -> tuple[Cost, ...]:
    """What each check sent in a rehearsal of all of them."""
    return tuple(Cost(c.id, c.requirement.id, frozenset(c.exchange_ids)) for c in rehearsal.checks)


def chosen(caught_by: Mapping[str, frozenset[str]], offers: Sequence[Cost], budget: int) -> tuple[str, ...]:
    """The checks for at most `budget` requests: those that send nothing, then always the one that shows most per request."""
    catching: dict[str, set[str]] = {}
    for mutant, checks in caught_by.items():
        for check in checks:
            catching.setdefault(check, set()).add(mutant)
    taken = {offer.check: offer for offer in offers if not offer.exchanges}
    paid: set[str] = set()
    while True:
        dead = {mutant for check in taken for mutant in catching.get(check, ())}
        tried = {offer.row for offer in taken.values()}
        best, worth = None, 0.0
        for offer in offers:
            gain = len(catching.get(offer.check, set()) - dead) + FIRST_OF_ITS_ROW * (offer.row not in tried)
            cost = len(offer.exchanges - paid)
            if offer.check not in taken and len(paid) + cost <= budget and gain / max(cost, 0.1) > worth:
                best, worth = offer, gain / max(cost, 0.1)
        if best is None:
            return tuple(_needed(taken, catching))
        taken[best.check] = best
        paid |= best.exchanges


def _needed(taken: Mapping[str, Cost], catching: Mapping[str, set[str]]) -> Iterable[str]:
    """Without those whose mutants and row others of the choice have too; the first chosen go first."""
    kept = dict(taken)
    for check, offer in taken.items():
        if not offer.exchanges:
            continue
        others = [c for c in kept if c != check]
        dead = {mutant for c in others for mutant in catching.get(c, ())}
        if catching.get(check, set()) <= dead and offer.row in {kept[c].row for c in others}:
            del kept[check]
    return kept
