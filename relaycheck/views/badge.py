"""A badge as shields.io's endpoint schema: level, edition and date, grey where no statement can be made. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from relaycheck.verdicts import Kind
from relaycheck.views.telling import counts, words

if TYPE_CHECKING:
    from relaycheck.evidence.model import Result

LABEL = "RelayMessage"


def badge(result: Result) -> str:
    """`isError` marks red and grey, so that no reader takes them for a level."""
    message, color = _told(result)
    day = result.run.finished[:10]
    document = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": f"{message}, edition {result.suite.edition}, {day}",
        "color": color,
        "isError": color in ("red", "lightgrey"),
        "cacheSeconds": 3600,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _told(result: Result) -> tuple[str, str]:
    if result.run.partial:
        return f"selection only: {words(result.verdict)}", "lightgrey"
    if result.verdict == "conformant":
        warned = counts(result.requirements)[Kind.WARN]
        beside = f" with {warned} warning{'s' * (warned != 1)}" if warned else ""
        return f"{result.level.reached}{beside}", "yellowgreen" if warned else "green"
    return words(result.verdict), "red" if result.verdict == "nonconformant" else "lightgrey"
