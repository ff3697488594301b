"""`relaycheck init`: a commented target file to start from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from relaycheck.target.options import Options, target_from
from relaycheck.target.problems import TargetProblem
from relaycheck.target.render import target_file, variables
from relaycheck.verdicts import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


def run_init(url: str, file: Path) -> int:
    """Write `file` for the service at `url`, with the credentials that RELAYCHECK_* variables give. Never overwrites; exit 4 for that."""
    try:
        target = target_from(Options(url, allow_plaintext=True))
        with file.open("x", encoding="utf-8") as opened:
            opened.write(target_file(target))
    except TargetProblem as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)
    except FileExistsError:
        typer.echo(f"{file} is there already and is left alone; name another with --output", err=True)
        return int(ExitCode.USAGE)
    except OSError as fault:
        typer.echo(f"{file} cannot be written ({os.strerror(fault.errno or 0)}); name another with --output", err=True)
        return int(ExitCode.USAGE)
    typer.echo(f"wrote {file}: read it through, then relaycheck check {file}")
    for name in variables(target):
        typer.echo(f"it takes a secret from the environment: {name}")
    return int(ExitCode.CONFORMANT)
