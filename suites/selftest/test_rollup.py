"""From checks to rows, classes, levels and exit codes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relaycheck.catalogue import Class_, Level, Requirement, load
from relaycheck.rollup import (
    CertificateLevel,
    Conclusion,
    RowVerdict,
    RunVerdict,
    class_verdict,
    conclude,
    row_verdict,
    worst,
)
from relaycheck.verdicts import Cause, ExitCode, Kind, Verdict, failed, inconclusive, not_applicable, passed

CATALOGUE = load()
GREEN = passed()
OPEN = inconclusive(Cause.CONTROL_RED, "red")
AWAY = not_applicable("auth.basic")
BROKEN = Verdict(Kind.ERROR, "bug")
LEFT_OUT = Verdict(Kind.NOT_RUN, "deselected")


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Kind.NOT_RUN),
        ([passed()], Kind.PASS),
        ([passed(), failed("x")], Kind.FAIL),
        ([BROKEN, failed("x"), OPEN], Kind.FAIL),
        ([BROKEN, OPEN, passed()], Kind.ERROR),
        ([OPEN, LEFT_OUT, passed()], Kind.INCONCLUSIVE),
        ([LEFT_OUT, passed()], Kind.NOT_RUN),
        ([AWAY, passed()], Kind.PASS),
        ([AWAY, AWAY], Kind.NOT_APPLICABLE),
    ],
)
def test_the_worst_verdict_stands(verdicts: list[Verdict], expected: Kind) -> None:
    assert worst(verdicts).kind is expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [(Level.MUST, Kind.FAIL), (Level.SHOULD, Kind.WARN), (Level.MAY, Kind.WARN), (Level.INFO, Kind.WARN)],
)
def test_only_a_must_fails(level: Level, expected: Kind) -> None:
    row = next(r for r in CATALOGUE if r.level is level)
    assert row_verdict(row, [failed("x")]).weighed is expected


def everything(verdict: Verdict = GREEN, **others: Verdict) -> list[RowVerdict]:
    """All rows with one verdict, some with others: `everything(RM_204_02=failed("x"))`."""
    named = {id.replace("_", "-"): given for id, given in others.items()}
    return [row_verdict(row, [named.get(row.id, verdict)]) for row in CATALOGUE]


def concluded(claimed: CertificateLevel = CertificateLevel.RELAY, **others: Verdict) -> Conclusion:
    return conclude(claimed, everything(**others))


def test_a_reason_names_every_failed_row_but_few_of_those_that_are_open() -> None:
    broken = class_verdict(Class_.CORE, everything(failed("x"))).reason
    assert broken.count(", ") == sum(r.level is Level.MUST and r.class_ is Class_.CORE for r in CATALOGUE) - 1
    assert "more" not in broken
    for verdict in (OPEN, LEFT_OUT):
        reason = class_verdict(Class_.CORE, everything(verdict)).reason
        assert reason.count(", ") == 7
        assert reason.endswith("and 27 more")


def test_everything_passed_is_conformant_and_reaches_hardened() -> None:
    conclusion = concluded()
    assert (conclusion.verdict, conclusion.reached) == (RunVerdict.CONFORMANT, CertificateLevel.HARDENED)
    assert conclusion.exit_code is ExitCode.CONFORMANT


@pytest.mark.parametrize(
    ("row", "verdict", "expected", "reached"),
    [
        ("RM_204_02", failed("x"), RunVerdict.NONCONFORMANT, None),
        ("RM_REL_01", failed("x"), RunVerdict.NONCONFORMANT, CertificateLevel.CONTRACT),
        ("RM_AUTH_26", failed("x"), RunVerdict.CONFORMANT, CertificateLevel.RELAY),
        ("RM_AUTH_06", failed("x"), RunVerdict.CONFORMANT, CertificateLevel.HARDENED),
        ("RM_FR_09", failed("x"), RunVerdict.CONFORMANT, CertificateLevel.HARDENED),
        ("RM_AUTH_28", failed("x"), RunVerdict.NONCONFORMANT, None),
        ("RM_XML_07", failed("x"), RunVerdict.NONCONFORMANT, None),
        ("RM_CT_01", OPEN, RunVerdict.INCONCLUSIVE, None),
        ("RM_CT_01", LEFT_OUT, RunVerdict.INCONCLUSIVE, None),
        ("RM_CT_01", BROKEN, RunVerdict.ERROR, None),
        ("RM_AUTH_26", BROKEN, RunVerdict.ERROR, CertificateLevel.RELAY),
        ("RM_AUTH_02", AWAY, RunVerdict.CONFORMANT, CertificateLevel.HARDENED),
    ],
)
def test_one_row_decides(row: str, verdict: Verdict, expected: RunVerdict, reached: CertificateLevel | None) -> None:
    """A MUST of the claimed classes, a row that blocks every level, or nothing at all."""
    conclusion = conclude(CertificateLevel.RELAY, everything(**{row: verdict}))
    assert (conclusion.verdict, conclusion.reached) == (expected, reached)


def test_a_contradiction_stands_though_another_check_crashed() -> None:
    assert concluded(RM_CT_01=failed("x"), RM_CT_02=BROKEN).verdict is RunVerdict.NONCONFORMANT


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (AWAY, RunVerdict.NOTHING_APPLICABLE),
        (OPEN, RunVerdict.INCONCLUSIVE),
        (LEFT_OUT, RunVerdict.INCONCLUSIVE),
        (BROKEN, RunVerdict.ERROR),
    ],
)
def test_an_empty_run_passes_nothing(verdict: Verdict, expected: RunVerdict) -> None:
    conclusion = conclude(CertificateLevel.CONTRACT, everything(verdict))
    assert (conclusion.verdict, conclusion.reached) == (expected, None)


def test_declaring_nearly_everything_absent_is_no_way_to_pass() -> None:
    """Three rows of a class that pass while all others do not apply say nothing."""
    few = {"RM-EP-01", "RM-CT-01", "RM-SEL-01", "RM-EP-02", "RM-204-02", "RM-REL-01"}
    rows = [row_verdict(row, [passed() if row.id in few else AWAY]) for row in CATALOGUE]
    assert conclude(CertificateLevel.RELAY, rows).verdict is RunVerdict.INCONCLUSIVE


def test_a_selection_reaches_no_level() -> None:
    rows = [row_verdict(row, [passed()] if row.id == "RM-204-02" else [LEFT_OUT]) for row in CATALOGUE]
    conclusion = conclude(CertificateLevel.RELAY, rows, partial=True)
    assert (conclusion.verdict, conclusion.reached) == (RunVerdict.CONFORMANT, None)


def test_a_selection_with_a_warning_alone_was_applicable() -> None:
    rows = [row_verdict(row, [failed("x")] if row.id == "RM-JSON-04" else [LEFT_OUT]) for row in CATALOGUE]
    assert conclude(CertificateLevel.RELAY, rows, partial=True).verdict is RunVerdict.CONFORMANT


def test_rows_without_any_check_do_not_count() -> None:
    """They are the suite's gap: the class is judged by what can be tried."""
    rows = [row_verdict(row, [passed()] if row.id.startswith("RM-CT") else []) for row in CATALOGUE]
    core = class_verdict(Class_.CORE, rows)
    assert core.kind is Kind.PASS
    assert core.applicable == core.passed < 35


def test_a_class_tells_what_stands_against_it() -> None:
    row = CATALOGUE["RM-CT-01"]
    core = class_verdict(Class_.CORE, [row_verdict(row, [failed("x")]), _also(row)])
    assert (core.kind, core.reason) == (Kind.FAIL, "fail: RM-CT-01")


def _also(row: Requirement) -> RowVerdict:
    return row_verdict(replace(row, id="RM-CT-02"), [passed()])
