"""Form bodies (WHATWG URL, "application/x-www-form-urlencoded parsing") in the three usual spellings of arrays and members.

`Recipients[0]=a`, `Recipients[]=a` and repeated `Recipients=a` name the same array; `ConnectionInfoExtended.Port` and
`ConnectionInfoExtended[Port]` the same member. The text is decoded UTF-8; escapes are UTF-8 octets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relaycheck.reference.received import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEX = re.compile(rb"%([0-9A-Fa-f]{2})")
INDEX = re.compile(r"[0-9]{1,9}")
MOST_KEYS = 5_000


@dataclass(frozen=True, slots=True)
class Key:
    """A form key taken apart: the member, and what follows it ("" for `[]`, digits for an index, else a member inside)."""

    name: str
    inner: tuple[str, ...] = ()


def split_pairs(text: str) -> list[tuple[str, str]]:
    """Raw pairs at `&`; empty ones vanish."""
    if text.strip() and "=" not in text:
        raise Refusal(400, "bad-form", "The body is not a form: it has no name=value pair.")
    pairs = [piece for piece in text.split("&") if piece]
    if len(pairs) > MOST_KEYS:
        raise Refusal(400, "bad-form", "The form has too many keys.")
    return [(name, value) for name, _, value in (piece.partition("=") for piece in pairs)]


def unescape(text: str) -> str:
    """`+` is a space, then percent escapes; a `%` that starts none stays as it is (WHATWG)."""
    octets = HEX.sub(lambda m: bytes([int(m[1], 16)]), text.replace("+", " ").encode("utf-8", "surrogatepass"))
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "bad-form", "The form holds escapes that are not UTF-8.") from None


def parse_key(name: str) -> Key:
    head, *rest = re.split(r"[.\[]", name, maxsplit=1)
    if not rest:
        return Key(name)
    inner = []
    tail = name[len(head) :]
    while tail:
        found = re.match(r"\[([^\[\]]*)\]|\.([^.\[\]]+)", tail)
        if not found:
            raise Refusal(400, "bad-form", "A form key has unbalanced brackets.")
        inner.append(found[1] if found[1] is not None else found[2])
        tail = tail[found.end() :]
    return Key(head, tuple(inner))


def order_items(items: list[tuple[str, str]]) -> list[str]:
    """The items of one array: by index where keys have one, else as they came. Nothing is allocated by index."""
    indexed = [(index, value) for index, value in items if index]
    if len(indexed) not in (0, len(items)):
        raise Refusal(400, "bad-form", "An array mixes keys with and without an index.")
    if not indexed:
        return [value for _, value in items]
    if any(not INDEX.fullmatch(index) for index, _ in indexed):
        raise Refusal(400, "bad-form", "An array index is not a number.")
    numbers = sorted((int(index), value) for index, value in indexed)
    if [number for number, _ in numbers] != list(range(len(numbers))):
        raise Refusal(400, "bad-form", "Array indexes must count from 0 without gaps or repetition.")
    return [value for _, value in numbers]


def gather(steps: FormReading, pairs: Iterable[tuple[Key, str]]) -> dict[str, Any]:
    """Members, arrays and the one nested object, from keys in any order."""
    spelled: dict[str, str] = {}
    arrays: dict[str, list[tuple[str, str]]] = {}
    nested: dict[str, dict[str, Any]] = {}
    for key, value in pairs:
        folded = key.name.lower()
        spelled.setdefault(folded, key.name)
        if len(key.inner) > 1:
            continue  # no property is nested that deep: ignored like any unknown member
        if key.inner and key.inner[0] and not key.inner[0].isdigit():
            inside = nested.setdefault(folded, {})
            if key.inner[0] in inside:
                raise Refusal(400, "bad-form", "The form names a member twice.")
            inside[key.inner[0]] = value
        else:
            arrays.setdefault(folded, []).append((key.inner[0] if key.inner else "", value))
    members: dict[str, Any] = {}
    for folded, name in spelled.items():
        if folded in nested:
            members[name] = nested[folded]
        elif folded == "recipients":
            members[name] = steps.order_items(arrays[folded])
        elif folded in arrays:
            members[name] = steps.single(arrays[folded])
    return members


def single(items: list[tuple[str, str]]) -> str | list[str]:
    """A property that is no array came once; several values stay a list, which binding refuses."""
    return items[0][1] if len(items) == 1 and not items[0][0] else [value for _, value in items]


def read_form(steps: FormReading, text: str) -> dict[str, Any]:
    pairs = [(steps.unescape(name), steps.unescape(value)) for name, value in steps.split_pairs(text)]
    return steps.gather(steps, [(steps.parse_key(name), value) for name, value in pairs])


@dataclass(frozen=True, slots=True)
class FormReading:
    """Steps from form text to members."""

    read: Callable[[FormReading, str], dict[str, Any]] = read_form
    split_pairs: Callable[[str], list[tuple[str, str]]] = split_pairs
    unescape: Callable[[str], str] = unescape
    parse_key: Callable[[str], Key] = parse_key
    order_items: Callable[[list[tuple[str, str]]], list[str]] = order_items
    single: Callable[[list[tuple[str, str]]], str | list[str]] = single
    gather: Callable[[FormReading, Iterable[tuple[Key, str]]], dict[str, Any]] = gather
