"""`relaycheck serve`: the reference target in this process, until it is interrupted."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from relaycheck.verdicts import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.reference.run import Ready
    from relaycheck.target import Target

LOOPBACK = ("127.0.0.1", "::1", "localhost")
LISTENERS = 16
"""Ports for the witness, from that of the default mail server on: some checks need further mail servers."""


def run_serve(host: str, port: int, tls: bool, default_smtp: str | None, target_file: Path | None = None) -> int:
    """Serve until interrupted; exit 4 when the address or the file for its description cannot be used."""
    from relaycheck.reference.run import ListenProblem, Settings, host_and_port, serve

    try:
        smtp = host_and_port(default_smtp) if default_smtp else None
    except argparse.ArgumentTypeError as fault:
        typer.echo(f"--default-smtp: {fault}", err=True)
        return int(ExitCode.USAGE)
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # a client's bad syntax is answered, not news
    unwritten: list[str] = []

    def announce(ready: Ready) -> None:
        """Said once, when connections are accepted; port 0 has become a number by then."""
        described = _described(ready, smtp)
        try:
            files = _write(described, target_file) if target_file else None
        except OSError as fault:
            unwritten.append(f"--target-file: {fault.filename} cannot be written ({fault.strerror}); name another file")
            ready.stop()
            return
        typer.echo(f"the reference target listens on {ready.url}; end it with Ctrl-C")
        typer.echo(f"check it:  {_command(described, ready, files)}")

    try:
        asyncio.run(serve(Settings(host=host, port=port, tls=tls, default_smtp=smtp), announce))
    except ListenProblem as problem:
        typer.echo(str(problem), err=True)
        return int(ExitCode.USAGE)
    except KeyboardInterrupt:
        pass
    for sentence in unwritten:
        typer.echo(sentence, err=True)
    return int(ExitCode.USAGE) if unwritten else 0


def _described(ready: Ready, smtp: tuple[str, int] | None) -> Target:
    """The service as a target file says it."""
    from relaycheck.reference.embedded import Embedded, describe
    from relaycheck.reference.run import Settings
    from relaycheck.target import WitnessSettings
    from relaycheck.target.url import parse_url

    like = Embedded(default_connection=smtp is not None, smtp_timeout=Settings().smtp_timeout)
    described = replace(describe(parse_url(ready.url), like), trust=ready.ca)
    if smtp is not None and smtp[0] in LOOPBACK:  # the witness takes the place of that server
        ports = tuple(range(smtp[1], min(smtp[1] + LISTENERS, 65536)))
        described = replace(described, witness=WitnessSettings(listen_ports=ports, address_ports=ports))
    return described


def _write(described: Target, path: Path) -> tuple[Path, Path]:
    """The description, and beside it the demo secrets that it refers to, as assignments for a shell."""
    from relaycheck.target.render import target_file, variables

    secrets = path.with_name(f"{path.name}.env")
    path.write_text(target_file(described), encoding="utf-8")
    assignments = (f"export {name}={shlex.quote(secret.reveal())}\n" for name, secret in variables(described).items())
    secrets.write_text("".join(assignments), encoding="utf-8")
    return path, secrets


def _command(described: Target, ready: Ready, files: tuple[Path, Path] | None) -> str:
    """The line that checks this service, to be copied as it is."""
    if files is not None:
        path, secrets = (shlex.quote(str(file.resolve())) for file in files)
        return f". {secrets} && relaycheck check {path}"
    account = described.auth.basic[0]
    credentials = shlex.quote(f"{account.user}:{account.password.reveal()}")
    trusting = f"SSL_CERT_FILE={shlex.quote(ready.ca)} " if ready.ca else ""
    return f"{trusting}relaycheck check {ready.url} --basic {credentials}"
