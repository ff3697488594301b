"""`relaycheck requirements`."""

from __future__ import annotations

import typer

from relaycheck.catalogue import CatalogueError, UnknownRequirement, load
from relaycheck.plugin.coverage import trials
from relaycheck.verdicts import ExitCode
from relaycheck.views.requirements import explanation, listing, uncovered


def run_requirements(patterns: tuple[str, ...], only_uncovered: bool) -> int:
    """Print rows; exit 4 for an unknown id or a broken catalogue."""
    try:
        catalogue = load()
        rows = catalogue.select(*patterns) if patterns else catalogue.requirements
    except (UnknownRequirement, CatalogueError) as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)
    known = trials()
    if only_uncovered:
        for row in uncovered(rows, known):
            typer.echo(f"{row.id}  {row.level.value} {row.class_.value}  {row.title}")
    elif len(rows) == 1:
        typer.echo(explanation(catalogue, rows[0], known))
    else:
        typer.echo(listing(catalogue, rows, known))
    return 0
