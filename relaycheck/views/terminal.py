"""The verdict in a terminal or a CI log: what is not green first, then the table by chapter, the level, what the run did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from relaycheck.verdicts import Kind
from relaycheck.views.beats import beats

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.rollup import RowVerdict

STYLES = {
    Kind.PASS: "green",
    Kind.FAIL: "bold red",
    Kind.WARN: "yellow",
    Kind.INCONCLUSIVE: "magenta",
    Kind.ERROR: "bold red",
    Kind.NOT_APPLICABLE: "dim",
    Kind.NOT_RUN: "dim",
}
LOUD = (Kind.FAIL, Kind.ERROR, Kind.INCONCLUSIVE, Kind.WARN)
COLUMNS = (Kind.PASS, Kind.FAIL, Kind.WARN, Kind.INCONCLUSIVE, Kind.NOT_APPLICABLE)


def print_outcome(outcome: RunOutcome, console: Console, folder: Path | None) -> None:
    """Everything a reader needs to act, at 80 columns."""
    if outcome.obstacle:
        console.print(f"[bold]Nothing could be observed:[/] {escape(outcome.obstacle)}\n")
    else:
        _findings(outcome, console)
    console.print(_table(outcome))
    _closing(outcome, console, folder)


def _findings(outcome: RunOutcome, console: Console) -> None:
    for row in sorted(outcome.conclusion.rows, key=lambda r: LOUD.index(r.weighed) if r.weighed in LOUD else len(LOUD)):
        if row.weighed in LOUD and row.checks:
            _finding(outcome, row, console)


def _finding(outcome: RunOutcome, row: RowVerdict, console: Console) -> None:
    style = STYLES[row.weighed]
    requirement = row.requirement
    console.print(f"[{style}]{row.weighed.value.upper()}[/]  [bold]{requirement.id}[/] {escape(requirement.title)}")
    loud = [c for c in outcome.checks_of(requirement.id) if c.verdict.kind is row.verdict.kind]
    for check in loud[:1]:
        told = beats(check, outcome.catalogue)
        for label, text in (
            ("required", told.required),
            ("sent", told.sent),
            ("came", told.came),
            ("again", told.again),
        ):
            console.print(f"  [dim]{label:<8}[/] {escape(text)}", soft_wrap=False, highlight=False)
    if len(loud) > 1:
        console.print(f"  [dim]and {len(loud) - 1} more check(s) of this row[/]")
    console.print()


def _table(outcome: RunOutcome) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("chapter")
    for kind in COLUMNS:
        table.add_column(kind.value.replace("_", " "), justify="right")
    by_id = {row.requirement.id: row for row in outcome.conclusion.rows}
    for chapter in outcome.catalogue.chapters:
        counts = Counter(by_id[r.id].weighed for r in chapter.requirements if by_id[r.id].checks)
        if counts:
            cells = [f"[{STYLES[kind]}]{counts[kind]}[/]" if counts[kind] else "[dim]·[/]" for kind in COLUMNS]
            table.add_row(chapter.title, *cells)
    return table


def _closing(outcome: RunOutcome, console: Console, folder: Path | None) -> None:
    conclusion = outcome.conclusion
    console.print()
    reached = conclusion.reached.value if conclusion.reached else "none"
    framing = next((c for c in conclusion.classes if c.conformance_class.value == "framing"), None)
    beside = f", framing {framing.passed}/{framing.applicable}" if framing and framing.applicable else ""
    console.print(
        f"verdict: [bold]{conclusion.verdict.value}[/]   level: claimed {conclusion.claimed.value}, reached {reached}{beside}"
    )
    if conclusion.reason:
        console.print(f"because: {escape(conclusion.reason)}", highlight=False)
    seconds = outcome.finished - outcome.started
    console.print(
        f"sent {outcome.sent} requests in {seconds:.1f} s, at most {outcome.could_relay} could relay, "
        f"the witness saw {outcome.witnessed} mails",
        highlight=False,
    )
    for note in outcome.settings.notes:
        console.print(f"note: {escape(note)}", highlight=False)
    if folder is not None:
        console.print(f"report: {folder}", highlight=False)
