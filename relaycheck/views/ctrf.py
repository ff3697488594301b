"""CTRF, the Common Test Report Format (ctrf.io, specification 0.0): one test a requirement. Pure."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from relaycheck.verdicts import Kind
from relaycheck.views.telling import four_beats, has_checks, speaking

if TYPE_CHECKING:
    from relaycheck.evidence.model import RequirementFacts, Result

STATUS = {
    Kind.PASS: "passed",
    Kind.WARN: "passed",
    Kind.FAIL: "failed",
    Kind.INCONCLUSIVE: "other",
    Kind.ERROR: "other",
    Kind.NOT_APPLICABLE: "skipped",
    Kind.NOT_RUN: "pending",
}
"""What is open is `other`, never `failed`; `rawStatus` holds our own word."""
STATUSES = ("passed", "failed", "skipped", "pending", "other")


def ctrf(result: Result) -> str:
    titles = {chapter.key: chapter.title for chapter in result.chapters}
    tests = [_test(row, titles.get(row.chapter, row.chapter)) for row in result.requirements if has_checks(row)]
    totals = Counter(test["status"] for test in tests)
    run = result.run
    document = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "generatedBy": f"{result.suite.name} {result.suite.version}",
        "timestamp": run.finished,
        "results": {
            "tool": {"name": result.suite.name, "version": result.suite.version},
            "summary": {
                "tests": len(tests),
                **{status: totals[status] for status in STATUSES},
                "suites": len({row.chapter for row in result.requirements if has_checks(row)}),
                "start": _milliseconds(run.started),
                "stop": _milliseconds(run.finished),
            },
            "tests": tests,
            "environment": {
                "appName": result.target.name or result.target.url,
                "appVersion": result.target.version,
                "testEnvironment": result.target.url,
                "extra": {"edition": result.suite.edition, "depth": run.depth, "seed": run.seed},
            },
            "extra": {
                "verdict": result.verdict,
                "reason": result.reason,
                "partial": run.partial,
                "level": {"claimed": result.level.claimed, "reached": result.level.reached},
            },
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _test(row: RequirementFacts, chapter: str) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": f"{row.id} {row.title}",
        "status": STATUS[Kind(row.verdict)],
        "rawStatus": row.verdict.upper(),
        "duration": round(sum(check.seconds for check in row.checks) * 1000),
        "suite": ["relaycheck", chapter],
        "type": "conformance",
        "tags": [row.id, row.level, row.conformance_class],
    }
    if row.verdict != Kind.PASS and row.reason:
        test["message"] = row.reason
    told = "\n\n".join(filter(None, (four_beats(check) for check in speaking(row))))
    if told:
        test["trace"] = told
    return test


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
