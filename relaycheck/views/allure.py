"""Allure results, native from allure-pytest: labels for the row, steps for control, probe and judgement, exchanges attached.

What Allure wrote while the run went on is amended at its end, from the record: late mail may have changed a verdict.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import allure

from relaycheck.judgements.state import described
from relaycheck.verdicts import Kind
from relaycheck.views.telling import four_beats, printable, words

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.evidence.model import CheckFacts, RequirementFacts, Result
    from relaycheck.exchange import Exchange
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.run import Run

SEVERITY = {"MUST": allure.severity_level.CRITICAL, "SHOULD": allure.severity_level.NORMAL}
ATTACHED = 4
"""So many exchanges of a passing check are attached; of any other, all."""
STATUS = {
    Kind.PASS: "passed",
    Kind.WARN: "passed",
    Kind.FAIL: "failed",
    Kind.INCONCLUSIVE: "broken",
    Kind.ERROR: "broken",
    Kind.NOT_APPLICABLE: "skipped",
    Kind.NOT_RUN: "skipped",
}
"""Inconclusive is broken: with `unknown` Allure's summary would stay green."""
JUDGEMENT = "judgement "
CATEGORIES = (
    ("Not met: MUST", ["failed"], ".*"),
    ("Nothing could be observed", ["broken"], "inconclusive: .*"),
    ("Fault of the suite", ["broken"], "error: .*"),
    ("Not applicable: declared absent", ["skipped"], "not applicable: .*"),
    ("Not met: SHOULD (a warning)", ["passed"], "warn: .*"),
)


def describe_check(run: Run, check: Check, chapter: str) -> None:
    """Label and fill the Allure result of the test that is running. `chapter`: its title."""
    requirement = check.requirement
    allure.dynamic.title(f"{requirement.id} {check.name}")
    allure.dynamic.description(requirement.statement)
    allure.dynamic.severity(
        allure.severity_level.BLOCKER if requirement.blocks else SEVERITY.get(requirement.level.value, "minor")
    )
    allure.dynamic.parent_suite("relaycheck")
    allure.dynamic.suite(chapter)
    allure.dynamic.sub_suite(f"{requirement.id} {requirement.title}")
    for name, value in (
        ("requirement", requirement.id),
        ("class", requirement.class_.value),
        ("level", requirement.level.value),
        ("verdict", check.verdict.kind.value),
        ("check", check.id),
    ):
        allure.dynamic.label(name, value)
    _steps(run, check)


def _steps(run: Run, check: Check) -> None:
    deciding = check.deciding
    control = deciding.control if deciding else None
    seen = [run.ledger.view(e) for e in (deciding.exchanges if deciding else ())]
    shown = seen if check.verdict.kind is not Kind.PASS else seen[:ATTACHED]
    for exchange in shown:
        role = "control" if control is not None and exchange.id == control.id else "probe"
        with allure.step(f"{role} {exchange.id}: {described(exchange)}"):
            allure.attach(as_text(exchange), exchange.id, allure.attachment_type.TEXT)
    if deciding is not None:
        with allure.step(_judged(deciding.name, check.verdict.kind, check.verdict.reason)):
            pass


def as_text(exchange: Exchange) -> str:
    """One exchange as a reader wants it: the octets of both sides, then what the witness saw."""
    parts = [_octets(exchange.request.raw), "", f"--- {described(exchange)}", "", _octets(exchange.received)]
    if exchange.stray:
        parts += ["", "--- after the response had ended", "", _octets(exchange.stray)]
    for delivery in exchange.deliveries:
        parts += [
            "",
            f"--- SMTP transaction {delivery.id}",
            "",
            _octets(delivery.transcript),
            "",
            _octets(delivery.data),
        ]
    return "\n".join(parts)


def _octets(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")


def amend(result: Result, folder: Path) -> None:
    """Give every Allure result in `folder` its final verdict and the four beats, and the folder its categories and environment."""
    known = {check.id: (row, check) for row in result.requirements for check in row.checks}
    for path in sorted(folder.glob("*-result.json")):
        document = json.loads(path.read_text("utf-8"))
        found = known.get(_label(document, "check"))
        if found is not None and (final := amended(document, *found)) != document:
            path.write_text(json.dumps(final, ensure_ascii=False), encoding="utf-8")
    (folder / "categories.json").write_text(categories(), encoding="utf-8")
    (folder / "environment.properties").write_text(environment(result), encoding="utf-8")


def amended(document: dict[str, Any], row: RequirementFacts, check: CheckFacts) -> dict[str, Any]:
    """One Allure result with the final verdict of its check; what is not pass says so in its status details, without a traceback."""
    kind = Kind(check.verdict)
    if kind is Kind.FAIL and row.level != "MUST":
        kind = Kind.WARN
    changed = {**document, "status": STATUS[kind]}
    changed.pop("statusDetails", None)
    if kind is not Kind.PASS:
        changed["statusDetails"] = {
            "message": printable(f"{words(kind)}: {check.reason}"),
            "trace": four_beats(check),
        }
    changed["labels"] = [
        {**label, "value": kind.value} if label["name"] == "verdict" else label for label in document.get("labels", ())
    ]
    changed["steps"] = [_step(step, check, kind) for step in document.get("steps", ())]
    return changed


def _step(step: dict[str, Any], check: CheckFacts, kind: Kind) -> dict[str, Any]:
    if not step["name"].startswith(JUDGEMENT):
        return step
    return {**step, "name": _judged(check.judgement, kind, check.reason), "status": STATUS[kind]}


def _judged(judgement: str | None, kind: Kind, reason: str) -> str:
    return f"{JUDGEMENT}{judgement}: {words(kind)}" + (f", {printable(reason)}" if reason else "")


def _label(document: dict[str, Any], name: str) -> str:
    return next((str(label["value"]) for label in document.get("labels", ()) if label["name"] == name), "")


def categories() -> str:
    """`categories.json`: how Allure groups what is not green."""
    return json.dumps(
        [{"name": name, "matchedStatuses": statuses, "messageRegex": text} for name, statuses, text in CATEGORIES],
        indent=1,
    )


def environment(result: Result) -> str:
    """`environment.properties`: what was tested, with what."""
    facts = {
        "target": result.target.url,
        "name": result.target.name,
        "version": result.target.version,
        "suite": f"{result.suite.name} {result.suite.version}",
        "edition": result.suite.edition,
        "depth": result.run.depth,
        "seed": str(result.run.seed),
        "verdict": result.verdict,
        "level.claimed": result.level.claimed,
        "level.reached": result.level.reached or "none",
    }
    return "".join(f"{name}={_property(value)}\n" for name, value in facts.items())


def _property(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace("\n", "\\n")
