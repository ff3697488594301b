"""Commands and their options."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from relaycheck import __version__
from relaycheck.verdicts import ExitCode

app = typer.Typer(
    name="relaycheck",
    help="Contract and conformance tests for POST /api/v1/Agents/EMail/RelayMessage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
STOPPED = 130
"""What typer makes of Ctrl-C while no run is under way yet, or when it comes again at a run's end."""
SECRET = "env:NAME or file:PATH keeps it off the command line"

Basic = Annotated[str | None, typer.Option(metavar="USER:PASSWORD", help=SECRET)]
SoTicket = Annotated[str | None, typer.Option(metavar="TICKET", help=SECRET)]
Bearer = Annotated[str | None, typer.Option(metavar="TOKEN", help=SECRET)]
AppToken = Annotated[str | None, typer.Option(metavar="TOKEN", help=SECRET)]
Xsrf = Annotated[str | None, typer.Option(metavar="VALUE", help="X-XSRF-TOKEN; " + SECRET)]
Cookies = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A cookie of its session.")]
AllowPlaintext = Annotated[bool, typer.Option(help="Send credentials over plain http to a distant host.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"relaycheck {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Contract and conformance tests for POST /api/v1/Agents/EMail/RelayMessage."""


@app.command()
def check(
    context: typer.Context,
    target: Annotated[
        str | None, typer.Argument(help="URL or target file; without one, the embedded reference target.")
    ] = None,
    level: Annotated[str, typer.Option(help="The level to claim: contract, relay or hardened.")] = "relay",
    depth: Annotated[str, typer.Option(help="quick, standard or thorough.")] = "standard",
    seed: Annotated[str, typer.Option(help="A number, or random.")] = "0",
    output: Annotated[
        Path | None, typer.Option(help="Folder for result.json and its views; reports/latest in a checkout.")
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Requirement id or pattern, such as RM-204-*; may be repeated.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the HTML report to FILE too.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML to FILE too.")] = None,
    ctrf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write CTRF JSON to FILE.")] = None,
    badge: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a shields.io endpoint to FILE.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a Markdown summary to FILE.")] = None,
    workers: Annotated[int, typer.Option("-n", help="Processes that share the checks.")] = 1,
    run_id: Annotated[
        str, typer.Option(help="Six letters or digits that mark this run's mail; random by default.")
    ] = "",
    basic: Basic = None,
    soticket: SoTicket = None,
    bearer: Bearer = None,
    app_token: AppToken = None,
    xsrf: Xsrf = None,
    cookie: Cookies = None,
    allow_plaintext: AllowPlaintext = False,
) -> None:
    """Check a service against the catalogue and say which requirements it meets. What follows a double dash goes to pytest."""
    with ExitStack() as stack:
        beside = None
        if target is None:
            from relaycheck.cli.beside import reference_beside

            beside = stack.enter_context(reference_beside())  # starts while the next lines import
        from relaycheck.cli.check import Wish, run_check
        from relaycheck.target.options import Options

        options = None
        if target is not None:
            options = Options(
                target,
                basic=basic,
                soticket=soticket,
                bearer=bearer,
                app_token=app_token,
                xsrf=xsrf,
                cookies=tuple(cookie or ()),
                allow_plaintext=allow_plaintext,
            )
        wish = Wish(
            options=options,
            level=level,
            depth=depth,
            seed=seed,
            output=output,
            select=tuple(select or ()),
            run_id=run_id,
            workers=workers,
            views=(("html", html), ("junit", junit), ("ctrf", ctrf), ("badge", badge), ("markdown", markdown)),
            pytest_options=context.obj,
            beside=beside,
        )
        raise typer.Exit(run_check(wish))


@app.command()
def plan(
    target: Annotated[str | None, typer.Argument(help="Target file or URL; without one, the reference target.")] = None,
    level: Annotated[str, typer.Option(help="contract, relay or hardened.")] = "relay",
    depth: Annotated[str, typer.Option(help="quick, standard or thorough.")] = "standard",
    seed: Annotated[str, typer.Option(help="A whole number.")] = "0",
    select: Annotated[list[str] | None, typer.Option(help="Requirement id or pattern; may be repeated.")] = None,
) -> None:
    """Say what a check would send, without sending anything."""
    from relaycheck.cli.check import Wish
    from relaycheck.cli.plan import run_plan
    from relaycheck.target.options import Options

    options = None if target is None else Options(target)
    raise typer.Exit(run_plan(Wish(options=options, level=level, depth=depth, seed=seed, select=tuple(select or ()))))


@app.command()
def init(
    url: Annotated[str, typer.Argument(help="URL of the service under test.")],
    output: Annotated[Path, typer.Option(metavar="FILE", help="The target file to write.")] = Path("target.toml"),
) -> None:
    """Write a target file to start from, with every key explained."""
    from relaycheck.cli.init import run_init

    raise typer.Exit(run_init(url, output))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8080,
    tls: Annotated[bool, typer.Option(help="Serve HTTPS with a certificate made for this run.")] = False,
    default_smtp: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where mail goes whose connection is null.")
    ] = None,
    target_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Describe it in FILE, its demo secrets in FILE.env.")
    ] = None,
) -> None:
    """Start the reference target, a faithful RelayMessage service, and print how to reach it."""
    from relaycheck.cli.serve import run_serve

    raise typer.Exit(run_serve(host, port, tls, default_smtp, target_file))


@app.command()
def requirements(
    patterns: Annotated[list[str] | None, typer.Argument(help="Ids or patterns; one id explains that row.")] = None,
    uncovered: Annotated[
        bool, typer.Option("--uncovered", help="Only MUST and SHOULD rows that no check tries and no reason excuses.")
    ] = False,
) -> None:
    """List the catalogue's rows, which have checks, and what is missing."""
    from relaycheck.cli.requirements import run_requirements

    raise typer.Exit(run_requirements(tuple(patterns or ()), uncovered))


@app.command()
def selftest(
    full: Annotated[
        bool, typer.Option("--full", help="Everything against every row; goes on where it was stopped.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="A mutant, row, null target, variant, or a pattern of them; may be repeated."),
    ] = None,
    depth: Annotated[str, typer.Option(help="quick or standard: at which mutants meet their rows.")] = "standard",
    output: Annotated[
        Path | None, typer.Option(help="Folder for the kill matrix; in a checkout, reports/selftest with --full.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="A line for each trial.")] = False,
) -> None:
    """Prove the suite: mutants must fail their rows, null targets reach no level, variants fail no row."""
    from relaycheck.cli.selftest import Wish, run_selftest

    raise typer.Exit(run_selftest(Wish(full, tuple(only or ()), depth, output, verbose)))


@app.command()
def replay(
    row: Annotated[str, typer.Argument(help="The requirement whose findings are to be seen again.")],
    record: Annotated[
        Path | None, typer.Argument(help="result.json, or the folder of a run; by default the latest.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="URL or target file; by default what the recorded run was given.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder to record the replay in; by default nowhere.")] = None,
    basic: Basic = None,
    soticket: SoTicket = None,
    bearer: Bearer = None,
    app_token: AppToken = None,
    xsrf: Xsrf = None,
    cookie: Cookies = None,
    allow_plaintext: AllowPlaintext = False,
) -> None:
    """Send what a recorded finding rests on again, and judge it again. A record holds no secrets: give them again."""
    from relaycheck.cli.replay import ReplayWish, run_replay
    from relaycheck.target.options import Options

    options = Options(
        target or "",
        basic=basic,
        soticket=soticket,
        bearer=bearer,
        app_token=app_token,
        xsrf=xsrf,
        cookies=tuple(cookie or ()),
        allow_plaintext=allow_plaintext,
    )
    raise typer.Exit(run_replay(ReplayWish(row, record, output, options)))


@app.command()
def report(
    record: Annotated[
        Path | None, typer.Argument(help="result.json, or the folder of a run; by default the latest.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="The HTML report.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="JUnit XML.")] = None,
    ctrf: Annotated[Path | None, typer.Option(metavar="FILE", help="CTRF JSON.")] = None,
    badge: Annotated[Path | None, typer.Option(metavar="FILE", help="A shields.io endpoint.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="A Markdown summary.")] = None,
) -> None:
    """Draw views of a recorded run; without options, tell it in the terminal."""
    from relaycheck.cli.report import run_report

    views = {"html": html, "junit": junit, "ctrf": ctrf, "badge": badge, "markdown": markdown}
    raise typer.Exit(run_report(record, views))


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="result.json, or the folder of a run.")],
    after: Annotated[Path, typer.Argument(help="The run to compare with it.")],
    form: Annotated[str, typer.Option("--format", help="text, markdown or json.")] = "text",
) -> None:
    """Say what changed between two runs; exit 1 on a regression."""
    from relaycheck.cli.compare import run_compare

    raise typer.Exit(run_compare(before, after, form))


def main() -> None:
    """Entry point of the console script."""
    arguments, _, for_pytest = _split(sys.argv[1:])
    try:
        app(arguments, obj=for_pytest)
    except SystemExit as end:
        if end.code != STOPPED:
            raise
        typer.echo("Interrupted.", err=True)
        raise SystemExit(int(ExitCode.INTERRUPTED)) from None


def _split(arguments: list[str]) -> tuple[list[str], str, tuple[str, ...]]:
    """The arguments before and after the first double dash."""
    if "--" not in arguments:
        return arguments, "", ()
    at = arguments.index("--")
    return arguments[:at], "--", tuple(arguments[at + 1 :])
