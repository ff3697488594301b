"""The two SASL mechanisms that the witness speaks, PLAIN (RFC 4616) and LOGIN, as pure decoding."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relaycheck.secret import Secret

MECHANISMS = ("PLAIN", "LOGIN")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client gave. The password is never printed."""

    user: str
    password: bytes = field(repr=False)

    def right(self, accounts: Mapping[str, Secret] | None) -> bool:
        secret = (accounts or {}).get(self.user)
        return secret is not None and secret.reveal().encode() == self.password


def decoded(response: bytes) -> bytes | None:
    """The octets of a base64 response; "=" stands for none (RFC 4954 §4). None: not base64."""
    stripped = response.strip()
    if stripped == b"=":
        return b""
    try:
        return base64.b64decode(stripped, validate=True)
    except binascii.Error:
        return None


def plain(response: bytes) -> Credentials | None:
    """Authorization identity, user and password between NULs (RFC 4616 §2); None where that is not its form."""
    parts = response.split(b"\0")
    if len(parts) != 3:
        return None
    return Credentials(parts[1].decode("utf-8", "surrogateescape"), parts[2])
