"""Where one worker tries candidates: reference targets with all their faults, null targets, and the suite on each of them."""

from __future__ import annotations

import contextlib
import io
import time
from contextlib import ExitStack
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Self

from relaycheck.places import SUITES
from relaycheck.plugin.coverage import trials
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Settings
from relaycheck.reference.chaos import disturbed
from relaycheck.reference.embedded import Embedded
from relaycheck.reference.mutants import MUTANTS
from relaycheck.reference.nulls import null_target
from relaycheck.reference.variants import VARIANTS
from relaycheck.rollup import CertificateLevel
from relaycheck.selftest.trial import CheckSeen, Job, Role, RowSeen, Trial
from relaycheck.target.url import parse_url
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.target import Target

DELIVERY_TIMEOUT = 0.4
"""Seconds: the reference relays before it answers, so only mail that never comes is waited for so long."""
SETTLE_TIME = 0.1
NULL_RESPONSE_TIMEOUT = 0.5
"""Seconds: a null target on loopback answers at once or never."""


class Bench:
    """Context manager. Servers start when a job first needs them and live as long as the bench."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._embedded: dict[bool, Embedded] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, job: Job) -> Trial:
        """The suite against the job's candidate; never raises for what a candidate does."""
        began = time.perf_counter()
        if not (tests := collected_for(job.rows)):
            return Trial(job, trouble=f"no check tries {', '.join(job.rows)}")
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said), self._candidate(job) as target:
                settings = Settings(
                    target,
                    CertificateLevel.HARDENED,
                    job.depth,
                    select=job.rows,
                    unjudged=job.unjudged,
                    every_check=job.every_check,
                )
                outcome = launch_for_outcome(settings, tests=tests)
        except Exception as error:
            return Trial(job, trouble=f"{type(error).__name__}: {error}", seconds=time.perf_counter() - began)
        seconds = time.perf_counter() - began
        if outcome is None:
            return Trial(job, trouble=_never_began(job, said), seconds=seconds)
        return _trial(job, outcome, seconds)

    @contextlib.contextmanager
    def _candidate(self, job: Job) -> Iterator[Target]:
        match job.role:
            case Role.NULL:
                with null_target(job.candidate) as url:
                    described = self._described("")
                    limits = replace(described.limits, response_timeout=NULL_RESPONSE_TIMEOUT)
                    yield replace(described, url=parse_url(url), limits=limits, trust=None)
            case Role.CHAOS:
                with disturbed(job.candidate, self._described("")) as target:
                    yield target
            case Role.REFERENCE:
                yield self._described("")
            case Role.MUTANT:
                yield self._described(job.candidate, tls=MUTANTS[job.candidate].tls)
            case Role.VARIANT:
                yield self._described(job.candidate, tls=VARIANTS[job.candidate].tls)

    def _described(self, candidate: str, *, tls: bool = False) -> Target:
        if tls not in self._embedded:
            self._embedded[tls] = self._stack.enter_context(Embedded(faults=True, tls=tls))
        return self._embedded[tls].target_for(candidate, delivery_timeout=DELIVERY_TIMEOUT, settle_time=SETTLE_TIME)


@cache
def _by_row() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for trial in trials():
        found[trial.requirement] = (*found.get(trial.requirement, ()), f"{trial.file}::{trial.test}")
    return found


def collected_for(rows: tuple[str, ...]) -> tuple[str, ...]:
    """What pytest is to collect for these rows or patterns: just their tests, which costs least; everything for no rows."""
    if not rows:
        return (str(SUITES),)
    by_row = _by_row()
    return tuple(test for row in by_row if any(fnmatchcase(row, wanted) for wanted in rows) for test in by_row[row])


def _trial(job: Job, outcome: RunOutcome, seconds: float) -> Trial:
    conclusion = outcome.conclusion
    tried = [row for row in conclusion.rows if row.weighed is not Kind.NOT_RUN]
    return Trial(
        job=job,
        verdict=conclusion.verdict.value,
        reached=conclusion.reached.value if conclusion.reached else "",
        rows=tuple(
            RowSeen(r.requirement.id, r.weighed, "" if r.weighed is Kind.PASS else r.verdict.reason) for r in tried
        ),
        checks=tuple(CheckSeen(c.id, c.requirement.id, c.verdict.kind) for c in outcome.checks),
        reason=conclusion.reason,
        sent=outcome.sent,
        seconds=seconds,
        obstacle=outcome.obstacle,
    )


def _never_began(job: Job, said: io.StringIO) -> str:
    lines = said.getvalue().strip().splitlines()
    if lines:
        return f"the run never began: {lines[-1]}"
    return f"no check of {', '.join(job.rows) or 'any row'} runs at {job.depth} depth"
