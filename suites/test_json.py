"""JSON bodies (RFC 8259): what may vary without a difference, and what is no JSON, or no request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.encodings import JSON_PATCH, MEDIA_TYPES, JsonSpelling, encode, members
from relaycheck.judgements.bodies import alike_in_four_octets, not_accepted
from relaycheck.judgements.outcome import refused, same_or_refused, same_outcome
from relaycheck.plugin import judge, lacking, requirement
from relaycheck.strategies.damage import JSON_TAILS, Damage, damage
from relaycheck.strategies.spellings import spellings

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.encodings import JsonValue
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

JSON, TEXT_JSON, *_, MERGE = MEDIA_TYPES
ALL = (JSON, TEXT_JSON, JSON_PATCH, MERGE)
# A type, and how many examples of it: faults may sit in one reader only, yet the first type is what most clients send.
weighed = pytest.mark.parametrize(("media_type", "count"), [(JSON, 8), *((media_type, 2) for media_type in ALL[1:])])


def plain_object(media_type: str, target: Target) -> None:
    """The test writes an object by hand, which a json-patch body is only in one of its readings."""
    if media_type == JSON_PATCH and target.content.patch != "body":
        raise lacking("patch.body")


def quoted(text: str) -> bytes:
    return json.dumps(text).encode()


def ordered(*names: str) -> Callable[[dict[str, JsonValue]], bytes]:
    return lambda said: json.dumps({name: said[name] for name in names}).encode()


# Spellings that differ in one thing.
SPELLED: dict[str, Callable[[dict[str, JsonValue]], bytes]] = {
    "Recipients first": ordered("Recipients", "From", "Rfc822", "ConnectionInfoExtended"),
    "From first": ordered("From", "ConnectionInfoExtended", "Recipients", "Rfc822"),
    "Rfc822 last": ordered("ConnectionInfoExtended", "Recipients", "From", "Rfc822"),
    "white space before": lambda said: b" \t\r\n" + json.dumps(said).encode(),
    "white space after": lambda said: json.dumps(said).encode() + b"\r\n\r\n \t",
    "indented": lambda said: json.dumps(said, indent=8).encode(),
    "all at once": lambda said: b" \t\r\n" + SPELLED["Recipients first"](said) + b"\r\n\r\n \t",
}


@requirement("RM-JSON-01")
@pytest.mark.parametrize("name", ["Recipients first", *list(SPELLED)[1:]])
def test_order_and_white_space_do_not_change_the_outcome(
    send: Send, control: Control, message: Message, name: str
) -> None:
    """RFC 8259 §2, §4."""
    write = SPELLED[name]
    judge(same_outcome(send(message, media_type=JSON, body=lambda m: write(members(m))), control(media_type=JSON)))


@requirement("RM-JSON-01")
@weighed
def test_escapes_do_not_change_the_outcome(
    send: Send, control: Control, run: Run, draw: Draw, target: Target, media_type: str, count: int
) -> None:
    """Escapes, order and white space drawn together (RFC 8259 §2, §4, §7)."""
    text = run.message(body='"quoted" \\ back, /slash/, \ttab, \\u0041 is no escape, {"From": [1, 2]}\r\n')
    for spelling in draw(spellings(media_type, target.content), count):
        judge(same_outcome(send(text, media_type=media_type, spelling=spelling), control(media_type=media_type)))


ASTRAL = st.lists(
    st.sampled_from("😀𝒳𠮷🏳\U00010000\U0010fffd") | st.characters(min_codepoint=0x10000, categories=("Lo", "So")),
    min_size=1,
    max_size=12,
).map("".join)
EIGHT_BIT = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"


def eight_bit(run: Run, text: str) -> Message:
    """A message with text beyond ASCII in its body, and the header that says so."""
    plain = run.message(body=f"{text} after\r\n")
    return plain.but(rfc822=EIGHT_BIT + plain.rfc822)


@requirement("RM-JSON-02")
@pytest.mark.parametrize(("media_type", "count"), [(JSON, 3), *((media_type, 1) for media_type in ALL[1:])])
def test_an_escaped_surrogate_pair_equals_the_character(
    send: Send, control: Control, run: Run, draw: Draw, target: Target, media_type: str, count: int
) -> None:
    """Twelve characters encode one beyond the basic plane (RFC 8259 §7)."""
    plain_object(media_type, target)
    for text in draw(ASTRAL, count):
        message = eight_bit(run, text)
        raw = send(message, media_type=media_type, spelling=JsonSpelling())
        escaped = send(message, media_type=media_type, spelling=JsonSpelling(escapes="non-ascii"))
        judge(alike_in_four_octets(escaped, raw, control=control(media_type=media_type)))


DAMAGED = {
    "empty": Damage("cut", 0),
    "the last brace missing": Damage("cut", 999),
    "a second text": Damage("followed", tail=b"{}"),
    "a second brace": Damage("followed", tail=b"}"),
    "a word after it": Damage("followed", tail=b" x"),
    "a comma after it": Damage("followed", tail=b","),
    "a NUL after it": Damage("followed", tail=b"\x00"),
}


@requirement("RM-JSON-03")
@pytest.mark.parametrize("fault", [pytest.param(d, id=name) for name, d in DAMAGED.items()])
def test_what_is_no_json_is_refused(
    send: Send, control: Control, message: Message, target: Target, fault: Damage
) -> None:
    """RFC 8259 §2, RFC 9110 §15.5.1."""
    probe = send(message, media_type=JSON, expects=None, body=lambda m: fault.of_json(encode(m, JSON, target.content)))
    judge(refused(probe, control(media_type=JSON)))


@requirement("RM-JSON-03")
@pytest.mark.parametrize("last", ["Recipients", "From", "Rfc822"])
def test_a_text_that_ends_after_its_last_member_is_refused(
    send: Send, control: Control, message: Message, last: str
) -> None:
    """All is said, only the end is missing: it may be missing because more was meant to come."""

    def body(stamped: Message) -> bytes:
        said = members(stamped)
        said[last] = said.pop(last)
        return json.dumps(said).encode()[:-1]

    judge(refused(send(message, media_type=JSON, body=body, expects=None), control(media_type=JSON)))


@requirement("RM-JSON-03")
@weighed
def test_a_damaged_text_is_refused(
    send: Send, control: Control, message: Message, draw: Draw, target: Target, media_type: str, count: int
) -> None:
    """Cut anywhere, without one bracket, comma, colon or quote, or with something after it."""

    for fault in (Damage("cut", 999), Damage("followed", tail=b"x"), *draw(damage(JSON_TAILS), count)):

        def body(stamped: Message, fault: Damage = fault) -> bytes:
            return fault.of_json(encode(stamped, media_type, target.content))

        probe = send(message, media_type=media_type, expects=None, body=body, note=str(fault))
        judge(refused(probe, control(media_type=media_type)))


# Extensions of JSON that some parsers take (RFC 8259 §9).
EXTENSIONS: dict[str, Callable[[bytes], bytes]] = {
    "a line comment": lambda text: b"// comment\n" + text,
    "a block comment": lambda text: text.replace(b'"From"', b'/* "From": "x", */ "From"'),
    "a comment at the end": lambda text: text + b" // }",
    "a comma at the end of the object": lambda text: text[:-1] + b",}",
    "a comma at the end of the array": lambda text: text.replace(b"]", b",]"),
    "single quotes": lambda text: text.replace(b'"From"', b"'From'"),
    "an unquoted name": lambda text: text.replace(b'"From"', b"From"),
    "NaN and -Infinity in unknown members": lambda text: text[:-1] + b',"Extra":NaN,"More":-Infinity}',
    "line ends inside a string": lambda text: text.replace(b"\\r\\n", b"\r\n"),
    "a hexadecimal number in an unknown member": lambda text: text[:-1] + b',"Extra":0x1F}',
    "True in an unknown member": lambda text: text[:-1] + b',"Extra":True}',
    "undefined in an unknown member": lambda text: text[:-1] + b',"Extra":undefined}',
    "an escape that JSON does not have": lambda text: text[:-1] + b',"Extra":"\\x41"}',
}


@requirement("RM-JSON-04")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        (JSON, "a comma at the end of the object"),
        *((JSON, name) for name in EXTENSIONS if name[:12] != "a comma at t"),
        *((media_type, name) for media_type in ALL for name in ("a comma at the end of the array",)),
    ],
)
def test_an_extension_is_read_the_same_or_refused(
    send: Send, control: Control, message: Message, target: Target, media_type: str, name: str
) -> None:
    """A parser may accept forms that are not JSON; then it has to read the rest as it is (RFC 8259 §9)."""
    plain_object(media_type, target)
    extend = EXTENSIONS[name]
    probe = send(message, media_type=media_type, body=lambda m: extend(encode(m, media_type, target.content)))
    judge(same_or_refused(probe, control(media_type=media_type)))


NO_OBJECTS: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda text: b"null",
    "true": lambda text: b"true",
    "false": lambda text: b"false",
    "a number": lambda text: b"0",
    "a string": lambda text: b'""',
    "the request as a string": lambda text: quoted(text.decode()),
    "an empty array": lambda text: b"[]",
    "the request in an array": lambda text: b"[" + text + b"]",
}


@requirement("RM-JSON-05")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        (JSON, "the request in an array"),
        *((JSON, n) for n in NO_OBJECTS if n != "the request in an array"),
        *(
            (media_type, name)
            for media_type in ALL[1:]
            for name in ("null", "the request as a string", "the request in an array")
            if not (media_type == JSON_PATCH and "array" in name)
        ),
    ],
)
def test_a_top_level_that_is_no_object_is_refused(
    send: Send, control: Control, message: Message, target: Target, media_type: str, name: str
) -> None:
    """The page's request body is an object."""
    make = NO_OBJECTS[name]
    probe = send(
        message, media_type=media_type, expects=None, body=lambda m: make(encode(m, JSON, target.content)), note=name
    )
    judge(not_accepted(probe, control(media_type=media_type)))
