"""Spellings of the operation's path: other paths that some server takes for it, and encodings that must name it or nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from relaycheck.target import Url

HEAD, _, LAST = OPERATION_PATH.rpartition("/")
SPELLINGS = {
    "a trailing slash": f"{OPERATION_PATH}/",
    "a doubled slash": f"{HEAD}//{LAST}",
    "a doubled slash in front": f"/{OPERATION_PATH}",
    "a dot segment": f"{HEAD}/./{LAST}",
    "two dots": f"{HEAD}/x/../{LAST}",
    "lower case": OPERATION_PATH.lower(),
    "upper case": OPERATION_PATH.upper(),
    "the last segment in lower case": f"{HEAD}/{LAST.lower()}",
}
"""Another text that may reach the operation (RFC 3986 §6.2.2); each is 404, a redirect or the operation."""

MORE_SPELLINGS = {
    "an encoded letter": f"{HEAD}/%52elayMessage",
    "an encoded letter in front": "/%61pi" + OPERATION_PATH.removeprefix("/api"),
    "encoded slashes": OPERATION_PATH.replace("/EMail/", "%2FEMail%2f"),
    "a path parameter": f"{OPERATION_PATH};v=1",
    "an encoded dot segment": f"{HEAD}/%2e/{LAST}",
    "an extension": f"{OPERATION_PATH}.json",
    "an encoded space": f"{OPERATION_PATH}%20",
    "a backslash": f"{HEAD}%5C{LAST}",
}
"""Further ones that a filter and a router may read differently."""


def spelled(url: Url, path: str) -> str:
    """A spelling on this installation: its prefix stays as it is."""
    return f"{url.prefix}{path}"


@lru_cache(maxsize=64)
def encoded_once() -> st.SearchStrategy[str]:
    """The path with one to four of its letters as %XX, in either case of the hexadecimal digits (RFC 9110 §4.2.3)."""
    letters = [n for n, c in enumerate(OPERATION_PATH) if c != "/"]
    places = st.lists(st.sampled_from(letters), min_size=1, max_size=4, unique=True)
    return st.builds(_encode, places, st.sampled_from(("{:02X}", "{:02x}")))


def _encode(places: list[int], written: str) -> str:
    return "".join(f"%{written.format(ord(c))}" if n in places else c for n, c in enumerate(OPERATION_PATH))


ENCODED = {
    "the first letter of the last segment": f"{HEAD}/%52elayMessage",
    "the last segment": f"{HEAD}/{''.join(f'%{ord(c):02X}' for c in LAST)}",
    "a letter of the first segment": "/%61pi" + OPERATION_PATH.removeprefix("/api"),
}
TWICE = {
    "a letter of the last segment": f"{HEAD}/%2552elayMessage",
    "a letter of the first segment": "/%2561pi" + OPERATION_PATH.removeprefix("/api"),
    "the last segment": f"{HEAD}/{''.join(f'%25{ord(c):02x}' for c in LAST)}",
}
"""%25XX is the text %XX, which is no letter: decoding it again would name the operation."""
