"""Allure results, native from allure-pytest: labels for the row, steps for control, probe and judgement, exchanges attached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import allure

from relaycheck.judgements.state import described
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.run import Run

SEVERITY = {"MUST": allure.severity_level.CRITICAL, "SHOULD": allure.severity_level.NORMAL}
ATTACHED = 4
"""So many exchanges of a passing check are attached; of any other, all."""


def describe_check(run: Run, check: Check) -> None:
    """Label and fill the Allure result of the test that is running."""
    requirement = check.requirement
    allure.dynamic.title(f"{requirement.id} {check.name}")
    allure.dynamic.description(requirement.statement)
    allure.dynamic.severity(
        allure.severity_level.BLOCKER if requirement.blocks else SEVERITY.get(requirement.level.value, "minor")
    )
    for name, value in (
        ("requirement", requirement.id),
        ("class", requirement.class_.value),
        ("level", requirement.level.value),
        ("verdict", check.verdict.kind.value),
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
        with allure.step(f"judgement {deciding.name}: {check.verdict.kind.value}, {check.verdict.reason}"):
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
