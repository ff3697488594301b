"""The self-test's servers for real: null targets, a disturbed way, a mutant in a worker process, and workers that die."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from relaycheck.cli.main import app
from relaycheck.plugin.settings import Depth
from relaycheck.reference.chaos import ANY, KINDS, Act
from relaycheck.reference.mutants import MUTANTS
from relaycheck.selftest.bench import Bench, collected_for
from relaycheck.selftest.matrix import Suite, matrix
from relaycheck.selftest.pool import Pool
from relaycheck.selftest.trial import Job, Role
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTHING = Suite((), {}, ())
NULLS = ("closed-port", "hang", "tls-spoken-to-in-plain", "endless-body", "constant-204", "echo-204", "login-page")
"""One of each way to be of no use; the kill matrix meets every one of them."""
DISTURBED_ROWS = ("RM-CT-0?", "RM-SEL-*", "RM-AUTH-1*", "RM-EP-0*")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as running:
        yield running


@pytest.mark.parametrize("kind", NULLS)
def test_a_null_target_reaches_no_level_and_costs_little(bench: Bench, kind: str) -> None:
    trial = bench.run(Job(Role.NULL, kind, depth=Depth.QUICK))
    assert matrix(NOTHING, (trial,), whole=False).findings == ()
    assert trial.verdict in ("inconclusive", "nonconformant")


@pytest.mark.parametrize("kind", KINDS)
def test_a_disturbed_way_accuses_no_target(bench: Bench, kind: str) -> None:
    trial = bench.run(Job(Role.CHAOS, kind, DISTURBED_ROWS, Depth.QUICK))
    assert matrix(NOTHING, (trial,), whole=False).findings == ()
    assert trial.sent > 1


def test_every_kind_of_disturbance_says_what_it_does() -> None:
    assert len(KINDS) >= 10
    assert len({disturbance.says for disturbance in ANY.values()}) == len(KINDS)
    assert Act.FORWARD in Act


def test_a_mutant_is_killed_by_its_own_row_in_a_worker_process() -> None:
    mutant = MUTANTS["RM-AUTH-10-exact-scheme"]
    with Pool(workers=1) as pool:
        (trial,) = pool.trials([Job(Role.MUTANT, mutant.id, (mutant.breaks,))])
    row = trial.row(mutant.breaks)
    assert row is not None
    assert row.kind is Kind.FAIL
    assert any(check.kind is Kind.FAIL for check in trial.checks)


def test_a_mutant_gets_through_where_the_judgement_that_kills_it_is_taken_out(bench: Bench) -> None:
    mutant = MUTANTS["RM-AUTH-10-exact-scheme"]
    job = Job(Role.MUTANT, mutant.id, (mutant.breaks,))
    red = {check.test for check in bench.run(job).checks if check.kind is Kind.FAIL}
    assert red
    for test in red:
        row = bench.run(replace(job, unjudged=test)).row(mutant.breaks)
        assert row is not None
        assert row.kind is (Kind.PASS if len(red) == 1 else Kind.FAIL)


def test_a_worker_that_is_killed_loses_one_job_and_no_more() -> None:
    jobs = [Job(Role.NULL, "hang", depth=Depth.QUICK), Job(Role.NULL, "constant-404", depth=Depth.QUICK)]
    with Pool(workers=1) as pool:
        os.kill(pool.processes[0], signal.SIGKILL)
        first, second = pool.trials(jobs)
    assert "ended with status -9" in first.trouble
    assert second.verdict == "inconclusive"


def test_a_job_that_does_not_end_is_given_up() -> None:
    with Pool(workers=1, deadline=0.01) as pool:
        (trial,) = pool.trials([Job(Role.REFERENCE, "")])
    assert "did not end" in trial.trouble


def test_a_row_without_checks_is_trouble_and_no_survivor(bench: Bench) -> None:
    assert "no check tries" in bench.run(Job(Role.REFERENCE, "", ("RM-NONE-*",))).trouble


def test_only_the_tests_of_the_wanted_rows_are_collected() -> None:
    assert all("::test_" in test for test in collected_for(("RM-204-01",)))
    assert len(collected_for(("RM-204-*",))) > len(collected_for(("RM-204-01",))) > 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--only", "RM-AUTH-10-exact-scheme"], 0, "green"),
        (["--only", "RM-AUTH-10-exact-schema"], 4, "RM-AUTH-10-exact-scheme"),
        (["--depth", "deep"], 4, "neither quick nor standard"),
    ],
)
def test_the_command_says_how_it_went(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    result = CliRunner().invoke(app, ["selftest", *arguments, "--output", str(tmp_path)])
    assert result.exit_code == code
    assert said in result.output
    assert (tmp_path / "selftest.json").exists() is (code == 0)
