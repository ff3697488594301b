"""JSON bodies (RFC 8259), read strictly: what is not JSON is refused, duplicate names too (§4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from relaycheck.reference.received import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Members = dict[str, Any]


def unique_members(pairs: list[tuple[str, Any]]) -> Members:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refusal(400, "bad-json", "A JSON object names a member twice.")
    return members


def refuse_constant(name: str) -> NoReturn:
    """NaN and the infinities are not JSON (RFC 8259 §6)."""
    raise Refusal(400, "bad-json", "The body holds a number that JSON does not have.")


def parse(steps: JsonReading, text: str) -> Any:
    """The JSON value; the interpreter's recursion limit is the limit of depth (RFC 8259 §9 allows one)."""
    try:
        return json.loads(text, object_pairs_hook=steps.unique_members, parse_constant=steps.refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "bad-json", "The body is not JSON, or nested too deep.") from None


def top_level(value: Any) -> Members:
    if not isinstance(value, dict):
        raise Refusal(400, "bad-body", "The body must be an object with the four properties.")
    return value


def read_json(steps: JsonReading, text: str) -> Members:
    return steps.top_level(steps.parse(steps, text))


@dataclass(frozen=True, slots=True)
class JsonReading:
    """Steps from JSON text to members."""

    read: Callable[[JsonReading, str], Members] = read_json
    parse: Callable[[JsonReading, str], Any] = parse
    unique_members: Callable[[list[tuple[str, Any]]], Members] = unique_members
    refuse_constant: Callable[[str], Any] = refuse_constant
    top_level: Callable[[Any], Members] = top_level
