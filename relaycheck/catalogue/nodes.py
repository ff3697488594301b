"""YAML read with its lines. Scalars stay text, so that a section number such as 9.10 is not taken for a number.

libyaml composes the node graph with marks; constructing Python objects from it is the slow part, and is not done. So
every value knows its line at no cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import yaml

from relaycheck.catalogue.problems import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum
    from pathlib import Path

_E = TypeVar("_E", bound="StrEnum")
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class File:
    """One file, and the problems found in it and in the files read along with it."""

    def __init__(self, path: Path, name: str, problems: list[Problem]) -> None:
        self.path = path
        self.name = name
        self.problems = problems

    def problem(self, line: int, sentence: str) -> None:
        self.problems.append(Problem(self.name, line, sentence))

    def section(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Section | None:
        """The mapping that the file holds, or None after noting why there is none."""
        try:
            node = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=_LOADER)
        except OSError as error:
            self.problem(1, f"The file cannot be read ({error.strerror}); put it back.")
        except UnicodeDecodeError:
            self.problem(1, "The file is not UTF-8; save it as UTF-8.")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            start = (
                f" ({error.context} that starts in line {error.context_mark.line + 1})" if error.context_mark else ""
            )
            self.problem(mark.line + 1 if mark else 1, f"This is not YAML: {error.problem or error.context}{start}.")
        except yaml.YAMLError as error:
            self.problem(1, f"This is not YAML: {error}.")
        else:
            if isinstance(node, yaml.MappingNode):
                return Section(self, node, required, optional)
            self.problem(1, f"The file must hold a mapping with the keys {', '.join(required)}.")
        return None


class Section:
    """A mapping with known keys. A value that is missing or wrong is noted once and read as an empty one."""

    def __init__(
        self, file: File, node: yaml.MappingNode, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> None:
        self.file = file
        self.line: int = node.start_mark.line + 1
        self._values: dict[str, yaml.Node] = {}
        known = required + optional
        for key_node, value in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in self._values:
                file.problem(line, f"The key {key!r} stands here for the second time; keep one.")
            elif key not in known:
                file.problem(line, f"The key {key!r} is unknown{nearest(key, known)}")
            else:
                self._values[key] = value
        for key in required:
            if key not in self._values:
                file.problem(self.line, f"The key {key!r} is missing; add it.")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def line_of(self, key: str) -> int:
        node = self._values.get(key)
        return node.start_mark.line + 1 if node is not None else self.line

    def problem(self, key: str, sentence: str) -> None:
        self.file.problem(self.line_of(key), sentence)

    def text(self, key: str) -> str:
        """A text that is not empty, or "" if the key is absent."""
        node = self._values.get(key)
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(key, f"{key!r} must be a text.")
            return ""
        if not node.value.strip() or (not node.style and node.value in ("null", "~")):
            self.problem(key, f"{key!r} is empty; write it or leave the key out.")
            return ""
        return str(node.value)

    def number(self, key: str) -> int:
        """A whole number from 1, or 0 if the key is absent or wrong."""
        word = self.text(key)
        if word.isascii() and word.isdigit() and int(word) > 0:
            return int(word)
        if word:
            self.problem(key, f"{key!r} must be a whole number from 1, not {word!r}.")
        return 0

    def flag(self, key: str) -> bool:
        word = self.text(key)
        if word not in ("", "true", "false"):
            self.problem(key, f"{key!r} must be true or false, not {word!r}.")
        return word == "true"

    def choice(self, key: str, words: Mapping[str, _E]) -> _E:
        """A member of an enumeration; the first one after noting a problem."""
        word = self.text(key)
        if word and word not in words:
            self.problem(key, f"{word!r} is no known {key}{nearest(word, words)}")
        return words.get(word) or next(iter(words.values()))

    def texts(self, key: str) -> tuple[tuple[str, int], ...]:
        """A list of texts, each with its line."""
        found = []
        for node in self._items(key):
            if isinstance(node, yaml.ScalarNode) and node.value.strip():
                found.append((str(node.value), node.start_mark.line + 1))
            else:
                self.file.problem(node.start_mark.line + 1, f"Each item of {key!r} must be a text.")
        return tuple(found)

    def sections(self, key: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> tuple[Section, ...]:
        """A list of mappings."""
        found = []
        for node in self._items(key):
            if isinstance(node, yaml.MappingNode):
                found.append(Section(self.file, node, required, optional))
            else:
                self.file.problem(node.start_mark.line + 1, f"Each item of {key!r} must be a mapping.")
        return tuple(found)

    def _items(self, key: str) -> list[yaml.Node]:
        node = self._values.get(key)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.problem(key, f"{key!r} must be a list.")
            return []
        return list(node.value)
