"""`relaycheck replay`: ten faults of different chapters are seen again from their record, and are gone when the target is mended."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from relaycheck.catalogue import load
from relaycheck.cli.main import app
from relaycheck.cli.replay import settings_of
from relaycheck.evidence import read_record, result_of, write_record
from relaycheck.evidence.replaying import NothingToReplay, compared, exit_code, replay_of
from relaycheck.places import SUITES
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.reference.mutants import MUTANTS
from relaycheck.rollup import CertificateLevel
from relaycheck.target import WitnessSettings
from relaycheck.target.render import target_file, variables
from relaycheck.verdicts import ExitCode
from relaycheck.views.draw import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relaycheck.evidence import Result

CATALOGUE = load()
CAUSES = {
    "RM-EP-01-200-null": "200",
    "RM-204-01-null-after": "after the 204's header section came b'null'",
    "RM-AUTH-07-empty": "401 with WWW-Authenticate: ''",
    "RM-AUTH-11-prefix": "it was to be refused, but 204",
    "RM-XSRF-02-cookie-alone": "nothing may be relayed, but 204",
    "RM-CT-04-no-text-xml": "415",
    "RM-CT-05-first-recipient": "recipients got nothing",
    "RM-SEL-03-select-200": "the probe 200 OK",
    "RM-REL-01-relays-nothing": "204, but no mail arrived",
    "RM-204-02-zero-length": "Content-Length: 0",
}
"""A mutant of each chapter, and what the finding must say of its cause."""
DELIVERY_TIMEOUT = 0.4
"""Seconds: the reference relays before it answers, so only mail that never comes is waited for so long."""


@pytest.fixture(scope="module")
def embedded() -> Iterator[Embedded]:
    with Embedded(faults=True) as running:
        yield running


def suites_of(row: str) -> list[str]:
    """The files that try the row: to collect them all takes longer than to run it."""
    return sorted(map(str, SUITES.glob(f"test_{CATALOGUE[row].chapter}*.py")))


def checked(embedded: Embedded, candidate: str, row: str, output: Path | None = None) -> Result:
    target = embedded.target_for(candidate, delivery_timeout=DELIVERY_TIMEOUT)
    settings = Settings(target, level=CertificateLevel.HARDENED, select=(row,), shrinking=20, output=output)
    outcome = launch_for_outcome(settings, tests=suites_of(row))
    assert outcome is not None
    return result_of(outcome) if output is None else write_record(outcome, output)


@pytest.mark.parametrize("candidate", CAUSES)
def test_a_finding_names_its_cause_is_seen_again_and_is_gone_when_the_target_is_mended(
    candidate: str, embedded: Embedded, tmp_path: Path
) -> None:
    row = MUTANTS[candidate].breaks
    record = checked(embedded, candidate, row, tmp_path)
    replay = replay_of(record, row)
    assert replay.checks
    assert any(CAUSES[candidate] in c.beats.came for c in replay.checks if c.beats)
    for drawn in VIEWS.values():
        assert drawn.draw(record)
    for name, expected in ((candidate, ExitCode.NONCONFORMANT), ("", ExitCode.CONFORMANT)):
        target = embedded.target_for(name, delivery_timeout=DELIVERY_TIMEOUT)
        again = launch_for_outcome(settings_of(read_record(tmp_path), replay, target), tests=suites_of(row))
        assert again is not None
        seen = compared(replay, result_of(again))
        assert exit_code(seen) == expected, [(s.then.name, s.now and s.now.reason) for s in seen]


def test_a_row_without_a_finding_has_nothing_to_replay(embedded: Embedded) -> None:
    record = checked(embedded, "", "RM-CT-01")
    with pytest.raises(NothingToReplay, match="its verdict is pass"):
        replay_of(record, "RM-CT-01")
    with pytest.raises(NothingToReplay, match="its verdict is not run"):
        replay_of(record, "RM-CT-02")


def test_a_finding_over_the_whole_run_is_replayed_with_the_check_that_sent_the_request(
    embedded: Embedded,
) -> None:
    candidate = "RM-204-02-zero-length"
    target = embedded.target_for(candidate, delivery_timeout=DELIVERY_TIMEOUT)
    outcome = launch_for_outcome(Settings(target, depth=Depth.QUICK, select=("RM-204-02", "RM-CT-0[1-3]")))
    assert outcome is not None
    record = result_of(outcome)
    replay = replay_of(record, "RM-204-02")
    over_the_run = next(c for c in replay.checks if c.id == "test_no_204_of_the_run_has_a_content_length")
    exchange = record.exchange(over_the_run.probe or "")
    assert exchange is not None
    assert exchange.check in ("", *replay.only)


def relaycheck(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "relaycheck", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_commands_of_a_finding_work_as_they_are_printed(embedded: Embedded, tmp_path: Path) -> None:
    """The record holds no secret, so the credentials come from the target file again."""
    witness = WitnessSettings(delivery_timeout=DELIVERY_TIMEOUT, settle_time=0.1)
    target, mended = (replace(embedded.target_for(name), witness=witness) for name in ("RM-CT-04-no-text-xml", ""))
    (tmp_path / "broken.toml").write_text(target_file(target), "utf-8")
    (tmp_path / "mended.toml").write_text(target_file(mended), "utf-8")
    known = {name: secret.reveal() for name, secret in variables(target).items()}
    options = ("--select", "RM-CT-04", "--output", str(tmp_path / "out"))
    assert relaycheck(tmp_path, "check", "broken.toml", *options, **known).returncode == 1
    again = ("replay", "RM-CT-04", str(tmp_path / "out"))
    found = relaycheck(tmp_path, *again, **known)
    assert (found.returncode, found.stderr) == (1, "")
    assert "415 Unsupported Media Type" in found.stdout
    gone = relaycheck(tmp_path, *again, "--target", "mended.toml", **known)
    assert (gone.returncode, gone.stderr) == (0, "")
    assert "now       pass" in gone.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("RM-CT-04", "nowhere"), "there is no record here"),
        (("RM-XX-04", "nowhere"), "No requirement has the id 'RM-XX-04'"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_a_sentence(
    arguments: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["replay", *arguments])
    assert (done.exit_code, done.stdout) == (4, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
