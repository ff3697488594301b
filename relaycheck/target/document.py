"""A target description before it is typed: keys and values, and where each of them was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relaycheck.target.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relaycheck.target.positions import KeyPath


def dotted(path: KeyPath) -> str:
    """`auth.basic.also[1].user`, as messages name a key."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += ("." if text else "") + (part if part.replace("-", "").replace("_", "").isalnum() else f'"{part}"')
    return text


@dataclass(slots=True)
class Document:
    """Keys and values of a target file, with those of options laid over it, and the problems found so far."""

    name: str
    """How messages call the file; empty when there is none."""
    data: dict[str, Any] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)
    """What relative paths in the file are relative to."""
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    given: dict[KeyPath, str] = field(default_factory=dict)
    """The option or variable that gave a value, by path."""
    problems: list[Problem] = field(default_factory=list)

    def put(self, path: tuple[str, ...], value: object, origin: str) -> None:
        """Lay a value from an option or a variable over what the file says."""
        table = self.data
        for part in path[:-1]:
            table = table.setdefault(part, {})
        table[path[-1]] = value
        self.given = {known: label for known, label in self.given.items() if known[: len(path)] != path}
        self.given[path] = origin

    def table(self, *path: str) -> dict[str, Any] | None:
        """The table at `path`, or None if it is absent."""
        found: Any = self.data
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else None

    def where(self, path: KeyPath) -> str:
        """`target.toml:12` or the option's name; the nearest enclosing key if `path` itself has no position."""
        for length in range(len(path), 0, -1):
            known = path[:length]
            if known in self.given:
                return self.given[known]
            if known in self.lines:
                return f"{self.name}:{self.lines[known]}"
        return self.name or "options"

    def folder_of(self, path: KeyPath) -> Path:
        """What a relative path in the value at `path` is relative to: the file's folder, or for options the working one."""
        from_option = any(path[:length] in self.given for length in range(len(path), 0, -1))
        return Path() if from_option else self.folder

    def complain(self, path: KeyPath, what: str, todo: str = "") -> None:
        self.problems.append(Problem(self.where(path), dotted(path), what, todo))
