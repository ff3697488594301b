"""Five other servers, each with a thin RelayMessage service: what they do with message syntax fails framing rows, and nothing else.

A host deviates where it was measured to: no server is asked to be better, and none is accused of more.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hosting import hosted

from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Settings
from relaycheck.rollup import CertificateLevel, RowVerdict, RunVerdict
from relaycheck.target import WitnessSettings
from relaycheck.verdicts import Kind
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.plugin.outcome import RunOutcome

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
LOOPBACK = WitnessSettings(delivery_timeout=2.0, settle_time=0.3)
TOLD = (Kind.PASS, Kind.FAIL, Kind.NOT_APPLICABLE)


def checked(host: str, folder: Path) -> RunOutcome:
    """Every row at standard depth against one host."""
    with Witness(LOOPBACK) as witness, hosted(host, witness, folder) as described:
        settings = Settings(replace(described, witness=LOOPBACK), CertificateLevel.HARDENED, witness=witness)
        found = launch_for_outcome(settings)
    assert found is not None
    assert found.obstacle == ""
    return found


def weighed(outcome: RunOutcome, *, framing: bool) -> dict[str, RowVerdict]:
    rows = outcome.conclusion.rows
    return {r.requirement.id: r for r in rows if (r.requirement.class_.value == "framing") is framing and r.checks}


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_fails_the_framing_rows_that_it_is_known_to_fail_and_no_other_row(host: str, tmp_path: Path) -> None:
    outcome = checked(host, tmp_path)
    rows = weighed(outcome, framing=False)
    assert {id: r.verdict.reason for id, r in rows.items() if r.weighed in (Kind.FAIL, Kind.ERROR)} == {}
    assert sum(row.weighed is Kind.PASS for row in rows.values()) > 150
    assert outcome.conclusion.verdict is RunVerdict.CONFORMANT
    assert outcome.conclusion.reached is CertificateLevel.HARDENED
    framing = weighed(outcome, framing=True)
    found = {id: r.verdict.reason for id, r in framing.items() if r.weighed is Kind.FAIL}
    assert found.keys() == DEVIATIONS[host].keys(), found
    assert {id: r.verdict.reason for id, r in framing.items() if r.weighed not in TOLD} == {}
