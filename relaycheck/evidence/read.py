"""Reads a record back: from it every view can be drawn again, runs compared and findings replayed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema_rs
from pydantic import ValidationError

from relaycheck.evidence.model import FORMAT, Result
from relaycheck.evidence.write import RESULT, validate

if TYPE_CHECKING:
    from pathlib import Path


class RecordProblem(Exception):
    """There is no record to read; the message says why and what to do."""


def read_record(place: Path) -> Result:
    """The record at `place`, a `result.json` or the folder that holds one. Raises RecordProblem."""
    path = place / RESULT if place.is_dir() else place
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RecordProblem(f"{path}: there is no record here; name a result.json or the folder of a run") from None
    except OSError as fault:
        raise RecordProblem(f"{path}: cannot be read ({fault.strerror})") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise RecordProblem(f"{path}: is no JSON ({fault}); name the result.json of a run") from None
    said = document.get("format") if isinstance(document, dict) else None
    if said != FORMAT:
        other = f"has the format {said!r}" if isinstance(said, str) else "is no record of relaycheck"
        raise RecordProblem(f"{path}: {other}, and this version reads {FORMAT!r}; run the check again")
    try:
        validate(document)
        return Result.model_validate(document)
    except (jsonschema_rs.ValidationError, ValidationError) as fault:
        where = "/".join(map(str, getattr(fault, "instance_path", ()))) or "the document"
        told = str(fault).partition("\n")[0]
        raise RecordProblem(f"{path}: is damaged at {where} ({told}); run the check again") from None
