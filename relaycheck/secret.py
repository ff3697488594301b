"""Secrets as one type that never prints, and the redaction of bytes that hold one.

A `Secret` shows its name, never its value. A `Redactor` knows every form in which a value may come back (as it is, base64 at any
alignment, hex, percent-encoded, JSON- or HTML-escaped, and these over each other) and replaces each by the same placeholder.
Not found: a value that a line break divides, and one inside a compressed body, which whoever records it opens first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from relaycheck.secret_forms import Form, Forms, any_escape

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = 4  # octets of a machine word, in which data is compared with the forms
ALWAYS_HOLDS_A_WORD = 2 * WORD - 1  # octets; a form this long covers a whole aligned word wherever it stands
OPENING = "‹secret:".encode()
LINE_END = b"\r\n"
SHORT = 2048
"""Octets, of what is worth recalling: a header section, an answer."""
RECALLED_AT_MOST = 20_000
"""Lines, so that a long run does not grow with them."""


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
def forms_of(value: str) -> Forms:
    return Forms(value)


def spellings(value: str) -> tuple[bytes, ...]:
    """Every literal form of `value` that counts as the secret itself, longest first; empty for values too short to search for."""
    return tuple(sorted((form.text for form in forms_of(value).literal), key=len, reverse=True))


@dataclass(frozen=True)
class Redactor:
    """Replaces secrets in bytes and text. Immutable; `with_secrets` gives a larger one."""

    secrets: tuple[Secret, ...] = ()
    smaller: Redactor | None = field(default=None, repr=False, compare=False)
    """The redactor that this one adds secrets to: its search is used again."""
    recalled: dict[bytes, bytes] | None = field(default=None, repr=False, compare=False)
    """What short lines became, where the redactor lives long enough to meet them again."""

    def recalling(self) -> Redactor:
        """The same, for a whole run: most lines of its requests and answers come again."""
        return replace(self, recalled={})

    def with_secrets(self, *more: Secret) -> Redactor:
        new = tuple(dict.fromkeys(s for s in more if s not in self.secrets))
        return Redactor(self.secrets + new, self) if new else self

    def found_in(self, data: bytes) -> tuple[str, ...]:
        """The names of the secrets that `data` holds in any form. A placeholder holds none."""
        found = {name for piece in self._pieces(data) for _, _, name in self._spans(piece)}
        return tuple(dict.fromkeys(s.name for s in self.secrets if s.name in found)) if found else ()

    def redact(self, data: bytes) -> bytes:
        """`data` with a placeholder for each secret; what overlaps gets the placeholder of the longest."""
        if self.recalled is None or len(data) > SHORT:
            return self._redacted(data)
        if not self._within_lines or LINE_END not in data:
            return self._recalled(data, self.recalled)
        return LINE_END.join([self._recalled(line, self.recalled) for line in data.split(LINE_END)])

    def _recalled(self, data: bytes, recalled: dict[bytes, bytes]) -> bytes:
        known = recalled.get(data)
        if known is None:
            known = self._redacted(data)
            if len(recalled) < RECALLED_AT_MOST:
                recalled[data] = known
        return known

    @cached_property
    def _within_lines(self) -> bool:
        """Whether no form of a secret has a part of a line end, so that lines can be searched one by one."""
        forms = (form.text for secret in self.secrets for form in forms_of(secret.value).literal)
        return not any(b"\r" in text or b"\n" in text for text in forms)

    def _redacted(self, data: bytes) -> bytes:
        while True:  # a placeholder ends a word, so a short secret beside it may show only now
            redacted = b"".join([self._replaced(piece) for piece in self._pieces(data, keep=True)])
            if redacted == data:
                return data
            data = redacted

    def redact_text(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        redacted = self.redact(data)
        if redacted == data:
            return text
        try:
            return redacted.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # a Latin-1 form ended inside a character
            return redacted.decode("utf-8", "replace")

    def not_searched(self) -> tuple[str, ...]:
        """The names of secrets too short or too common to be found as plain text: a report must say so."""
        return tuple(dict.fromkeys(s.name for s in self.secrets if s and not forms_of(s.value).plain))

    @cached_property
    def _searches(self) -> tuple[_Search, ...]:
        before = self.smaller.secrets if self.smaller is not None else ()
        known = {s.value for s in before}
        new = tuple(s for s in self.secrets[len(before) :] if s.value not in known)
        inherited = self.smaller._searches if self.smaller is not None else ()
        return (*inherited, _Search(new)) if new else inherited

    def _spans(self, piece: bytes) -> list[tuple[int, int, str]]:
        return [span for search in self._searches for span in search.spans(piece)] if piece else []

    @cached_property
    def _placeholders(self) -> re.Pattern[bytes]:
        texts = sorted({s.placeholder.encode() for s in self.secrets}, key=len, reverse=True)
        return re.compile(b"(%s)" % b"|".join(map(re.escape, texts)))

    def _pieces(self, data: bytes, *, keep: bool = False) -> list[bytes]:
        """`data` cut at the placeholders that it already has; `keep`: with them."""
        if not self.secrets or OPENING not in data:
            return [data]
        pieces = self._placeholders.split(data)
        return pieces if keep else pieces[::2]

    def _replaced(self, piece: bytes) -> bytes:
        if OPENING in piece and self._placeholders.fullmatch(piece):
            return piece
        spans = self._spans(piece)
        if not spans:
            return piece
        spans.sort(key=lambda span: (span[0], -span[1]))
        out: list[bytes] = []
        done = 0
        while spans:
            start, end, name = spans.pop(0)
            longest = end - start
            while spans and spans[0][0] < end:
                other_start, other_end, other = spans.pop(0)
                if other_end - other_start > longest:
                    longest, name = other_end - other_start, other
                end = max(end, other_end)
            out += [piece[done:start], f"‹secret:{name}›".encode()]
            done = end
        return b"".join([*out, piece[done:]])


class _Search:
    """Looks for all forms of all secrets at once.

    Most data holds none, so that is found out first: any form of seven octets or more covers an aligned four-octet word, and the
    words of the data are looked up in one set.
    """

    def __init__(self, secrets: tuple[Secret, ...]) -> None:
        first = {s.value: s for s in reversed(secrets)}
        self.known = [(s.name, forms_of(s.value)) for s in first.values() if forms_of(s.value).searched]
        self.anchored: dict[int, list[tuple[str, Form]]] = {}
        self.short: list[tuple[str, Form]] = []
        for name, forms in self.known:
            for form in forms.literal:
                self._file(name, form)
        self.words = frozenset(self.anchored)
        self.escape = any_escape(tuple(text for _, forms in self.known for text in forms.escapable))

    def _file(self, name: str, form: Form) -> None:
        if len(form.text) < ALWAYS_HOLDS_A_WORD:
            self.short.append((name, form))
            return
        for shift in range(WORD):
            word = memoryview(form.key[shift : shift + WORD]).cast("I")[0]
            self.anchored.setdefault(word, []).append((name, form))

    def spans(self, data: bytes) -> list[tuple[int, int, str]]:
        """Where which secret stands: (start, end, name), in no order, overlaps included."""
        found: list[tuple[int, int, str]] = []
        lower = data.lower()
        words = memoryview(lower)[: len(lower) & -WORD].cast("I")
        if not self.words.isdisjoint(words):
            candidates = {
                id(f): (name, f) for word in self.words.intersection(words) for name, f in self.anchored[word]
            }
            for name, form in candidates.values():
                found += _spans_of(name, form, data, lower)
        for name, form in self.short:
            found += _spans_of(name, form, data, lower)
        if self.escape.search(data):
            for name, forms in self.known:
                if forms.escapable and forms.escape.search(data):
                    found += [(*match.span(1), name) for match in forms.escaped.finditer(data)]
        return found


def _spans_of(name: str, form: Form, data: bytes, lower: bytes) -> Iterator[tuple[int, int, str]]:
    if form.key in lower and (form.folded or form.text in data):
        for match in form.compiled().finditer(data):
            yield (*match.span(), name)
