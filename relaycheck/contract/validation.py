"""Whether a value is what the contract describes (JSON Schema 2020-12, as OpenAPI 3.1 has it)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from relaycheck.contract.load import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import Draft202012Validator


def validate_body(value: object) -> tuple[str, ...]:
    """What in `value`, a request body as plain JSON values, contradicts the contract: sentences, the place first. Empty if nothing."""
    return _complaints(value, _body_validator())


def violations(name: str, value: object) -> tuple[str, ...]:
    """The same for one property of the body, by its name on the page. KeyError if there is no such property."""
    if name not in contract().properties:
        raise KeyError(name)
    return _complaints(value, _property_validator(name))


def is_valid_body(value: object) -> bool:
    """Whether `value` is a conforming request body. Faster than `validate_body`, which says why not."""
    return is_json(value) and _body_validator().is_valid(value)


def is_json(value: object) -> bool:
    """Whether `value` can be written as JSON (RFC 8259) and read back the same: no NaN, no lone surrogates, no bytes."""
    return next(_foreign(value, ""), None) is None


def _complaints(value: object, validator: Draft202012Validator) -> tuple[str, ...]:
    foreign = tuple(f"{place or 'the body'}: {what} is not a JSON value" for place, what in _foreign(value, ""))
    if foreign:
        return foreign
    errors = sorted(
        validator.iter_errors(value), key=lambda error: (list(map(str, error.absolute_path)), error.message)
    )
    return tuple(f"{error.json_path.removeprefix('$').lstrip('.') or 'the body'}: {error.message}" for error in errors)


def _foreign(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Where Python has a value that JSON (RFC 8259) has not: a schema validator would let it pass unseen."""
    match value:
        case None | bool() | int():
            return
        case float():
            if not math.isfinite(value):
                yield place, repr(value)
        case str():
            if any("\ud800" <= char <= "\udfff" for char in value):
                yield place, "a text with a lone surrogate"
        case list():
            for index, item in enumerate(value):
                yield from _foreign(item, f"{place}[{index}]")
        case dict():
            for name, item in value.items():
                if isinstance(name, str):
                    yield from _foreign(name, f"{place} (a name)")
                    yield from _foreign(item, f"{place}.{name}".lstrip("."))
                else:
                    yield place, f"a name of type {type(name).__name__}"
        case _:
            yield place, f"a {type(value).__name__}"


@lru_cache(maxsize=1)
def _body_validator() -> Draft202012Validator:
    return _validator(contract().request_schema)


@lru_cache(maxsize=16)
def _property_validator(name: str) -> Draft202012Validator:
    return _validator(contract().property_schema(name))


def _validator(schema: Any) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # slow to import, and not every run validates

    return Draft202012Validator(schema)
