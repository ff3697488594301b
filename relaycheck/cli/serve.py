"""`relaycheck serve`: the reference target in this process, until it is interrupted."""

from __future__ import annotations

import typer

from relaycheck.verdicts import ExitCode


def run_serve(host: str, port: int, tls: bool, default_smtp: str | None) -> int:
    """Serve until interrupted; exit 4 when the address cannot be used."""
    from relaycheck.reference.accounts import demo_auth
    from relaycheck.reference.run import main

    auth = demo_auth()
    scheme = "https" if tls else "http"
    typer.echo(f"the reference target listens on {scheme}://{host}:{port}; end it with Ctrl-C")
    account = auth.basic[0]
    typer.echo(
        f"check it:  relaycheck check {scheme}://{host}:{port} --basic {account.user}:{account.password.reveal()}"
    )
    arguments = ["--host", host, "--port", str(port)]
    arguments += ["--tls"] if tls else []
    arguments += ["--default-smtp", default_smtp] if default_smtp else []
    try:
        return main(arguments)
    except OSError as fault:
        typer.echo(f"{host}:{port} cannot be listened on ({fault.strerror}); give another --port", err=True)
        return int(ExitCode.USAGE)
