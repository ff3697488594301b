"""The sample reports: records of real runs, and views that are what the record says."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from relaycheck.evidence import read_record
from relaycheck.places import REPORTS
from relaycheck.views.draw import VIEWS
from relaycheck.views.terminal import print_result

SAMPLE = REPORTS / "sample"
AGAIN = "run ci/sample --redraw, or ci/sample where the record itself has changed"


@pytest.mark.parametrize(
    ("folder", "verdict", "reached"), [("reference", "conformant", "hardened"), ("mutant", "nonconformant", None)]
)
def test_a_sample_says_what_its_target_is(folder: str, verdict: str, reached: str | None) -> None:
    result = read_record(SAMPLE / folder)
    assert (result.verdict, result.level.reached) == (verdict, reached)


def test_the_sample_of_a_mutant_fails_the_row_that_the_mutant_breaks() -> None:
    failed = {row.id for row in read_record(SAMPLE / "mutant").requirements if row.verdict == "fail"}
    assert "RM-CT-05" in failed


@pytest.mark.parametrize("folder", ["reference", "mutant"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_sample_view_is_what_is_drawn_from_its_record(folder: str, view: str) -> None:
    drawn = VIEWS[view].draw(read_record(SAMPLE / folder))
    assert (SAMPLE / folder / VIEWS[view].file).read_text("utf-8") == drawn, AGAIN


@pytest.mark.parametrize("folder", ["reference", "mutant"])
def test_the_sample_holds_what_the_terminal_says(folder: str) -> None:
    said = io.StringIO()
    report = f"reports/sample/{folder}/report.html"
    print_result(read_record(SAMPLE / folder), Console(file=said, width=80, highlight=False), report)
    assert (SAMPLE / folder / "terminal.txt").read_text("utf-8") == said.getvalue(), AGAIN


def test_the_evidence_that_a_sample_names_is_there() -> None:
    result = read_record(SAMPLE / "mutant")
    named = [check.evidence for row in result.requirements for check in row.checks if check.evidence]
    assert named
    assert [folder for folder in named if not (SAMPLE / "mutant" / folder).is_dir()] == []
