"""`relaycheck selftest`: the suite on mutants, null targets, variants and disturbances, and the kill matrix."""

from __future__ import annotations

import difflib
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from relaycheck.catalogue import load
from relaycheck.evidence.write import OutputProblem
from relaycheck.places import REPORTS, in_checkout
from relaycheck.plugin.settings import Depth
from relaycheck.selftest.matrix import in_order, jobs_left, matrix
from relaycheck.selftest.plan import default_jobs, full_jobs, names, only, suite_of
from relaycheck.selftest.pool import WORKERS, Pool
from relaycheck.selftest.record import record_of, write_record
from relaycheck.selftest.report import print_record, write_page
from relaycheck.selftest.resume import Journal, digest
from relaycheck.verdicts import ExitCode, Kind

if TYPE_CHECKING:
    from relaycheck.catalogue import Catalogue
    from relaycheck.selftest.trial import Job, Trial


QUIET = (Kind.PASS, Kind.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for, unread."""

    full: bool
    only: tuple[str, ...]
    depth: str
    output: Path | None
    verbose: bool


class Usage(Exception):
    """The command line cannot be followed; the message says why and what to write instead."""


def run_selftest(wish: Wish) -> int:
    """Exit code 0 when green, 1 when red, 2 when interrupted, 4 for a wrong command line."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        return _run(wish, console)
    except (Usage, OutputProblem) as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)
    except KeyboardInterrupt:
        again = "; the same command goes on where it was" if wish.full else ""
        typer.echo(f"interrupted{again}", err=True)
        return int(ExitCode.INTERRUPTED)


def _run(wish: Wish, console: Console) -> int:
    began = time.perf_counter()
    catalogue, suite = load(), digest()
    jobs = _jobs(wish, catalogue)
    folder = wish.output or _folder(wish)
    trials = _tried(wish, jobs, folder, suite, console)
    whole = not wish.only and wish.depth == Depth.STANDARD
    found = matrix(suite_of(catalogue), in_order(jobs, trials), whole=whole)
    record = record_of(found, catalogue, suite, full=wish.full, seconds=time.perf_counter() - began)
    print_record(record, console)
    if not wish.only or wish.output:
        write_record(record, folder)
        console.print(f"the matrix: {write_page(record, folder)}")
    return int(ExitCode.CONFORMANT if record.green else ExitCode.NONCONFORMANT)


def _folder(wish: Wish) -> Path:
    """In a checkout, the full matrix is kept beside the reports and any other is output like theirs."""
    if not in_checkout():
        return Path("relaycheck-selftest")
    return REPORTS / "selftest" if wish.full else REPORTS / "latest" / "selftest"


def _jobs(wish: Wish, catalogue: Catalogue) -> tuple[Job, ...]:
    if wish.depth not in (Depth.QUICK, Depth.STANDARD):
        raise Usage(f"--depth: {wish.depth!r} is neither quick nor standard")
    jobs = full_jobs(catalogue) if wish.full else default_jobs(catalogue, Depth(wish.depth))
    for pattern in wish.only:
        if not only(jobs, (pattern,)):
            near = difflib.get_close_matches(pattern, names(), n=3, cutoff=0.5)
            hint = f"; the nearest are {', '.join(near)}" if near else ""
            raise Usage(
                f"--only: {pattern!r} is no mutant, row, null target, variant or disturbance that would be tried{hint}"
            )
    return only(jobs, wish.only) if wish.only else jobs


def _tried(wish: Wish, jobs: tuple[Job, ...], folder: Path, suite: str, console: Console) -> list[Trial]:
    """Every job's trial; those of an interrupted full self-test of the same suite are taken from its journal."""
    trials: list[Trial] = []
    with ExitStack() as stack:
        journal = None
        if wish.full:
            journal = stack.enter_context(_journal(folder, suite))
            trials += [trial for trial in journal.finished if not trial.trouble]
        left = jobs_left(jobs, trials)
        if len(left) < len(jobs):
            console.print(f"{len(jobs) - len(left)} of {len(jobs)} trials are there from before")
        pool = stack.enter_context(Pool(min(WORKERS, len(left))))
        for count, trial in enumerate(pool.trials(left), 1):
            trials.append(trial)
            if journal is not None:
                journal.add(trial)
            if wish.verbose:
                console.print(_line(trial, f"{count}/{len(left)}"), markup=False)
    return trials


def _journal(folder: Path, suite: str) -> Journal:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Journal(folder, suite)
    except OSError as fault:
        raise OutputProblem(
            f"{folder}: cannot be written ({fault.strerror}); give another folder with --output"
        ) from None


def _line(trial: Trial, place: str) -> str:
    loud = [f"{row.id} {row.kind}: {row.reason[:90]}" for row in trial.rows if row.kind not in QUIET]
    told = trial.trouble or trial.obstacle or "; ".join(loud[:4]) or trial.verdict
    return f"{place:>9}  {trial.job.key}  {trial.seconds:.1f} s, {trial.sent} requests  {told}"
