"""Credentials that are almost right."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from relaycheck.client import Credential
    from relaycheck.target import Auth

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def one_edit_away(valid: Credential, auth: Auth) -> st.SearchStrategy[Credential]:
    """Credentials of the same scheme whose secret differs from the valid one by one character changed, dropped or added.

    For Basic the password is edited before it is encoded: base64 itself has slack bits and padding that decode equal.
    """
    assert valid.value is not None
    if valid.name == "basic":
        account = auth.basic[0]
        return edits(account.password.reveal()).map(
            lambda password: valid.with_value(base64.b64encode(f"{account.user}:{password}".encode()).decode())
        )
    return edits(valid.value.reveal()).map(valid.with_value)


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
