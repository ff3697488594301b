"""Whether the page still says what the requirements rest on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.catalogue.model import Catalogue, Place

WHOLE_PAGE = "page"


@dataclass(frozen=True, slots=True)
class Drift:
    """A place whose text is no longer on the page, and what rests on it.

    The key `page` stands for a change outside all places, on which no requirement rests.
    """

    key: str
    first: int
    last: int
    quote: str
    rows: tuple[str, ...]
    ambiguities: tuple[str, ...]

    def __str__(self) -> str:
        if self.key == WHOLE_PAGE:
            return "The page changed outside the places that requirements rest on; read it again."
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"
        rests = ", ".join(self.rows + self.ambiguities) or "nothing"
        return f"The page no longer holds {self.key!r} ({lines}, {self.quote!r}); on it rests {rests}."


def drift(catalogue: Catalogue, page_text: str) -> tuple[Drift, ...]:
    """What changed on the page, in page order; empty when it is the page that the catalogue was written from.

    Line ends and empty lines at the end do not count. A place that only moved has not changed.
    """
    lines = page_text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n").split("\n")
    gone = _gone(catalogue.page.places, lines)
    if not gone and _digest(lines) != catalogue.page.sha256:
        return (Drift(WHOLE_PAGE, 1, len(lines), "", (), ()),)
    return tuple(
        Drift(
            place.key,
            place.first,
            place.last,
            place.quote,
            tuple(row.id for row in catalogue if any(s.page == place.key for s in row.sources)),
            tuple(a.id for a in catalogue.ambiguities if place.key in a.page),
        )
        for place in gone
    )


def _gone(places: tuple[Place, ...], lines: list[str]) -> list[Place]:
    """Places whose text is nowhere. Text found elsewhere counts once, so that one of two equal lines can be missed."""
    claimed: set[tuple[int, int]] = set()
    moved = []
    for place in places:
        if _digest(lines[place.first - 1 : place.last]) == place.sha256:
            claimed.add((place.first, place.last))
        else:
            moved.append(place)
    gone = []
    for place in moved:
        height = place.last - place.first + 1
        spans = ((first, first + height - 1) for first in range(1, len(lines) - height + 2))
        found = next(
            (s for s in spans if s not in claimed and _digest(lines[s[0] - 1 : s[1]]) == place.sha256),
            None,
        )
        if found is None:
            gone.append(place)
        else:
            claimed.add(found)
    return gone


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
