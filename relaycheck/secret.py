"""Secrets as one type that never prints, and the redaction of bytes that hold one.

A `Secret` shows its name, never its value. A `Redactor` knows every form in which a value may come back (as it is, base64 at any
alignment, hex, percent-encoded, JSON-escaped) and replaces each by the same placeholder.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, quote_plus

SHORTEST = 4  # octets; a shorter value would match everywhere, so it is hidden where it is used but not searched for


@dataclass(frozen=True, slots=True)
class Secret:
    """A named value that must appear in no artefact. `str` and `repr` give the placeholder; `reveal` gives the value."""

    name: str
    value: str = field(repr=False)

    @property
    def placeholder(self) -> str:
        return f"‹secret:{self.name}›"

    def reveal(self) -> str:
        """The value itself: only for bytes that go to the target."""
        return self.value

    def __str__(self) -> str:
        return self.placeholder

    def __repr__(self) -> str:
        return self.placeholder

    def __format__(self, spec: str) -> str:
        return format(self.placeholder, spec)

    def __bool__(self) -> bool:
        return bool(self.value)


@lru_cache(maxsize=4096)
def spellings(value: str) -> tuple[bytes, ...]:
    """Every form of `value` that counts as the secret itself, longest first; empty for values too short to search for."""
    raw = value.encode("utf-8")
    if len(raw) < SHORTEST:
        return ()
    found = {raw, value.encode("utf-16-le"), raw.hex().encode(), raw.hex().upper().encode()}
    found |= {quote(value, safe="").encode(), quote_plus(value).encode()}
    found |= {json.dumps(value)[1:-1].encode(), json.dumps(value, ensure_ascii=False)[1:-1].encode()}
    found |= {value.encode("latin-1")} if all(ord(c) < 256 for c in value) else set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        found |= set(_aligned(raw, encode))
    return tuple(sorted((f for f in found if len(f) >= SHORTEST), key=len, reverse=True))


def _aligned(raw: bytes, encode: object) -> list[bytes]:
    """The base64 characters that `raw` alone determines, at each of the three alignments it can have inside a longer text."""
    assert callable(encode)
    cores = []
    for lead in range(3):
        text: bytes = encode(b"\0" * lead + raw).rstrip(b"=")
        start = (lead * 8 + 5) // 6
        end = (lead + len(raw)) * 8 // 6
        core = text[start:end]
        if len(core) >= 6:
            cores.append(core)
    return cores


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces secrets in bytes and text. Immutable; `with_secrets` gives a larger one."""

    secrets: tuple[Secret, ...] = ()

    def with_secrets(self, *more: Secret) -> Redactor:
        return Redactor(self.secrets + tuple(s for s in more if s not in self.secrets))

    def found_in(self, data: bytes) -> tuple[str, ...]:
        """The names of the secrets that `data` holds in any form."""
        return tuple(s.name for s in self.secrets if any(form in data for form in spellings(s.value)))

    def redact(self, data: bytes) -> bytes:
        for form, placeholder in self._forms():
            if form in data:
                data = data.replace(form, placeholder)
        return data

    def redact_text(self, text: str) -> str:
        return self.redact(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def _forms(self) -> list[tuple[bytes, bytes]]:
        forms = [(form, s.placeholder.encode()) for s in self.secrets for form in spellings(s.value)]
        return sorted(forms, key=lambda pair: len(pair[0]), reverse=True)
