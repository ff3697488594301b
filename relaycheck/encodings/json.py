"""JSON text (RFC 8259) in a given spelling."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import lru_cache
from json import JSONEncoder
from typing import TYPE_CHECKING

from relaycheck.encodings.charsets import octets, unfit
from relaycheck.encodings.members import Pairs, pairs_of, scalar, shuffled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.encodings.members import JsonValue
    from relaycheck.encodings.spellings import JsonSpelling

_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WHITESPACE = ("", " ", "\n", "\t", "\r\n", "  ", " \r")
_NEEDED = '"\\\\\x00-\x1f\ud800-\udfff'
_LONE = re.compile("[\ud800-\udfff]")
_PYTHON = JSONEncoder(ensure_ascii=False)
_CANDIDATES = {
    "minimal": f"[{_NEEDED}]",
    "non-ascii": f"[{_NEEDED}\x7f-\U0010ffff]",
    "some": r"[\s\S]",
    "all": r"[\s\S]",
}


def write_json(value: JsonValue, spelling: JsonSpelling) -> bytes:
    """Any JSON value as text in the spelling's charset. What the charset lacks, and a lone surrogate, is escaped."""
    tokens = list(_Tokens(spelling).of(value))
    if spelling.whitespace is not None:
        rng = random.Random(f"whitespace {spelling.whitespace}")
        tokens = [rng.choice(_WHITESPACE) + token for token in tokens] + [rng.choice(_WHITESPACE)]
    return octets("".join(tokens), spelling.charset, bom=spelling.bom)


class _Tokens:
    """The tokens of a value. Holds the one source of chance, so that each string is escaped in its own way."""

    def __init__(self, spelling: JsonSpelling) -> None:
        self.spelling = spelling
        self.rng = random.Random(f"escapes {spelling.seed}")
        plain = spelling.escapes == "minimal" and not spelling.solidus and spelling.charset == "utf-8"
        self.table = _minimal(spelling.short, spelling.upper_hex) if plain else None
        self.as_python = plain and spelling.short and not spelling.upper_hex

    def of(self, value: JsonValue) -> Iterator[str]:
        if value is None:
            yield "null"
        elif isinstance(value, str):
            yield self.string(value)
        elif isinstance(value, (bool, int, float)):
            yield scalar(value)
        elif isinstance(value, (Mapping, Pairs)):
            yield from self.object(value)
        else:
            yield "["
            for index, item in enumerate(value):
                if index:
                    yield ","
                yield from self.of(item)
            yield "]"

    def object(self, value: Mapping[str, JsonValue] | Pairs) -> Iterator[str]:
        yield "{"
        for index, (name, item) in enumerate(shuffled(pairs_of(value), self.spelling.order)):
            if index:
                yield ","
            camel = self.spelling.property_case == "camel"
            yield self.string(name[:1].lower() + name[1:] if camel else name)
            yield ":"
            yield from self.of(item)
        yield "}"

    def string(self, text: str) -> str:
        if self.as_python and (text.isascii() or not _LONE.search(text)):
            return _PYTHON.encode(text)  # ten times as fast
        if self.table is not None:
            return f'"{text.translate(self.table)}"'
        spelling = self.spelling
        pattern = _CANDIDATES[spelling.escapes]
        extra = set(unfit(text, spelling.charset)) | ({"/"} if spelling.solidus else set())
        if extra:
            pattern += f"|[{re.escape(''.join(sorted(extra)))}]"
        return f'"{re.sub(pattern, self.escape, text)}"'

    def escape(self, found: re.Match[str]) -> str:
        char, spelling = found[0], self.spelling
        if spelling.escapes == "some" and self.free(char) and self.rng.randrange(4):
            return char
        if spelling.escapes != "all":
            if spelling.short and char in _SHORT:
                return _SHORT[char]
            if char == "/" and spelling.solidus:
                return "\\/"
        return "".join(self.unit(u) for u in _utf16(char))

    def free(self, char: str) -> bool:
        """Whether the character may stand as it is."""
        if re.match(f"[{_NEEDED}]", char) or unfit(char, self.spelling.charset):
            return False
        return not (char == "/" and self.spelling.solidus)

    def unit(self, unit: int) -> str:
        return _unit(unit, self.spelling.upper_hex)


def _unit(unit: int, upper_hex: bool) -> str:
    return f"\\u{unit:04X}" if upper_hex else f"\\u{unit:04x}"


@lru_cache(maxsize=4)
def _minimal(short: bool, upper_hex: bool) -> dict[int, str]:
    """What must be escaped, for `str.translate`: the spelling of nearly every request."""
    needed = (*range(0x20), ord('"'), ord("\\"), *range(0xD800, 0xE000))
    escaped = {code: _unit(code, upper_hex) for code in needed}
    return escaped | ({ord(char): text for char, text in _SHORT.items()} if short else {})


def _utf16(char: str) -> tuple[int, ...]:
    code = ord(char)
    return (code,) if code < 0x10000 else (0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF))
