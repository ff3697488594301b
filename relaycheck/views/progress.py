"""What a run says while it goes on: one line that is rewritten in a terminal, one plain line a chapter anywhere else."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relaycheck.verdicts import Kind
from relaycheck.views.telling import number, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

TOLD = (Kind.PASS, Kind.FAIL, Kind.INCONCLUSIVE, Kind.ERROR, Kind.NOT_APPLICABLE)
PAUSE = 0.1
"""Seconds between two states of the rewritten line: faster is unreadable, and slower looks stuck."""
CLEAR = "\r\x1b[2K"


@dataclass(slots=True)
class Progress:
    """Fed check by check, in the run's order; `width` columns at most."""

    stream: TextIO
    live: bool
    """The stream is a terminal that can rewrite its line."""
    planned: int
    width: int = 80
    clock: Callable[[], float] = time.monotonic
    _counts: Counter[Kind] = field(default_factory=Counter)
    _chapter: str = ""
    _in_chapter: Counter[Kind] = field(default_factory=Counter)
    _sent_before: int = 0
    _sent: int = 0
    _shown: float = float("-inf")

    def begin(self, target: str, what: str) -> None:
        """`what`: level, depth and seed."""
        self._line(f"checking {target}: {number(self.planned, 'check')}, {what}")

    def checked(self, chapter: str, kind: Kind, sent: int) -> None:
        """One more check of `chapter` has its verdict so far; `sent` requests went out by now."""
        if chapter != self._chapter:
            self._end_chapter()
            self._chapter, self._sent_before = chapter, self._sent
        self._counts[kind] += 1
        self._in_chapter[kind] += 1
        self._sent = sent
        if self.live and self.clock() - self._shown >= PAUSE:
            self._shown = self.clock()
            done = sum(self._counts.values())
            self._rewrite(f"{done}/{self.planned}  {number(sent, 'request')} sent  {_told(self._counts)}  {chapter}")

    def settling(self) -> None:
        """All checks are made; what may still come late is waited for."""
        self._end_chapter()
        text = (
            f"{number(self._sent, 'request')} sent, {_told(self._counts)} so far; waiting for late mail and late octets"
        )
        if self.live:
            self._rewrite(text)
        else:
            self._line(text)

    def end(self) -> None:
        if self.live:
            self.stream.write(CLEAR)
            self.stream.flush()

    def _end_chapter(self) -> None:
        if self._in_chapter and not self.live:
            requests = number(self._sent - self._sent_before, "request")
            self._line(f"  {self._chapter}: {_told(self._in_chapter)} ({requests})")
        self._in_chapter = Counter()

    def _rewrite(self, text: str) -> None:
        cut = text if len(text) < self.width else f"{text[: self.width - 2]}…"
        self.stream.write(f"{CLEAR}{cut}")
        self.stream.flush()

    def _line(self, text: str) -> None:
        self.stream.write(f"{text}\n")
        self.stream.flush()


def _told(counts: Counter[Kind]) -> str:
    return ", ".join(f"{counts[kind]} {words(kind)}" for kind in TOLD if counts[kind])
