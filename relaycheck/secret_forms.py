"""The bytes in which a secret may come back: encodings that can be listed, and escapes that mix character by character. Pure."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHORTEST = 4
"""Octets. A shorter value would match everywhere, so it is hidden where it is used but not searched for."""
SHORTEST_BASE64 = 6
"""Characters of base64 that the value alone must determine."""

_ORDINARY = """
account admin agent basic bearer body connection cookie core credentials default demo email example false from guest header
host http https json login mail message name none null pass passwd password post recipients relay relaycheck relaymessage
request response root secret select sender server session smtp string subject superoffice test testing text ticket token
true user username value xsrf
"""
COMMON_WORDS = frozenset(_ORDINARY.split())
"""Words of ordinary traffic. A secret that is one is searched for only where it is encoded: its plain text proves nothing."""

_BEFORE_WORD = rb"(?:(?<![0-9A-Za-z])|(?<=\\[bfnrt])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4}))"
_AFTER_WORD = rb"(?![0-9A-Za-z])"
_BASE64_CHARACTER = rb"[0-9A-Za-z+/_-]"
_PERCENT = rb"%(?:25){0,3}"
_BACKSLASH = rb"(?:\\|%(?:25){0,3}5[cC])"
_AMPERSAND = rb"&(?:amp;){0,3}"
_ENTITIES = {'"': b"quot", "&": b"amp", "<": b"lt", ">": b"gt", "'": b"apos"}


@dataclass(frozen=True, slots=True)
class Form:
    """One literal form. `pattern` finds it with what belongs to it; `text` must be there for that (`folded`: in any case)."""

    text: bytes
    pattern: bytes
    folded: bool = False

    @property
    def key(self) -> bytes:
        return self.text.lower()

    def compiled(self) -> re.Pattern[bytes]:
        return _compiled(self.pattern)


@lru_cache(maxsize=4096)
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


class Forms:
    """Every form of one value. Short values match only as whole words, and common words only where they are encoded."""

    def __init__(self, value: str) -> None:
        self.value = value
        octets = value.encode("utf-8", "surrogatepass")
        self.searched = len(octets) >= SHORTEST
        self.plain = self.searched and value.lower() not in COMMON_WORDS
        wordlike = value.isalpha() or value.isdigit()
        self.bounded = len(octets) < 6 or (len(octets) < 8 and wordlike)
        self.octets = [octets]
        if not value.isascii() and all(ord(c) < 256 for c in value):
            self.octets.append(value.encode("latin-1"))

    @cached_property
    def literal(self) -> tuple[Form, ...]:
        """The forms that can be listed, each once."""
        return tuple({form.text: form for form in self._literal()}.values()) if self.searched else ()

    def _literal(self) -> Iterator[Form]:
        for octets in self.octets:
            yield Form(octets.hex().encode(), b"(?i:%s)" % octets.hex().encode(), folded=True)
            for core, lead, loose_end in self._base64(octets):
                before = _BASE64_CHARACTER + b"?" if lead else b""
                after = _BASE64_CHARACTER + b"?={0,2}" if loose_end else b""
                yield Form(core, before + re.escape(core) + after)
        if self.plain:
            for coding in ("utf-16-le", "utf-16-be"):
                wide = self.value.encode(coding, "surrogatepass")
                yield Form(wide, re.escape(wide))
            for octets in self.octets:
                yield Form(octets, self._whole_word(re.escape(octets)))

    def _whole_word(self, pattern: bytes) -> bytes:
        if not self.bounded:
            return pattern
        before = _BEFORE_WORD if self.value[:1].isalnum() else b""
        after = _AFTER_WORD if self.value[-1:].isalnum() else b""
        return before + b"(?:" + pattern + b")" + after

    @staticmethod
    def _base64(octets: bytes) -> Iterator[tuple[bytes, int, bool]]:
        """What `octets` alone determines in base64, at each alignment that they can have inside a longer text."""
        coders: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode)
        for coder in coders:
            for lead in range(3):
                text = coder(b"\0" * lead + octets).rstrip(b"=")
                core = text[(lead * 8 + 5) // 6 : (lead + len(octets)) * 8 // 6]
                if len(core) >= SHORTEST_BASE64:
                    yield core, lead, (lead + len(octets)) % 3 != 0
            whole = coder(octets).rstrip(b"=")
            if len(whole) == SHORTEST_BASE64:
                yield whole, 0, False

    @cached_property
    def escapable(self) -> tuple[str, ...]:
        """The texts in which single characters may be escaped: the value, and base64 that has characters worth escaping."""
        if not self.searched:
            return ()
        cores = {core.decode() for octets in self.octets for core, _, _ in self._base64(octets)}
        return ((self.value,) if self.plain else ()) + tuple(sorted(c for c in cores if "+" in c or "/" in c))

    @cached_property
    def escape(self) -> re.Pattern[bytes]:
        """Any escape of any character of the value: where there is none, only literal forms can be."""
        return any_escape(self.escapable)

    @cached_property
    def escaped(self) -> re.Pattern[bytes]:
        """The value with any of its characters escaped: percent, JSON, HTML, up to four deep. It is what group 1 matches.

        Like `any_escape` it begins with one character class, and only from there looks back at what begins with it.
        """
        patterns = []
        for text in self.escapable:
            pattern = b"".join(_character(c) for c in text)
            patterns.append(self._whole_word(pattern) if text == self.value else pattern)
        firsts = {octets[:1] for text in self.escapable for octets in _encodings(text[0])} | {b"%", b"\\", b"&", b"+"}
        begin = b"[" + b"".join(map(re.escape, sorted(firsts))) + b"]"
        return re.compile(begin + rb"(?<=(?=(" + b"|".join(b"(?:%s)" % p for p in patterns) + rb")).)", re.DOTALL)


def any_escape(texts: tuple[str, ...]) -> re.Pattern[bytes]:
    """A quick pattern for any escape of any character of `texts`. It may find more than that, never less.

    It begins with one character class, which `re` looks for at the speed of a scan.
    """
    letters = {c for text in texts for c in text}
    octets = {o for c in letters for o in c.encode("utf-8", "surrogatepass")} | {
        ord(c) for c in letters if ord(c) < 256
    }
    wide = [c.encode("utf-16-be", "surrogatepass")[:2] for c in letters]
    units = [b"00" + _any_octet({w[1] for w in wide if not w[0]})] if any(not w[0] for w in wide) else []
    units += sorted({_hex(w.hex().encode()) for w in wide if w[0]})
    ways = [rb"(?<=%)(?:25){0,3}" + _any_octet(octets)]
    after = [b"u(?:" + b"|".join(units) + b")", *(re.escape(c.encode()) for c in "\"'/" if c in letters)]
    after += [_BACKSLASH] if "\\" in letters else []
    ways.append(rb"(?:(?<=%)(?:25){0,3}5[cC]|(?<=\\))" + _BACKSLASH + b"{0,7}(?:" + b"|".join(after) + b")")
    ways.append(rb"(?<=&)(?:amp;){0,3}(?:#[xX]?[0-9A-Fa-f]{1,14}|quot|amp|lt|gt|apos);")
    ways += [rb"(?<=\+)"] if " " in letters else []
    return re.compile(rb"[%\\&+](?:" + b"|".join(ways) + b")") if letters else re.compile(rb"(?!)")


def _any_octet(octets: set[int]) -> bytes:
    """A pattern for the hex digits of any of `octets`, in either case, sorted by the first digit."""
    by_first: dict[str, str] = {}
    for octet in sorted(octets):
        first, second = f"{octet >> 4:x}", f"{octet & 15:x}"
        by_first[first] = by_first.get(first, "") + second + second.upper() * second.isalpha()
    ways = (f"[{first}{first.upper()}][{seconds}]" for first, seconds in by_first.items())
    return f"(?:{'|'.join(ways)})".encode()


def _encodings(character: str) -> tuple[bytes, ...]:
    octets = character.encode("utf-8", "surrogatepass")
    return (octets, bytes([ord(character)])) if 128 <= ord(character) < 256 else (octets,)


@lru_cache(maxsize=1024)
def _escapes(character: str) -> tuple[bytes, ...]:
    """Patterns for every escape of `character`, or of one octet of it."""
    code = ord(character)
    octets = set(character.encode("utf-8", "surrogatepass")) | ({code} if code < 256 else set())
    found = [_PERCENT + _hex(b"%02x" % octet) for octet in sorted(octets)]
    found.append(_units(character))
    if character in "\"'/":
        found.append(_BACKSLASH + b"{1,8}(?:%s|%s%s)" % (character.encode(), _PERCENT, _hex(b"%02x" % code)))
    if character == "\\":
        found.append(_BACKSLASH + b"{2,8}")
    if character == " ":
        found.append(rb"\+")
    found.append(_AMPERSAND + b"#(?:0{0,6}%d|[xX]0{0,6}%s);" % (code, _hex(b"%x" % code)))
    if character in _ENTITIES:
        found.append(_AMPERSAND + _ENTITIES[character] + b";")
    return tuple(found)


@lru_cache(maxsize=1024)
def _character(character: str) -> bytes:
    """A pattern for `character` as it is or escaped."""
    code = ord(character)
    octets = character.encode("utf-8", "surrogatepass")
    spelled = b"".join(b"(?:%s|%s%s)" % (re.escape(bytes([o])), _PERCENT, _hex(b"%02x" % o)) for o in octets)
    others = [p for p in _escapes(character) if not p.startswith(_PERCENT)]
    if 128 <= code < 256:
        others.append(b"(?:%s|%s%s)" % (re.escape(bytes([code])), _PERCENT, _hex(b"%02x" % code)))
    return b"(?:%s)" % b"|".join([*others, spelled])


def _units(character: str) -> bytes:
    wide = character.encode("utf-16-be", "surrogatepass")
    return b"".join(_BACKSLASH + b"{1,8}u" + _hex(wide[n : n + 2].hex().encode()) for n in range(0, len(wide), 2))


def _hex(digits: bytes) -> bytes:
    """A pattern for hex digits in either case."""
    return b"".join(b"[%c%c]" % (d, d - 32) if d >= 0x61 else b"%c" % d for d in digits)
