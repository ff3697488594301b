"""What differs between two recorded runs, of one target at two times or of two targets. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from relaycheck.evidence.model import Part
from relaycheck.rollup import CertificateLevel
from relaycheck.verdicts import ExitCode, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relaycheck.evidence.model import CheckFacts, ExchangeFacts, RequirementFacts, Result

RANK = {Kind.PASS: 0, Kind.NOT_APPLICABLE: 0, Kind.WARN: 2, Kind.ERROR: 3, Kind.FAIL: 3}
UNPROVEN = (Kind.INCONCLUSIVE, Kind.NOT_RUN)


class Change(StrEnum):
    """What a change of verdict means."""

    REGRESSION = "regression"
    UNPROVEN = "unproven"
    """It held before, and now nothing can be said."""
    IMPROVEMENT = "improvement"
    OTHER = "other"


class Side(Part):
    """One of the two runs."""

    target: str
    name: str
    started: str
    version: str
    edition: str
    depth: str
    seed: int
    selection: list[str]
    verdict: str
    reached: str | None
    requests_sent: int


class RowChange(Part):
    id: str
    title: str
    before: str
    after: str
    change: Change
    reason: str


class CheckChange(Part):
    row: str
    name: str
    before: str
    after: str
    change: Change
    reason: str


class CheckHere(Part):
    """A check that only one of the runs has."""

    row: str
    name: str
    verdict: str


class StatusChange(Part):
    """What the requests of a check were answered, in their order; an outcome's name where there was no answer."""

    row: str
    name: str
    before: list[str]
    after: list[str]


class Comparison(Part):
    format: Literal["relaycheck-comparison/1"] = "relaycheck-comparison/1"
    before: Side
    after: Side
    regression: bool
    notes: list[str]
    rows: list[RowChange]
    checks: list[CheckChange]
    appeared: list[CheckHere]
    lost: list[CheckHere]
    statuses: list[StatusChange]

    @property
    def exit_code(self) -> ExitCode:
        """1 on a regression; 6 when something that held is no longer proven."""
        if self.regression:
            return ExitCode.NONCONFORMANT
        unproven = Change.UNPROVEN in [c.change for c in self.rows] + [c.change for c in self.checks]
        return ExitCode.INCONCLUSIVE if unproven else ExitCode.CONFORMANT


def comparison(before: Result, after: Result) -> Comparison:
    """Everything that changed from `before` to `after`."""
    rows = [row for pair in _both(before, after) if (row := _row(*pair))]
    was, now = _checks(before), _checks(after)
    shared = [key for key in was if key in now]
    checks = [check for key in shared if (check := _check(key[0], was[key], now[key]))]
    answers = _Answers(before), _Answers(after)
    lower = _level(after) < _level(before) and not (before.run.selection or after.run.selection)
    return Comparison(
        before=_side(before),
        after=_side(after),
        regression=Change.REGRESSION in [c.change for c in rows] + [c.change for c in checks]
        or (lower and not after.run.obstacle),
        notes=list(_notes(before, after)),
        rows=rows,
        checks=checks,
        appeared=[_here(key, now[key]) for key in now if key not in was],
        lost=[_here(key, was[key]) for key in was if key not in now],
        statuses=[
            StatusChange(row=key[0], name=was[key].name, before=then, after=since)
            for key in shared
            if (then := answers[0].of(was[key])) != (since := answers[1].of(now[key]))
        ],
    )


def weigh(before: str, after: str) -> Change:
    """What it means that a verdict went from one to the other."""
    was, now = Kind(before), Kind(after)
    if now in UNPROVEN:
        return Change.UNPROVEN if was is Kind.PASS else Change.OTHER
    if was in UNPROVEN:
        return Change.REGRESSION if RANK[now] else Change.IMPROVEMENT if now is Kind.PASS else Change.OTHER
    if RANK[now] == RANK[was]:
        return Change.OTHER
    return Change.REGRESSION if RANK[now] > RANK[was] else Change.IMPROVEMENT


def _both(before: Result, after: Result) -> Iterable[tuple[RequirementFacts, RequirementFacts]]:
    """The rows of both; where one ran a selection, only what it ran."""
    known = {row.id: row for row in after.requirements}
    partial = bool(before.run.selection or after.run.selection)
    for row in before.requirements:
        now = known.get(row.id)
        if now is None or (partial and Kind.NOT_RUN in (row.verdict, now.verdict)):
            continue
        yield row, now


def _row(was: RequirementFacts, now: RequirementFacts) -> RowChange | None:
    if was.verdict == now.verdict:
        return None
    change = weigh(was.verdict, now.verdict) if was.checks and now.checks else Change.OTHER
    return RowChange(
        id=was.id, title=now.title, before=was.verdict, after=now.verdict, change=change, reason=now.reason
    )


def _check(row: str, was: CheckFacts, now: CheckFacts) -> CheckChange | None:
    if was.verdict == now.verdict:
        return None
    change = weigh(was.verdict, now.verdict)
    return CheckChange(row=row, name=now.name, before=was.verdict, after=now.verdict, change=change, reason=now.reason)


def _checks(record: Result) -> Mapping[tuple[str, str], CheckFacts]:
    return {(row.id, check.id): check for row in record.requirements for check in row.checks}


def _here(key: tuple[str, str], check: CheckFacts) -> CheckHere:
    return CheckHere(row=key[0], name=check.name, verdict=check.verdict)


class _Answers:
    """Statuses by check: of the requests that it sent itself, not of controls that it shares."""

    def __init__(self, record: Result) -> None:
        self.by_id: dict[str, ExchangeFacts] = {e.id: e for e in record.exchanges}

    def of(self, check: CheckFacts) -> list[str]:
        sent = [e for id in check.exchanges if (e := self.by_id.get(id)) and e.check == check.id]
        return [str(e.status) if e.status is not None else e.outcome for e in sent if e.note != "control"]


def _level(record: Result) -> int:
    """0 for none, then 1 for each level."""
    levels = [level.value for level in CertificateLevel]
    return levels.index(record.level.reached) + 1 if record.level.reached else 0


def _side(record: Result) -> Side:
    return Side(
        target=record.target.url,
        name=record.target.name,
        started=record.run.started,
        version=record.suite.version,
        edition=record.suite.edition,
        depth=record.run.depth,
        seed=record.run.seed,
        selection=record.run.selection,
        verdict=record.verdict,
        reached=record.level.reached,
        requests_sent=record.run.requests_sent,
    )


def _notes(before: Result, after: Result) -> Iterable[str]:
    """What else may explain a difference."""
    if before.suite.catalogue_digest != after.suite.catalogue_digest:
        yield "the two runs used different catalogues"
    if (before.run.depth, before.run.seed) != (after.run.depth, after.run.seed):
        yield "depth or seed differ, so the drawn examples do"
    if before.run.selection or after.run.selection:
        yield "only the rows that both runs tried are compared, and levels are not"
    for which, record in (("first", before), ("second", after)):
        if record.run.obstacle:
            yield f"the {which} run could observe nothing: {record.run.obstacle}"
