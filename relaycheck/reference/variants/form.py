"""Services that spell arrays in forms in one other way, or read forms more strictly."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from relaycheck.reference.reading_form import order_items, split_pairs, unescape
from relaycheck.reference.received import Refusal
from relaycheck.reference.variants.model import Variant, change

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.target import Target


def bad_form(sentence: str) -> Refusal:
    return Refusal(400, "bad-form", sentence)


def spelled(style: Literal["indexed", "repeated", "brackets"]) -> Callable[[Target], Target]:
    return lambda target: replace(target, content=replace(target.content, form=style))


def strict_escapes(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise bad_form("A percent sign begins no escape.")
    return unescape(text)


def named_pairs(text: str) -> list[tuple[str, str]]:
    pairs = split_pairs(text)
    if any(not name for name, _ in pairs) or ";" in text or len(pairs) > 200:
        raise bad_form("The form has a pair without name, a semicolon or too many keys.")
    return pairs


def without_index(items: list[tuple[str, str]]) -> list[str]:
    if any(index for index, _ in items):
        raise bad_form("Arrays have no indexes here.")
    return order_items(items)


def counting_up(items: list[tuple[str, str]]) -> list[str]:
    if items != sorted(items, key=lambda item: int(item[0] or "0")):
        raise bad_form("The indexes of an array do not count up.")
    return order_items(items)


def unknown_below_zero(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if "[-" not in pair[0]]


VARIANTS = (
    Variant(
        "V-FORM-repeated",
        "Arrays are repeated keys.",
        change("content.form", order_items=without_index),
        target=spelled("repeated"),
    ),
    Variant("V-FORM-brackets", "Arrays are keys with empty brackets.", target=spelled("brackets")),
    Variant(
        "V-FORM-counts-up",
        "The items of an array come in the order of their indexes, or are refused.",
        change("content.form", order_items=counting_up),
    ),
    Variant(
        "V-FORM-negative-index",
        "A key with a negative index is unknown, and ignored.",
        change("content.form", split_pairs=lambda text: unknown_below_zero(split_pairs(text))),
    ),
    Variant("V-FORM-strict-escapes", "A bad escape is refused.", change("content.form", unescape=strict_escapes)),
    Variant("V-FORM-strict-pairs", "Odd pairs are refused.", change("content.form", split_pairs=named_pairs)),
)
