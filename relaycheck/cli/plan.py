"""`relaycheck plan`: what a check would do to its target, counted without sending anything."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from relaycheck.cli.check import Usage, Wish, settings_of
from relaycheck.plugin.confirming import CONFIRMATIONS, CONFIRMATIONS_IF_UNSTEADY
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.target.problems import TargetProblem
from relaycheck.verdicts import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.plugin.outcome import RunOutcome


def run_plan(wish: Wish) -> int:
    """Rehearse the run and print its numbers. Exit 0; 4 for input that cannot be followed, 3 when the suites cannot be read."""
    try:
        with ExitStack() as stack:
            settings = settings_of(wish, stack)
            outcome = launch_for_outcome(replace(settings, rehearsal=True, witness=None, output=None))
    except (Usage, TargetProblem) as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)
    if outcome is None:
        return int(ExitCode.ERROR)
    for line in told(outcome):
        typer.echo(line)
    return int(ExitCode.CONFORMANT)


def told(outcome: RunOutcome) -> Iterator[str]:
    """The plan as lines: requests per chapter, what could relay, to whom, how fast, and the most that failures can add."""
    target = outcome.settings.target
    per_check = Counter(exchange.check for exchange in outcome.exchanges)
    per_chapter: Counter[str] = Counter()
    for check in outcome.checks:
        per_chapter[check.requirement.chapter] += per_check[check.id]
    width = max(len(chapter.title) for chapter in outcome.catalogue.chapters)
    yield f"{'chapter':<{width}}  requests"
    for chapter in outcome.catalogue.chapters:
        if per_chapter[chapter.key]:
            yield f"{chapter.title:<{width}}  {per_chapter[chapter.key]:>8}"
    yield f"{'first control and sentinel':<{width}}  {outcome.sent - sum(per_chapter.values()):>8}"
    yield f"{'all':<{width}}  {outcome.sent:>8}"
    yield ""
    # Where answers get lost, a valid request goes before each further attempt.
    most = (outcome.sent + len(outcome.checks)) * (1 + CONFIRMATIONS_IF_UNSTEADY)
    yield f"at most {outcome.could_relay} of them could relay mail, only to addresses in {target.safety_domain}"
    yield (
        f"a failed check is tried {CONFIRMATIONS} times more before it counts, {CONFIRMATIONS_IF_UNSTEADY} times where answers get lost: "
        f"at most {most} requests, if everything fails"
    )
    rate = target.limits.requests_per_second
    yield (
        f"at most {rate:g} requests a second"
        if rate
        else "as fast as the target answers; limits.requests_per_second slows it down"
    )
