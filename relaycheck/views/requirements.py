"""The catalogue for a reader in a terminal: the list with what tries each row, and one row explained."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from relaycheck.catalogue import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from relaycheck.catalogue import Catalogue, Requirement
    from relaycheck.plugin.coverage import Trial

WIDTH = 96


def listing(catalogue: Catalogue, rows: Iterable[Requirement], trials: Iterable[Trial]) -> str:
    """One line a row: id, level, class, how many tests try it, title. Then the totals."""
    rows = list(rows)
    tests = Counter(t.requirement for t in trials)
    lines = []
    for chapter in catalogue.chapters:
        mine = [r for r in rows if r.chapter == chapter.key]
        if mine:
            lines += ["", chapter.title]
            lines += [_line(r, tests[r.id]) for r in mine]
    tried = sum(1 for r in rows if tests[r.id])
    lines += [
        "",
        f"{len(rows)} rows, {tried} with tests, {len(list(uncovered(rows, trials)))} MUST or SHOULD without test or reason",
    ]
    return "\n".join(lines).strip()


def _line(row: Requirement, tests: int) -> str:
    state = f"{tests} test{'s' * (tests != 1)}" if tests else "untestable" if row.untestable else "-"
    mark = "!" if row.blocks else " "
    return f"{mark}{row.id:<12} {row.level.value:<6} {row.class_.value:<8} {state:<10} {row.title}"


def uncovered(rows: Iterable[Requirement], trials: Iterable[Trial]) -> Iterator[Requirement]:
    """The MUST and SHOULD rows that no test names and no written reason excuses."""
    tried = {t.requirement for t in trials}
    for row in rows:
        if row.level in (Level.MUST, Level.SHOULD) and row.id not in tried and not row.untestable:
            yield row


def explanation(catalogue: Catalogue, row: Requirement, trials: Iterable[Trial]) -> str:
    """Everything about one row: what it asks, where that comes from, what is tolerated, what tries it."""
    places = {p.key: p for p in catalogue.page.places}
    blocks = ", blocks every level" if row.blocks else ""
    lines = [f"{row.id}  {row.title}", f"{row.level.value}, {row.class_.value}{blocks}, {row.basis.value}", ""]
    lines += textwrap.wrap(row.statement, WIDTH)
    lines += ["", "from"]
    for source in row.sources:
        if place := places.get(source.page):
            last = f" to {place.last}" if place.last > place.first else ""
            lines.append(f"  the page, line {place.first}{last}: {place.quote}")
        else:
            lines.append(f"  {source}")
    if row.needs:
        lines += ["", f"needs      {', '.join(row.needs)}"]
    for label, text in (("tolerates", row.tolerates), ("fault", row.fault), ("untestable", row.untestable)):
        if text:
            lines += textwrap.wrap(text, WIDTH, initial_indent=f"{label:<10} ", subsequent_indent=" " * 11)
    for ambiguity in catalogue.ambiguities_of(row.id):
        lines += textwrap.wrap(
            f"{ambiguity.id}: {ambiguity.reading}", WIDTH, initial_indent="read as    ", subsequent_indent=" " * 11
        )
    lines += ["", "tried by", *_tests(row, trials)]
    return "\n".join(lines)


def _tests(row: Requirement, trials: Iterable[Trial]) -> list[str]:
    by_file: dict[str, list[str]] = defaultdict(list)
    for trial in trials:
        if trial.requirement == row.id:
            by_file[trial.file.name].append(f"  {trial.file.name}:{trial.line}  {trial.test}")
    return [line for lines in by_file.values() for line in lines] or ["  nothing yet"]
