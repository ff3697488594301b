"""The pytest plugin that writes and prints a concluded run: result.json first, the views after it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console

from relaycheck.evidence import OutputProblem, write_record
from relaycheck.verdicts import ExitCode
from relaycheck.views.allure import describe_check
from relaycheck.views.junit import write_junit
from relaycheck.views.terminal import print_outcome

if TYPE_CHECKING:
    import pytest

    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.plugin.run import Run


def pytest_relaycheck_checked(config: pytest.Config, run: Run, check: Check) -> None:
    if config.getoption("allure_report_dir", None):
        describe_check(run, check)


def pytest_relaycheck_concluded(config: pytest.Config, outcome: RunOutcome) -> None:
    folder = outcome.settings.output
    console = Console(file=sys.stdout, highlight=False)
    try:
        if folder is not None:
            write_record(outcome, folder)
            write_junit(outcome, folder / "junit.xml")
    except OutputProblem as problem:
        console.print(str(problem), markup=False)
        raise SystemExit(int(ExitCode.USAGE)) from None
    console.print()
    print_outcome(outcome, console, folder)
