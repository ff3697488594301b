"""Comparing two records: what is a regression, what is not, and how it is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from relaycheck.cli.compare import run_compare
from relaycheck.evidence import Result, result_of
from relaycheck.evidence.comparison import Change, comparison, weigh
from relaycheck.evidence.write import as_json
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.verdicts import ExitCode
from relaycheck.views.comparison import comparison_markdown, comparison_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = ("RM-CT-0[145]",)


@pytest.fixture(scope="module")
def runs() -> dict[str, Result]:
    """The same rows against the faithful service and against one that refuses text/xml."""
    found = {}
    with Embedded(faults=True) as embedded:
        for candidate in ("", "RM-CT-04-no-text-xml"):
            target = embedded.target_for(candidate, delivery_timeout=1.0)
            outcome = launch_for_outcome(Settings(target, depth=Depth.QUICK, select=ROWS))
            assert outcome is not None
            found[candidate] = result_of(outcome)
    return found


@pytest.fixture
def good(runs: dict[str, Result]) -> Result:
    return runs[""]


@pytest.fixture
def bad(runs: dict[str, Result]) -> Result:
    return runs["RM-CT-04-no-text-xml"]


def edited(record: Result, edit: Callable[[dict[str, Any]], object]) -> Result:
    document = json.loads(as_json(record))
    edit(document)
    return Result.model_validate(document)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("pass", "fail", Change.REGRESSION),
        ("pass", "warn", Change.REGRESSION),
        ("warn", "fail", Change.REGRESSION),
        ("not_applicable", "fail", Change.REGRESSION),
        ("inconclusive", "fail", Change.REGRESSION),
        ("pass", "error", Change.REGRESSION),
        ("pass", "inconclusive", Change.UNPROVEN),
        ("pass", "not_run", Change.UNPROVEN),
        ("fail", "inconclusive", Change.OTHER),
        ("fail", "pass", Change.IMPROVEMENT),
        ("warn", "pass", Change.IMPROVEMENT),
        ("fail", "warn", Change.IMPROVEMENT),
        ("not_run", "pass", Change.IMPROVEMENT),
        ("pass", "not_applicable", Change.OTHER),
        ("not_run", "not_applicable", Change.OTHER),
    ],
)
def test_a_change_of_verdict_is_weighed(before: str, after: str, change: Change) -> None:
    assert weigh(before, after) is change


def test_a_run_compared_with_itself_shows_nothing(good: Result) -> None:
    found = comparison(good, good)
    assert (found.exit_code, found.rows, found.checks, found.appeared, found.lost, found.statuses) == (
        ExitCode.CONFORMANT,
        [],
        [],
        [],
        [],
        [],
    )
    assert "no regression, every row as before" in comparison_text(found)


def test_a_row_that_fails_now_is_a_regression_with_the_answers_that_changed(good: Result, bad: Result) -> None:
    found = comparison(good, bad)
    assert found.exit_code == ExitCode.NONCONFORMANT
    assert [(r.id, r.before, r.after, r.change) for r in found.rows] == [
        ("RM-CT-04", "pass", "fail", Change.REGRESSION)
    ]
    assert {s.row for s in found.statuses} == {"RM-CT-04"}
    assert set(found.statuses[0].after) == {"415"}
    text = comparison_text(found)
    assert text.splitlines()[-1] == "a regression (rows: 1 worse)"
    assert "RM-CT-04 A body of type text/xml is accepted, pass → fail" in text


def test_the_other_way_round_it_is_an_improvement(good: Result, bad: Result) -> None:
    found = comparison(bad, good)
    assert found.exit_code == ExitCode.CONFORMANT
    assert [r.change for r in found.rows] == [Change.IMPROVEMENT]


def test_a_row_that_is_only_inconclusive_now_is_no_longer_proven(good: Result) -> None:
    def edit(document: dict[str, Any]) -> None:
        row = next(r for r in document["requirements"] if r["id"] == "RM-CT-01")
        row["verdict"] = row["checks"][0]["verdict"] = "inconclusive"

    found = comparison(good, edited(good, edit))
    assert (found.regression, found.exit_code) == (False, ExitCode.INCONCLUSIVE)


def test_a_lower_level_of_whole_runs_is_a_regression(good: Result) -> None:
    def whole(level: str | None) -> Result:
        return edited(good, lambda d: (d["run"].update(selection=[]), d["level"].update(reached=level)))

    assert comparison(whole("relay"), whole("contract")).regression
    assert comparison(whole("contract"), whole(None)).regression
    assert not comparison(whole("contract"), whole("relay")).regression


def test_checks_that_appear_or_are_lost_are_told(good: Result) -> None:
    def edit(document: dict[str, Any]) -> None:
        row = next(r for r in document["requirements"] if r["id"] == "RM-CT-01")
        row["checks"][0].update(id="test_new", name="something new")

    name = next(r for r in good.requirements if r.id == "RM-CT-01").checks[0].name
    found = comparison(good, edited(good, edit))
    assert [(c.row, c.name) for c in found.appeared] == [("RM-CT-01", "something new")]
    assert [(c.row, c.name) for c in found.lost] == [("RM-CT-01", name)]


def test_what_else_explains_a_difference_is_noted(good: Result) -> None:
    other = edited(
        good, lambda d: (d["suite"].update(catalogue_digest="0"), d["run"].update(seed=9, obstacle="no way in"))
    )
    notes = "\n".join(comparison(good, other).notes)
    assert "different catalogues" in notes
    assert "depth or seed differ" in notes
    assert "the second run could observe nothing: no way in" in notes


def test_markdown_shows_names_as_they_are(good: Result, bad: Result) -> None:
    def edit(document: dict[str, Any]) -> None:
        for row in document["requirements"]:
            row["title"] = "a|b *c* <d>"

    shown = comparison_markdown(comparison(good, edited(bad, edit)))
    assert r"RM-CT-04 a\|b \*c\* \<d\>, pass → fail" in shown
    assert shown.startswith("## relaycheck: a regression")


def test_the_command_prints_each_form_and_ends_with_the_code(
    good: Result, bad: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, record in (("good", good), ("bad", bad)):
        (tmp_path / f"{name}.json").write_text(as_json(record), "utf-8")
    places = (tmp_path / "good.json", tmp_path / "bad.json")
    assert run_compare(*places, "text") == 1
    assert run_compare(*places, "markdown") == 1
    capsys.readouterr()
    assert run_compare(*places, "json") == 1
    assert json.loads(capsys.readouterr().out)["regression"] is True
    assert run_compare(*places, "yaml") == 4
    assert run_compare(tmp_path / "a", tmp_path / "b", "text") == 4
    said = capsys.readouterr().err
    assert "'yaml' is none of text, markdown, json" in said
    assert said.count("there is no record here") == 2
