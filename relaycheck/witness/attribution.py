"""Which request caused a mail: the nonces in its envelope and content, also inside encoded content. Pure."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from relaycheck.message import NONCE

if TYPE_CHECKING:
    from relaycheck.exchange import Delivery

_LENGTH = len(NONCE) - 2
_NONCE = re.compile(rb"(?=(%s[0-9a-z]{%d}))" % (NONCE[:2].encode(), _LENGTH))
_SHAPE = re.compile(rf"{NONCE[:2]}[0-9a-z]{{{_LENGTH}}}")
_BASE64_LINES = re.compile(rb"(?m)(?:^[A-Za-z0-9+/]{4,}={0,2}[ \t]*\r?(?:\n|\Z))+")
_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)


@lru_cache(maxsize=16384)
def has_shape(nonce: str) -> bool:
    """Whether the nonce is one that `nonces` finds."""
    return _SHAPE.fullmatch(nonce.lower()) is not None


def folded(text: str) -> bytes:
    """Text as `text_of` has it: ASCII letters in lower case, other octets untouched."""
    return text.encode("utf-8", "surrogateescape").lower()


def nonces(searchable: bytes) -> frozenset[str]:
    """Everything in the text of a mail that looks like a nonce, in lower case."""
    return frozenset(found.decode("ascii") for found in _NONCE.findall(searchable))


def text_of(delivery: Delivery) -> bytes:
    """Envelope and message in lower case, followed by what base64, quoted-printable and encoded words hold."""
    envelope = " ".join((delivery.sender, *(r.address for r in delivery.recipients)))
    parts = [envelope.encode("utf-8", "surrogateescape"), delivery.data]
    lowered = delivery.data.lower()
    if b"base64" in lowered:
        parts += [_base64(block) for block in _BASE64_LINES.findall(delivery.data)]
    if b"quoted-printable" in lowered:
        parts.append(quopri.decodestring(delivery.data))
    if b"=?" in lowered:
        parts += [_word(kind, word) for kind, word in _ENCODED_WORD.findall(delivery.data)]
    return b"\n".join(parts).lower()


def _word(kind: bytes, word: bytes) -> bytes:
    """The octets of an encoded word (RFC 2047 §4)."""
    return _base64(word) if kind in b"bB" else quopri.decodestring(word, header=True)


def _base64(block: bytes) -> bytes:
    compact = b"".join(block.split()).rstrip(b"=")
    usable = len(compact) - (len(compact) % 4 == 1)
    try:
        return base64.b64decode(compact[:usable] + b"=" * (-usable % 4))
    except binascii.Error:
        return b""
