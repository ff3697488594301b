"""`relaycheck report`: any view again, from the record of a finished run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from relaycheck.evidence import OutputProblem, RecordProblem, read_record
from relaycheck.places import default_output
from relaycheck.verdicts import ExitCode
from relaycheck.views.draw import write_view
from relaycheck.views.terminal import print_result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run_report(record: Path | None, views: Mapping[str, Path | None]) -> int:
    """Draw the views into their files; without any, tell the run in the terminal. Exit 0, or 4 for bad input."""
    try:
        result = read_record(record or default_output())
        wanted = {name: path for name, path in views.items() if path is not None}
        for name, path in wanted.items():
            typer.echo(f"{name}: {write_view(result, name, path)}")
    except (RecordProblem, OutputProblem) as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)
    if not wanted:
        print_result(result, Console(file=sys.stdout, highlight=False), "")
    return 0
