"""From verdicts of checks to those of requirements, classes, levels and the run. Pure.

The decision rule is simple acceptance with zero tolerance: a MUST fails if one confirmed observation contradicts it, passes if all
planned observations were made and none does, and is inconclusive otherwise. A SHOULD that fails is a warning. MAY and INFO rows
never rise above an observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relaycheck.catalogue import Class_, Level, Requirement
from relaycheck.verdicts import ExitCode, Kind, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class CertificateLevel(StrEnum):
    """What a run claims; each includes the ones before it."""

    CONTRACT = "contract"
    RELAY = "relay"
    HARDENED = "hardened"


CLASSES_OF: Mapping[CertificateLevel, tuple[Class_, ...]] = {
    CertificateLevel.CONTRACT: (Class_.CORE, Class_.HTTP),
    CertificateLevel.RELAY: (Class_.CORE, Class_.HTTP, Class_.RELAY),
    CertificateLevel.HARDENED: (Class_.CORE, Class_.HTTP, Class_.RELAY, Class_.SECURITY),
}
FLOORS: Mapping[Class_, int] = {Class_.CORE: 20, Class_.HTTP: 15, Class_.RELAY: 12, Class_.SECURITY: 12}
"""So many MUST rows of a class must have passed whatever was declared absent: the guard against empty passes. Real targets that
declare every optional scheme and mode absent still have more."""

ORDER = (Kind.FAIL, Kind.ERROR, Kind.INCONCLUSIVE, Kind.NOT_RUN, Kind.PASS, Kind.NOT_APPLICABLE)
MOST_OPEN = 8
"""So many undecided rows of a class are named in a reason; where more are open, their number says enough."""


class RunVerdict(StrEnum):
    """What a run says of its target."""

    CONFORMANT = "conformant"
    NONCONFORMANT = "nonconformant"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOTHING_APPLICABLE = "nothing_applicable"


EXIT_CODES: Mapping[RunVerdict, ExitCode] = {
    RunVerdict.CONFORMANT: ExitCode.CONFORMANT,
    RunVerdict.NONCONFORMANT: ExitCode.NONCONFORMANT,
    RunVerdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    RunVerdict.ERROR: ExitCode.ERROR,
    RunVerdict.NOTHING_APPLICABLE: ExitCode.NOTHING_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """The verdict of one requirement. `weighed` is after its level is applied: a failed SHOULD is `warn`."""

    requirement: Requirement
    verdict: Verdict
    weighed: Kind
    checks: int
    """How many checks it has, deselected ones included; 0: nothing tries it yet."""


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """The verdict of one class over its applicable MUST rows; `warnings` counts SHOULD rows not met."""

    conformance_class: Class_
    kind: Kind
    passed: int
    applicable: int
    warnings: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the whole run comes to."""

    verdict: RunVerdict
    claimed: CertificateLevel
    reached: CertificateLevel | None
    rows: tuple[RowVerdict, ...]
    classes: tuple[ClassVerdict, ...]
    reason: str = ""

    @property
    def exit_code(self) -> ExitCode:
        return EXIT_CODES[self.verdict]


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that stands over several checks; `not_run` when there are none."""
    if not verdicts:
        return Verdict(Kind.NOT_RUN, "no check was run")
    return min(verdicts, key=lambda v: ORDER.index(v.kind))


def row_verdict(requirement: Requirement, verdicts: Sequence[Verdict]) -> RowVerdict:
    verdict = worst(verdicts)
    weighed = verdict.kind
    if weighed is Kind.FAIL and requirement.level is not Level.MUST:
        weighed = Kind.WARN
    return RowVerdict(requirement, verdict, weighed, len(verdicts))


def class_verdict(conformance_class: Class_, rows: Iterable[RowVerdict]) -> ClassVerdict:
    """Over the rows of the class that have checks: rows without any are the suite's gap, not the target's."""
    mine = [r for r in rows if r.requirement.class_ is conformance_class and r.checks]
    musts = [r for r in mine if r.requirement.level is Level.MUST and r.weighed is not Kind.NOT_APPLICABLE]
    warnings = sum(1 for r in mine if r.weighed is Kind.WARN)
    passed = sum(1 for r in musts if r.weighed is Kind.PASS)
    kind, reason = _weigh(conformance_class, musts)
    return ClassVerdict(conformance_class, kind, passed, len(musts), warnings, reason)


def _weigh(conformance_class: Class_, musts: Sequence[RowVerdict]) -> tuple[Kind, str]:
    for kind in (Kind.FAIL, Kind.ERROR, Kind.INCONCLUSIVE, Kind.NOT_RUN):
        found = [r.requirement.id for r in musts if r.weighed is kind]
        if found:
            told = Kind.INCONCLUSIVE if kind is Kind.NOT_RUN else kind
            named = found if told is not Kind.INCONCLUSIVE else found[:MOST_OPEN]
            more = f" and {len(found) - len(named)} more" if len(named) < len(found) else ""
            return told, f"{kind.value.replace('_', ' ')}: {', '.join(named)}{more}"
    if not musts:
        return Kind.NOT_APPLICABLE, "no applicable MUST row was tried"
    return Kind.PASS, ""


def conclude(claimed: CertificateLevel, rows: Sequence[RowVerdict], *, partial: bool = False) -> Conclusion:
    """The run's verdict over the claimed level's classes and every blocking row that was run.

    `partial`: only a selection was run, so deselected rows count for nothing and no level is reached.
    """
    considered = [r for r in rows if r.weighed is not Kind.NOT_RUN] if partial else list(rows)
    classes = tuple(class_verdict(c, considered) for c in Class_)
    by_class = {c.conformance_class: c for c in classes}
    blocked = [r for r in considered if r.requirement.blocks and r.weighed in (Kind.FAIL, Kind.WARN)]
    verdict, reason = _run_verdict(claimed, considered, by_class, blocked, partial=partial)
    reached = None if partial or blocked else _reached(by_class)
    return Conclusion(verdict, claimed, reached, tuple(rows), classes, reason)


def _run_verdict(
    claimed: CertificateLevel,
    rows: Sequence[RowVerdict],
    by_class: Mapping[Class_, ClassVerdict],
    blocked: Sequence[RowVerdict],
    *,
    partial: bool,
) -> tuple[RunVerdict, str]:
    wanted = [by_class[c] for c in CLASSES_OF[claimed]]
    if blocked:
        return RunVerdict.NONCONFORMANT, f"blocks every level: {', '.join(r.requirement.id for r in blocked)}"
    for kind, verdict in ((Kind.FAIL, RunVerdict.NONCONFORMANT), (Kind.ERROR, RunVerdict.ERROR)):
        if reasons := [c.reason for c in wanted if c.kind is kind]:
            return verdict, "; ".join(reasons)
    if any(r.weighed is Kind.ERROR for r in rows):
        return RunVerdict.ERROR, f"error: {', '.join(r.requirement.id for r in rows if r.weighed is Kind.ERROR)}"
    if reasons := [c.reason for c in wanted if c.kind is Kind.INCONCLUSIVE]:
        return RunVerdict.INCONCLUSIVE, "; ".join(reasons)
    if not any(c.kind is Kind.PASS for c in wanted) and not (
        partial and any(r.weighed in (Kind.PASS, Kind.WARN) for r in rows)
    ):
        return RunVerdict.NOTHING_APPLICABLE, "no row of the claimed level applies or was run"
    if not partial and (
        thin := [c.conformance_class.value for c in wanted if c.passed < _floor(c.conformance_class, rows)]
    ):
        return RunVerdict.INCONCLUSIVE, f"too few rows of {', '.join(thin)} were tried to say anything"
    return RunVerdict.CONFORMANT, ""


def _floor(conformance_class: Class_, rows: Sequence[RowVerdict]) -> int:
    """The class's floor, or all its MUST rows that have checks while the suite has fewer; never zero."""
    mine = [r for r in rows if r.requirement.class_ is conformance_class and r.requirement.level is Level.MUST]
    return max(1, min(FLOORS[conformance_class], sum(1 for r in mine if r.checks) * 2 // 3))


def _reached(by_class: Mapping[Class_, ClassVerdict]) -> CertificateLevel | None:
    reached = None
    for level in CertificateLevel:
        if any(by_class[c].kind is not Kind.PASS for c in CLASSES_OF[level]):
            break
        reached = level
    return reached
