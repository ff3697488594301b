"""The guard that keeps mail away from strangers: no request leaves with an address outside the safety domain."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.exchange import Request

ADDRESS = re.compile(r"@([A-Za-z0-9\u0080-\uffff._-]+|\[[^\]]*\])")
RESERVED = (".test", ".invalid", ".example", ".localhost", "example.com", "example.net", "example.org")
LITERALS = re.compile(r"\[(127\.\d+\.\d+\.\d+|IPv6:::1)\]", re.IGNORECASE)


GZIP = b"\x1f\x8b"  # RFC 1952 §2.3.1


class UnsafeAddress(Exception):
    """An address outside the safety domain: a fault of the suite, never of the target."""


def guard(request: Request, domain: str) -> None:
    """Refuse `request` when its envelope or its body names a domain that is neither `domain` nor reserved (RFC 2606).

    Raises UnsafeAddress.
    """
    message = request.message
    texts = [message.sender, *message.recipients] if message else []
    if message is None:
        texts.append(_plain(request.body).decode("latin-1").replace("%40", "@"))
    for text in texts:
        for found in ADDRESS.findall(text):
            if not safe(found, domain):
                raise UnsafeAddress(
                    f"{request.note or request.nonce}: @{found} is outside {domain} and the reserved domains: not sent"
                )


def _plain(body: bytes) -> bytes:
    """What is inside a gzip body: its octets may look like an address, and may hold one that is not to be seen."""
    if not body.startswith(GZIP):
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body


def safe(found: str, domain: str) -> bool:
    name = found.lower().rstrip(".")
    if LITERALS.fullmatch(found):
        return True
    allowed = (domain.lower(), *RESERVED)
    return any(name == a.lstrip(".") or name.endswith(a if a.startswith(".") else f".{a}") for a in allowed)
