"""The pytest plugin that tells a run: progress while it goes on, then result.json, the views after it, and the verdict."""

from __future__ import annotations

import os
import secrets
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from relaycheck.evidence import OutputProblem, result_of, write_record
from relaycheck.plugin.run import RUN
from relaycheck.plugin.session import CHECK, OVER_THE_RUN, SETTINGS
from relaycheck.verdicts import ExitCode
from relaycheck.views.allure import amend, describe_check
from relaycheck.views.allure_results import settle
from relaycheck.views.draw import ALWAYS, VIEWS, write_view
from relaycheck.views.github import muted, summary, workflow_commands
from relaycheck.views.progress import Progress
from relaycheck.views.terminal import print_result

if TYPE_CHECKING:
    from collections.abc import Generator

    from relaycheck.evidence.model import Result
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.plugin.run import Run
    from relaycheck.plugin.settings import Settings

PROGRESS = pytest.StashKey[Progress]()
TITLES = pytest.StashKey[dict[str, str]]()
IN_CI = ("CI", "TF_BUILD", "JENKINS_URL")
"""Set by GitHub, GitLab and most others; by Azure Pipelines; by Jenkins."""
FOR_CI = ("ctrf", "badge", "markdown")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """The plan stands: say what begins. Where pytest tells its own progress, ours would only be in its way."""
    config = session.config
    settings = config.stash.get(SETTINGS, None)
    if settings is None or config.option.collectonly or config.pluginmanager.hasplugin("terminalreporter"):
        return
    share, shares = settings.share
    if share != 0:  # the first of several processes speaks for all
        return
    console = Console(file=sys.stdout)
    live = console.is_terminal and not console.is_dumb_terminal
    progress = Progress(sys.stdout, live, planned=len(session.items), width=console.width)
    among = f", the first of {shares} processes" if shares > 1 else ""
    what = f"level {settings.level}, depth {settings.depth}, seed {settings.seed}{among}"
    progress.begin(str(settings.target.url), what)
    config.stash[PROGRESS] = progress


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    finished = yield
    progress, run = item.config.stash.get(PROGRESS, None), item.config.stash.get(RUN, None)
    check = item.stash.get(CHECK, None)
    if progress is not None and run is not None and check is not None:
        over_the_run = item.get_closest_marker(OVER_THE_RUN) is not None
        title = "over the whole run" if over_the_run else chapter_title(item.config, check)
        progress.checked(title, check.verdict.kind, run.budget.sent)
    return finished


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    finished = yield
    if (progress := session.config.stash.get(PROGRESS, None)) is not None:
        progress.settling()
    return finished


def pytest_relaycheck_checked(config: pytest.Config, run: Run, check: Check) -> None:
    if config.getoption("allure_report_dir", None):
        describe_check(run, check, chapter_title(config, check))


def chapter_title(config: pytest.Config, check: Check) -> str:
    """The chapter's title as the catalogue has it."""
    titles = config.stash.get(TITLES, None)
    if titles is None:
        from relaycheck.catalogue import load

        titles = config.stash[TITLES] = {chapter.key: chapter.title for chapter in load().chapters}
    return titles[check.requirement.chapter]


def pytest_relaycheck_concluded(config: pytest.Config, outcome: RunOutcome) -> None:
    if (progress := config.stash.get(PROGRESS, None)) is not None:
        progress.end()
    settings = outcome.settings
    try:
        result = write_record(outcome, settings.output) if settings.output is not None else result_of(outcome)
        report = _write_views(result, settings)
        if folder := config.getoption("allure_report_dir", None):
            settle()
            amend(result, Path(folder))
    except OutputProblem as problem:
        sys.stdout.write(f"{problem}\n")
        raise SystemExit(int(ExitCode.USAGE)) from None
    _tell(result, str(report) if report else "")


def _write_views(result: Result, settings: Settings) -> Path | None:
    """The views that were asked for, those that every run gets, and in a CI system its own; gives the path of the report."""
    for name, path in settings.views:
        write_view(result, name, path)
    folder = settings.output
    if folder is None:
        return None
    in_ci = any(os.environ.get(name) for name in IN_CI)
    for name, view in VIEWS.items():
        if name in ALWAYS or (in_ci and name in FOR_CI):
            write_view(result, name, folder / view.file)
        elif not any(path.resolve() == (folder / view.file).resolve() for _, path in settings.views):
            (folder / view.file).unlink(missing_ok=True)  # of an earlier run: it would tell another story
    return folder / VIEWS["html"].file


def _tell(result: Result, report: str) -> None:
    console = Console(file=sys.stdout, highlight=False)
    console.print()
    if os.environ.get("GITHUB_ACTIONS") != "true":
        print_result(result, console, report)
        return
    said = StringIO()
    print_result(result, Console(file=said, highlight=False, width=console.width), report)
    sys.stdout.write(muted(said.getvalue(), secrets.token_hex(16)))
    sys.stdout.write("".join(f"{line}\n" for line in workflow_commands(result)))
    _append_summary(summary(result))


def _append_summary(text: str) -> None:
    """To the step's summary, where the host names a file for it. What others wrote there stays."""
    if not (path := os.environ.get("GITHUB_STEP_SUMMARY")):
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as fault:
        sys.stderr.write(f"{path}: the step summary cannot be written ({fault.strerror})\n")
