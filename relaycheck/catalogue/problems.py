"""What is wrong with the files of the catalogue: all of it at once, each with its file and line."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem: the file relative to the folder that holds `specs`, the line from 1, and a sentence."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


class CatalogueError(Exception):
    """The catalogue cannot be used. Its text is one `file:line: sentence` a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(p) for p in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest known one, or all when none is near and they are few."""
    words = list(known)
    if near := difflib.get_close_matches(word, words, n=1, cutoff=0.5):
        return f"; did you mean {near[0]!r}?"
    return f"; it is one of {', '.join(words)}." if 0 < len(words) <= 12 else "."
