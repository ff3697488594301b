"""Reads `specs/` into a `Catalogue`, or says everything that is wrong with it at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relaycheck.catalogue.model import (
    Ambiguity,
    Approach,
    Basis,
    Catalogue,
    Chapter,
    Class_,
    Level,
    Oracle,
    Page,
    Place,
    Requirement,
    Source,
)
from relaycheck.catalogue.needs import NEEDS
from relaycheck.catalogue.nodes import File, Section
from relaycheck.catalogue.problems import CatalogueError, Problem, nearest
from relaycheck.places import SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TITLE_LENGTH = 70  # characters: a title and its id fit on a line of a terminal

_CHAPTER = ("chapter", "title", "prefix", "order", "requirements")
_ROW = ("id", "level", "class", "title", "statement", "basis", "sources", "needs", "oracle", "kinds", "blocks")
_ROW_OPTIONAL = ("tolerates", "fault", "untestable")
_SOURCE = ("page", "rfc", "section", "other")
_AMBIGUITY = ("id", "title", "page", "readings", "reading", "why", "rows")
_PLACE = ("key", "lines", "about", "quote", "sha256")

_LEVELS = {level.value: level for level in Level}
_CLASSES = {class_.value: class_ for class_ in Class_}
_BASES = {basis.value: basis for basis in Basis}
_ORACLES = {oracle.value: oracle for oracle in Oracle}
_KINDS = {kind.value: kind for kind in Approach}


def load(specs: Path = SPECS) -> Catalogue:
    """The catalogue under `specs`. Raises `CatalogueError` with every problem of every file."""
    return _Reading(specs).catalogue()


@dataclass
class _Reading:
    """One pass over the files: what was seen so far, and where."""

    specs: Path
    problems: list[Problem] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    """Where each id was seen, as `file:line`."""
    chapter_marks: dict[tuple[str, str], str] = field(default_factory=dict)
    """Where each prefix and each order number was seen."""
    unread: bool = False
    """A file could not be read, so that what refers to it cannot be judged."""

    def catalogue(self) -> Catalogue:
        edition = self._edition()
        page = self._page()
        folder = self.specs / "requirements"
        paths = sorted(folder.glob("*.yaml"))
        if not paths:
            self.unread = True
            self._file(folder).problem(1, "The folder holds no chapter; put the files of the catalogue back.")
        chapters = [chapter for path in paths if (chapter := self._chapter(self._file(path)))]
        ambiguities = self._ambiguities()
        if self.problems:
            raise CatalogueError(self.problems)
        return Catalogue(edition, tuple(sorted(chapters, key=lambda c: c.order)), ambiguities, page)

    def _file(self, path: Path) -> File:
        return File(path, path.relative_to(self.specs.parent).as_posix(), self.problems)

    def _edition(self) -> str:
        section = self._file(self.specs / "edition.yaml").section(("edition",))
        edition = section.text("edition") if section else ""
        if section and edition and not re.fullmatch(r"\d{4}\.\d{2}", edition):
            section.problem("edition", f"The edition must be a year and a month such as 2026.11, not {edition!r}.")
        return edition

    def _page(self) -> Page:
        section = self._file(self.specs / "page.yaml").section(("sha256", "places"))
        if section is None:
            self.unread = True
            return Page("", ())
        rows = section.sections("places", _PLACE)
        return Page(self._sha256(section), tuple(self._place(row) for row in rows))

    def _place(self, section: Section) -> Place:
        key = section.text("key")
        if key in self.places:
            section.problem("key", f"The place {key!r} is listed twice; keep one.")
        self.places.add(key)
        words = [word for word, _ in section.texts("lines")]
        first, last = (int(w) if w.isascii() and w.isdigit() else 0 for w in words) if len(words) == 2 else (0, 0)
        if "lines" in section and not 0 < first <= last:
            section.problem("lines", "'lines' must be the first and the last line, counted from 1.")
        return Place(key, first, last, section.text("about"), section.text("quote"), self._sha256(section))

    def _sha256(self, section: Section) -> str:
        digest = section.text("sha256")
        if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
            section.problem("sha256", "'sha256' must be 64 lower-case hexadecimal digits.")
        return digest

    def _chapter(self, file: File) -> Chapter | None:
        section = file.section(_CHAPTER)
        if section is None:
            self.unread = True
            return None
        key, prefix, order = section.text("chapter"), section.text("prefix"), section.number("order")
        if key and key != file.path.stem:
            section.problem("chapter", f"The chapter {key!r} must stand in {key}.yaml, the file of the same name.")
        self._once(section, "prefix", prefix)
        self._once(section, "order", str(order))
        rows = tuple(self._row(row, key, prefix) for row in section.sections("requirements", _ROW, _ROW_OPTIONAL))
        if "requirements" in section and not rows:
            section.problem("requirements", "The chapter has no requirement; add one or remove the file.")
        return Chapter(key, section.text("title"), prefix, order, rows)

    def _once(self, section: Section, key: str, value: str) -> None:
        if key not in section:
            return
        here = f"{section.file.name}:{section.line_of(key)}"
        there = self.chapter_marks.setdefault((key, value), here)
        if there != here:
            section.problem(key, f"The {key} {value!r} belongs to another chapter already ({there}).")

    def _row(self, section: Section, chapter: str, prefix: str) -> Requirement:
        row = Requirement(
            id=self._id(section, prefix),
            chapter=chapter,
            level=section.choice("level", _LEVELS),
            class_=section.choice("class", _CLASSES),
            title=section.text("title"),
            statement=section.text("statement"),
            basis=section.choice("basis", _BASES),
            sources=tuple(self._source(s) for s in section.sections("sources", (), _SOURCE)),
            needs=self._words(section, "needs", NEEDS),
            oracle=section.choice("oracle", _ORACLES),
            kinds=tuple(_KINDS[word] for word in self._words(section, "kinds", _KINDS)),
            blocks=section.flag("blocks"),
            tolerates=section.text("tolerates"),
            fault=section.text("fault"),
            untestable=section.text("untestable"),
        )
        if len(row.title) > TITLE_LENGTH:
            section.problem("title", f"The title has {len(row.title)} characters; shorten it to {TITLE_LENGTH}.")
        if "sources" in section and not row.sources and row.basis is not Basis.SILENT:
            section.problem("sources", f"A row that is {row.basis} needs a source; name one, or call it silent.")
        if "basis" in section and row.basis in (Basis.STATED, Basis.SAMPLE) and not any(s.page for s in row.sources):
            section.problem("basis", f"A row that is {row.basis} needs a place of the page among its sources.")
        if "kinds" in section and not row.kinds:
            section.problem("kinds", "'kinds' is empty; name at least one kind of test.")
        obliges = row.level in (Level.MUST, Level.SHOULD)
        if "level" in section and obliges and not (row.fault or row.untestable):
            section.file.problem(section.line, f"A {row.level} row needs a 'fault', or says why it is 'untestable'.")
        return row

    def _id(self, section: Section, prefix: str) -> str:
        id = section.text("id")
        if not id:
            return id
        if prefix and not re.fullmatch(rf"RM-{re.escape(prefix)}-\d\d", id):
            section.problem("id", f"The id {id!r} must be RM-{prefix}- and two digits, as its chapter says.")
        if there := self.ids.get(id):
            section.problem("id", f"The id {id!r} is taken already ({there}); ids are never used twice.")
        else:
            self.ids[id] = f"{section.file.name}:{section.line_of('id')}"
        return id

    def _source(self, section: Section) -> Source:
        named = [key for key in ("page", "rfc", "other") if key in section]
        if len(named) != 1:
            section.file.problem(section.line, "A source names exactly one of 'page', 'rfc' and 'other'.")
        if "section" in section and "rfc" not in section:
            section.problem("section", "A 'section' belongs to an 'rfc'; name the RFC.")
        key = section.text("page")
        if key:
            self._known_place(section, key, section.line_of("page"))
        rfc = section.number("rfc") if "rfc" in section else None
        return Source(page=key, rfc=rfc, section=section.text("section"), other=section.text("other"))

    def _known_place(self, section: Section, key: str, line: int) -> None:
        if key not in self.places and not self.unread:
            section.file.problem(line, f"{key!r} is no place of the page{nearest(key, self.places)}")

    def _words(self, section: Section, key: str, known: Iterable[str]) -> tuple[str, ...]:
        """Words of a vocabulary; unknown ones are noted and left out."""
        words = list(known)
        found: list[str] = []
        for word, line in section.texts(key):
            if word not in words:
                section.file.problem(line, f"{word!r} is no known word for {key!r}{nearest(word, words)}")
            elif word in found:
                section.file.problem(line, f"{word!r} stands twice in {key!r}; keep one.")
            else:
                found.append(word)
        return tuple(found)

    def _ambiguities(self) -> tuple[Ambiguity, ...]:
        section = self._file(self.specs / "ambiguities.yaml").section(("ambiguities",))
        return tuple(self._ambiguity(s) for s in section.sections("ambiguities", _AMBIGUITY)) if section else ()

    def _ambiguity(self, section: Section) -> Ambiguity:
        id = section.text("id")
        if id and not re.fullmatch(r"AMB-\d\d", id):
            section.problem("id", f"The id {id!r} must be AMB- and two digits.")
        if there := self.ids.get(id):
            section.problem("id", f"The id {id!r} is taken already ({there}); ids are never used twice.")
        elif id:
            self.ids[id] = f"{section.file.name}:{section.line_of('id')}"
        for key, line in section.texts("page"):
            self._known_place(section, key, line)
        rows = tuple(row for row, _ in section.texts("rows"))
        for row, line in section.texts("rows"):
            if row not in self.ids and not self.unread:
                section.file.problem(line, f"No requirement has the id {row!r}{nearest(row, self.ids)}")
        readings = tuple(reading for reading, _ in section.texts("readings"))
        if "readings" in section and len(readings) < 2:
            section.problem("readings", "An ambiguity has at least two readings.")
        return Ambiguity(
            id=id,
            title=section.text("title"),
            page=tuple(key for key, _ in section.texts("page")),
            readings=readings,
            reading=section.text("reading"),
            why=section.text("why"),
            rows=rows,
        )
