"""`relaycheck init` writes a target file that the suite can read, and never overwrites one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relaycheck.cli.init import run_init
from relaycheck.target.file import load_target
from relaycheck.verdicts import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_new_target_file_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Credentials of the environment are in it by reference only."""
    monkeypatch.setenv("RELAYCHECK_BEARER", "8A:secret-token")
    path = tmp_path / "target.toml"
    assert run_init("https://staging.example/crm", path) == ExitCode.CONFORMANT
    said = capsys.readouterr().out
    assert "secret-token" not in path.read_text("utf-8") + said
    (name,) = (line.rpartition(": ")[2] for line in said.splitlines() if "environment" in line)
    target = load_target(path, {name: "8A:secret-token"})
    assert str(target.url) == "https://staging.example/crm"
    assert target.auth.bearer is not None


def test_what_a_new_target_file_shows_in_comments_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    assert run_init("https://staging.example", path) == ExitCode.CONFORMANT
    head, _, rest = path.read_text("utf-8").partition("[auth]\n")
    auth, _, rest = rest.partition("[content]")
    shown = re.sub(r"(?m)^# (?=\[|[a-z]+ =)", "", auth)
    path.write_text(f"{head}[auth]\n{shown}[content]{rest}", "utf-8")
    found = load_target(path, {"NAME": "value"}).auth
    assert all((found.basic, found.soticket, found.expired_bearer, found.xsrf, found.app))


def test_a_file_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "target.toml"
    path.write_text("mine")
    assert run_init("https://staging.example", path) == ExitCode.USAGE
    assert path.read_text() == "mine"
    assert "is there already" in capsys.readouterr().err


def test_a_wrong_url_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "target.toml"
    assert run_init("staging.example", path) == ExitCode.USAGE
    assert not path.exists()
    assert "URL" in capsys.readouterr().err
