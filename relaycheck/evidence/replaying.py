"""Which checks show a recorded finding again, and what has become of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.verdicts import ExitCode, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.evidence.model import CheckFacts, Result

AGAIN = (Kind.FAIL, Kind.INCONCLUSIVE, Kind.ERROR)


class NothingToReplay(Exception):
    """The record holds no finding of the row; the message says what it holds."""


@dataclass(frozen=True, slots=True)
class Replay:
    """`checks` are the findings; `rows` and `only` select them and whatever sent the requests they looked at."""

    row: str
    checks: tuple[CheckFacts, ...]
    rows: tuple[str, ...]
    only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding then and now; `now` is None when this version has no such check."""

    then: CheckFacts
    now: CheckFacts | None


def replay_of(record: Result, row: str) -> Replay:
    """What to run for the findings of `row`. Raises NothingToReplay."""
    facts = record.requirement(row)
    if facts is None:
        raise NothingToReplay(f"{row}: the record has no such row")
    findings = tuple(c for c in facts.checks if c.verdict in AGAIN)
    if not findings:
        raise NothingToReplay(
            f"{row}: its verdict is {facts.verdict.replace('_', ' ')} in this record, so nothing is to be seen again"
        )
    only = {c.id for c in findings} | {sender for c in findings for sender in _senders(record, c)}
    rows = {r.id for r in record.requirements for c in r.checks if c.id in only}
    return Replay(row, findings, tuple(sorted(rows)), tuple(sorted(only)))


def _senders(record: Result, check: CheckFacts) -> Iterator[str]:
    """The checks whose requests a check over the whole run found at fault."""
    exchange = record.exchange(check.probe) if check.probe else None
    if exchange is not None and exchange.check:
        yield exchange.check


def compared(replay: Replay, again: Result) -> tuple[Seen, ...]:
    """Each finding beside what the same check says now."""
    facts = again.requirement(replay.row)
    now = {c.id: c for c in facts.checks} if facts else {}
    return tuple(Seen(check, now.get(check.id)) for check in replay.checks)


def exit_code(seen: tuple[Seen, ...]) -> ExitCode:
    """Of a replay: nonconformant while a finding is still there, conformant once all of them are gone."""
    kinds = {Kind(s.now.verdict) if s.now else Kind.INCONCLUSIVE for s in seen}
    for kind, code in (
        (Kind.ERROR, ExitCode.ERROR),
        (Kind.FAIL, ExitCode.NONCONFORMANT),
        (Kind.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (Kind.NOT_RUN, ExitCode.INCONCLUSIVE),
    ):
        if kind in kinds:
            return code
    return ExitCode.CONFORMANT
