"""The self-test told: in a terminal, and as one page without anything to load."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.markup import escape
from rich.table import Table

from relaycheck.evidence.write import write_text
from relaycheck.places import REPORTS
from relaycheck.selftest.matrix import Fate

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from relaycheck.selftest.record import Record

TEMPLATE = "selftest.html.j2"


def print_record(record: Record, console: Console) -> None:
    """What is wrong first, then the counts."""
    for finding in record.findings:
        console.print(f"[bold red]RED[/]  [bold]{escape(finding.subject)}[/] {escape(finding.sentence)}")
    if record.findings:
        console.print()
    console.print(_by_chapter(record))
    for depth in record.depths:
        console.print(
            f"{depth.depth} depth catches {depth.by_any_row} of {depth.tried} mutants, {depth.by_own_row} by their own rows"
        )
    for role, count in Counter(trial.role for trial in record.trials).items():
        loud = sum(1 for t in record.trials if t.role == role and any(r.endswith("warn") for r in t.loud))
        console.print(f"{role}: {count} tried" + (f", {loud} with warnings" if loud else ""))
    verdict = "[green]green[/]" if record.green else f"[bold red]red[/], {len(record.findings)} findings"
    scope = "everything against every row" if record.full else "each mutant against its own row"
    console.print(f"\nself-test: {verdict} ({scope}; {record.seconds:g} s)", highlight=False)


def _by_chapter(record: Record) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("chapter", "rows", "mutants", *Fate):
        table.add_column(heading, justify="left" if heading == "chapter" else "right")
    fates: dict[str, Counter[str]] = {}
    for mutant in record.mutants:
        fates.setdefault(_chapter(mutant.breaks), Counter())[mutant.fate] += 1
    for chapter in dict.fromkeys(_chapter(row.id) for row in record.rows):
        counts = fates.get(chapter, Counter())
        rows = sum(1 for row in record.rows if _chapter(row.id) == chapter)
        table.add_row(chapter, str(rows), str(counts.total()), *(str(counts[fate] or "") for fate in Fate))
    return table


def _chapter(id: str) -> str:
    return id.rpartition("-")[0]


def page(record: Record) -> str:
    """The whole page, style and all."""
    environment = Environment(
        loader=FileSystemLoader(REPORTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    chapters: dict[str, list[object]] = {}
    for row in record.rows:
        chapters.setdefault(_chapter(row.id), []).append(row)
    broken: dict[str, list[object]] = {}
    for mutant in record.mutants:
        broken.setdefault(mutant.breaks, []).append(mutant)
    return environment.get_template(TEMPLATE).render(record=record, chapters=chapters, broken=broken)


def write_page(record: Record, folder: Path) -> Path:
    """`selftest.html` in `folder`. Raises OutputProblem."""
    return write_text(folder / "selftest.html", page(record))
