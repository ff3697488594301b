"""What stands between a target and the next level. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.catalogue import Level
from relaycheck.evidence.model import LackingFacts, NextLevelFacts
from relaycheck.rollup import CLASSES_OF, CertificateLevel
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.rollup import Conclusion, RowVerdict

STANDS_IN_THE_WAY = (Kind.FAIL, Kind.ERROR, Kind.INCONCLUSIVE, Kind.NOT_RUN)


def next_level(conclusion: Conclusion, *, partial: bool) -> NextLevelFacts | None:
    """The lowest level that was not reached and what is missing for it; None if every level was reached."""
    levels = list(CertificateLevel)
    at = levels.index(conclusion.reached) + 1 if conclusion.reached else 0
    if at == len(levels):
        return None
    level = levels[at]
    blocked = [r for r in conclusion.rows if r.requirement.blocks and r.weighed in (Kind.FAIL, Kind.WARN)]
    missing = [r for r in conclusion.rows if r in blocked or _missing(r, level)]
    if partial:
        missing = [r for r in missing if r.weighed is not Kind.NOT_RUN]
    return NextLevelFacts(
        level=level.value,
        sentence=_sentence(level, missing, conclusion, partial=partial),
        lacking=[LackingFacts(id=r.requirement.id, verdict=r.weighed.value, reason=r.verdict.reason) for r in missing],
    )


def _missing(row: RowVerdict, level: CertificateLevel) -> bool:
    """A MUST row of the level's classes that has checks and has not passed."""
    requirement = row.requirement
    wanted = requirement.level is Level.MUST and requirement.class_ in CLASSES_OF[level]
    return wanted and row.checks > 0 and row.weighed in STANDS_IN_THE_WAY


def _sentence(level: CertificateLevel, missing: Sequence[RowVerdict], conclusion: Conclusion, *, partial: bool) -> str:
    if partial:
        return "only a selection was run, and a selection reaches no level: run without --select"
    not_run = [r for r in missing if r.weighed is Kind.NOT_RUN]
    if not_run and len(not_run) == len(missing) and level not in _claimed(conclusion):
        return f"{_rows(len(not_run))} of this level were not run: claim it with --level {level.value}"
    if missing:
        counts = [(sum(1 for r in missing if r.weighed is k), k.value.replace("_", " ")) for k in STANDS_IN_THE_WAY]
        told = ", ".join(f"{n} {word}" for n, word in counts if n)
        return f"{_rows(len(missing))} must pass first ({told})"
    empty = [c.conformance_class.value for c in conclusion.classes if c.kind is Kind.NOT_APPLICABLE]
    thin = [c.value for c in CLASSES_OF[level] if c.value in empty]
    return f"no MUST row of {' and '.join(thin)} applied or was tried" if thin else conclusion.reason


def _claimed(conclusion: Conclusion) -> tuple[CertificateLevel, ...]:
    levels = tuple(CertificateLevel)
    return levels[: levels.index(conclusion.claimed) + 1]


def _rows(number: int) -> str:
    return f"{number} row{'s' * (number != 1)}"
