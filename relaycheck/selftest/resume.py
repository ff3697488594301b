"""Finished trials as lines of JSON, so that a long self-test can be stopped and goes on where it was."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from relaycheck.places import PACKAGE, SPECS, SUITES
from relaycheck.selftest.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "trials.jsonl"
PROVEN = (".py", ".yaml", ".json", ".ini", ".toml")


def digest(folders: Iterable[Path] = (PACKAGE, SUITES, SPECS)) -> str:
    """SHA-256 (hex) over everything that decides verdicts: engine, suites and catalogue. Self-tests of the suite decide none."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in PROVEN and "selftest" not in path.relative_to(folder).parts and path.is_file():
                total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


class Journal:
    """The trials of one state of the suite in a folder. Context manager; raises OSError where the folder cannot be written."""

    def __init__(self, folder: Path, suite: str) -> None:
        self._path = folder / FILE
        self._suite = suite
        self.finished = _read(self._path, suite)
        """The trials of an earlier run of the same suite."""

    def __enter__(self) -> Journal:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Written afresh: a line that an interruption cut short must not swallow the next one.
        self._file = self._path.open("w", encoding="utf-8")
        self._line({"suite": self._suite})
        for trial in self.finished:
            self._line(trial.as_json())
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, trial: Trial) -> None:
        self._line(trial.as_json())

    def _line(self, value: object) -> None:
        self._file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()


def _read(path: Path, suite: str) -> tuple[Trial, ...]:
    """The whole lines of a journal; nothing of another suite's, or of one that cannot be read."""
    try:
        head, *lines = path.read_text("utf-8").splitlines()
        if json.loads(head) != {"suite": suite}:
            return ()
    except (OSError, ValueError):
        return ()
    found: list[Trial] = []
    for line in lines:
        try:
            found.append(Trial.from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            break
    return tuple(found)
