"""`relaycheck check`: from options to settings to a pytest run of the suites."""

from __future__ import annotations

import os
import random
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import typer

from relaycheck.catalogue import UnknownRequirement, load
from relaycheck.cli.beside import Beside, reference_beside
from relaycheck.cli.workers import VIEWS, TooFewPorts, shared, workers
from relaycheck.client import new_run_id
from relaycheck.places import default_output
from relaycheck.plugin.launch import launch
from relaycheck.plugin.settings import SHRINKING, Depth, Settings
from relaycheck.reference.embedded import EmbeddedProblem
from relaycheck.rollup import CertificateLevel
from relaycheck.target.options import Options, target_from
from relaycheck.target.problems import TargetProblem
from relaycheck.verdicts import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.target import Target
    from relaycheck.witness import Witness


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for, unread."""

    options: Options | None = None
    """Where the target is, and credentials for it; None: the embedded reference target."""
    level: str = "relay"
    depth: str = "standard"
    seed: str = "0"
    output: Path | None = None
    select: tuple[str, ...] = ()
    run_id: str = ""
    views: tuple[tuple[str, Path | None], ...] = ()
    """Views by name, and the file that each is to be drawn into; None: not asked for."""
    workers: int = 1
    pytest_options: tuple[str, ...] = ()
    beside: Beside | None = None
    """A reference target that was started already."""


EMBEDDED = "the target was the embedded reference target"
MOST_WORKERS = 16
ONE_AT_QUICK = "one process made all checks of quick depth: several would send more, because only checks of one process share requests"

E = TypeVar("E", CertificateLevel, Depth)


class Usage(Exception):
    """The command line cannot be followed; the message says why and what to write instead."""


def run_check(wish: Wish) -> int:
    """Check a target; returns the exit code of design section 4."""
    try:
        wish = replace(wish, seed=str(_seed(wish.seed)), run_id=wish.run_id or new_run_id())
        if not 1 <= wish.workers <= MOST_WORKERS:
            raise Usage(f"-n: {wish.workers} is not a number of workers from 1 to {MOST_WORKERS}")
        return _alone(wish) if wish.workers == 1 or wish.depth == Depth.QUICK else _together(wish)
    except (Usage, TargetProblem, TooFewPorts) as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)
    except EmbeddedProblem as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.ERROR)


def _alone(wish: Wish) -> int:
    with ExitStack() as stack:
        return launch(settings_of(wish, stack), wish.pytest_options, views=VIEWS)


def _together(wish: Wish) -> int:
    with ExitStack() as stack:
        settings = shared(settings_of(wish, stack), 0, wish.workers)
        assert settings.output is not None
        shutil.rmtree(settings.output / "allure-results", ignore_errors=True)
        others = stack.enter_context(
            workers(partial(settings_of, replace(wish, beside=None)), wish.workers, wish.pytest_options)
        )
        return launch(replace(settings, others=others), wish.pytest_options, views=VIEWS)


def settings_of(wish: Wish, stack: ExitStack) -> Settings:
    level, depth = _one_of(CertificateLevel, wish.level, "--level"), _one_of(Depth, wish.depth, "--depth")
    seed = _seed(wish.seed)
    _known_rows(wish.select)
    _check_run_id(wish.run_id)
    target, witness = aimed(wish.options, stack, wish.beside)
    notes: tuple[str, ...] = () if wish.options else (EMBEDDED,)
    if depth is Depth.QUICK and wish.workers > 1:
        notes += (ONE_AT_QUICK,)
    return Settings(
        target=target,
        source=wish.options.place if wish.options else "",
        level=level,
        depth=depth,
        seed=seed,
        run_id=wish.run_id,
        output=_output(wish.output),
        views=_views(wish.views),
        select=wish.select,
        witness=witness,
        shrinking=SHRINKING,
        notes=notes,
    )


def aimed(options: Options | None, stack: ExitStack, beside: Beside | None = None) -> tuple[Target, Witness | None]:
    """The target of a command, and its mail server where that is open already. None: the embedded reference target."""
    if options is not None:
        return target_from(options), None
    beside = beside or stack.enter_context(reference_beside())
    return beside.target, beside.witness


def _one_of(kind: type[E], value: str, option: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise Usage(f"{option}: {value!r} is none of {', '.join(kind)}") from None


def _seed(text: str) -> int:
    if text == "random":
        return random.SystemRandom().randrange(2**31)
    if text.isdigit():
        return int(text)
    raise Usage(f"--seed: {text!r} is neither a whole number nor the word random")


def _check_run_id(text: str) -> None:
    if text and not (len(text) == 6 and text.isascii() and text.isalnum() and text == text.lower()):
        raise Usage(f"--run-id: {text!r} is not six lower-case letters or digits")


def _known_rows(patterns: tuple[str, ...]) -> None:
    try:
        load().select(*patterns)
    except UnknownRequirement as unknown:
        raise Usage(f"--select: {unknown}") from None


def _output(given: Path | None) -> Path:
    """The folder for results, made now: nothing is sent when it cannot be written."""
    folder = given or default_output()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise Usage(f"--output: {folder} cannot be made a folder ({fault.strerror}); name another") from None
    if not os.access(folder, os.W_OK):
        raise Usage(f"--output: {folder} cannot be written to; name another folder")
    return folder


def _views(asked: tuple[tuple[str, Path | None], ...]) -> tuple[tuple[str, Path], ...]:
    wanted = tuple((name, path) for name, path in asked if path is not None)
    for name, path in wanted:
        if path.is_dir():
            raise Usage(f"--{name}: {path} is a folder; name a file in it")
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise Usage(f"--{name}: {path.parent} is no folder that can be written to; name a file in one")
    return wanted
