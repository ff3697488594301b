"""The pytest plugin: joins tests, requirements and verdicts. `pytest suites --target URL` and `relaycheck check` both use it.

Without a target it only registers markers and fixtures, so that the suite's self-tests run beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relaycheck.plugin.fixtures import (
    account,
    client,
    compose,
    control,
    conversation,
    credential,
    draw,
    message,
    run,
    send,
    send_http2,
    serving,
    target,
    witness,
)
from relaycheck.plugin.hooks import RelaycheckHooks
from relaycheck.plugin.judging import judge, lacking, requirement, thorough, unobservable
from relaycheck.plugin.reports import ReportsOfVerdicts
from relaycheck.plugin.session import CHECK, OVER_THE_RUN, SETTINGS, Session
from relaycheck.plugin.settings import SHRINKING, Depth, Settings
from relaycheck.plugin.tables import rows
from relaycheck.rollup import CertificateLevel
from relaycheck.target.options import Options, target_from
from relaycheck.target.problems import TargetProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "account",
    "client",
    "compose",
    "control",
    "conversation",
    "credential",
    "draw",
    "judge",
    "lacking",
    "message",
    "requirement",
    "rows",
    "run",
    "send",
    "send_http2",
    "serving",
    "target",
    "thorough",
    "unobservable",
    "witness",
]

MARKERS = (
    "requirement(id): the catalogue row that this test tries",
    "thorough: only a run at thorough depth makes this check",
    f"{OVER_THE_RUN}: looks at all exchanges of the run, so it comes last",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("relaycheck", "conformance of a RelayMessage service")
    group.addoption("--target", help="URL or target file of the service under test")
    group.addoption(
        "--level", choices=[level.value for level in CertificateLevel], default="relay", help="the level to claim"
    )
    group.addoption("--depth", choices=[depth.value for depth in Depth], default="standard")
    group.addoption("--seed", type=int, default=0)
    group.addoption("--output", type=Path, default=None, help="folder for result.json and what is drawn from it")
    group.addoption("--select", action="append", default=[], help="requirement id or pattern; may be repeated")
    for name in ("basic", "soticket", "bearer", "app-token"):
        group.addoption(
            f"--{name}", default=None, help="credential; env:NAME or file:PATH keeps it off the command line"
        )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(RelaycheckHooks)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    settings = config.stash.get(SETTINGS, None) or _settings(config)
    if settings is not None:
        config.stash[SETTINGS] = settings
        config.pluginmanager.register(Session(settings), "relaycheck-session")
        config.pluginmanager.register(ReportsOfVerdicts(CHECK), "relaycheck-reports")


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """A conformance test cannot run without a target: say so instead of failing inside."""
    if config.pluginmanager.hasplugin("relaycheck-session"):
        return
    if any(item.get_closest_marker("requirement") for item in items) and not config.option.collectonly:
        raise pytest.UsageError(
            "these tests need a service to test: give --target URL or a target file, or run `relaycheck check`"
        )


def _settings(config: pytest.Config) -> Settings | None:
    option = config.option
    if option.target is None:
        return None
    try:
        target = target_from(
            Options(
                option.target,
                basic=option.basic,
                soticket=option.soticket,
                bearer=option.bearer,
                app_token=option.app_token,
            )
        )
    except TargetProblem as problem:
        raise pytest.UsageError(str(problem)) from None
    return Settings(
        target=target,
        source=option.target,
        level=CertificateLevel(option.level),
        depth=Depth(option.depth),
        seed=option.seed,
        shrinking=SHRINKING,
        output=option.output,
        select=tuple(option.select),
    )
