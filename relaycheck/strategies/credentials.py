"""Credentials that are almost right."""

from __future__ import annotations

import base64
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.client import Credential
    from relaycheck.target import Auth

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

# What stands in Authorization, and what is wrong with it.
MALFORMED = {
    "scheme only": "Basic",
    "scheme and a space": "Basic ",
    "no base64": "Basic !!!not-base64!!!",
    "only padding": "Basic ====",
    "cut base64": "Basic dGltMDpkZW1",
    "no colon": f"Basic {base64.b64encode(b'nocolon').decode()}",
    "NUL": f"Basic {base64.b64encode(bytes(3) + b':' + bytes(3)).decode()}",
    "not UTF-8": f"Basic {base64.b64encode(bytes([0xFF, 0xFE]) + b':' + bytes([0xC3, 0x28])).decode()}",
    "two words": "Basic dGltMA== dGltMA==",
    "empty": "",
    "a comma": ",",
    "Bearer without token": "Bearer",
    "SoTicket without ticket": "SoTicket",
    "SoTicket of percent signs": "SoTicket %%%%%%",
    "quotes": 'Basic "',
    "octets above 127": "Bearer \u00e6\u00f8\u00e5",
}

# Places where a careless service looks for credentials, besides the header fields.
ELSEWHERE = (
    "access_token={}",
    "ticket={}",
    "SoTicket={}",
    "token={}",
    "Authorization={}",
    "api_key={}",
    "SO-Ticket={}",
    "access_token={0}&ticket={0}&SoTicket={0}&token={0}&api_key={0}",
)


def encoded(user: str, password: str) -> str:
    """user-pass in base64 (RFC 7617 §2)."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def of_equal_hash(secret: str) -> str:
    """Another text of the same length with the same polynomial hash, the 31 h + c of Java and of much that is written after it."""
    for at, (one, next_one) in enumerate(pairwise(secret)):
        for step in (1, -1):
            changed = chr(ord(one) + step) + chr(ord(next_one) - 31 * step)
            if changed.isascii() and changed.isalnum():
                return secret[:at] + changed + secret[at + 2 :]
    return secret + "y"


EDITS: dict[str, Callable[[str], str]] = {
    "last character changed": lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
    "first character changed": lambda secret: ("a" if secret[0] != "a" else "b") + secret[1:],
    "last character dropped": lambda secret: secret[:-1],
    "one character more": lambda secret: secret + "x",
    "second half dropped": lambda secret: secret[: (len(secret) + 1) // 2],
    "another case": str.swapcase,
    "another with the same hash": of_equal_hash,
}
"""Ways to miss a secret narrowly, each the mistake of some comparison."""


def secret_of(valid: Credential, auth: Auth) -> str:
    """What is secret about valid credentials: for Basic the password, else the ticket or token."""
    assert valid.value is not None
    return (auth.basic[0].password if valid.name == "basic" else valid.value).reveal()


def with_secret(valid: Credential, auth: Auth, secret: str) -> Credential:
    """The same credentials with another secret; the valid ones themselves if it is no other.

    For Basic the password changes before it is encoded: base64 itself has slack bits and padding that decode equal.
    """
    if secret == secret_of(valid, auth):
        return valid
    return valid.with_value(encoded(auth.basic[0].user, secret) if valid.name == "basic" else secret)


@lru_cache(maxsize=64)
def edits(secret: str) -> st.SearchStrategy[str]:
    """Texts at one edit from `secret`: the first, the last and any other place, never white space at an end."""
    places = st.one_of(st.just(0), st.just(max(0, len(secret) - 1)), st.integers(0, max(0, len(secret) - 1)))
    letter = st.sampled_from(ALPHABET)

    def change(at: int, new: str) -> str:
        return secret[:at] + new + secret[at + 1 :]

    def add(at: int, new: str) -> str:
        return secret[: at + 1] + new + secret[at + 1 :]

    def drop(at: int, _: str) -> str:
        return secret[:at] + secret[at + 1 :]

    made = st.builds(lambda edit, at, new: edit(at, new), st.sampled_from((change, drop, add)), places, letter)
    return made.filter(lambda text: text != secret and bool(text) and text == text.strip())
