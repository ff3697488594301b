"""Which candidates meet which rows."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from relaycheck.plugin.coverage import trials as tests_in_suites
from relaycheck.plugin.settings import Depth
from relaycheck.reference.chaos import KINDS as CHAOS
from relaycheck.reference.mutants import MUTANTS
from relaycheck.reference.nulls import KINDS as NULLS
from relaycheck.reference.variants import CHAPTER_OF, VARIANTS
from relaycheck.selftest.excused import SHADOWED, UNREFUTED
from relaycheck.selftest.matrix import Fault, Suite
from relaycheck.selftest.trial import Job, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from relaycheck.catalogue import Catalogue


def suite_of(catalogue: Catalogue) -> Suite:
    """What there is to prove, as it is installed."""
    return Suite(
        rows=catalogue.requirements,
        tests={trial.test: trial.requirement for trial in tests_in_suites()},
        faults=tuple(Fault(m.id, m.breaks, m.fault) for m in MUTANTS.values()),
        shadowed=SHADOWED,
        unrefuted=UNREFUTED,
    )


def default_jobs(catalogue: Catalogue, depth: Depth = Depth.STANDARD) -> tuple[Job, ...]:
    """Each mutant against its own row, each variant against its own chapter, and the empty servers at quick depth."""
    return (
        Job(Role.REFERENCE, "", depth=Depth.QUICK),
        *(Job(Role.NULL, kind, depth=Depth.QUICK) for kind in NULLS),
        *_slow_first(catalogue, _own_rows(depth)),
        *(Job(Role.VARIANT, id, _chapter_rows(catalogue, id), Depth.QUICK) for id in VARIANTS),
    )


def full_jobs(catalogue: Catalogue) -> tuple[Job, ...]:
    """Everything against every row, after the default. The longest part comes last: all rows against each mutant, at quick depth,
    which shows the row that notices besides its own; at standard depth it would take hours."""
    return (
        *default_jobs(catalogue),
        Job(Role.REFERENCE, ""),
        *(Job(Role.CHAOS, kind) for kind in CHAOS),
        *(Job(Role.VARIANT, id) for id in VARIANTS),
        *(Job(Role.NULL, kind) for kind in NULLS),
        *(Job(Role.MUTANT, id, depth=Depth.QUICK) for id in MUTANTS),
    )


def only(jobs: Iterable[Job], wanted: Sequence[str]) -> tuple[Job, ...]:
    """The jobs whose candidate matches one of the patterns, and for mutants also whose row does."""
    kept = []
    for job in jobs:
        names = [job.candidate, str(job.role)]
        if job.role is Role.MUTANT:
            names.append(MUTANTS[job.candidate].breaks)
        if any(fnmatchcase(name.lower(), pattern.lower()) for name in names for pattern in wanted):
            kept.append(job)
    return tuple(kept)


def names() -> tuple[str, ...]:
    """Everything that `only` can match, for a hint."""
    return (*(str(role) for role in Role), *MUTANTS, *{m.breaks for m in MUTANTS.values()}, *VARIANTS, *NULLS, *CHAOS)


def _own_rows(depth: Depth) -> tuple[Job, ...]:
    return tuple(Job(Role.MUTANT, m.id, (m.breaks,), depth) for m in MUTANTS.values())


def _slow_first(catalogue: Catalogue, jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Rows that wait for a failing mail server or for recovery come first, so that no worker ends long after the other."""

    def quick(job: Job) -> bool:
        return not {"intrusive", "witness.control"} & set(catalogue[job.rows[0]].needs)

    return tuple(sorted(jobs, key=quick))


def _chapter_rows(catalogue: Catalogue, variant: str) -> tuple[str, ...]:
    prefixes = {chapter.key: chapter.prefix for chapter in catalogue.chapters}
    prefix = prefixes.get(CHAPTER_OF[variant])
    return (f"RM-{prefix}-*",) if prefix else ()
