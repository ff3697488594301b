"""A content coding is undone where it can be, and never guessed at (RFC 9110 §8.4)."""

from __future__ import annotations

import gzip
import zlib

import pytest

from relaycheck.exchange import Fields, Response
from relaycheck.wire.coding import LARGEST, opened

TEXT = b'{"Code": "bad"}' * 10
ZLIB = zlib.compress(TEXT)


def response(body: bytes, *codings: str) -> Response:
    return Response(400, "Bad Request", Fields(tuple(("Content-Encoding", coding) for coding in codings)), body)


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (gzip.compress(TEXT), ("gzip",)),
        (gzip.compress(TEXT), ("X-GZIP",)),
        (ZLIB, ("deflate",)),
        (ZLIB[2:-4], ("deflate",)),
        (gzip.compress(ZLIB), ("deflate, gzip",)),
        (gzip.compress(ZLIB), ("deflate", "gzip")),
    ],
    ids=["gzip", "x-gzip", "deflate", "deflate without zlib", "two in a line", "two lines"],
)
def test_what_is_inside_is_the_content(body: bytes, codings: tuple[str, ...]) -> None:
    assert opened(response(body, *codings)).body == TEXT


@pytest.mark.parametrize(
    ("body", "codings"),
    [(TEXT, ()), (TEXT, ("gzip",)), (gzip.compress(TEXT)[:-9], ("gzip",)), (b"\x0b\x02", ("br",)), (b"", ("gzip",))],
    ids=["none", "no gzip at all", "cut", "unknown", "empty"],
)
def test_what_cannot_be_opened_stays(body: bytes, codings: tuple[str, ...]) -> None:
    closed = response(body, *codings)
    assert opened(closed) is closed


def test_a_bomb_is_opened_in_part() -> None:
    assert len(opened(response(gzip.compress(bytes(LARGEST * 4)), "gzip")).body) == LARGEST
