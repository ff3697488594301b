"""Form bodies (WHATWG URL, "application/x-www-form-urlencoded") in the array style that the target declares."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from relaycheck.encodings.charsets import octets
from relaycheck.encodings.members import Pairs, pairs_of, scalar, shuffled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.encodings.members import JsonValue
    from relaycheck.encodings.spellings import FormSpelling

Style = Literal["indexed", "repeated", "brackets"]

INDEX = re.compile(r"\[[0-9]+\]")
_AS_IS = frozenset(b"*-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def write_form(value: Mapping[str, JsonValue] | Pairs, style: Style, spelling: FormSpelling) -> bytes:
    """The properties as key and value pairs: `Recipients[0]=…`, `ConnectionInfoExtended.Port=…`; null says nothing."""
    fields = list(_fields("", value, style))
    rng = random.Random(f"encoded {spelling.seed}")
    return b"&".join(
        _octets(key, spelling, rng, raw=b"[]" if spelling.brackets == "raw" else b"")
        + b"="
        + _octets(text, spelling, rng)
        for key, text in shuffled(fields, spelling.order, _array)
    )


def _array(field: tuple[str, str]) -> str:
    """What all items of an array have in common: nothing says that their indexes may come in another order than that of counting."""
    return INDEX.sub("", field[0])


def _fields(key: str, value: JsonValue, style: Style) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, (str, bool, int, float)):
        yield key, scalar(value)
    elif isinstance(value, (Mapping, Pairs)):
        for name, item in pairs_of(value):
            yield from _fields(f"{key}.{name}" if key else name, item, style)
    else:
        for index, item in enumerate(item for item in value if item is not None):
            suffix = {"indexed": f"[{index}]", "brackets": "[]", "repeated": ""}[style]
            yield from _fields(key + suffix, item, style)


def _octets(text: str, spelling: FormSpelling, rng: random.Random, raw: bytes = b"") -> bytes:
    written = bytearray()
    for octet in octets(text, spelling.charset, bom=False):
        more = spelling.encoded == "all" or (spelling.encoded == "some" and not rng.randrange(4))
        if octet == 0x20 and not (more and spelling.space == "%20"):
            written += spelling.space.encode()
        elif octet in raw or (octet in _AS_IS and not more):
            written.append(octet)
        else:
            written += b"%%%02X" % octet if spelling.upper_hex else b"%%%02x" % octet
    return bytes(written)
