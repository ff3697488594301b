"""Five other servers, each with a thin RelayMessage service: what they do with message syntax fails framing rows, and nothing else.

A host deviates where it was measured to: no server is asked to be better, and none is accused of more.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hosting import hosted

from relaycheck.places import SUITES
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.rollup import CertificateLevel, RunVerdict
from relaycheck.target import WitnessSettings
from relaycheck.verdicts import Kind
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.target import Target

DEVIATIONS: dict[str, dict[str, str]] = {
    "hypercorn": {
        "RM-FR-06": "keeps the connection after Content-Length beside Transfer-Encoding, and serves what follows",
        "RM-FR-09": "takes any Host",
        "RM-FR-13": "Starlette routes on the raw target, so the absolute form is 404",
    },
    "gunicorn": {
        "RM-FR-02": "sees the close option only when it stands alone, not in a list",
        "RM-FR-09": "takes any Host, and none",
    },
    "waitress": {
        "RM-FR-06": "closes after a 204, as after every answer without a length, but keeps the connection after a 400",
        "RM-FR-09": "takes any Host, none, and several",
    },
    "aiohttp": {"RM-FR-09": "takes any Host"},
    "nginx": {},
}
HOSTS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            name == "nginx" and shutil.which("nginx") is None, reason="there is no nginx here: install nginx-light"
        ),
    )
    for name in DEVIATIONS
]
FRAMING = sorted(map(str, SUITES.glob("test_framing*.py")))
LOOPBACK = WitnessSettings(delivery_timeout=2.0, settle_time=0.3)


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    with Witness(LOOPBACK) as running:
        yield running


@pytest.fixture(scope="module", params=HOSTS)
def target(
    request: pytest.FixtureRequest, witness: Witness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    with hosted(request.param, witness, folder) as described:
        yield replace(described, witness=LOOPBACK)


def checked(
    target: Target, witness: Witness, depth: Depth, select: tuple[str, ...], tests: Sequence[str]
) -> RunOutcome:
    settings = Settings(target, CertificateLevel.HARDENED, depth, select=select, witness=witness)
    outcome = launch_for_outcome(settings, tests=tests)
    assert outcome is not None
    assert outcome.obstacle == ""
    return outcome


def test_a_host_fails_no_row_of_the_service(target: Target, witness: Witness) -> None:
    outcome = checked(target, witness, Depth.QUICK, (), [str(SUITES)])
    others = [row for row in outcome.conclusion.rows if row.requirement.class_.value != "framing"]
    found = {row.requirement.id: row.verdict.reason for row in others if row.weighed in (Kind.FAIL, Kind.ERROR)}
    assert found == {}
    assert sum(row.weighed is Kind.PASS for row in others) > 100
    assert outcome.conclusion.verdict is RunVerdict.CONFORMANT


def test_a_host_fails_the_framing_rows_that_it_is_known_to_fail(target: Target, witness: Witness) -> None:
    outcome = checked(target, witness, Depth.STANDARD, ("RM-FR-*",), FRAMING)
    framing = [row for row in outcome.conclusion.rows if row.requirement.class_.value == "framing" and row.checks]
    found = {row.requirement.id: row.verdict.reason for row in framing if row.weighed is Kind.FAIL}
    assert found.keys() == DEVIATIONS[target.name].keys(), found
    told = (Kind.PASS, Kind.FAIL, Kind.NOT_APPLICABLE)
    assert {row.requirement.id: row.verdict.reason for row in framing if row.weighed not in told} == {}
