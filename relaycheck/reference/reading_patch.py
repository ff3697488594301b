"""The two patch types as request bodies. The page does not say what they mean here; both readings are the installation's choice.

merge-patch (RFC 7396): a patch of an empty request, so a null member is an absent one. json-patch: a plain object ("body"), or
operations (RFC 6902) that build the request from an empty one.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relaycheck.reference.received import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.installation import Installation
    from relaycheck.reference.reading_json import JsonReading, Members


def bad_patch(sentence: str) -> Refusal:
    return Refusal(400, "bad-patch", sentence)


def without_nulls(value: Any) -> Any:
    """RFC 7396 §2 applied to nothing: members that are null are removed, at every depth of objects."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return value


def read_merge_patch(steps: PatchReading, json: JsonReading, text: str) -> Members:
    members = json.read(json, text)
    try:
        return {name: steps.without_nulls(value) for name, value in members.items() if value is not None}
    except RecursionError:
        raise bad_patch("The patch is nested too deep.") from None


def read_json_patch(steps: PatchReading, json: JsonReading, installation: Installation, text: str) -> Members:
    if installation.patch == "body":
        return json.read(json, text)
    operations = json.parse(json, text)
    if not isinstance(operations, list):
        raise bad_patch("A JSON Patch is an array of operations.")
    document: Any = {}
    try:
        for operation in operations:
            document = steps.apply(document, operation)
    except RecursionError:
        raise bad_patch("The patch is nested too deep.") from None
    return json.top_level(document)


def pointer(text: Any) -> list[str]:
    """RFC 6901 §3 and §4."""
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise bad_patch("An operation has no valid pointer.")
    if any(piece[:1] not in ("0", "1") for piece in text.split("~")[1:]):
        raise bad_patch("A pointer has a bad escape.")
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]


def apply(document: Any, operation: Any) -> Any:
    """One operation of RFC 6902 §4 on a copy of the document."""
    if not isinstance(operation, dict) or "path" not in operation:
        raise bad_patch("An operation must be an object with op and path.")
    name, path = operation.get("op"), pointer(operation["path"])
    if name in ("add", "replace", "test") and "value" not in operation:
        raise bad_patch("An operation lacks its value.")
    document = deepcopy(document)
    if name == "add":
        return _put(document, path, operation["value"])
    if name == "replace":
        _get(document, path)
        return _put(_remove(document, path) if path else None, path, operation["value"])
    if name == "remove":
        return _remove(document, path)
    if name == "test":
        if not _equal(_get(document, path), operation["value"]):
            raise bad_patch("A test operation failed.")
        return document
    if name in ("move", "copy"):
        source = pointer(operation.get("from"))
        if name == "move" and path[: len(source)] == source and path != source:
            raise bad_patch("A value cannot be moved into itself.")
        value = deepcopy(_get(document, source))
        return _put(_remove(document, source) if name == "move" else document, path, value)
    raise bad_patch("An operation is unknown.")


def _equal(one: Any, other: Any) -> bool:
    """Equality of JSON values: true is not 1 (RFC 6902 §4.6)."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
    return bool(one == other)


def _index(token: str, length: int) -> int:
    if not token.isascii() or not token.isdigit() or (token != "0" and token.startswith("0")) or len(token) > 9:
        raise bad_patch("A pointer has a bad array index.")
    if int(token) >= length:
        raise bad_patch("A pointer names nothing.")
    return int(token)


def _get(document: Any, path: list[str]) -> Any:
    for token in path:
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list):
            document = document[_index(token, len(document))]
        else:
            raise bad_patch("A pointer names nothing.")
    return document


def _put(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, last = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if last == "-" else _index(last, len(parent) + 1), value)
    else:
        raise bad_patch("A pointer leads into a value that has no members.")
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        return None
    _get(document, path)
    parent, last = _get(document, path[:-1]), path[-1]
    del parent[last if isinstance(parent, dict) else _index(last, len(parent))]
    return document


@dataclass(frozen=True, slots=True)
class PatchReading:
    """Steps from patch text to members."""

    read_merge_patch: Callable[[PatchReading, JsonReading, str], Members] = read_merge_patch
    read_json_patch: Callable[[PatchReading, JsonReading, Installation, str], Members] = read_json_patch
    without_nulls: Callable[[Any], Any] = without_nulls
    apply: Callable[[Any, Any], Any] = apply
