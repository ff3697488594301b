"""The catalogue as frozen, typed values: requirements, sources, chapters, ambiguities and the places of the page."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Level(StrEnum):
    """How strongly a requirement obliges (RFC 2119); an INFO row only records what it sees."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"


class Class_(StrEnum):  # noqa: N801 - "class" is the word of the field, and a keyword
    """Who obliges the service to meet a requirement."""

    CORE = "core"
    """The page itself."""
    HTTP = "http"
    """HTTP semantics and the authentication schemes, as far as the author of a service decides."""
    FRAMING = "framing"
    """HTTP message syntax, which mostly the web server in front decides: reported, never blocking."""
    RELAY = "relay"
    """What the user of a mail relay expects, and SMTP."""
    SECURITY = "security"
    """Hardening."""


class Basis(StrEnum):
    """How a requirement rests on the page."""

    STATED = "stated"
    """The page says it."""
    DERIVED = "derived"
    """It follows from the page or from a standard."""
    SAMPLE = "sample"
    """Only a sample of the page shows it."""
    SILENT = "silent"
    """Page and standards say nothing: the suite's own rule."""


class Oracle(StrEnum):
    """The question that a judgement answers about the recorded exchanges."""

    SERVED = "served"
    """Answered with 204, and the expected mail arrives where there is a witness."""
    SAME = "same"
    """The same status and the same mail as the control."""
    REFUSED = "refused"
    """Answered with 4xx, and no mail."""
    SAME_OR_REFUSED = "same-or-refused"
    """One of the two; any third outcome fails."""
    NOT_RELAYED = "not-relayed"
    """No mail, whatever the answer."""
    HONEST = "honest"
    """204 exactly when every recipient got the mail once."""
    RAW = "raw"
    """Decided on the octets of the connection."""
    INVARIANT = "invariant"
    """A property of every exchange of the run."""
    OBSERVATION = "observation"
    """Recorded, not judged."""


class Approach(StrEnum):
    """How the checks of a requirement find their inputs."""

    EXAMPLE = "example"
    PROPERTY = "property"
    METAMORPHIC = "metamorphic"
    RAW = "raw"
    STATEFUL = "stateful"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a requirement comes from: a key of the page's places, a section of an RFC, or another publication."""

    page: str = ""
    rfc: int | None = None
    section: str = ""
    other: str = ""

    def __str__(self) -> str:
        if self.rfc is not None:
            return f"RFC {self.rfc} §{self.section}" if self.section else f"RFC {self.rfc}"
        return f"page, {self.page}" if self.page else self.other


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row: a fact about the service that it has to meet, how it is decided, and what a fault of it looks like."""

    id: str
    chapter: str
    level: Level
    class_: Class_
    title: str
    statement: str
    basis: Basis
    sources: tuple[Source, ...]
    needs: tuple[str, ...]
    """What every check of the row needs, by the names of `relaycheck.catalogue.needs`; a check may need more."""
    oracle: Oracle
    kinds: tuple[Approach, ...]
    blocks: bool = False
    """A failure is positive evidence of harm and blocks every level."""
    tolerates: str = ""
    """Legitimate differences that must not fail."""
    fault: str = ""
    """What a mutant that breaks just this row does wrong; empty only for MAY and INFO rows and untestable ones."""
    untestable: str = ""
    """Why the row cannot be tried from outside; empty for nearly all."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A group of requirements with one file, one prefix of ids and one suite."""

    key: str
    title: str
    prefix: str
    order: int
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A normative place of the page: lines counted from 1, first and last."""

    key: str
    first: int
    last: int
    about: str
    quote: str
    """The beginning of its first line."""
    sha256: str
    """Of its lines, joined by LF."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of the page without keeping a copy of it."""

    sha256: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A place where the page contradicts itself or HTTP, or leaves open what a test must know."""

    id: str
    title: str
    page: tuple[str, ...]
    readings: tuple[str, ...]
    reading: str
    """How the suite reads it."""
    why: str
    rows: tuple[str, ...]


class UnknownRequirement(KeyError):
    """An id or pattern that no requirement has; the message names the nearest ids."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Catalogue:
    """All requirements of an edition, in the order of their chapters."""

    edition: str
    chapters: tuple[Chapter, ...]
    ambiguities: tuple[Ambiguity, ...]
    page: Page

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        return tuple(row for chapter in self.chapters for row in chapter.requirements)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over the data, whatever the layout of the files."""
        data = {
            "edition": self.edition,
            "chapters": [asdict(c) for c in self.chapters],
            "ambiguities": [asdict(a) for a in self.ambiguities],
            "page": asdict(self.page),
        }
        canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def __getitem__(self, id: str) -> Requirement:
        """The requirement with this id, or `UnknownRequirement`."""
        if found := self._by_id.get(id):
            return found
        raise self._unknown(id, f"No requirement has the id {id!r}")

    def __contains__(self, id: object) -> bool:
        return id in self._by_id

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.requirements)

    def __len__(self) -> int:
        return len(self.requirements)

    def select(self, *patterns: str) -> tuple[Requirement, ...]:
        """The rows that match any of the globs (`RM-204-*`), in catalogue order.

        `UnknownRequirement` for a glob that matches no row.
        """
        for pattern in patterns:
            if not any(fnmatch.fnmatchcase(id, pattern.upper()) for id in self._by_id):
                raise self._unknown(pattern, f"No requirement matches {pattern!r}")
        wanted = [pattern.upper() for pattern in patterns]
        return tuple(row for row in self.requirements if any(fnmatch.fnmatchcase(row.id, p) for p in wanted))

    def chapter(self, key: str) -> Chapter:
        """The chapter with this key, such as `no_content`, or `UnknownRequirement`."""
        for chapter in self.chapters:
            if chapter.key == key:
                return chapter
        keys = ", ".join(chapter.key for chapter in self.chapters)
        raise UnknownRequirement(f"No chapter has the key {key!r}; the chapters are {keys}.")

    def ambiguities_of(self, id: str) -> tuple[Ambiguity, ...]:
        """The ambiguities that the requirement rests on."""
        return tuple(a for a in self.ambiguities if id in a.rows)

    def totals(self) -> Counter[tuple[Class_, Level]]:
        """How many requirements there are per class and level."""
        return Counter((row.class_, row.level) for row in self.requirements)

    @cached_property
    def _by_id(self) -> dict[str, Requirement]:
        return {row.id: row for row in self.requirements}

    def _unknown(self, wanted: str, sentence: str) -> UnknownRequirement:
        near = difflib.get_close_matches(wanted.upper(), self._by_id, n=3, cutoff=0.6)
        return UnknownRequirement(f"{sentence}; the nearest are {', '.join(near)}." if near else f"{sentence}.")
