"""Which checks catch the most mutants for a given number of requests: how the list of quick depth is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from highspy import Highs

from relaycheck.plugin.settings import Depth
from relaycheck.selftest.trial import Job, Role
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.selftest.matrix import Suite
    from relaycheck.selftest.trial import Trial

FIRST_OF_ITS_ROW = 0.3
"""What trying a row at all counts for, in mutants."""
A_REQUEST, A_CHECK = 0.001, 0.0001
"""What one costs, in mutants: of sets that show the same, the smallest is taken."""
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
    """The checks for at most `budget` requests that catch the most mutants: all that send nothing, and the best set of the others.

    An integer program: each check, request, mutant and row is taken, sent, caught and tried, or not.
    """
    program = Highs()
    program.silent()
    taken = {offer: program.addBinary() for offer in offers}
    sent = {exchange: program.addVariable(0, 1) for offer in offers for exchange in offer.exchanges}
    caught = {mutant: program.addVariable(0, 1) for mutant in caught_by}
    tried = {offer.row: program.addVariable(0, 1) for offer in offers}
    for offer, take in taken.items():
        for exchange in offer.exchanges:
            program.addConstr(take <= sent[exchange])
        if not offer.exchanges:
            program.addConstr(take == 1)
    for mutant, caught_one in caught.items():
        program.addConstr(caught_one <= program.qsum(t for o, t in taken.items() if o.check in caught_by[mutant]))
    for row, tried_one in tried.items():
        program.addConstr(tried_one <= program.qsum(t for o, t in taken.items() if o.row == row))
    requests, checks = program.qsum(sent.values()), program.qsum(taken.values())
    program.addConstr(requests <= budget)
    shown = program.qsum(caught.values()) + FIRST_OF_ITS_ROW * program.qsum(tried.values())
    program.maximize(shown - A_REQUEST * requests - A_CHECK * checks)
    return tuple(offer.check for offer, take in taken.items() if program.val(take) > 0.5)
