"""The templates for CI systems: they can be read, they use options that exist, and their scripts do what exit codes ask for."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from relaycheck.cli.main import app
from relaycheck.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CI = ROOT / "ci"
TEMPLATES = ("github/action.yml", "gitlab.yml", "azure.yml", "Jenkinsfile", "Dockerfile")
STUB = """#!/bin/sh
printf '%s\\n' "$@" > "$SEEN"
exit "$CODE"
"""


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """A folder with a relaycheck that writes its arguments down and ends as CODE says."""
    program = tmp_path / "bin" / "relaycheck"
    program.parent.mkdir()
    program.write_text(STUB)
    program.chmod(0o755)
    return tmp_path


def scripts(node: Any, keys: tuple[str, ...] = ("run", "bash")) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key in keys and isinstance(value, str))
        for value in node.values():
            yield from scripts(value, keys)
    elif isinstance(node, list):
        for value in node:
            yield from scripts(value, keys)


def checking(template: str) -> str:
    document = yaml.safe_load((CI / template).read_text("utf-8"))
    return next(script for script in scripts(document) if "relaycheck check" in script)


def executed(script: str, stub: Path, code: int, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{stub / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "SEEN": str(stub / "seen"),
        "CODE": str(code),
        "TARGET": "a b; exit 9",
        "LEVEL": "relay",
        "DEPTH": "quick",
        "OUTPUT": "out",
        "GITHUB_OUTPUT": str(stub / "outputs"),
        **variables,
    }
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], env=environment, capture_output=True, text=True, timeout=20
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_names_only_options_that_exist(template: str) -> None:
    known = CliRunner().invoke(app, ["check", "--help"], env={"COLUMNS": "200"}).output
    text = (CI / template).read_text("utf-8")
    for line in re.findall(r"relaycheck check (.*)", text):
        assert all(option in known for option in re.findall(r"--[a-z-]+", line.split("||")[0]))


@pytest.mark.parametrize("template", ["github/action.yml", "azure.yml"])
@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 1), (3, 3), (4, 4), (6, 0)])
def test_exit_code_6_warns_and_every_other_stands(template: str, code: int, ends: int, stub: Path) -> None:
    done = executed(checking(template), stub, code, INCONCLUSIVE="warn")
    assert done.returncode == ends
    assert ("warning" in done.stdout) == (code == 6)


def test_the_action_can_be_told_to_fail_on_6(stub: Path) -> None:
    done = executed(checking("github/action.yml"), stub, 6, INCONCLUSIVE="fail")
    assert done.returncode == 6
    assert (stub / "outputs").read_text() == "exit-code=6\n"


@pytest.mark.parametrize("template", ["github/action.yml", "azure.yml"])
def test_a_target_is_data_to_the_shell(template: str, stub: Path) -> None:
    executed(checking(template), stub, 0, INCONCLUSIVE="warn")
    assert (stub / "seen").read_text().splitlines()[:2] == ["check", "a b; exit 9"]


def test_no_expression_of_the_host_stands_in_a_script() -> None:
    for template in ("github/action.yml", "azure.yml"):
        document = yaml.safe_load((CI / template).read_text("utf-8"))
        assert [script for script in scripts(document) if "${{" in script] == []


def test_gitlab_neither_fails_nor_passes_an_inconclusive_job() -> None:
    job = yaml.safe_load((CI / "gitlab.yml").read_text("utf-8"))["relaycheck"]
    assert job["allow_failure"] == {"exit_codes": [6]}
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] == "relaycheck-report/junit.xml"


def test_the_image_is_given_everything_that_the_package_is_built_from() -> None:
    text = (CI / "Dockerfile").read_text("utf-8")
    for source in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.M):
        assert [name for name in source.split() if not (ROOT / name).exists()] == []


def test_the_scripts_of_ci_are_written_for_what_runs_them() -> None:
    """A shell, or Python: each reads its script without running it."""
    for path in (p for p in CI.iterdir() if p.is_file() and p.read_bytes().startswith(b"#!")):
        program = path.read_text("utf-8").splitlines()[0].rpartition("/")[2].removeprefix("env ")
        if program.startswith("python"):
            ast.parse(path.read_text("utf-8"), str(path))
        else:
            assert subprocess.run([program, "-n", str(path)], timeout=20).returncode == 0, path
        assert os.access(path, os.X_OK), path
