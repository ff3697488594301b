"""Mailboxes of RFC 5321 §4.1.2 in one domain, each with `NONCE` in its local part."""

from __future__ import annotations

import string
from functools import lru_cache

from hypothesis import strategies as st

from relaycheck.message import NONCE

LOCAL_PART_OCTETS = 64  # RFC 5321 §4.5.3.1.1
ROOM = LOCAL_PART_OCTETS - len(NONCE)

_ATEXT = string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-"  # RFC 5322 §3.2.3
_QTEXT = "".join(chr(c) for c in range(32, 127) if chr(c) not in '"\\')  # RFC 5321 §4.1.2
_QUOTABLE = "".join(chr(c) for c in range(32, 127))


@lru_cache(maxsize=64)
def ordinary_mailboxes(domain: str) -> st.SearchStrategy[str]:
    """Addresses as people have them: lower-case letters, digits, and dots or hyphens between them."""
    atoms = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=10)
    stem = st.lists(atoms, max_size=3).flatmap(
        lambda parts: st.sampled_from(".-").map(lambda mark: mark.join([*parts, NONCE]))
    )
    return stem.map(lambda local: f"{local}@{domain}")


@lru_cache(maxsize=64)
def odd_mailboxes(domain: str) -> st.SearchStrategy[str]:
    """Valid but rare: every atext character, tags, upper case, 64 octets, quoted strings and pairs."""
    return st.one_of(*odd_kinds(domain))


def odd_kinds(domain: str) -> tuple[st.SearchStrategy[str], ...]:
    """The kinds of `odd_mailboxes`, each by itself: in few examples of all of them, some kinds do not occur."""
    kinds = (_dot_strings(), _tagged(), _upper(), _longest(), _quoted())
    return tuple(kind.map(lambda part: f"{part}@{domain}") for kind in kinds)


@lru_cache(maxsize=64)
def mailboxes(domain: str) -> st.SearchStrategy[str]:
    """Any valid mailbox in `domain`: ordinary or odd."""
    return ordinary_mailboxes(domain) | odd_mailboxes(domain)


@lru_cache(maxsize=64)
def _dot_strings() -> st.SearchStrategy[str]:
    atoms = st.text(_ATEXT, min_size=1, max_size=ROOM // 3 - 1)
    return st.tuples(st.lists(atoms, max_size=2), st.lists(atoms, max_size=1)).map(
        lambda ends: ".".join([*ends[0], NONCE, *ends[1]])
    )


@lru_cache(maxsize=64)
def _tagged() -> st.SearchStrategy[str]:
    return st.text(string.ascii_lowercase, min_size=1, max_size=10).map(lambda tag: f"{NONCE}+{tag}")


@lru_cache(maxsize=64)
def _upper() -> st.SearchStrategy[str]:
    return st.text(string.ascii_letters, min_size=1, max_size=10).map(lambda name: f"{name.title()}.{NONCE}")


@lru_cache(maxsize=64)
def _longest() -> st.SearchStrategy[str]:
    return st.text(string.ascii_lowercase, min_size=ROOM, max_size=ROOM).map(lambda fill: fill + NONCE)


@lru_cache(maxsize=64)
def _quoted() -> st.SearchStrategy[str]:
    pieces = st.sampled_from(_QTEXT) | st.sampled_from(_QUOTABLE).map(lambda char: "\\" + char)
    side = st.lists(pieces, max_size=(ROOM - 2) // 4).map("".join)  # a piece has at most two octets
    return st.tuples(side, side).map(lambda ends: f'"{ends[0]}{NONCE}{ends[1]}"')
