"""A comparison of two runs as text or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.evidence.comparison import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from relaycheck.evidence.comparison import CheckChange, Comparison, RowChange, Side

HEADINGS = {
    Change.REGRESSION: "Regressions",
    Change.UNPROVEN: "No longer proven",
    Change.IMPROVEMENT: "Improvements",
    Change.OTHER: "Other changes",
}
COUNTED = {
    Change.REGRESSION: "worse",
    Change.UNPROVEN: "no longer proven",
    Change.IMPROVEMENT: "better",
    Change.OTHER: "otherwise changed",
}


def comparison_text(found: Comparison) -> str:
    """For a terminal: one line each, regressions first."""
    lines = [f"before  {_side(found.before)}", f"after   {_side(found.after)}"]
    lines += [f"note    {note}" for note in found.notes]
    for heading, items in _sections(found):
        lines += ["", heading, *(f"  {item}" for item in items)]
    return "\n".join([*lines, "", _summary(found)])


def comparison_markdown(found: Comparison) -> str:
    """For a pull request."""
    lines = [
        f"## relaycheck: {_summary(found)}",
        "",
        "| | target | started | verdict | level reached |",
        "|---|---|---|---|---|",
        *(
            f"| {which} | {_cell(side.name or side.target)} | {side.started} | {side.verdict} | {side.reached or 'none'} |"
            for which, side in (("before", found.before), ("after", found.after))
        ),
    ]
    lines += ["", *(f"- {_cell(note)}" for note in found.notes)] if found.notes else []
    for heading, items in _sections(found):
        lines += ["", f"### {heading}", "", *(f"- {_cell(item)}" for item in items)]
    return "\n".join(lines) + "\n"


def _sections(found: Comparison) -> Iterator[tuple[str, Sequence[str]]]:
    """Heading and lines, without empty sections. A check is told only where its row does not say it already."""
    for change, heading in HEADINGS.items():
        rows = [_changed(r.id, r.title, r) for r in found.rows if r.change is change]
        told = {r.id for r in found.rows if r.change is change}
        checks = [_changed(c.row, c.name, c) for c in found.checks if c.change is change and c.row not in told]
        if rows or checks:
            yield heading, [*rows, *checks]
    for heading, here in (("Checks that appeared", found.appeared), ("Checks that were lost", found.lost)):
        if here:
            yield heading, [f"{c.row} {c.name} ({_word(c.verdict)})" for c in here]
    if found.statuses:
        yield (
            "Answers that changed",
            [f"{s.row} {s.name}: {_answers(s.before)} → {_answers(s.after)}" for s in found.statuses],
        )


def _changed(id: str, name: str, change: RowChange | CheckChange) -> str:
    reason = f": {change.reason}" if change.reason and change.change is not Change.IMPROVEMENT else ""
    return f"{id} {name}, {_word(change.before)} → {_word(change.after)}{reason}"


def _summary(found: Comparison) -> str:
    counts = [(sum(1 for r in found.rows if r.change is c), COUNTED[c]) for c in Change]
    told = ", ".join(f"{n} {what}" for n, what in counts if n)
    judged = "a regression" if found.regression else "no regression"
    return f"{judged} (rows: {told})" if told else f"{judged}, every row as before"


def _side(side: Side) -> str:
    name = f"{side.name} at {side.target}" if side.name else side.target
    return f"{name}, {side.started}: {side.verdict}, level reached {side.reached or 'none'}"


def _answers(statuses: Iterable[str]) -> str:
    """Runs of the same answer together: `3 × 204, 401`."""
    told: list[tuple[str, int]] = []
    for status in statuses:
        if told and told[-1][0] == status:
            told[-1] = (status, told[-1][1] + 1)
        else:
            told.append((status, 1))
    return ", ".join(status if count == 1 else f"{count} × {status}" for status, count in told) or "nothing sent"


def _word(verdict: str) -> str:
    return verdict.replace("_", " ")


def _cell(text: str) -> str:
    """Text that Markdown shows as it is."""
    for character in "\\`*_[]<>|":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")
