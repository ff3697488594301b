"""The formats that other tools read: each is valid by its format's schema, and projects verdicts without calling open ones green."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import xmlschema
from records import HOSTILE, check, conformant, record, row, selection

from relaycheck.views.allure import amended, categories, environment
from relaycheck.views.badge import badge
from relaycheck.views.ctrf import ctrf
from relaycheck.views.github import ANNOTATIONS, LARGEST, muted, summary, workflow_commands
from relaycheck.views.junit import junit

if TYPE_CHECKING:
    from relaycheck.evidence.model import Result

FORMATS = Path(__file__).parent / "formats"
RESULTS = {"every verdict": record(), "conformant": conformant(), "selection": selection()}
each_result = pytest.mark.parametrize("result", RESULTS.values(), ids=list(RESULTS))


def valid(name: str, document: object) -> None:
    schema = json.loads((FORMATS / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())


def cases(result: Result) -> dict[str, ElementTree.Element]:
    return {case.attrib["name"].split()[0]: case for case in ElementTree.fromstring(junit(result)).iter("testcase")}


@each_result
def test_junit_is_valid(result: Result) -> None:
    xmlschema.XMLSchema(FORMATS / "junit.xsd").validate(junit(result))


@pytest.mark.parametrize(
    ("id", "element", "kind"),
    [
        ("RM-204-01", None, None),
        ("RM-204-02", "failure", "nonconformant"),
        ("RM-204-03", None, None),
        ("RM-204-04", "error", "inconclusive"),
        ("RM-204-05", "error", "suite-error"),
        ("RM-204-06", "skipped", None),
        ("RM-204-07", "skipped", None),
    ],
)
def test_junit_has_one_case_a_row_with_its_projection(id: str, element: str | None, kind: str | None) -> None:
    case = cases(record())[id]
    found = [child for child in case if child.tag in ("failure", "error", "skipped")]
    assert [child.tag for child in found] == ([element] if element else [])
    if kind:
        assert found[0].attrib["type"] == kind
        assert "required " in (found[0].text or "")


def test_junit_leaves_out_a_row_that_no_check_tries() -> None:
    assert "RM-204-08" not in cases(record())


def test_junit_tells_a_warning_in_the_output_of_a_passed_case() -> None:
    assert cases(record())["RM-204-03"].findtext("system-out", "").startswith("WARN: reason 3")


def test_junit_counts_agree_with_its_cases() -> None:
    suite = ElementTree.fromstring(junit(record())).find("testsuite")
    assert suite is not None
    assert [suite.attrib[n] for n in ("tests", "failures", "errors", "skipped")] == ["7", "1", "2", "2"]


@each_result
def test_ctrf_is_valid(result: Result) -> None:
    valid("ctrf", json.loads(ctrf(result)))


def test_ctrf_calls_what_is_open_other_and_keeps_our_word() -> None:
    results = json.loads(ctrf(record()))["results"]
    assert [(t["status"], t["rawStatus"]) for t in results["tests"]] == [
        ("passed", "PASS"),
        ("failed", "FAIL"),
        ("passed", "WARN"),
        ("other", "INCONCLUSIVE"),
        ("other", "ERROR"),
        ("skipped", "NOT_APPLICABLE"),
        ("pending", "NOT_RUN"),
    ]
    expected = {"tests": 7, "passed": 2, "failed": 1, "skipped": 1, "pending": 1, "other": 2}
    assert {name: results["summary"][name] for name in expected} == expected
    assert results["summary"]["stop"] - results["summary"]["start"] == 8500


@each_result
def test_the_badge_is_valid(result: Result) -> None:
    valid("badge", json.loads(badge(result)))


@pytest.mark.parametrize(
    ("result", "color", "message"),
    [
        (conformant(), "green", "relay, edition 2026.11, 2026-11-23"),
        (record(), "red", "nonconformant, edition"),
        (record(verdict="inconclusive"), "lightgrey", "inconclusive, edition"),
        (record(verdict="error"), "lightgrey", "error, edition"),
        (selection(), "lightgrey", "selection only: conformant"),
        (
            conformant(row(3, "warn", check("fail", 3), level="SHOULD")),
            "yellowgreen",
            "relay with 1 warning, edition",
        ),
    ],
)
def test_only_a_conformant_whole_run_has_a_green_badge(result: Result, color: str, message: str) -> None:
    made = json.loads(badge(result))
    assert made["color"] == color
    assert made["message"].startswith(message)
    assert made["isError"] == (color not in ("green", "yellowgreen"))


def many_findings(number: int, came: str) -> Result:
    return record(*(row(n, "fail", check("fail", n, came=came)) for n in range(1, number + 1)))


def test_a_step_summary_stays_below_the_hosts_limit_and_says_what_it_leaves_out() -> None:
    text = summary(many_findings(200, "x" * 10_000))
    assert len(text.encode()) < LARGEST + 1000
    assert "more findings: see the report." in text


def test_no_target_breaks_out_of_the_step_summary() -> None:
    text = summary(record())
    assert "<script>" not in text.replace(fence(text), "")
    assert "\x1b" not in text


def fence(text: str) -> str:
    """The fenced part that holds the hostile text: its fence is longer than any run of backticks in it."""
    begin = text.index("````text")
    return text[begin : text.index("````", begin + 4)]


def test_the_step_summary_of_a_selection_does_not_look_green() -> None:
    text = summary(selection())
    assert "✅" not in text
    assert "verdict of the selection" in text


def test_at_most_ten_annotations_are_made_and_the_worst_come_first() -> None:
    rows = [row(n, "warn", check("fail", n), level="SHOULD") for n in range(1, 15)]
    made = workflow_commands(record(*rows, row(15, "fail", check("fail", 15))))
    assert len(made) == ANNOTATIONS
    assert made[0].startswith("::error title=fail%3A RM-204-15")
    assert "6 more findings" in made[-1]


def test_an_annotation_is_one_line_whatever_the_target_says() -> None:
    hostile = "first\n::error::second\r100%"
    command = workflow_commands(record(row(1, "fail", check("fail", 1, came=hostile))))[0]
    assert "\n" not in command
    assert command.endswith("relaycheck replay RM-204-01 reports/latest")
    assert "first%0A::error::second\\x0d100%25" in command


def test_the_host_takes_no_command_from_muted_text() -> None:
    assert muted("::error::x", "word").split("\n") == ["::stop-commands::word", "::error::x", "::word::", ""]


def allure_result(id: str) -> dict[str, Any]:
    return {
        "uuid": "1",
        "name": "RM-204-02 check",
        "status": "passed",
        "start": 1,
        "stop": 2,
        "labels": [{"name": "check", "value": id}, {"name": "verdict", "value": "pass"}],
        "steps": [
            {"name": "probe X00002: 204", "status": "passed"},
            {"name": "judgement x: pass, ", "status": "passed"},
        ],
    }


@pytest.mark.parametrize(
    ("verdict", "level", "status", "label"),
    [
        ("pass", "MUST", "passed", "pass"),
        ("fail", "MUST", "failed", "fail"),
        ("fail", "SHOULD", "passed", "warn"),
        ("inconclusive", "MUST", "broken", "inconclusive"),
        ("error", "MUST", "broken", "error"),
        ("not_applicable", "MUST", "skipped", "not_applicable"),
    ],
)
def test_an_allure_result_is_given_the_final_verdict(verdict: str, level: str, status: str, label: str) -> None:
    facts = check(verdict, 2)
    made = amended(allure_result(facts.id), row(2, verdict, facts, level=level), facts)
    valid("allure-result", made)
    assert made["status"] == made["steps"][1]["status"] == status
    assert made["steps"][0]["status"] == "passed"
    assert [item["value"] for item in made["labels"] if item["name"] == "verdict"] == [label]
    assert ("statusDetails" in made) == (label != "pass")


def test_allure_shows_four_beats_where_pytest_had_a_traceback() -> None:
    facts = check("fail", 2)
    before = allure_result(facts.id) | {"statusDetails": {"message": "CheckFailed", "trace": "Traceback"}}
    details = amended(before, row(2, "fail", facts), facts)["statusDetails"]
    assert details["message"] == "fail: reason 2"
    assert [line.split()[0] for line in details["trace"].splitlines()] == ["required", "sent", "came", "again"]


def test_every_broken_or_failed_result_has_its_allure_category() -> None:
    named = {category["name"]: category["messageRegex"] for category in json.loads(categories())}
    assert "inconclusive: .*" in named.values()
    assert "error: .*" in named.values()


def test_allure_environment_holds_one_line_a_fact() -> None:
    whole = record()
    target = whole.target.model_copy(update={"name": f"a\nb{HOSTILE}"})
    lines = environment(whole.model_copy(update={"target": target})).splitlines()
    assert all("=" in line for line in lines)
    assert "level.reached=none" in lines
