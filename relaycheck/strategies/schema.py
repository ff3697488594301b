"""Inputs that Schemathesis makes from the contract: conforming and violating bodies and header fields.

Schemathesis only proposes. What is conforming and what is violating is decided by a validation against the contract's schema, and
what Schemathesis mislabels is dropped. It is slow to import, so it is loaded by the first example that is drawn.

The bodies of `conforming_bodies` and `violating_bodies` are raw: their addresses are noise, and some could name a stranger. What
goes to a target comes from `relayable_bodies` and `refusable_bodies`, which put the addresses of one domain in their place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from relaycheck.contract import contract, is_json, is_valid_body, violations
from relaycheck.encodings import members
from relaycheck.message import plain_message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import SearchStrategy

    from relaycheck.encodings import JsonValue
    from relaycheck.message import Connection, Message

Json = dict[str, Any]

LOCALE_FIELDS = ("SO-Language", "SO-Culture", "SO-TimeZone")
FREE_CONNECTION_MEMBERS = ("UserName", "Password", "Folder", "TableRight", "FieldProperties")
"""Members of the connection that a mail server without login does not need: they may be null or left out."""


@lru_cache(maxsize=64)
def conforming_bodies() -> SearchStrategy[Json]:
    """JSON objects that the contract allows, raw: do not send them."""
    return st.deferred(lambda: _bodies(violating=False)).filter(is_valid_body)


@lru_cache(maxsize=64)
def violating_bodies() -> SearchStrategy[Any]:
    """JSON values that the contract forbids (`validate_body` says why), raw: do not send them."""
    return st.deferred(lambda: _bodies(violating=True)).filter(_is_violating_body)


@lru_cache(maxsize=64)
def relayable_bodies(domain: str, connection: Connection | None = None) -> SearchStrategy[Json]:
    """Conforming bodies that all say the same mail, `plain_message(domain)`, to be stamped like any message.

    From Schemathesis stay the order of the members, the members that the contract does not list (so only the JSON types can
    say the body), and which optional members of the connection are null or absent. Without `connection`, ConnectionInfoExtended
    is null or absent.
    """
    message = plain_message(domain).but(connection=connection)
    return conforming_bodies().map(lambda shape: _relayable(shape, message)).filter(is_valid_body)


@lru_cache(maxsize=64)
def refusable_bodies(domain: str, connection: Connection | None = None) -> SearchStrategy[Any]:
    """Violating bodies in which only the violation is wrong: everything else says `plain_message(domain)`.

    A target that coerces the violation and relays can mail nobody outside `domain`.
    """
    message = plain_message(domain).but(connection=connection)
    return violating_bodies().map(lambda shape: _refusable(shape, message)).filter(_is_violating_body)


@lru_cache(maxsize=64)
def named_bodies(domain: str, connection: Connection | None = None) -> SearchStrategy[Json]:
    """`relayable_bodies` without the members that the contract does not list and without null ones inside the connection.

    What is left free is the order of the members: no reader has a reason to refuse one of these.
    """
    return relayable_bodies(domain, connection).map(_named)


@lru_cache(maxsize=64)
def mistyped_bodies(domain: str, connection: Connection | None = None) -> SearchStrategy[Any]:
    """`refusable_bodies` in which a property that the page lists has another JSON type than its table gives, or the body is no object."""
    return refusable_bodies(domain, connection).filter(_is_mistyped)


@lru_cache(maxsize=64)
def locale_fields() -> SearchStrategy[dict[str, str]]:
    """Some of SO-Language, SO-Culture and SO-TimeZone, each with a value that the contract allows: fields that must change nothing.

    There is no violating counterpart: every text is a `$select`, and what violates the schema of a header parameter cannot be sent
    as a field at all. Malformed fields are the business of `relaycheck.strategies.headers`.
    """
    return st.deferred(lambda: _fields()).filter(_are_sendable)


@lru_cache(maxsize=2)
def _bodies(*, violating: bool) -> SearchStrategy[Any]:
    from schemathesis import GenerationMode

    mode = GenerationMode.NEGATIVE if violating else GenerationMode.POSITIVE
    return _cases(mode, parameters=False).map(lambda case: case.body)


@lru_cache(maxsize=1)
def _fields() -> SearchStrategy[dict[str, str]]:
    from schemathesis import GenerationMode

    return _cases(GenerationMode.POSITIVE, parameters=True).map(
        lambda case: {name: value for name, value in (case.headers or {}).items() if name in LOCALE_FIELDS}
    )


def _cases(mode: Any, *, parameters: bool) -> SearchStrategy[Any]:
    """Schemathesis' cases for the operation with only its parameters, or only its JSON body: nothing else costs entropy."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    facts = contract()
    operation: Json = dict(
        facts.document["paths"][facts.path][facts.method.lower()], responses={"204": {"description": "-"}}
    )
    operation["security"] = []
    components = {"schemas": facts.document["components"]["schemas"]}
    if parameters:
        del operation["requestBody"]
        operation["parameters"] = [
            {"name": p.name, "in": p.location, "schema": {"$ref": p.schema["$ref"]}}
            for p in facts.parameters
            if p.name in LOCALE_FIELDS
        ]
    else:
        del operation["parameters"]
        reference = {"$ref": facts.request_schema["$ref"]}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    document = {
        "openapi": facts.document["openapi"],
        "info": {"title": "RelayMessage", "version": "1"},
        "paths": {facts.path: {facts.method.lower(): operation}},
        "components": components,
    }
    # A configuration of its own, so that no schemathesis.toml of the current directory has a say.
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    cases: SearchStrategy[Any] = schema[facts.path][facts.method].as_strategy(generation_mode=mode)
    return cases


def _is_violating_body(value: object) -> bool:
    return is_json(value) and not is_valid_body(value)


def _are_sendable(fields: dict[str, str]) -> bool:
    return bool(fields) and all(
        value.isascii() and value.isprintable() and value == value.strip() for value in fields.values()
    )


def _relayable(shape: Json, message: Message) -> Json:
    wanted = members(message)
    body = _extended(shape, wanted, contract().properties)
    if message.connection is not None:
        body["ConnectionInfoExtended"] = _connection(
            shape.get("ConnectionInfoExtended"), wanted["ConnectionInfoExtended"]
        )
    elif "ConnectionInfoExtended" not in shape:
        del body["ConnectionInfoExtended"]
    return body


def _connection(shape: JsonValue, wanted: Any) -> Json:
    """The connection that the message names, with the optional members and the unknown ones of `shape`."""
    if not isinstance(shape, dict):
        return dict(wanted)
    named = {name: value for name, value in wanted.items() if value is not None}
    free = {name: None for name in FREE_CONNECTION_MEMBERS if name in shape and name not in named}
    return _extended(shape, {**named, **free}, contract().connection_properties)


def _extended(shape: Json, wanted: Any, known: Iterable[str]) -> Json:
    """`wanted` in the order of `shape`, with the further members of `shape` that every JSON reader can read and ignore."""
    taken = {_folded(name) for name in known}
    body: Json = {}
    for name, value in shape.items():
        if name in wanted:
            body[name] = wanted[name]
        elif _folded(name) not in taken and _is_interoperable({name: value}):
            taken.add(_folded(name))
            body[name] = value
    return body | {name: value for name, value in wanted.items() if name not in body}


def _is_interoperable(value: Any) -> bool:
    """Whether readers agree on it: integers that a double holds (RFC 8259 §6), and no U+0000, which some refuse in any text.

    Nor may a text look like an address: a target that reads more members than the contract lists shall mail nobody either.
    """
    match value:
        case bool():
            return True
        case int():
            return abs(value) < 2**53
        case str():
            return "\0" not in value and "@" not in value
        case list():
            return all(map(_is_interoperable, value))
        case dict():
            return all(_is_interoperable(name) and _is_interoperable(item) for name, item in value.items())
        case _:
            return True


def _folded(name: str) -> str:
    """The name as a reader that ignores case sees it; ſ and ı also count as s and i."""
    return name.upper().casefold().strip()


def _refusable(shape: Any, message: Message) -> Any:
    if not isinstance(shape, dict):
        return _without_texts(shape)
    wanted = members(message)
    wrong = {name: shape[name] for name in contract().properties if name in shape and violations(name, shape[name])}
    replaced = {name: _harmless(name, value, message) for name, value in wrong.items()}
    return _extended(shape, {**wanted, **replaced}, contract().properties)


def _named(body: Json) -> Json:
    known = {name: value for name, value in body.items() if name in contract().properties}
    inside = known.get("ConnectionInfoExtended")
    if isinstance(inside, dict):
        listed = contract().connection_properties
        kept = {name: value for name, value in inside.items() if name in listed and value is not None}
        known["ConnectionInfoExtended"] = kept
    return known


def _is_mistyped(body: Any) -> bool:
    match body:
        case {"Rfc822": str(), "From": str(), "Recipients": [*items]} if all(isinstance(item, str) for item in items):
            return not isinstance(body.get("ConnectionInfoExtended"), dict | None)
        case _:
            return True


def _harmless(name: str, value: Any, message: Message) -> Any:
    """The wrong value, still wrong, without a text in it that could be taken for an address or a server."""
    first = message.recipients[0]
    match name, value:
        case "Recipients", str():
            return first
        case "Recipients", list():
            return [first if isinstance(item, str) else _without_texts(item) for item in value]
        case "ConnectionInfoExtended", dict():
            return _wrong_connection(value, members(message)["ConnectionInfoExtended"])
        case _:
            return _without_texts(value)


def _wrong_connection(value: Json, wanted: Any) -> Json:
    """The members that are wrong, beside those of the connection that the message names."""
    wrong = {
        name: _without_texts(item)
        for name, item in value.items()
        if name in contract().connection_properties and violations("ConnectionInfoExtended", {name: item})
    }
    return {**(wanted or {}), **wrong}


def _without_texts(value: Any) -> Any:
    """The same shape with every text inside replaced by one that is no address and no host."""
    match value:
        case str():
            return "-"
        case list():
            return [_without_texts(item) for item in value]
        case dict():
            return {f"-{index}": _without_texts(item) for index, item in enumerate(value.values())}
        case _:
            return value
