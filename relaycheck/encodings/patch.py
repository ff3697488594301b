"""A request as JSON Patch operations (RFC 6902) that build it from `{}`: the "operations" reading of json-patch."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from relaycheck.encodings.members import Pairs, pairs_of, shuffled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.encodings.members import JsonValue
    from relaycheck.encodings.spellings import PatchSpelling


def operations(value: Mapping[str, JsonValue] | Pairs, spelling: PatchSpelling) -> list[JsonValue]:
    """The operations, in order. Applied to `{}` they give `value`; none on the way holds a text that `value` lacks."""
    return list(_members("", value, spelling, random.Random(f"assignment {spelling.seed}")))


def _members(
    path: str, value: Mapping[str, JsonValue] | Pairs, spelling: PatchSpelling, rng: random.Random
) -> Iterator[JsonValue]:
    for name, item in shuffled(pairs_of(value), spelling.order):
        pointer = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        yield from _member(pointer, item, spelling, rng)
        if spelling.checked:
            yield {"op": "test", "path": pointer, "value": item}


def _member(pointer: str, value: JsonValue, spelling: PatchSpelling, rng: random.Random) -> Iterator[JsonValue]:
    if isinstance(value, (Mapping, Pairs)):
        if spelling.objects == "members":
            yield from _assign(pointer, {}, spelling, rng)
            yield from _members(pointer, value, spelling, rng)
            return
    elif isinstance(value, (list, tuple)) and spelling.arrays != "whole":
        yield from _assign(pointer, [], spelling, rng)
        append = spelling.arrays == "append"
        for item in value if append else reversed(value):
            yield {"op": "add", "path": f"{pointer}/{'-' if append else '0'}", "value": item}
        return
    yield from _assign(pointer, value, spelling, rng)


def _assign(pointer: str, value: JsonValue, spelling: PatchSpelling, rng: random.Random) -> Iterator[JsonValue]:
    if spelling.assignment == "replace" or (spelling.assignment == "mixed" and rng.randrange(2)):
        yield {"op": "add", "path": pointer, "value": None}
        yield {"op": "replace", "path": pointer, "value": value}
    else:
        yield {"op": "add", "path": pointer, "value": value}
