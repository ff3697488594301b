"""JUnit XML: one test case a requirement, so that a CI's history follows rows, whatever checks they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from relaycheck.verdicts import Kind
from relaycheck.views.beats import beats

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.rollup import RowVerdict


def junit(outcome: RunOutcome) -> JUnitXml:
    """The projection of verdicts: fail is a failure, inconclusive and error are errors, not applicable and not run are skipped."""
    document = JUnitXml()
    for chapter in outcome.catalogue.chapters:
        suite = TestSuite(f"relaycheck.{chapter.key}")
        suite.add_property("edition", outcome.catalogue.edition)
        suite.add_property("target", str(outcome.settings.target.url))
        by_id = {row.requirement.id: row for row in outcome.conclusion.rows}
        for requirement in chapter.requirements:
            row = by_id[requirement.id]
            if row.checks:
                suite.add_testcase(_case(outcome, row, chapter.key))
        if len(suite):
            document.add_testsuite(suite)
    return document


def _case(outcome: RunOutcome, row: RowVerdict, chapter: str) -> TestCase:
    checks = outcome.checks_of(row.requirement.id)
    case = TestCase(
        f"{row.requirement.id} {row.requirement.title}", f"relaycheck.{chapter}", sum(c.seconds for c in checks)
    )
    told = "\n\n".join(str(beats(c, outcome.catalogue)) for c in checks if c.verdict.kind is row.verdict.kind)
    match row.weighed:
        case Kind.FAIL:
            case.result = [_with(Failure(row.verdict.reason, "nonconformant"), told)]
        case Kind.INCONCLUSIVE:
            case.result = [_with(Error(row.verdict.reason, "inconclusive"), told)]
        case Kind.ERROR:
            case.result = [_with(Error(row.verdict.reason, "suite-error"), told)]
        case Kind.NOT_APPLICABLE:
            case.result = [Skipped(f"N/A: {row.verdict.reason}")]
        case Kind.NOT_RUN:
            case.result = [Skipped("not run")]
        case Kind.WARN:
            case.system_out = f"WARN: {row.verdict.reason}\n\n{told}"
    return case


def _with(result: Failure | Error, text: str) -> Failure | Error:
    result.text = text
    return result


def write_junit(outcome: RunOutcome, path: Path) -> None:
    junit(outcome).write(str(path), pretty=True)
