"""Damage that no strict parser lets pass: bodies cut short, unbalanced, or followed by something else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from hypothesis import strategies as st

_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_JSON_MARKS = re.compile(rb'[{}\[\]:,"]')
_XML_MARKS = re.compile(rb"(?<=<)/|/(?=>)|>")
_DOMAIN_BEGUN = re.compile(rb"@[^\s\"\\<>&]*\Z")
JSON_TAILS = (b"}", b"]", b",", b"x", b"null", b"{}", b'""', b"\x00", b"\n0", b'{"Rfc822":1}')
XML_TAILS = (b"<x/>", b"text", b"</x>", b"&amp;", b"<![CDATA[x]]>", b"\x00", b"<x>")


@dataclass(frozen=True, slots=True)
class Damage:
    """One fault of one body. `at` is a place as a share of the body, in 1/1000; `tail` is what follows it.

    A cut never leaves the beginning of a domain, which might be a stranger's: it is made before the `@` then.
    """

    kind: Literal["cut", "unbalanced", "followed"]
    at: int = 0
    tail: bytes = b""

    def of_json(self, body: bytes) -> bytes:
        """The JSON text (RFC 8259 §2) with the fault. "unbalanced": without one of its structural characters or quotes."""
        return self._applied(body, _json_marks(body))

    def of_xml(self, body: bytes) -> bytes:
        """The document (XML 1.0 §2.1, §3.1) with the fault. "unbalanced": without one slash or bracket of its tags."""
        return self._applied(body, [found.start() for found in _XML_MARKS.finditer(body)])

    def _applied(self, body: bytes, marks: list[int]) -> bytes:
        match self.kind:
            case "cut":
                return _DOMAIN_BEGUN.sub(b"", body[: self.at * len(body) // 1000])
            case "unbalanced":
                place = marks[self.at * len(marks) // 1000]
                return body[:place] + body[place + 1 :]
            case "followed":
                return body + self.tail


def _json_marks(body: bytes) -> list[int]:
    """Where structural characters stand outside strings, and where strings begin and end."""
    inside = [found.span() for found in _JSON_STRING.finditer(body)]
    edges = [place for start, end in inside for place in (start, end - 1)]
    blanked = bytearray(body)
    for start, end in inside:
        blanked[start:end] = b" " * (end - start)
    return sorted([found.start() for found in _JSON_MARKS.finditer(blanked)] + edges)


@lru_cache(maxsize=64)
def damage(tails: tuple[bytes, ...]) -> st.SearchStrategy[Damage]:
    """Any one fault; `tails` is what may follow a body."""
    places = st.integers(0, 999)
    return st.one_of(
        st.builds(Damage, st.just("cut"), places),
        st.builds(Damage, st.just("unbalanced"), places),
        st.builds(Damage, st.just("followed"), st.just(0), st.sampled_from(tails)),
    )
