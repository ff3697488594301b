"""From trials to the kill matrix and the self-test's own verdict. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from relaycheck.catalogue import Level
from relaycheck.plugin.settings import Depth
from relaycheck.selftest.trial import Job, Role, Trial
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relaycheck.catalogue import Requirement

RED = (Kind.FAIL, Kind.WARN)
QUICK_SHARE = 0.85
"""So much of the mutants quick depth must catch; standard catches all."""
OBLIGING = (Level.MUST, Level.SHOULD)
WORTH_A_NULL_TARGET = 120
"""Requests at quick depth; a service would get several times as many."""


class Fate(StrEnum):
    """What became of a mutant."""

    OWN_ROW = "killed by its own row"
    OTHER_ROW = "killed only by another row"
    SURVIVED = "survived"
    UNDECIDED = "undecided"
    """Its own row ended inconclusive or in an error, or the run did not end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What the matrix knows of a mutant before it is tried."""

    id: str
    breaks: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Killing:
    """One line of the matrix: a mutant and all that noticed it."""

    fault: Fault
    fates: Mapping[Depth, Fate]
    """Against its own row, by depth; with all rows where only that was tried."""
    verdict: Kind | None
    """Of its own row at the deepest depth tried."""
    reason: str
    others: tuple[str, ...]
    """Other rows that failed or warned, where they were tried."""
    noticed: frozenset[Depth]
    """At which depths a reader would have seen it: some row failed or warned."""
    seconds: float
    sent: int

    @property
    def fate(self) -> Fate:
        """At the deepest depth tried."""
        return self.fates[max(self.fates, key=list(Depth).index)]


@dataclass(frozen=True, slots=True)
class Finding:
    """Why the self-test is red: what it is about, and what is wrong, in a sentence."""

    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Suite:
    """What there is to prove: every row, the row of each test function by its name, mutants, and what is excused."""

    rows: tuple[Requirement, ...]
    tests: Mapping[str, str]
    faults: tuple[Fault, ...]
    shadowed: Mapping[str, str] = field(default_factory=dict)
    unrefuted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caught:
    """What one depth catches: mutants that their own rows notice, that any row does, and that were tried."""

    by_own_row: int
    by_any_row: int
    tried: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """The self-test's result. Green when there are no findings."""

    killings: tuple[Killing, ...]
    trials: tuple[Trial, ...]
    """Of everything but mutants."""
    findings: tuple[Finding, ...]
    whole: bool
    """Everything was tried, so that what is missing is missing."""

    @property
    def green(self) -> bool:
        return not self.findings

    def caught(self, depth: Depth) -> Caught:
        """How many of the mutants that were tried `depth` catches."""
        return caught(self.killings, depth)


def matrix(suite: Suite, trials: Sequence[Trial], *, whole: bool) -> Matrix:
    """Everything that the trials show. `whole`: nothing was left out on purpose, so gaps are findings too."""
    killings = tuple(k for fault in suite.faults if (k := _killing(fault, trials)) is not None)
    others = tuple(t for t in trials if t.job.role is not Role.MUTANT)
    findings = [*_of_mutants(suite, killings, trials), *_of_the_rest(others)]
    if whole:
        findings += [*_gaps(suite, killings), *_never_red(suite, trials), *_at_quick(killings)]
    return Matrix(killings, others, tuple(findings), whole)


def _killing(fault: Fault, trials: Sequence[Trial]) -> Killing | None:
    mine = [t for t in trials if t.job.role is Role.MUTANT and t.job.candidate == fault.id]
    if not mine:
        return None
    own: dict[Depth, Trial] = {}
    for trial in sorted(mine, key=lambda t: bool(t.job.rows)):  # its own row alone counts before a whole run
        own[trial.job.depth] = trial
    deepest = own[max(own, key=list(Depth).index)]
    row = deepest.row(fault.breaks)
    return Killing(
        fault=fault,
        fates={depth: fate_of(fault, trial, mine) for depth, trial in own.items()},
        verdict=row.kind if row else None,
        reason=deepest.trouble or (row.reason if row else deepest.obstacle or "its row was not tried"),
        others=tuple(dict.fromkeys(r.id for t in mine for r in t.rows if r.kind in RED and r.id != fault.breaks)),
        noticed=frozenset(depth for depth, trial in own.items() if any(r.kind in RED for r in trial.rows)),
        seconds=sum(t.seconds for t in mine),
        sent=sum(t.sent for t in mine),
    )


def fate_of(fault: Fault, trial: Trial, all_of_it: Iterable[Trial] = ()) -> Fate:
    """What its own row says of a mutant in `trial`; where that passes, whether any other row notices in any trial."""
    row = trial.row(fault.breaks)
    if row is not None and row.kind in RED:
        return Fate.OWN_ROW
    if trial.trouble or row is None or row.kind in (Kind.INCONCLUSIVE, Kind.ERROR):
        return Fate.UNDECIDED
    elsewhere = any(r.kind in RED for t in (trial, *all_of_it) for r in t.rows)
    return Fate.OTHER_ROW if elsewhere else Fate.SURVIVED


def _of_mutants(suite: Suite, killings: Iterable[Killing], trials: Iterable[Trial]) -> Iterable[Finding]:
    for killing in killings:
        fault = killing.fault
        excused = suite.shadowed.get(fault.id)
        if killing.fate is Fate.OWN_ROW:
            if excused:
                yield Finding(fault.id, "it is listed as shadowed, and its own row kills it: take it off the list")
        elif not excused and Depth.STANDARD in killing.fates:
            said = f"{fault.breaks} says {killing.verdict}: {killing.reason}" if killing.verdict else killing.reason
            yield Finding(fault.id, f"{killing.fate}: {fault.sentence} ({said})")
    for trial in trials:
        if trial.job.role is Role.MUTANT and (broken := [r for r in trial.rows if r.kind is Kind.ERROR]):
            yield Finding(trial.job.candidate, f"error in {broken[0].id} at {trial.job.depth}: {broken[0].reason}")


def _of_the_rest(trials: Iterable[Trial]) -> Iterable[Finding]:
    for trial in trials:
        subject = f"{trial.job.role} {trial.job.candidate}".strip()
        if trial.trouble:
            yield Finding(subject, trial.trouble)
            continue
        wrong = {Role.REFERENCE: _not_passed, Role.NULL: _certified, Role.VARIANT: _failed, Role.CHAOS: _accused}
        yield from (Finding(subject, sentence) for sentence in wrong[trial.job.role](trial))


def _not_passed(trial: Trial) -> Iterable[str]:
    """The reference passes what applies, and a whole run reaches the highest level."""
    for row in trial.rows:
        if row.kind not in (Kind.PASS, Kind.NOT_APPLICABLE):
            yield f"{row.id} is {row.kind}: {row.reason}"
    if not trial.job.rows and trial.reached != "hardened":
        yield f"it reaches {trial.reached or 'no level'}, not hardened: {trial.reason}"


def _certified(trial: Trial) -> Iterable[str]:
    """An empty server reaches nothing, breaks nothing, and the reader learns why."""
    if trial.reached or trial.verdict in ("conformant", "error"):
        yield f"the run says {trial.verdict} and reaches {trial.reached or 'no level'}"
    for row in trial.rows:
        if row.kind is Kind.ERROR:
            yield f"error in {row.id}: {row.reason}"
    if not (trial.obstacle or trial.reason):
        yield "the run gives no reason"
    if trial.job.depth is Depth.QUICK and trial.sent > WORTH_A_NULL_TARGET:
        yield f"it was worth {trial.sent} requests, more than {WORTH_A_NULL_TARGET}"


def _failed(trial: Trial) -> Iterable[str]:
    """A legitimately different server fails no row; a warning is reported, not held against the suite."""
    for row in trial.rows:
        if row.kind in (Kind.FAIL, Kind.ERROR):
            yield f"{row.id} is {row.kind}: {row.reason}"


def _accused(trial: Trial) -> Iterable[str]:
    """A disturbance is no fault of the target: nothing fails, not even what would be a warning."""
    for row in trial.rows:
        if row.kind in (*RED, Kind.ERROR):
            yield f"{row.id} is {row.kind}: {row.reason}"


def _gaps(suite: Suite, killings: Iterable[Killing]) -> Iterable[Finding]:
    tried, broken = set(suite.tests.values()), {killing.fault.breaks for killing in killings}
    for row in suite.rows:
        if row.level not in OBLIGING or row.untestable:
            continue
        if row.id not in tried:
            yield Finding(row.id, "no check tries it, and no reason is written")
        if row.id not in broken:
            yield Finding(row.id, "no mutant breaks it, and no reason is written")


def _never_red(suite: Suite, trials: Iterable[Trial]) -> Iterable[Finding]:
    """Tests of obliging rows that nothing made fail: they would pass whatever a target does."""
    obliging = {row.id for row in suite.rows if row.level in OBLIGING}
    red = {check.test for trial in trials for check in trial.checks if check.kind is Kind.FAIL}
    for test, row in suite.tests.items():
        if test in red and test in suite.unrefuted:
            yield Finding(test, "it is listed as unrefuted, and a mutant makes it fail: take it off the list")
        elif row in obliging and test not in red and test not in suite.unrefuted:
            yield Finding(test, f"nothing makes this check of {row} fail")


def _at_quick(killings: Sequence[Killing]) -> Iterable[Finding]:
    quick = caught(killings, Depth.QUICK)
    if quick.by_any_row < QUICK_SHARE * quick.tried:
        yield Finding(
            "quick depth", f"it catches {quick.by_any_row} of {quick.tried} mutants, less than {QUICK_SHARE:.0%}"
        )


def caught(killings: Sequence[Killing], depth: Depth) -> Caught:
    tried = [k for k in killings if depth in k.fates]
    own = sum(k.fates[depth] is Fate.OWN_ROW for k in tried)
    return Caught(own, sum(depth in k.noticed for k in tried), len(tried))


def jobs_left(jobs: Iterable[Job], trials: Iterable[Trial]) -> tuple[Job, ...]:
    """The jobs that have no trial yet; one that ended in trouble is tried again."""
    done = {trial.job.key for trial in trials if not trial.trouble}
    return tuple(job for job in jobs if job.key not in done)


def in_order(jobs: Sequence[Job], trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """The jobs' trials in the order of the jobs, so that a report does not depend on who was done first."""
    place = {job.key: number for number, job in enumerate(jobs)}
    return tuple(sorted((t for t in trials if t.job.key in place), key=lambda t: place[t.job.key]))
