"""The README keeps its word: its commands are understood and its example of a run works."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
import typer.main

from relaycheck.cli.main import app
from relaycheck.places import ROOT
from relaycheck.rollup import CertificateLevel
from relaycheck.target.file import load_target
from relaycheck.verdicts import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text("utf-8")
RELAYCHECK = (sys.executable, "-m", "relaycheck")
DEADLINE = 120.0  # seconds


def blocks(language: str) -> list[str]:
    """The fenced blocks in `language`, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
PRINTING = [line for line in COMMANDS if line.startswith("relaycheck requirements")]
SERVE = next(line for line in COMMANDS if line.startswith("relaycheck serve"))
CHECK = next(line for line in COMMANDS if "http://127.0.0.1:8080" in line)


def parse(words: list[str]) -> None:
    """Read a command line as relaycheck does, without obeying it. Raises click's error for what it does not know."""
    group = typer.main.get_command(app)
    name, *rest = words[: words.index("--")] if "--" in words else words
    context = group.make_context("relaycheck", [name, *rest])
    command = group.get_command(context, name)  # type: ignore[attr-defined]
    assert command is not None, f"there is no command {name}"
    command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_understood(line: str) -> None:
    program, *words = shlex.split(line)
    if program == "relaycheck":
        parse(words)
    else:
        script = ROOT / program
        assert script.parent == ROOT / "ci"
        assert os.access(script, os.X_OK)


@pytest.mark.parametrize("line", ["nonsense", "check --levle relay", "serve --port many"])
def test_a_command_that_relaycheck_lacks_would_be_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"no command|No such command|No such option|valid integer"):
        parse(shlex.split(line))


@pytest.mark.parametrize("line", PRINTING)
def test_a_command_that_prints_rows_succeeds(line: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*RELAYCHECK, *shlex.split(line)[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("RM-" in done.stdout) == ("--uncovered" not in line)


def test_the_reference_target_in_one_terminal_conforms_when_checked_from_another(tmp_path: Path) -> None:
    words = shlex.split(SERVE.replace("8080", "0"))[1:]
    with subprocess.Popen(
        [*RELAYCHECK, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            url = next(
                found[0] for line in server.stdout if (found := re.search(r"http://127\.0\.0\.1:[1-9]\d*", line))
            )
            check = shlex.split(CHECK.replace("http://127.0.0.1:8080", url))[1:]
            done = subprocess.run(
                [*RELAYCHECK, *check, "--output", "report", "--depth", "quick"],  # the main job goes deeper
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=DEADLINE,
            )
        finally:
            server.stdin.close()  # ends the server
    assert done.returncode == ExitCode.CONFORMANT, done.stdout + done.stderr
    result = json.loads((tmp_path / "report" / "result.json").read_text("utf-8"))
    assert result["verdict"] == "conformant"
    assert result["level"]["reached"] == "relay"


def test_the_target_file_of_the_readme_is_valid(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    path = tmp_path / "staging.toml"
    path.write_text(text, "utf-8")
    environ = dict.fromkeys(re.findall(r"env:(\w+)", text), "a-secret")
    target = load_target(path, environ, lambda host: ("192.0.2.1",))
    assert target.name == tomllib.loads(text)["name"]
    assert target.witness.listen_ports == (2525,)


def test_the_test_of_the_readme_is_in_the_suites_word_for_word() -> None:
    (text,) = blocks("python")
    assert any(text in path.read_text("utf-8") for path in (ROOT / "suites").glob("test_*.py"))


def test_the_levels_and_exit_codes_of_the_readme_are_those_of_the_suite() -> None:
    assert re.findall(r"\| `--level (\w+)` \|", README) == [level.value for level in CertificateLevel]
    codes = {int(code): text for code, text in re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE)}
    assert set(codes) == set(range(ExitCode.INCONCLUSIVE + 1))
    assert [codes[code] for code in (ExitCode.CONFORMANT, ExitCode.NONCONFORMANT, ExitCode.INCONCLUSIVE)] == [
        "conformant",
        "nonconformant",
        "inconclusive",
    ]


@pytest.mark.parametrize(
    "place", sorted(set(re.findall(r"`((?:specs|suites|ci|relaycheck)/[^`<]*)`", README)) | {"LICENSE"})
)
def test_a_place_that_the_readme_names_exists(place: str) -> None:
    assert (ROOT / place).exists()
