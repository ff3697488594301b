"""A replay as text: each finding then and now, at 80 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.evidence.model import CheckFacts
    from relaycheck.evidence.replaying import Seen

WIDTH = 80
INDENT = " " * 12


def replay_text(row: str, seen: Sequence[Seen]) -> str:
    """What became of the findings of `row`."""
    return "\n\n".join(_finding(row, s.then, s.now) for s in seen)


def _finding(row: str, then: CheckFacts, now: CheckFacts | None) -> str:
    lines = [f"{row} {then.name}", _line("then", _verdict(then))]
    if now is None:
        return "\n".join([*lines, _line("now", "this version of the suite has no such check")])
    lines.append(_line("now", _verdict(now)))
    if now.beats is not None:
        lines += [_line("required", now.beats.required), _line("sent", now.beats.sent), _line("came", now.beats.came)]
    if now.example is not None:
        lines.append(_line("example", now.example.value))
    if now.beats is not None and now.shell:
        lines += ["", textwrap.indent(now.shell, "  ")]
    return "\n".join(lines)


def _verdict(check: CheckFacts) -> str:
    word = check.verdict.replace("_", " ")
    return f"{word}: {check.reason}" if check.reason else word


def _line(label: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"  {label:<10}",
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
