"""JUnit XML: one test case a requirement, so that a CI's history follows rows, whatever checks they have. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from relaycheck.verdicts import Kind
from relaycheck.views.telling import four_beats, has_checks, printable, speaking, words

if TYPE_CHECKING:
    from relaycheck.evidence.model import RequirementFacts, Result


def junit(result: Result) -> str:
    """The projection of verdicts: fail is a failure, inconclusive and error are errors, not applicable and not run are skipped.

    A SHOULD that is not met passes, with the finding as its output. What identifies the run stands at each suite:
    the format knows no properties of a test case.
    """
    document = JUnitXml("relaycheck")
    for chapter in result.chapters:
        rows = [row for row in result.requirements if row.chapter == chapter.key and has_checks(row)]
        if rows:
            document.add_testsuite(_suite(result, chapter.key, rows))
    text: bytes = document.tostring()
    return text.decode("utf-8") + "\n"


def _suite(result: Result, chapter: str, rows: list[RequirementFacts]) -> TestSuite:
    suite = TestSuite(f"relaycheck.{chapter}")
    suite.timestamp = result.run.started.partition(".")[0].removesuffix("Z")
    for name, value in (
        ("edition", result.suite.edition),
        ("suite", f"{result.suite.name} {result.suite.version}"),
        ("target", result.target.url),
        ("verdict", result.verdict),
        ("level", result.level.reached or "none"),
    ):
        suite.add_property(name, printable(value))
    for row in rows:
        suite.add_testcase(_case(row))
    return suite


def _case(row: RequirementFacts) -> TestCase:
    case = TestCase(f"{row.id} {row.title}", f"relaycheck.{row.chapter}", round(sum(c.seconds for c in row.checks), 4))
    reason = printable(row.reason)
    told = "\n\n".join(filter(None, (f"{check.name}\n{four_beats(check)}" for check in speaking(row))))
    match row.verdict:
        case Kind.FAIL:
            case.result = [_with(Failure(reason, "nonconformant"), told)]
        case Kind.INCONCLUSIVE:
            case.result = [_with(Error(reason, "inconclusive"), told)]
        case Kind.ERROR:
            case.result = [_with(Error(reason, "suite-error"), told)]
        case Kind.NOT_APPLICABLE:
            case.result = [Skipped(f"N/A: {reason}")]
        case Kind.NOT_RUN:
            case.result = [Skipped("not run")]
        case Kind.WARN:
            case.system_out = printable(f"{words(row.verdict).upper()}: {reason}\n\n{told}")
    return case


def _with(element: Failure | Error, text: str) -> Failure | Error:
    element.text = printable(text)
    return element
