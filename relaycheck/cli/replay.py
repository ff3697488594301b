"""`relaycheck replay`: the findings of one row again, from the record of a run, against the same target or another."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import typer

from relaycheck.catalogue import UnknownRequirement, load
from relaycheck.cli.check import aimed
from relaycheck.evidence import OutputProblem, RecordProblem, Result, read_record, result_of, write_record
from relaycheck.evidence.replaying import NothingToReplay, Replay, compared, exit_code, replay_of
from relaycheck.places import default_output
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import SHRINKING, Depth, Settings
from relaycheck.rollup import CertificateLevel
from relaycheck.target.problems import TargetProblem
from relaycheck.verdicts import ExitCode
from relaycheck.views.replay import replay_text

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.target import Target
    from relaycheck.target.options import Options
    from relaycheck.witness import Witness


@dataclass(frozen=True, slots=True)
class ReplayWish:
    """What the command line asked for. `options.place` is empty when the recorded target is meant."""

    row: str
    record: Path | None
    output: Path | None
    options: Options


def run_replay(wish: ReplayWish) -> int:
    """Run the recorded findings again. Exit 0 when they are gone, 1 while one is there, 6 when nothing can be said, 4 for bad input."""
    try:
        row = load()[wish.row.upper()].id
        record = read_record(wish.record or default_output())
        replay = replay_of(record, row)
        with ExitStack() as stack:
            return _replayed(record, replay, wish, stack)
    except (RecordProblem, NothingToReplay, UnknownRequirement, TargetProblem, OutputProblem) as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)


def _replayed(record: Result, replay: Replay, wish: ReplayWish, stack: ExitStack) -> int:
    place = wish.options.place or record.target.source
    target, witness = aimed(replace(wish.options, place=place) if place else None, stack)
    outcome = launch_for_outcome(settings_of(record, replay, target, witness, source=place, output=wish.output))
    if outcome is None:
        typer.echo("the suites could not be run", err=True)
        return int(ExitCode.ERROR)
    again = result_of(outcome) if wish.output is None else write_record(outcome, wish.output)
    if record.suite.catalogue_digest != again.suite.catalogue_digest:
        typer.echo("note: recorded with another catalogue, so its checks may differ\n")
    if again.run.obstacle:
        typer.echo(f"Nothing could be observed: {again.run.obstacle}\n")
    seen = compared(replay, again)
    typer.echo(replay_text(replay.row, seen))
    typer.echo(
        f"\nsent {again.run.requests_sent} requests to {again.target.url}, the witness saw {again.run.witnessed} mails"
    )
    return int(exit_code(seen))


def settings_of(
    record: Result,
    replay: Replay,
    target: Target,
    witness: Witness | None = None,
    *,
    source: str = "",
    output: Path | None = None,
) -> Settings:
    """The settings of the recorded run, for the findings alone: the same depth and seed draw the same examples."""
    return Settings(
        target=target,
        source=source,
        level=CertificateLevel(record.level.claimed),
        depth=Depth(record.run.depth),
        seed=record.run.seed,
        output=output,
        select=replay.rows,
        only=replay.only,
        witness=witness,
        shrinking=SHRINKING,
    )
