"""A page that changed is noticed, and what rests on the changed places is named."""

from __future__ import annotations

import hashlib

import pytest

from relaycheck.catalogue import (
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
    drift,
)

PAGE = """\
# Title

POST /path

| Name | Type |
| a | text |
| b | list |

POST /path
closing words
"""
PLACES = {"line": (3, 3), "table": (5, 7), "a": (6, 6), "b": (7, 7), "sample": (9, 9)}


def test_the_page_itself_has_not_drifted() -> None:
    assert drift(_catalogue(), PAGE) == ()


@pytest.mark.parametrize(
    "page",
    [PAGE.replace("\n", "\r\n"), PAGE.rstrip("\n"), f"{PAGE}\n\n", f"\ufeff{PAGE}"],
    ids=["CRLF", "no last line end", "more line ends", "byte order mark"],
)
def test_line_ends_and_a_byte_order_mark_do_not_count(page: str) -> None:
    assert drift(_catalogue(), page) == ()


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("| a | text |", "| a | number |", ["table", "a"]),
        ("| a | text |\n", "", ["table", "a"]),
        ("| b | list |\n", "| b | list |\n| c | text |\n", ["page"]),
        ("| a | text |\n", "| a | text |\n| c | text |\n", ["table"]),
        ("POST /path\n\n|", "PUT /path\n\n|", ["line"]),
        ("POST /path\nclosing", "PUT /path\nclosing", ["sample"]),
        ("# Title", "# Other", ["page"]),
        ("closing words\n", "closing words\nmore\n", ["page"]),
        ("# Title", "# Title\n\nAn added paragraph.", ["page"]),
    ],
)
def test_a_change_names_the_places_that_it_touches(old: str, new: str, keys: list[str]) -> None:
    assert old in PAGE
    assert [found.key for found in drift(_catalogue(), PAGE.replace(old, new, 1))] == keys


def test_a_changed_place_names_the_rows_and_ambiguities_that_rest_on_it() -> None:
    table, place = drift(_catalogue(), PAGE.replace("| a | text |", "| a | number |"))
    assert (table.rows, table.ambiguities) == ((), ())
    assert (place.rows, place.ambiguities) == (("RM-X-01",), ("AMB-01",))
    assert str(place) == "The page no longer holds 'a' (line 6, '| a | text |'); on it rests RM-X-01, AMB-01."


def test_an_empty_page_has_lost_every_place() -> None:
    assert [found.key for found in drift(_catalogue(), "")] == list(PLACES)


def _catalogue() -> Catalogue:
    lines = PAGE.rstrip("\n").split("\n")

    def digest(first: int, last: int) -> str:
        return hashlib.sha256("\n".join(lines[first - 1 : last]).encode()).hexdigest()

    places = tuple(Place(key, a, b, "about", lines[a - 1], digest(a, b)) for key, (a, b) in PLACES.items())
    row = Requirement(
        id="RM-X-01",
        chapter="x",
        level=Level.MAY,
        class_=Class_.CORE,
        title="A fact",
        statement="It is so.",
        basis=Basis.STATED,
        sources=(Source(page="a"), Source(rfc=9110, section="9.1")),
        needs=(),
        oracle=Oracle.SERVED,
        kinds=(Approach.EXAMPLE,),
    )
    ambiguity = Ambiguity("AMB-01", "Open", ("a", "b"), ("one", "other"), "one", "because", ("RM-X-01",))
    return Catalogue("2026.11", (Chapter("x", "X", "X", 1, (row,)),), (ambiguity,), Page(digest(1, len(lines)), places))
