"""Target files: TOML, checked against the published schema, every problem with its line."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING

from relaycheck.target.build import build
from relaycheck.target.document import Document
from relaycheck.target.positions import key_lines
from relaycheck.target.problems import Problem, TargetProblem
from relaycheck.target.schema import apply_schema
from relaycheck.target.url import Resolver, addresses

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from relaycheck.target.model import Target

LARGEST = 1_048_576  # octets; a target file is some hundred lines


def load_target(path: Path, environ: Mapping[str, str] = os.environ, resolver: Resolver = addresses) -> Target:
    """The target that the file describes. Raises `TargetProblem` with every problem of it."""
    return build(read_document(path), environ, resolver)


def read_document(path: Path) -> Document:
    """Keys, values and lines of a target file, with the schema's findings noted. `TargetProblem` if it is no TOML."""
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TargetProblem((_syntax_problem(path, text, str(error)),)) from None
    except (RecursionError, ValueError):
        raise TargetProblem(
            (Problem(str(path), "", "the file holds a value too deep or too long to read", "Write it plainly"),)
        ) from None
    document = Document(str(path), data, path.absolute().parent, key_lines(text))
    apply_schema(document)
    return document


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            octets = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        problem = Problem(
            str(path),
            "",
            f"the target file cannot be read ({reason})",
            "Make one with `relaycheck init`, or give a URL",
        )
        raise TargetProblem((problem,)) from None
    if len(octets) > LARGEST:
        raise TargetProblem(
            (Problem(str(path), "", f"the file is larger than {LARGEST} octets", "Is it a target file?"),)
        )
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        problem = Problem(f"{path}:{line}", "", "the file is not UTF-8 text", "Save it as UTF-8")
        raise TargetProblem((problem,)) from None


def _syntax_problem(path: Path, text: str, message: str) -> Problem:
    """tomllib says where only inside its message: "… (at line 3, column 7)" or "… (at end of document)"."""
    sentence, _, _ = message.rpartition(" (at ")
    place = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    if place:
        line, column = place.groups()
    else:
        line, column = str(text.count("\n") + 1), str(len(text) - (text.rfind("\n") + 1) + 1)
    sentence = sentence or message
    todo = "Write text values in quotes, each key once, one key a line (TOML 1.0)"
    return Problem(f"{path}:{line}:{column}", "", f"this is not TOML: {sentence[:1].lower()}{sentence[1:]}", todo)
