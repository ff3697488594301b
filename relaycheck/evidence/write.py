"""Writes a run's record into its output folder. Nothing is left half-written: files are made beside and moved into place."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import jsonschema_rs

from relaycheck.evidence.build import Told, told
from relaycheck.evidence.folder import EVIDENCE, files_of, place_of, strangers
from relaycheck.places import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path, PurePosixPath

    from relaycheck.evidence.model import Result
    from relaycheck.plugin.outcome import RunOutcome

RESULT = "result.json"
RESULT_SCHEMA = SCHEMAS / "result.schema.json"


class OutputProblem(Exception):
    """The output folder cannot be used; the message says why and what to do."""


def as_json(result: Result) -> str:
    return result.model_dump_json(by_alias=True, indent=1)


def validate(document: object) -> None:
    """Check a result document against the published schema. Raises jsonschema_rs.ValidationError: a fault of the suite."""
    jsonschema_rs.validator_for(json.loads(RESULT_SCHEMA.read_text("utf-8"))).validate(document)


def write_record(outcome: RunOutcome, folder: Path) -> Result:
    """The whole record of a concluded run in `folder`: `result.json` and the evidence beside it. Raises OutputProblem."""
    run = Told(outcome, folder_of=place_of)
    result = told(run)
    write_evidence(files_of(run, result), folder)
    write_result(result, folder)
    return result


def write_result(result: Result, folder: Path) -> Path:
    """`result.json` in `folder`, valid against the published schema. Raises OutputProblem."""
    text = as_json(result)
    validate(json.loads(text))
    return write_text(folder / RESULT, text)


def write_evidence(files: Iterable[tuple[PurePosixPath, bytes]], folder: Path) -> None:
    """The evidence folder in `folder`, in place of that of an earlier run. Raises OutputProblem."""
    if found := strangers(folder):
        raise OutputProblem(
            f"{folder / EVIDENCE}: holds {found[0]}, which no run of relaycheck wrote, and would be replaced; "
            f"give another folder with --output"
        )
    beside = folder / f".{EVIDENCE}.part"
    made: set[PurePosixPath] = set()
    try:
        shutil.rmtree(beside, ignore_errors=True)
        for place, octets in files:
            below = place.relative_to(EVIDENCE)
            if below.parent not in made:
                (beside / below.parent).mkdir(parents=True, exist_ok=True)
                made.add(below.parent)
            _put(f"{beside}/{below}", octets)
        if (folder / EVIDENCE).exists():
            shutil.rmtree(folder / EVIDENCE)
        if made:
            os.replace(beside, folder / EVIDENCE)
    except OSError as fault:
        raise _unwritable(folder / EVIDENCE, fault) from None


def _put(path: str, octets: bytes) -> None:
    """A new file; thousands of them are to be written in a second."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        left = memoryview(octets)
        while left:
            left = left[os.write(handle, left) :]
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    except OSError as fault:
        raise _unwritable(path, fault) from None
    return path


def _unwritable(path: Path, fault: OSError) -> OutputProblem:
    return OutputProblem(f"{path}: cannot be written ({fault.strerror}); give another folder with --output")
