"""What a real run leaves behind: in a terminal, in a CI system, on GitHub, and for Allure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from typer.testing import CliRunner

from relaycheck.cli.main import app
from relaycheck.evidence import read_record
from relaycheck.views.draw import VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLURE = json.loads((Path(__file__).parent / "formats" / "allure-result.schema.json").read_text("utf-8"))
OF_CI = ("CI", "TF_BUILD", "JENKINS_URL", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")
CHECK = (
    sys.executable,
    "-m",
    "relaycheck",
    "check",
    "--depth",
    "standard",
    "--select",
    "RM-204-02",
    "--select",
    "RM-XSRF-08",
)
DEADLINE = 120  # seconds


def check(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    surroundings: Mapping[str, str] = {name: value for name, value in os.environ.items() if name not in OF_CI}
    return subprocess.run(
        [*CHECK, "--output", str(folder), *options],
        env={**surroundings, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=DEADLINE,
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("plain")
    (folder / "ctrf.json").write_text("of an earlier run")
    asked = folder / "asked.json"
    done = check(folder, "--badge", str(asked))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def on_github(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("github")
    summary = folder / "step-summary"
    summary.write_text("of an earlier step\n")
    done = check(folder, CI="true", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_a_run_leaves_its_record_and_the_views_that_everyone_needs(plain: tuple[Path, str]) -> None:
    folder, _ = plain
    names = {path.name for path in folder.iterdir()} - {"evidence"}
    assert names == {"result.json", "report.html", "junit.xml", "allure-results", "asked.json"}
    assert json.loads((folder / "asked.json").read_text("utf-8"))["schemaVersion"] == 1


@pytest.mark.parametrize("view", ["html", "junit"])
def test_a_written_view_is_what_the_record_says(plain: tuple[Path, str], view: str) -> None:
    folder, _ = plain
    assert (folder / VIEWS[view].file).read_text("utf-8") == VIEWS[view].draw(read_record(folder))


def test_a_run_without_a_terminal_tells_its_progress_in_plain_lines(plain: tuple[Path, str]) -> None:
    _, said = plain
    assert "\x1b" not in said
    assert "\r" not in said
    lines = said.splitlines()
    assert lines[0].startswith("checking http://127.0.0.1:")
    assert any(line.startswith("  The 204 itself: ") for line in lines)


def test_a_selection_of_a_good_target_is_told_as_a_selection(plain: tuple[Path, str]) -> None:
    _, said = plain
    assert "verdict of the selection: conformant" in said
    assert "reached none" not in said


def test_in_a_ci_system_its_formats_are_written(on_github: tuple[Path, str]) -> None:
    folder, _ = on_github
    assert {view.file for view in VIEWS.values()} <= {path.name for path in folder.iterdir()}


def test_on_github_the_summary_is_added_and_no_text_is_a_command(on_github: tuple[Path, str]) -> None:
    folder, said = on_github
    summary = (folder / "step-summary").read_text("utf-8")
    assert summary.startswith("of an earlier step\n## ")
    assert "verdict of the selection" in summary
    lines = said.splitlines()
    stop = next(line for line in lines if line.startswith("::stop-commands::"))
    begin, end = lines.index(stop), lines.index(f"::{stop.removeprefix('::stop-commands::')}::")
    assert begin < next(place for place, line in enumerate(lines) if line.startswith("verdict of")) < end


def test_every_allure_result_is_valid_and_labelled(plain: tuple[Path, str]) -> None:
    folder = plain[0] / "allure-results"
    results = [json.loads(path.read_text("utf-8")) for path in folder.glob("*-result.json")]
    assert results
    for result in results:
        jsonschema.validate(result, ALLURE)
        labels = {label["name"]: label["value"] for label in result["labels"]}
        assert labels["requirement"] in ("RM-204-02", "RM-XSRF-08")
        assert {"class", "level", "verdict", "check"} <= set(labels)
        assert labels["suite"] in ("The 204 itself", "XSRF session")
        judged = [step for step in result["steps"] if step["name"].startswith("judgement ")]
        assert bool(judged) == (result["status"] != "skipped")


def test_allure_finds_categories_environment_and_attachments_but_no_fixtures(plain: tuple[Path, str]) -> None:
    folder = plain[0] / "allure-results"
    assert json.loads((folder / "categories.json").read_text("utf-8"))
    assert "level.reached=none" in (folder / "environment.properties").read_text("utf-8")
    assert list(folder.glob("*-attachment.txt"))
    assert list(folder.glob("*-container.json")) == []


@pytest.mark.parametrize("option", ["--html", "--junit", "--ctrf", "--badge", "--markdown"])
def test_a_view_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path: Path, option: str) -> None:
    words = ["check", "--output", str(tmp_path), option, str(tmp_path / "missing" / "file")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 4
    assert done.stdout == ""
    assert done.stderr.startswith(f"{option}: ")
    assert "Traceback" not in done.stderr
