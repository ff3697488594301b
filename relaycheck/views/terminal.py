"""The verdict in a terminal or a CI log: what is not green first, then the table by chapter, the level, what the run did."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from relaycheck.verdicts import Kind
from relaycheck.views.telling import (
    NO_STATEMENT,
    beat_lines,
    counts,
    did,
    findings,
    level_line,
    next_line,
    number,
    printable,
    speaking,
    verdict_line,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from relaycheck.evidence.model import RequirementFacts, Result

STYLES = {
    Kind.PASS: "green",
    Kind.FAIL: "bold red",
    Kind.WARN: "yellow",
    Kind.INCONCLUSIVE: "magenta",
    Kind.ERROR: "bold red",
    Kind.NOT_APPLICABLE: "dim",
    Kind.NOT_RUN: "dim",
}
ALWAYS = (Kind.PASS, Kind.FAIL)
COLUMNS = (*ALWAYS, Kind.WARN, Kind.INCONCLUSIVE, Kind.ERROR, Kind.NOT_APPLICABLE)
WIDEST = 100
"""Columns: longer lines are hard to read, however wide the terminal."""
LABEL = 12


def print_result(result: Result, console: Console, report: str = "") -> None:
    """Everything a reader needs to act, within 80 columns where the terminal has no more. `report`: where the rest is."""
    width = min(console.width, WIDEST)
    if result.run.obstacle:
        _say(console, _wrapped("Nothing could be observed: ", printable(result.run.obstacle), width, style="bold"))
    else:
        for group in _alike(findings(result)):
            for line in _finding(group, width):
                _say(console, line)
    if counts(result.requirements):
        console.print(_table(result))
    for line in _closing(result, width, report):
        _say(console, line)


def _say(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)


def _alike(rows: list[RequirementFacts]) -> Iterator[list[RequirementFacts]]:
    """Rows that are open or broken for one and the same reason are told together."""
    groups: dict[tuple[str, str, str], list[RequirementFacts]] = {}
    for row in rows:
        alone = row.verdict in (Kind.FAIL, Kind.WARN)
        groups.setdefault((row.verdict, row.reason, row.id if alone else ""), []).append(row)
    yield from groups.values()


def _finding(rows: list[RequirementFacts], width: int) -> Iterator[Text]:
    row, *others = rows
    head = Text()
    head.append(words(row.verdict).upper(), STYLES[Kind(row.verdict)])
    head.append("  ")
    head.append(row.id, "bold")
    head.append(f" {row.title}")
    if row.blocks:
        head.append(" (blocks every level)", "bold red")
    yield head
    loud = speaking(row)
    told = next((check for check in loud if check.beats), None)
    if told is not None and told.beats is not None:
        for label, text in beat_lines(told.beats):
            yield _wrapped(f"  {label:<{LABEL - 3}} ", text, width, command=label == "again")
        if told.example is not None:
            kind = "smallest example" if told.example.minimal else "example"
            value = f"{printable(told.example.value)} ({kind}, seed {told.example.seed})"
            yield _wrapped(f"  {'example':<{LABEL - 3}} ", value, width)
    else:
        yield _wrapped(f"  {'came':<{LABEL - 3}} ", printable(row.reason), width)
    if len(loud) > 1:
        yield Text(f"  and {number(len(loud) - 1, 'more check')} of this row", "dim")
    if others:
        yield _wrapped("  the same holds for ", ", ".join(other.id for other in others), width)
    yield Text()


def _wrapped(label: str, text: str, width: int, *, command: bool = False, style: str = "dim") -> Text:
    """`label` and `text` with a hanging indent. A command is continued with backslashes, so that it can be copied."""
    ending = " \\" if command else ""
    lines = textwrap.wrap(
        text,
        max(width - len(label) - len(ending), 20),
        break_long_words=not command,
        break_on_hyphens=False,
        expand_tabs=False,
    )
    made = Text()
    made.append(label, style)
    made.append(f"{ending}\n{' ' * min(len(label), LABEL)}".join(lines or [""]))
    return made


def _table(result: Result) -> Table:
    total = counts(result.requirements)
    shown = [kind for kind in COLUMNS if kind in ALWAYS or total[kind]]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("chapter")
    for kind in shown:
        table.add_column(words(kind.value), justify="right")
    for chapter in result.chapters:
        mine = counts(row for row in result.requirements if row.chapter == chapter.key)
        if mine:
            cells = [Text(str(mine[kind]), STYLES[kind]) if mine[kind] else Text("·", "dim") for kind in shown]
            table.add_row(chapter.title, *cells)
    return table


def _closing(result: Result, width: int, report: str) -> Iterator[Text]:
    yield Text()
    yield Text(verdict_line(result), "bold")
    yield Text(level_line(result))
    reason, following = printable(result.reason), next_line(result)
    if result.run.obstacle:
        reason, following = NO_STATEMENT, ""
    elif result.verdict == "inconclusive":
        reason = f"{NO_STATEMENT}; {reason}" if reason else NO_STATEMENT
    for label, text in (("because: ", reason), ("next: ", following), ("", did(result))):
        if text:
            yield _wrapped(label, text, width, style="")
    for note in result.run.notes:
        yield _wrapped("note: ", printable(note), width, style="")
    if report:
        yield Text(f"report: {report}")
