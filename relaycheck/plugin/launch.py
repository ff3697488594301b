"""Runs the suites with pytest in this process, whatever pytest configuration lies around."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from relaycheck.places import PACKAGE, SUITES, cache
from relaycheck.plugin.interrupts import Interrupts
from relaycheck.plugin.session import OUTCOME, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.plugin.settings import Settings


UNUSED = (
    "cacheprovider",
    "doctest",
    "faulthandler",
    "junitxml",
    "legacypath",
    "logging",
    "monkeypatch",
    "pastebin",
    "recwarn",
    "setuponly",
    "setupplan",
    "stepwise",
    "subtests",
    "terminal",
    "threadexception",
    "tmpdir",
    "unittest",
    "unraisableexception",
    "warnings",
)
"""pytest's own plugins that a run has no use for: each hears of every test, and some collect garbage at the end."""


def launch(
    settings: Settings,
    pytest_options: Sequence[str] = (),
    *,
    tests: Sequence[str] = (str(SUITES),),
    views: Sequence[str] = (),
) -> int:
    """Check `settings.target` and give the run's exit code. `views` are plugins that draw the outcome."""
    return _run(settings, pytest_options, views, _Given(settings), tests)


def launch_for_outcome(
    settings: Settings,
    pytest_options: Sequence[str] = (),
    *,
    tests: Sequence[str] = (str(SUITES),),
    views: Sequence[str] = (),
) -> RunOutcome | None:
    """The same, giving what the run came to, or None if it never began. `tests`: what pytest is to collect."""
    given = _Given(settings)
    _run(settings, pytest_options, views, given, tests)
    return given.outcome


class _Given:
    """Hands the settings to the plugin before it configures itself, and keeps the outcome."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.outcome: RunOutcome | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SETTINGS] = self.settings

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self.outcome = config.stash.get(OUTCOME, None)


def _run(
    settings: Settings,
    pytest_options: Sequence[str],
    views: Sequence[str],
    given: _Given,
    tests: Sequence[str] = (str(SUITES),),
) -> int:
    arguments = [
        *tests,
        f"--ignore={SUITES / 'selftest'}",
        f"-c{PACKAGE / 'plugin' / 'pytest.ini'}",
        f"--rootdir={SUITES}",
        f"--confcutdir={SUITES}",
        *(f"-pno:{name}" for name in UNUSED),
        *(f"-p{name}" for name in ("relaycheck.plugin", *views)),
        "--assert=plain",  # the suites judge and assert nothing, and rewriting them would cost a tenth of a short run
        "--capture=sys",  # pytest's own, by file descriptor, takes several system calls for each check
    ]
    if settings.output is not None:
        arguments += [
            "-pallure_pytest.plugin",
            f"--alluredir={settings.output / 'allure-results'}",
            *(["--clean-alluredir"] if settings.share[1] == 1 else []),
        ]
    with _isolated():
        return int(pytest.main([*arguments, *pytest_options], plugins=[given, Interrupts()]))


@contextmanager
def _isolated() -> Iterator[None]:
    """Without the surroundings' pytest options and plugins: a vendor's directory must not change a verdict, nor a run the directory."""
    # Hypothesis keeps its tables in the current directory unless it is told where.
    ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(cache() / "hypothesis")}
    kept = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", *ours)}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
