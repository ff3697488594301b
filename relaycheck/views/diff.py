"""In what two texts differ, line by line and inside a line, nonces aside. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
MOST_TOKENS = 2000
"""Lines of more tokens are marked whole: the search for the difference grows with the square."""
MOST_LINES = 1000
VOLATILE = ("date:",)
"""Fields that differ between any two answers."""


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one side. `differs`: it has no equal on the other side; `pieces` say where."""

    differs: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One text with the nonce that stands in it, which differs in every request."""

    text: str
    nonce: str = ""

    def lines(self) -> list[str]:
        return self.text.split("\n")[:MOST_LINES]

    def key(self, text: str) -> str:
        return text.replace(self.nonce, "#") if self.nonce else text

    def line_key(self, line: str) -> str:
        name = line.lower()
        return next((field for field in VOLATILE if name.startswith(field)), self.key(line))


def compared(control: Side, probe: Side) -> tuple[list[Line], list[Line]]:
    """The lines of both sides, each marked where it differs from the other side."""
    before, after = control.lines(), probe.lines()
    matcher = difflib.SequenceMatcher(
        None, [control.line_key(x) for x in before], [probe.line_key(x) for x in after], autojunk=False
    )
    left: list[Line] = []
    right: list[Line] = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            left += plain(before[a1:a2])
            right += plain(after[b1:b2])
            continue
        paired = min(a2 - a1, b2 - b1)
        for a, b in zip(before[a1 : a1 + paired], after[b1 : b1 + paired], strict=True):
            was, now = _inside(control, a, probe, b)
            left.append(was)
            right.append(now)
        left += [_whole(line) for line in before[a1 + paired : a2]]
        right += [_whole(line) for line in after[b1 + paired : b2]]
    return left, right


def plain(lines: Sequence[str]) -> list[Line]:
    """Lines in which nothing is marked."""
    return [Line(False, (Piece(line, False),)) for line in lines]


def _whole(line: str) -> Line:
    return Line(True, (Piece(line, True),))


def _inside(control: Side, was: str, probe: Side, now: str) -> tuple[Line, Line]:
    a, b = TOKEN.findall(was), TOKEN.findall(now)
    if len(a) > MOST_TOKENS or len(b) > MOST_TOKENS:
        return _whole(was), _whole(now)
    matcher = difflib.SequenceMatcher(None, [control.key(t) for t in a], [probe.key(t) for t in b], autojunk=False)
    if matcher.ratio() < 0.3:  # nothing but commas in common: pieces would only confuse
        return _whole(was), _whole(now)
    left, right = [], []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if a2 > a1:
            left.append(Piece("".join(a[a1:a2]), tag != "equal"))
        if b2 > b1:
            right.append(Piece("".join(b[b1:b2]), tag != "equal"))
    return Line(True, tuple(left)), Line(True, tuple(right))
