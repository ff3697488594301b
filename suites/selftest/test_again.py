"""The command of the fourth beat: it can be copied, names its target, and holds no secret."""

from __future__ import annotations

import itertools
import shlex
from pathlib import Path

import pytest
import typer.main

from relaycheck.cli.main import app
from relaycheck.evidence.again import again
from relaycheck.places import default_output
from relaycheck.plugin.settings import Settings
from relaycheck.target.options import Options, target_from

URL = "http://127.0.0.1:8080"
FOLDER = Path("a folder")
EVERYTHING = Options(
    URL,
    basic="tim0:canary-1",
    soticket="canary-2",
    bearer="canary-3",
    app_token="canary-4",
    xsrf="canary-5",
    cookies=("ASP.NET_SessionId=canary-6",),
)


def settings(source: str, options: Options = EVERYTHING, output: Path | None = FOLDER) -> Settings:
    return Settings(target_from(options, {}), source=source, output=output)


@pytest.mark.parametrize(
    ("made", "command"),
    [
        (settings(""), "relaycheck replay RM-EP-01 'a folder'"),
        (settings("", output=default_output()), "relaycheck replay RM-EP-01"),
        (settings("staging.toml"), "relaycheck replay RM-EP-01 'a folder' --target staging.toml"),
        (
            settings(URL, Options(URL, basic="tim0:canary-1")),
            f"relaycheck replay RM-EP-01 'a folder' --target {URL} --basic env:RELAYCHECK_BASIC",
        ),
        (settings("", output=None), "relaycheck check --select RM-EP-01"),
        (
            settings(URL, Options(URL, bearer="canary-3"), output=None),
            f"relaycheck check {URL} --bearer env:RELAYCHECK_BEARER --select RM-EP-01",
        ),
    ],
)
def test_the_command_names_record_target_and_credentials(made: Settings, command: str) -> None:
    assert again(made, "RM-EP-01") == command


@pytest.mark.parametrize("output", [FOLDER, None])
def test_the_command_holds_no_secret_and_relaycheck_understands_it(output: Path | None) -> None:
    command = again(settings(URL, output=output), "RM-EP-01")
    assert "canary" not in command
    program, name, *rest = shlex.split(command)
    assert program == "relaycheck"
    group = typer.main.get_command(app)
    context = group.make_context("relaycheck", [name, *rest])
    made = group.get_command(context, name).make_context(name, rest, parent=context)  # type: ignore[attr-defined]
    assert made.params["soticket"] == "env:RELAYCHECK_SOTICKET"
    assert made.params["cookie"] == ["ASP.NET_SessionId=env:RELAYCHECK_COOKIE_ASP_NET_SESSIONID"]


def test_the_variables_of_the_command_make_the_same_target() -> None:
    command = shlex.split(again(settings(URL), "RM-EP-01"))
    given = dict(itertools.pairwise(command))
    values = {
        "RELAYCHECK_BASIC": "tim0:canary-1",
        "RELAYCHECK_SOTICKET": "canary-2",
        "RELAYCHECK_BEARER": "canary-3",
        "RELAYCHECK_APP_TOKEN": "canary-4",
        "RELAYCHECK_XSRF": "canary-5",
        "RELAYCHECK_COOKIE_ASP_NET_SESSIONID": "canary-6",
    }
    options = Options(
        given["--target"],
        basic=given["--basic"],
        soticket=given["--soticket"],
        bearer=given["--bearer"],
        app_token=given["--app-token"],
        xsrf=given["--xsrf"],
        cookies=tuple(word.removeprefix("--cookie=") for word in command if word.startswith("--cookie=")),
    )
    assert target_from(options, values).auth == target_from(EVERYTHING, {}).auth
