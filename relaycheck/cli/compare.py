"""`relaycheck compare`: two recorded runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from relaycheck.evidence import RecordProblem, read_record
from relaycheck.evidence.comparison import Comparison, comparison
from relaycheck.verdicts import ExitCode
from relaycheck.views.comparison import comparison_markdown, comparison_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FORMATS: Mapping[str, Callable[[Comparison], str]] = {
    "text": comparison_text,
    "markdown": comparison_markdown,
    "json": lambda found: found.model_dump_json(by_alias=True, indent=1),
}


def run_compare(before: Path, after: Path, form: str) -> int:
    """Print what changed. Exit 1 on a regression, 6 when something is no longer proven, 4 for bad input."""
    if form not in FORMATS:
        typer.echo(f"--format: {form!r} is none of {', '.join(FORMATS)}", err=True)
        return int(ExitCode.USAGE)
    problems, records = [], []
    for place in (before, after):
        try:
            records.append(read_record(place))
        except RecordProblem as problem:
            problems.append(str(problem))
    if problems:
        typer.echo("\n".join(problems), err=True)
        return int(ExitCode.USAGE)
    found = comparison(*records)
    typer.echo(FORMATS[form](found))
    return int(found.exit_code)
