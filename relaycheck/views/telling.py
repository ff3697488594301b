"""What every view says in the same words: which rows are findings, in which order, and the sentences over a whole run. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.evidence.model import BeatFacts, CheckFacts, RequirementFacts, Result

LOUD = (Kind.FAIL, Kind.ERROR, Kind.INCONCLUSIVE, Kind.WARN)
"""The verdicts that a reader must act on, the worst first."""
BEATS = ("required", "sent", "came", "again")
NO_STATEMENT = "no statement can be made about the target"

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str) -> str:
    """`text` without what would steer a terminal, turn text around or break XML: such characters as `\\xNN` or `\\uNNNN`."""
    return _UNPRINTABLE.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def words(verdict: str) -> str:
    return verdict.replace("_", " ")


def tried(rows: Iterable[RequirementFacts]) -> list[RequirementFacts]:
    """The rows of which at least one check was run."""
    return [row for row in rows if row.checks]


def has_checks(row: RequirementFacts) -> bool:
    """Whether any check tries the row, run or not: a row without says nothing of the target."""
    return bool(row.checks) or (row.verdict == Kind.NOT_RUN and row.reason == "not run")


def findings(result: Result) -> list[RequirementFacts]:
    """The rows that a reader must act on: the worst first, what blocks every level before the rest, then the catalogue's order."""
    loud = [row for row in tried(result.requirements) if row.verdict in LOUD]
    return sorted(loud, key=lambda row: (LOUD.index(Kind(row.verdict)), not row.blocks))


def speaking(row: RequirementFacts) -> list[CheckFacts]:
    """The checks that gave a row its verdict."""
    wanted = Kind.FAIL if row.verdict == Kind.WARN else row.verdict
    return [check for check in row.checks if check.verdict == wanted]


def beat_lines(beats: BeatFacts) -> list[tuple[str, str]]:
    return [(label, printable(getattr(beats, label))) for label in BEATS]


def four_beats(check: CheckFacts) -> str:
    """A check's beats as plain text; empty for a check without."""
    return "\n".join(f"{label:<9} {text}" for label, text in beat_lines(check.beats)) if check.beats else ""


def counts(rows: Iterable[RequirementFacts]) -> Counter[str]:
    """How many rows have which verdict; rows without a check that was run count for nothing."""
    return Counter(row.verdict for row in tried(rows))


def verdict_line(result: Result) -> str:
    """The verdict in a sentence that cannot be taken for more than it is."""
    verdict = words(result.verdict)
    if result.run.partial:
        run = len(tried(result.requirements))
        return f"verdict of the selection: {verdict} ({run} of {len(result.requirements)} rows)"
    return f"verdict: {verdict}"


def level_line(result: Result) -> str:
    """Claimed and reached; `framing` is told beside the level and never blocks it."""
    if result.run.partial:
        return "level: a selection reaches none, and says nothing of the rest of the target"
    reached = result.level.reached or "none"
    return f"level: claimed {result.level.claimed}, reached {reached}{framing(result)}"


def framing(result: Result) -> str:
    facts = next((c for c in result.classes if c.conformance_class == "framing" and c.applicable), None)
    return f", framing {facts.passed}/{facts.applicable}" if facts else ""


def next_line(result: Result, most: int = 12) -> str:
    """What is missing for the next level, with the rows that are in the way; empty when every level was reached, or none could be."""
    following = result.level.next
    if following is None or result.run.partial:
        return ""
    ids = [row.id for row in following.lacking]
    named = ", ".join(ids[:most]) + (f" and {len(ids) - most} more" if len(ids) > most else "")
    return f"for level {following.level}: {following.sentence}" + (f": {named}" if named else "")


def did(result: Result) -> str:
    """What the run did to the target."""
    run = result.run
    return (
        f"sent {run.requests_sent} requests in {run.seconds:.1f} s, at most {run.able_to_relay} could relay, "
        f"the witness saw {run.witnessed} mails"
    )


def number(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
