"""Which checks the mutants need: each test's judgements are taken out in turn, and some mutant of its row must then get through. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.plugin.settings import Depth
from relaycheck.selftest.matrix import OBLIGING, Fate, Finding, fate_of
from relaycheck.selftest.trial import Job, Role

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from relaycheck.selftest.matrix import Suite
    from relaycheck.selftest.trial import Trial


@dataclass(frozen=True, slots=True)
class Removed:
    """A test without its judgements: the mutants of its row that then get through; none: it is redundant."""

    test: str
    row: str
    escaped: tuple[str, ...]
    depth: Depth = Depth.STANDARD


def removals(
    suite: Suite, tests: Container[str] | None = None, depth: Depth = Depth.STANDARD, *, controls: bool = False
) -> tuple[Job, ...]:
    """Every mutant against its row without each of the row's tests, or of those in `tests`. `controls`: and once with all of them."""
    obliging = {row.id for row in suite.rows if row.level in OBLIGING and not row.untestable}
    taken_out = [(t, row) for t, row in suite.tests.items() if row in obliging and (tests is None or t in tests)]
    jobs = [
        Job(Role.MUTANT, fault.id, (fault.breaks,), depth, unjudged)
        for test, row in taken_out
        for fault in suite.faults
        if fault.breaks == row
        for unjudged in ((test, "") if controls else (test,))
    ]
    return tuple(dict.fromkeys(jobs))


def removed(suite: Suite, trials: Sequence[Trial]) -> tuple[Removed, ...]:
    """What each removal came to, in the order of the tests. Mutants that get through anyway show nothing."""
    faults = {fault.id: fault for fault in suite.faults}
    anyway = {
        t.job.candidate
        for t in trials
        if not t.job.unjudged and fate_of(faults[t.job.candidate], t) is not Fate.OWN_ROW
    }
    depths = {t.job.unjudged: t.job.depth for t in trials}
    tried = dict.fromkeys(trial.job.unjudged for trial in trials)
    return tuple(
        Removed(
            test,
            suite.tests[test],
            tuple(
                t.job.candidate
                for t in trials
                if t.job.unjudged == test
                and t.job.candidate not in anyway
                and fate_of(faults[t.job.candidate], t) is not Fate.OWN_ROW
            ),
            depths[test],
        )
        for test in suite.tests
        if test in tried
    )


def findings(found: Iterable[Removed], redundant: Mapping[str, str]) -> tuple[Finding, ...]:
    """Red: a redundant test for which no reason is written, and a reason for a test that is needed at standard depth.

    What quick depth needs changes with its list, so a reason may stay where only that depth needs the test.
    """
    wrong = []
    for each in found:
        if not each.escaped and each.test not in redundant:
            wrong.append(Finding(each.test, f"without its judgement, every mutant of {each.row} is still killed"))
        elif each.escaped and each.depth is Depth.STANDARD and each.test in redundant:
            wrong.append(
                Finding(each.test, f"it is listed as redundant, and {each.escaped[0]} needs it: take it off the list")
            )
    return tuple(wrong)
