"""The two patch types as request bodies (RFC 7396, RFC 6902): the page lists them and does not say what they mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from relaycheck.encodings import JSON_PATCH, MEDIA_TYPES, JsonSpelling, PatchSpelling, members, operations, write_json
from relaycheck.judgements.bodies import alike, not_accepted
from relaycheck.judgements.outcome import observed, refused, same_outcome
from relaycheck.plugin import judge, lacking, requirement
from relaycheck.strategies.spellings import patch_spellings

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.target import Target

MERGE = MEDIA_TYPES[6]


@requirement("RM-PATCH-01")
def test_a_null_connection_equals_an_absent_one(send: Send, control: Control, message: Message) -> None:
    """A null member of a merge patch removes what is not there (RFC 7396 §2)."""
    text = message.but(connection=None)
    said = members(text)
    absent = send(text, media_type=MERGE, members={n: v for n, v in said.items() if v is not None}, note="absent")
    null = send(text, media_type=MERGE, members=said, note="null")
    judge(alike(null, absent, control=control(media_type=MERGE)))


@requirement("RM-PATCH-01")
def test_a_null_member_at_the_end_equals_an_absent_one(send: Send, control: Control, message: Message) -> None:
    """Wherever the null stands in the object."""
    text = message.but(connection=None)
    said = {n: v for n, v in members(text).items() if v is not None}
    absent = send(text, media_type=MERGE, members=said, note="absent")
    null = send(text, media_type=MERGE, members={**said, "ConnectionInfoExtended": None}, note="null at the end")
    judge(alike(null, absent, control=control(media_type=MERGE)))


@requirement("RM-PATCH-01")
@pytest.mark.parametrize("name", ["UserName", "Password", "Folder", "UseSSL"])
def test_a_null_inside_the_connection_equals_an_absent_one(
    send: Send, control: Control, message: Message, name: str
) -> None:
    """Merge patches are applied to members of members too (RFC 7396 §2)."""
    if message.connection is None:
        raise lacking("connection.object")
    said: dict[str, Any] = members(message)
    inner = {n: v for n, v in said["ConnectionInfoExtended"].items() if n != name}
    absent = send(message, media_type=MERGE, members={**said, "ConnectionInfoExtended": inner}, note="absent")
    null = send(
        message, media_type=MERGE, members={**said, "ConnectionInfoExtended": {**inner, name: None}}, note="null"
    )
    judge(alike(null, absent, control=control(media_type=MERGE)))


def _object(message: Message) -> bytes:
    return write_json(members(message), JsonSpelling())


def _operations(message: Message, spelling: PatchSpelling | None = None) -> bytes:
    return write_json(operations(members(message), spelling or PatchSpelling()), JsonSpelling())


def _whole(op: str) -> Callable[[Message], bytes]:
    """One operation on the whole document."""
    return lambda m: json.dumps([{"op": op, "path": "", "value": members(m)}]).encode()


OTHER_READING: dict[str, dict[str, Callable[[Message], bytes]]] = {
    "body": {
        "adds": _operations,
        "adds and replaces": lambda m: _operations(m, PatchSpelling(assignment="replace", arrays="append")),
        "one operation": _whole("add"),
        "no operation": lambda m: b"[]",
        "the request in an array": lambda m: b"[" + _object(m) + b"]",
    },
    "operations": {
        "the request": _object,
        "an empty object": lambda m: b"{}",
        "one operation that is no array": lambda m: _whole("add")(m)[1:-1],
        "the request in an array": lambda m: b"[" + _object(m) + b"]",
        "null": lambda m: b"null",
    },
}


@requirement("RM-PATCH-02")
@pytest.mark.parametrize("number", [0, *(n for n in range(1, 5))])
def test_a_patch_in_the_other_reading_is_refused(
    send: Send, control: Control, message: Message, target: Target, number: int
) -> None:
    """Operations where the object is due, and the other way round: never a 204 for something that was not understood."""
    name, make = list(OTHER_READING[target.content.patch].items())[number]
    probe = send(message, media_type=JSON_PATCH, body=make, expects=None, note=name)
    judge(not_accepted(probe, control(media_type=JSON_PATCH)))


@requirement("RM-PATCH-03")
def test_operations_with_the_same_result_have_the_same_outcome(
    send: Send, control: Control, message: Message, draw: Draw
) -> None:
    """add, replace and test in any order that leads to the same object (RFC 6902 §4.1, §4.3, §4.6)."""
    spelled = (PatchSpelling(assignment="replace", arrays="insert", objects="members", checked=True),)
    for spelling in (*spelled, *draw(patch_spellings(), 10)):
        judge(same_outcome(send(message, media_type=JSON_PATCH, spelling=spelling), control()))


# Operations that fail, among others that build a whole request.
FAILING: dict[str, object] = {
    "a test that fails": {"op": "test", "path": "/From", "value": "somebody else"},
    "a test of what is not there": {"op": "test", "path": "/Missing", "value": None},
    "a test of another type": {"op": "test", "path": "/ConnectionInfoExtended/UseSSL", "value": "false"},
    "an unknown operation": {"op": "upsert", "path": "/From", "value": "x"},
    "an operation in capitals": {"op": "ADD", "path": "/Extra", "value": "x"},
    "no op": {"path": "/Extra", "value": "x"},
    "no path": {"op": "add", "value": "x"},
    "no value": {"op": "add", "path": "/Extra"},
    "a pointer without slash": {"op": "add", "path": "Extra", "value": "x"},
    "a pointer with a bad escape": {"op": "add", "path": "/Ex~2tra", "value": "x"},
    "a pointer into nothing": {"op": "add", "path": "/Missing/Inner", "value": "x"},
    "a replacement of nothing": {"op": "replace", "path": "/Missing", "value": "x"},
    "a removal of nothing": {"op": "remove", "path": "/Missing"},
    "an index that is too large": {"op": "add", "path": "/Recipients/99", "value": "x"},
    "a removal after the last item": {"op": "remove", "path": "/Recipients/-"},
    "no object": "add",
}
FIRST = ("a test that fails", "an unknown operation")


@requirement("RM-PATCH-03")
@pytest.mark.parametrize("name", list(FAILING))
def test_a_failing_operation_relays_nothing(send: Send, control: Control, message: Message, name: str) -> None:
    """A patch is applied whole or not at all (RFC 6902 §5); before the failing operation, all of the request is said."""

    def body(stamped: Message) -> bytes:
        return json.dumps([*json.loads(_operations(stamped)), FAILING[name]]).encode()

    probe = send(message, media_type=JSON_PATCH, body=body, expects=None, note=name)
    judge(refused(probe, control(media_type=JSON_PATCH)))


@requirement("RM-PATCH-03")
@pytest.mark.parametrize("name", FIRST)
def test_what_follows_a_failing_operation_is_not_applied(
    send: Send, control: Control, message: Message, name: str
) -> None:
    """After the failing operation, all of the request is said."""

    def body(stamped: Message) -> bytes:
        failing = {"op": "test", "path": "", "value": 1} if name == FIRST[0] else FAILING[name]
        return json.dumps([failing, *json.loads(_operations(stamped))]).encode()

    probe = send(message, media_type=JSON_PATCH, body=body, expects=None, note=name)
    judge(refused(probe, control(media_type=JSON_PATCH)))


@requirement("RM-PATCH-04")
def test_the_readings_that_are_accepted_are_recorded(send: Send, message: Message) -> None:
    """Object and operations under each of the two types."""
    readings = {"object": _object, "operations": _operations}
    judge(
        observed(
            *(
                send(message, media_type=media_type, body=make, expects=None, note=f"{name} as {media_type}")
                for media_type in (JSON_PATCH, MERGE)
                for name, make in readings.items()
            )
        )
    )
