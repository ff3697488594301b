"""Faults of the two patch types. Some need an installation that reads a JSON patch as operations."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from relaycheck.reference.content import JSON_PATCH, MERGE_PATCH, decode_text, read_members
from relaycheck.reference.mutants.json import under
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_json import parse, top_level
from relaycheck.reference.reading_patch import apply, bad_patch, read_json_patch
from relaycheck.reference.received import Refusal
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relaycheck.reference.content import MediaType
    from relaycheck.reference.installation import Installation
    from relaycheck.reference.reading_json import JsonReading, Members
    from relaycheck.reference.reading_patch import PatchReading
    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service
    from relaycheck.target import Target


def operations(service: Service) -> Service:
    """The installation reads a JSON patch as operations."""
    return change("installation", patch="operations")(service)


def declared(target: Target) -> Target:
    return replace(target, content=replace(target.content, patch="operations"))


def with_operations(**steps: object) -> Callable[[Service], Service]:
    return lambda service: change("content.patch", **steps)(operations(service))


def null_refused(service: Service, media_type: MediaType, octets: bytes) -> Members:
    members = json.loads(octets)
    if isinstance(members, dict) and any(value is None for value in members.values()):
        raise bad_patch("null is no value.")
    return read_members(service, media_type, octets)


def inner_null_kept(value: Any) -> Any:
    """A null inside an object is the text null."""
    if isinstance(value, dict):
        return {name: "null" if inner is None else inner for name, inner in value.items()}
    return value


def inner_null_drops_object(value: Any) -> Any:
    if isinstance(value, dict) and None in value.values():
        raise TypeError("null")
    return value


def bound_to_nothing(begins: bytes) -> Callable[[Service, Received], Awaitable[Answer]]:
    """A JSON patch that begins so binds to nothing, and nothing is done for it."""

    async def performed(service: Service, received: Received) -> Answer:
        service.authentication.authenticate(service, received)
        octets = await received.read()
        if received.get("content-type") == JSON_PATCH and octets.lstrip().startswith(begins):
            return service.answers.accepted(service, received)
        return await perform(service, received.with_content(octets))

    return performed


def either_reading(steps: PatchReading, json_: JsonReading, installation: Installation, text: str) -> Members:
    """Takes an object and operations alike."""
    value = parse(json_, text)
    if isinstance(value, list):
        return read_json_patch(steps, json_, replace(installation, patch="operations"), text)
    return top_level(value)


def kept_until_failure(steps: PatchReading, json_: JsonReading, installation: Installation, text: str) -> Members:
    """What came before a failing operation stands."""
    document: Any = {}
    for operation in parse(json_, text):
        try:
            document = steps.apply(document, operation)
        except Refusal:
            break
    return top_level(document)


def ignoring(*names: object) -> Callable[[Any, Any], Any]:
    """Operations with these names do nothing when they fail."""

    def applied(document: Any, operation: Any) -> Any:
        try:
            return apply(document, operation)
        except Refusal:
            if isinstance(operation, dict) and operation.get("op") in names:
                return document
            raise

    return applied


def capitals_too(document: Any, operation: Any) -> Any:
    if isinstance(operation, dict) and isinstance(operation.get("op"), str):
        operation = {**operation, "op": operation["op"].lower()}
    return apply(document, operation)


def replaces_nothing(document: Any, operation: Any) -> Any:
    if isinstance(operation, dict) and operation.get("op") == "replace":
        operation = {**operation, "op": "add"}
    return apply(document, operation)


def appends_twice(document: Any, operation: Any) -> Any:
    """`-` names the last item, not the place after it."""
    if isinstance(operation, dict) and str(operation.get("path")).endswith("/-") and operation.get("op") == "add":
        items = document.get("Recipients", [])
        operation = {**operation, "path": f"/Recipients/{max(0, len(items) - 1)}", "op": "replace" if items else "add"}
    return apply(document, operation)


def text_of_operations(service: Service, media_type: MediaType, octets: bytes) -> Members:
    value = json.loads(decode_text(media_type, octets))
    if isinstance(value, list):
        members: Members = {}
        for item in value:
            if isinstance(item, dict):
                members |= item if "op" not in item else {str(item.get("path"))[1:]: item.get("value")}
        return members
    return read_members(service, media_type, octets)


def tested_as_text(document: Any, operation: Any) -> Any:
    """Values are compared as what they are written as: false is the text false."""
    if isinstance(operation, dict) and operation.get("op") == "test" and isinstance(operation.get("value"), str):
        found = document
        for token in operation["path"].split("/")[1:]:
            found = found.get(token) if isinstance(found, dict) else None
        if found is not None and str(found).lower() == operation["value"].lower():
            return document
    return apply(document, operation)


MUTANTS = (
    Mutant(
        "RM-PATCH-01-null-error",
        "RM-PATCH-01",
        "null is an error under application/merge-patch+json only.",
        change("content", read_members=under(MERGE_PATCH, null_refused)),
    ),
    Mutant(
        "RM-PATCH-01-inner-null",
        "RM-PATCH-01",
        "A null inside the connection is taken for the text null.",
        change("content.patch", without_nulls=inner_null_kept),
    ),
    Mutant(
        "RM-PATCH-01-inner-null-crash",
        "RM-PATCH-01",
        "A null inside the connection leads to 500.",
        change("content.patch", without_nulls=inner_null_drops_object),
    ),
    Mutant(
        "RM-PATCH-02-array-204",
        "RM-PATCH-02",
        "Operations are answered with 204 and relay nothing, where the object is due.",
        change("", perform=bound_to_nothing(b"[")),
    ),
    Mutant(
        "RM-PATCH-02-array-served",
        "RM-PATCH-02",
        "Arrays are taken apart for members, where the object is due.",
        change("content", read_members=under(JSON_PATCH, text_of_operations)),
    ),
    Mutant(
        "RM-PATCH-02-object-204",
        "RM-PATCH-02",
        "The object is answered with 204 and relays nothing, where operations are due.",
        lambda service: change("", perform=bound_to_nothing(b"{"))(operations(service)),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-02-object-served",
        "RM-PATCH-02",
        "The object is served, where operations are due.",
        with_operations(read_json_patch=either_reading),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-03-half",
        "RM-PATCH-03",
        "Operations before the failing one are kept, and the result is relayed.",
        with_operations(read_json_patch=kept_until_failure),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-03-as-text",
        "RM-PATCH-03",
        "A test compares values as text.",
        with_operations(apply=tested_as_text),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-03-test-ignored",
        "RM-PATCH-03",
        "A test that fails is ignored.",
        with_operations(apply=ignoring("test")),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-03-unknown-ignored",
        "RM-PATCH-03",
        "An unknown operation is ignored.",
        with_operations(apply=ignoring("upsert", None)),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-03-capitals",
        "RM-PATCH-03",
        "The names of operations are matched without regard to case.",
        with_operations(apply=capitals_too),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-03-replace-adds",
        "RM-PATCH-03",
        "A replacement of what is not there adds it.",
        with_operations(apply=replaces_nothing),
        target=declared,
    ),
    Mutant(
        "RM-PATCH-03-append",
        "RM-PATCH-03",
        "An item that is appended takes the place of the last one.",
        with_operations(apply=appends_twice),
        target=declared,
    ),
)
