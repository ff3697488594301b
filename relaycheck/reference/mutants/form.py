"""Faults of reading forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from relaycheck.reference.content import FORM, read_members
from relaycheck.reference.mutants.json import under
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_form import order_items, parse_key, split_pairs, unescape
from relaycheck.reference.received import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.content import MediaType
    from relaycheck.reference.reading_form import Key
    from relaycheck.reference.service import Service


def plus_kept(text: str) -> str:
    return unescape(text.replace("+", "%2B"))


def plus_after_escapes(text: str) -> str:
    """Escapes first, then plus signs: those that were escaped become spaces too."""
    return unescape(text).replace("+", " ")


def capital_digits(text: str) -> str:
    return unescape(re.sub(r"%(?=[0-9A-F]*[a-f]|[0-9A-Fa-f][a-f])", "%25", text))


def twice(text: str) -> str:
    return unescape(unescape(text).replace("+", "%2B"))


def latin_1(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("latin-1")


def without_carriage_returns_escaped(text: str) -> str:
    return unescape(text).replace("\r\n", "\\r\\n") if re.search("%0[dD]%0[aA]", text) else unescape(text)


def last_wins(items: list[tuple[str, str]]) -> list[str]:
    return order_items(items)[-1:]


def one_digit(name: str) -> Key:
    """Reads one digit of an index."""
    return parse_key(re.sub(r"\[(\d)\d+\]", r"[\1]", name))


def later_digits_win(items: list[tuple[str, str]]) -> list[str]:
    return list(dict(items).values()) if items and items[0][0] else [value for _, value in items]


def at_most_ten(items: list[tuple[str, str]]) -> list[str]:
    return order_items(items)[:10]


def strict_percent(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("invalid escape")
    return unescape(text)


def semicolons(text: str) -> list[tuple[str, str]]:
    return split_pairs(text.replace(";", "&"))


def named(text: str) -> list[tuple[str, str]]:
    pairs = split_pairs(text)
    if any(not name for name, _ in pairs):
        raise KeyError("")
    return pairs


def allocated(items: list[tuple[str, str]]) -> list[str]:
    """An array up to the highest index, which the memory must hold."""
    if any(index.isdigit() and int(index) > 100_000_000 for index, _ in items):
        raise MemoryError
    return order_items(items)


def sparse_filled(items: list[tuple[str, str]]) -> list[str]:
    """What stands behind a gap is lost."""
    found = {int(index): value for index, value in items if index.isdigit()}
    if not found:
        return order_items(items)
    return [found[n] for n in range(len(items)) if n in found]


def few_keys(text: str) -> list[tuple[str, str]]:
    if text.count("&") > 1_000:
        raise OverflowError("keys")
    return split_pairs(text)


def connection_required(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    members = read_members(service, media_type, octets)
    if "connectioninfoextended" not in map(str.lower, members):
        raise Refusal(400, "bad-form", "ConnectionInfoExtended is missing.")
    return members


def reading(**steps: Callable[..., Any]) -> Callable[[Service], Service]:
    return change("content.form", **steps)


def indexes_of_one_digit(service: Service) -> Service:
    return reading(parse_key=one_digit, order_items=later_digits_win)(service)


MUTANTS = (
    Mutant("RM-FORM-01-plus", "RM-FORM-01", "A plus stays a plus.", reading(unescape=plus_kept)),
    Mutant(
        "RM-FORM-01-plus-last",
        "RM-FORM-01",
        "An escaped plus becomes a space.",
        reading(unescape=plus_after_escapes),
    ),
    Mutant(
        "RM-FORM-01-lower-case",
        "RM-FORM-01",
        "Escapes with small hexadecimal digits stay as they are.",
        reading(unescape=capital_digits),
    ),
    Mutant("RM-FORM-01-twice", "RM-FORM-01", "Escapes are decoded twice.", reading(unescape=twice)),
    Mutant("RM-FORM-01-latin-1", "RM-FORM-01", "Escaped octets are taken for ISO-8859-1.", reading(unescape=latin_1)),
    Mutant(
        "RM-FORM-01-line-ends",
        "RM-FORM-01",
        "%0D%0A becomes a backslash and letters.",
        reading(unescape=without_carriage_returns_escaped),
    ),
    Mutant("RM-FORM-02-last", "RM-FORM-02", "The last of several recipients wins.", reading(order_items=last_wins)),
    Mutant("RM-FORM-02-ten", "RM-FORM-02", "After ten recipients, the rest is lost.", reading(order_items=at_most_ten)),
    Mutant("RM-FORM-02-one-digit", "RM-FORM-02", "Of an index, one digit is read.", indexes_of_one_digit),
    Mutant(
        "RM-FORM-04-percent", "RM-FORM-04", "A bad percent sequence leads to 500.", reading(unescape=strict_percent)
    ),
    Mutant("RM-FORM-04-semicolon", "RM-FORM-04", "A semicolon separates pairs.", reading(split_pairs=semicolons)),
    Mutant("RM-FORM-04-no-name", "RM-FORM-04", "A pair without a name leads to 500.", reading(split_pairs=named)),
    Mutant(
        "RM-FORM-05-allocates",
        "RM-FORM-05",
        "An array is allocated up to the highest index.",
        reading(order_items=allocated),
    ),
    Mutant(
        "RM-FORM-05-sparse",
        "RM-FORM-05",
        "A recipient behind a gap in the indexes is lost.",
        reading(order_items=sparse_filled),
    ),
    Mutant("RM-FORM-05-keys", "RM-FORM-05", "More than a thousand keys lead to 500.", reading(split_pairs=few_keys)),
    Mutant(
        "RM-FORM-06-required",
        "RM-FORM-06",
        "The key ConnectionInfoExtended is required in a form.",
        change("content", read_members=under(FORM, connection_required)),
    ),
)
