"""`relaycheck serve`: one announcement once it listens, with a line that checks it as it is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from relaycheck.target.file import load_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVE = (sys.executable, "-m", "relaycheck", "serve", "--port", "0")
DEADLINE = 120  # seconds


@contextmanager
def serving(*options: str) -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """The two lines of the announcement, while the server runs."""
    with subprocess.Popen([*SERVE, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield [server.stdout.readline().rstrip("\n") for _ in range(2)], server
        finally:
            server.kill()


def check_line(lines: list[str]) -> str:
    return lines[1].removeprefix("check it:  ")


@pytest.mark.parametrize("options", [(), ("--tls",)])
def test_the_announced_line_checks_the_server(tmp_path: Path, options: tuple[str, ...]) -> None:
    with serving(*options) as (lines, _):
        assert re.fullmatch(
            r"the reference target listens on https?://127\.0\.0\.1:[1-9]\d+; end it with Ctrl-C", lines[0]
        )
        command = check_line(lines).replace("relaycheck check", f"{sys.executable} -m relaycheck check")
        done = subprocess.run(
            f"{command} --select RM-EP-01 --depth quick --output {tmp_path / 'report'}",
            shell=True,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict of the selection: conformant" in done.stdout


def test_the_target_file_describes_the_server_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "with space" / "reference.toml"
    path.parent.mkdir()
    with serving("--target-file", str(path), "--default-smtp", "127.0.0.1:2525") as (lines, _):
        url = lines[0].split()[5].rstrip(";")
    assert check_line(lines) == f". '{path}.env' && relaycheck check '{path}'"
    shown = subprocess.run(
        ["sh", "-c", f". '{path}.env' && env -0"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]}
    ).stdout
    environ = dict(pair.split("=", 1) for pair in shown.split("\0") if "=" in pair)
    target = load_target(path, environ, lambda host: ("127.0.0.1",))
    assert str(target.url) == url
    assert target.relay.default_connection
    assert target.witness.listen_ports[0] == 2525
    assert target.auth.basic[0].password.reveal() == "demo-Passw0rd"
    assert "demo-Passw0rd" not in path.read_text("utf-8")


def test_without_a_default_mail_server_none_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "reference.toml"
    with serving("--target-file", str(path)):
        pass
    assert "default_connection = false" in path.read_text("utf-8")


def test_ctrl_c_ends_it_without_a_word() -> None:
    with serving() as (_, server):
        server.send_signal(signal.SIGINT)
        said, _ = server.communicate(timeout=DEADLINE)
    assert said == ""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--default-smtp", "nowhere"), "--default-smtp: 'nowhere' is not host:port"),
        (("--target-file", "/nowhere/at/all.toml"), "--target-file: /nowhere/at/all.toml cannot be written"),
        (("--host", "192.0.2.1"), "Cannot listen on 192.0.2.1:0"),
    ],
)
def test_what_cannot_be_served_is_a_sentence_and_exit_code_4(options: tuple[str, ...], sentence: str) -> None:
    done = subprocess.run(
        [*SERVE, *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE
    )
    assert done.returncode == 4
    assert done.stderr.startswith(sentence)
    assert "Traceback" not in done.stderr
