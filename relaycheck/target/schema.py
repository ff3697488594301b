"""The published JSON Schema of target files, and its findings as sentences with lines."""

from __future__ import annotations

import datetime
import json
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from relaycheck.places import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import ValidationError

    from relaycheck.target.document import Document
    from relaycheck.target.positions import KeyPath

SCHEMA_FILE = SCHEMAS / "target.schema.json"

_TYPES = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a table",
    "array": "an array",
}


@cache
def target_schema() -> dict[str, Any]:
    """The schema as published in `specs/schemas`."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return schema


@cache
def known_keys() -> tuple[str, ...]:
    """Every dotted key that a target file may have."""
    return tuple(_walk(target_schema(), ""))


def _walk(schema: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, part in _resolved(schema).get("properties", {}).items():
        key = f"{prefix}{name}"
        yield key
        yield from _walk(part, f"{key}.")
        yield from _walk(_resolved(part).get("items", {}), f"{key}.")


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    return target_schema()["$defs"][name] if name else schema


def nearest_key(path: KeyPath) -> str:
    """The known key that `path` was most likely meant to be: near in spelling, and rather in the same table."""
    parts = [part for part in path if isinstance(part, str)]
    whole, leaf, table = ".".join(parts), parts[-1], ".".join(parts[:-1])

    def nearness(known: str) -> float:
        known_table, _, known_leaf = known.rpartition(".")
        same = 0.45 if known_table == table else 0.0
        spelling = SequenceMatcher(None, leaf.lower(), known_leaf.lower()).ratio()
        return spelling + same + 0.1 * SequenceMatcher(None, whole, known).ratio()

    return max(known_keys(), key=nearness)


def apply_schema(document: Document) -> None:
    """Note what the schema finds wrong in `document`, and take out those values, so that the rest can be read."""
    validator = Draft202012Validator(target_schema())
    spoilt: list[KeyPath] = []
    for error in validator.iter_errors(document.data):
        path: KeyPath = tuple(error.absolute_path)
        spoilt += _explain(document, error, path)
    for path in spoilt:
        _take_out(document.data, path)


def _explain(document: Document, error: ValidationError, path: KeyPath) -> list[KeyPath]:
    """Note `error`; the paths of the values that must not be read."""
    instance: Any = error.instance
    wanted: Any = error.validator_value
    hint = str(error.schema.get("description", "")) if isinstance(error.schema, dict) else ""
    match error.validator:
        case "additionalProperties":
            assert isinstance(error.schema, dict)
            unknown = [(*path, key) for key in instance if key not in error.schema.get("properties", {})]
            for each in unknown:
                document.complain(each, "is not a known key", f"The nearest known key is {nearest_key(each)}")
            return list(unknown)
        case "required":
            for name in wanted:
                if name not in instance and error.message.startswith(repr(name)):
                    document.complain((*path, name), "is missing", _hint_for(error, name))
            return []
        case "pattern" if error.parent is None and "propertyNames" in error.absolute_schema_path:
            document.complain(
                (*path, instance), "is not the name of a cookie", "Use letters, digits and -_. without spaces"
            )
            return [(*path, instance)]
        case _:
            document.complain(path, _sentence(error, path), hint or _parent_hint(error))
            return [path]


def _hint_for(error: ValidationError, name: str) -> str:
    properties = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    return str(_resolved(properties.get(name, {})).get("description", ""))


def _parent_hint(error: ValidationError) -> str:
    """The description of the key for an error inside `then`, whose own schema has none."""
    node: Any = target_schema()
    found = ""
    for part in error.absolute_schema_path:
        if isinstance(node, dict) and part not in node:
            node = _resolved(node)
        node = node[part]
        if isinstance(node, dict) and isinstance(node.get("description"), str):
            found = node["description"]
    return found


def _sentence(error: ValidationError, path: KeyPath) -> str:
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            wanted = " or ".join(_TYPES[name] for name in ([limit] if isinstance(limit, str) else limit))
            return f"must be {wanted}, and is {_kind_of(error.instance)}"
        case "enum":
            return f"must be {' or '.join(json.dumps(value) for value in limit)}, and is {_shown(error.instance, path)}"
        case "minLength" | "minItems" | "minProperties":
            return "is empty"
        case "minimum":
            return f"must be at least {limit}, and is {_shown(error.instance, path)}"
        case "exclusiveMinimum":
            return f"must be more than {limit}, and is {_shown(error.instance, path)}"
        case "maximum":
            return f"must be at most {limit}, and is {_shown(error.instance, path)}"
        case _:
            return "does not have the right form"


def _shown(value: object, path: KeyPath) -> str:
    """A value in a sentence; never one that may be a secret, and never a long one."""
    if path[:1] == ("auth",) or not isinstance(value, str | bool | int | float):
        return _kind_of(value)
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else f'{text[:56]}…"'


def _kind_of(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case dict():
            return "a table"
        case list():
            return "an array"
        case datetime.date() | datetime.time():
            return "a date or time"
        case _:
            return "something else"


def _take_out(data: Any, path: KeyPath) -> None:
    """Remove the value at `path`; an array with a bad item goes as a whole, so that no index shifts."""
    for number, part in enumerate(path):
        if isinstance(part, int) and number == len(path) - 1:
            data[part] = None
            return
        if isinstance(data, dict) and number == len(path) - 1:
            data.pop(part, None)
            return
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
