"""The wheel, built from the checkout and installed elsewhere, runs the same suites, whatever lies around it."""

from __future__ import annotations

import ast
import email
import importlib.metadata
import json
import os
import re
import site
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relaycheck.catalogue import load
from relaycheck.places import ROOT

DEADLINE = 180.0  # seconds

POISON = {
    "pytest.ini": "[pytest]\naddopts = --collect-only -k nothing\npython_files = none.py\n",
    "tox.ini": "[pytest]\naddopts = --no-such-option\n",
    "conftest.py": (
        "raise RuntimeError('a conftest of the current directory was loaded')\n"
        "def pytest_collection_modifyitems(items):\n    items.clear()\n"
    ),
    "poison.py": "raise RuntimeError('a plugin of the current directory was loaded')\n",
    "test_stranger.py": "def test_stranger():\n    assert False\n",
}
POISONED_ENVIRONMENT = {
    "PYTEST_ADDOPTS": "--collect-only -p poison",
    "PYTEST_PLUGINS": "poison",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "",
}


@dataclass(frozen=True)
class Installed:
    """A wheel, and the environment that it is installed in."""

    wheel: Path
    scripts: Path

    def start(self, *words: str, cwd: Path, environ: dict[str, str] | None = None) -> subprocess.Popen[str]:
        cwd.mkdir(exist_ok=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
        return subprocess.Popen(
            [str(self.scripts / "relaycheck"), *words],
            cwd=cwd,
            env=clean | (environ or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, cwd: Path) -> str:
        """What it prints; it must end in 0."""
        return ending(self.start(*words, cwd=cwd))


def ending(process: subprocess.Popen[str]) -> str:
    with process:
        text, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, text
    return text


def quietly(*words: str | Path) -> None:
    done = subprocess.run(
        [str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=DEADLINE
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The dependencies are those of the environment that runs this; relaycheck itself is only in the wheel.

    A path in a .pth file is searched, but the .pth files there are not read (docs of `site`), so the checkout's editable install
    does not come along.
    """
    folder = tmp_path_factory.mktemp("wheel")
    quietly(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    quietly(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    quietly(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    return Installed(wheel, python.parent)


def carried(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


LEFT_OUT = ("suites/selftest", "reports/latest", "reports/sample", "reports/selftest")
"""What the checkout has and the wheel has not: the self-tests, and reports of runs."""


def tree(folder: str) -> set[str]:
    """The files of a folder of the checkout that a wheel carries, by their names in the package."""
    inside = "" if folder == "relaycheck" else "relaycheck/"
    return {
        inside + path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not any(path.is_relative_to(ROOT / left) for left in LEFT_OUT)
    }


@pytest.mark.parametrize("folder", ["relaycheck", "specs", "suites", "reports"])
def test_the_wheel_carries_the_folder(installed: Installed, folder: str) -> None:
    assert tree(folder) <= carried(installed.wheel)


def test_the_wheel_carries_nothing_else(installed: Installed) -> None:
    ours = tree("relaycheck") | tree("specs") | tree("suites") | tree("reports")
    others = {name for name in carried(installed.wheel) - ours if ".dist-info/" not in name}
    assert others == set()


def test_every_import_of_the_wheel_is_declared(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        fields = email.message_from_bytes(archive.read(metadata)).get_all("Requires-Dist", [])
    declared = {re.split(r"[^\w-]", field)[0].lower() for field in fields if "extra ==" not in field}
    providers = importlib.metadata.packages_distributions()
    undeclared = set()
    with zipfile.ZipFile(installed.wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                for top in imports(archive.read(name).decode("utf-8")) - sys.stdlib_module_names - {"relaycheck"}:
                    if not {provider.lower().replace("_", "-") for provider in providers.get(top, ())} & declared:
                        undeclared.add(f"{name}: {top}")
    assert undeclared == set()


def imports(source: str) -> set[str]:
    """The top-level packages that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_the_installed_command_runs_the_wheel_and_not_the_checkout(installed: Installed, tmp_path: Path) -> None:
    code = "import relaycheck.places as p; print(p.PACKAGE, p.SPECS, p.SUITES, sep='\\n')"
    done = subprocess.run([installed.scripts / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    package, specs, suites = (Path(line) for line in done.stdout.splitlines())
    assert package.is_relative_to(installed.scripts.parent)
    assert (specs, suites) == (package / "specs", package / "suites")


def test_the_installed_command_explains_itself(installed: Installed, tmp_path: Path) -> None:
    text = installed.run("--help", cwd=tmp_path)
    assert {"check", "serve", "requirements"} <= set(text.split())


def test_the_installed_catalogue_is_whole(installed: Installed, tmp_path: Path) -> None:
    listed = set(re.findall(r"RM-[A-Z0-9]+-\d+", installed.run("requirements", cwd=tmp_path)))
    assert listed == {row.id for row in load().requirements}


def test_the_directory_it_runs_in_does_not_change_a_verdict(installed: Installed, tmp_path: Path) -> None:
    places = {"clean": {}, "poisoned": POISONED_ENVIRONMENT | {"PYTHONPATH": str(tmp_path / "poisoned")}}
    (tmp_path / "poisoned").mkdir()
    for name, text in POISON.items():
        (tmp_path / "poisoned" / name).write_text(text, "utf-8")
    running = {
        place: installed.start(
            "check", "--level", "contract", "--depth", "quick", cwd=tmp_path / place, environ=environ
        )
        for place, environ in places.items()
    }
    texts = {place: ending(process) for place, process in running.items()}
    results = {
        place: json.loads((tmp_path / place / "relaycheck-report" / "result.json").read_text("utf-8"))
        for place in places
    }
    assert verdicts(results["poisoned"]) == verdicts(results["clean"]), texts["poisoned"]
    assert results["clean"]["verdict"] == "conformant"
    level = results["clean"]["level"]
    assert (level["claimed"], level["reached"]) == ("contract", "contract")
    assert {lacking["verdict"] for lacking in level["next"]["lacking"]} == {"not_run"}
    assert {path.name for path in (tmp_path / "clean").iterdir()} == {"relaycheck-report"}


def verdicts(result: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        (row["id"], row["verdict"], [(check["name"], check["verdict"]) for check in row["checks"]])
        for row in result["requirements"]
    ]
