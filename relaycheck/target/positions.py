"""The line on which each key of a TOML document stands.

`tomllib` keeps no positions. This walks a text that `tomllib` has already accepted, so it only has to know where keys
begin and where values end (TOML 1.0: tables, arrays of tables, dotted and quoted keys, inline tables, multi-line values).
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_VOID = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?""""{0,2}'
    r"|'''.*?''''{0,2}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]+")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The line (from 1) of every key, table and array item of `text`, which must be valid TOML."""
    walk = _Walk(text)
    walk.document()
    return walk.lines


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.items: dict[KeyPath, int] = {}
        self.breaks = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> None:
        table: KeyPath = ()
        self.skip(_VOID)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_VOID)

    def header(self) -> KeyPath:
        of_array = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if of_array else 1
        parts = self.key()
        self.at += 2 if of_array else 1
        table: KeyPath = ()
        for number, part in enumerate(parts, 1):
            table = (*table, part)
            self.mark(table, start)
            if of_array and number == len(parts):
                self.items[table] = self.items.get(table, -1) + 1
            if table in self.items:
                table = (*table, self.items[table])
                self.mark(table, start)
        if not of_array:
            self.lines[table] = self.line(start)  # the header itself, not a sub-table that came before it
        return table

    def pair(self, table: KeyPath) -> None:
        start = self.at
        path = table
        for part in self.key():
            path = (*path, part)
            self.mark(path, start)
        self.at += 1  # the equals sign
        self.value(path)

    def value(self, path: KeyPath) -> None:
        self.skip(_BLANK)
        first = self.text[self.at]
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        elif first in "\"'":
            self.skip(_STRING)
        else:
            self.skip(_SCALAR)

    def array(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_VOID)
        number = 0
        while self.text[self.at] != "]":
            self.mark((*path, number), self.at)
            self.value((*path, number))
            number += 1
            self.comma()
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_VOID)
        while self.text[self.at] != "}":
            self.pair(path)
            self.comma()
        self.at += 1

    def comma(self) -> None:
        self.skip(_VOID)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_VOID)

    def key(self) -> list[str]:
        parts = []
        while True:
            self.skip(_BLANK)
            if self.text[self.at] in "\"'":
                quoted = self.skip(_STRING)
                parts.append(str(tomllib.loads(f"k = {quoted}")["k"]))
            else:
                parts.append(self.skip(_BARE))
            self.skip(_BLANK)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"not TOML that tomllib accepts, at offset {self.at}")
        self.at = match.end()
        return match.group()

    def mark(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, self.line(at))

    def line(self, at: int) -> int:
        return bisect_right(self.breaks, at - 1) + 1
