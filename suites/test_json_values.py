"""What JSON values may be: names given twice, depth, numbers, and text that is none (RFC 8259 §4, §6 to §9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.encodings import JSON_PATCH, MEDIA_TYPES, Pairs, encode, encode_members, members
from relaycheck.judgements.bodies import one_value_wins, relayed_to_all_or_refused
from relaycheck.judgements.endurance import unharmed
from relaycheck.judgements.outcome import observed, refused, same_or_refused
from relaycheck.message import NONCE
from relaycheck.plugin import judge, lacking, requirement, unobservable
from relaycheck.verdicts import Cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

JSON, TEXT_JSON, *_, MERGE = MEDIA_TYPES
ALL = (JSON, TEXT_JSON, JSON_PATCH, MERGE)
weighed = pytest.mark.parametrize(("media_type", "count"), [(JSON, 8), *((media_type, 2) for media_type in ALL[1:])])


def plain_object(media_type: str, target: Target) -> None:
    """The test writes an object by hand, which a json-patch body is only in one of its readings."""
    if media_type == JSON_PATCH and target.content.patch != "body":
        raise lacking("patch.body")


# A property and the two values that it is given, in order.
TWICE = {
    "From": ("From", "first-{}@{}", "second-{}@{}"),
    "From, the last one no address": ("From", "first-{}@{}", "second {}"),
    "From, the first one no address": ("From", "first {}", "second-{}@{}"),
    "Recipients": ("Recipients", ("first-{}@{}",), ("second-{}@{}",)),
    "Recipients that overlap": ("Recipients", ("a-{}@{}", "b-{}@{}"), ("b-{}@{}", "c-{}@{}")),
    "Rfc822": ("Rfc822", "first", "second"),
}


@requirement("RM-JSON-06")
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in TWICE.items()])
def test_of_duplicate_names_one_value_wins(
    send: Send, control: Control, run: Run, target: Target, case: tuple[str, object, object]
) -> None:
    """Parsers differ in which of two equal names counts (RFC 8259 §4): it must be the same one everywhere."""
    name, *values = case
    field = {"From": "sender", "Recipients": "recipients", "Rfc822": "rfc822"}[name]
    plain = run.message()
    said = [_value(value, plain, target.safety_domain) for value in values]
    singles = [send(plain.but(**{field: value}), media_type=JSON) for value in said]

    def body(stamped: Message) -> bytes:
        nonce = stamped.recipients[0].split("-")[1].split("@")[0]
        doubled = [members(plain.but(**{field: value}).stamped(nonce))[name] for value in said]
        rest = [(n, v) for n, v in members(stamped).items() if n != name]
        pairs = Pairs((*rest[:1], (name, doubled[0]), *rest[1:], (name, doubled[1])))
        return encode_members(pairs, JSON, target.content)

    for media_type in (JSON, MERGE) if name == "Recipients" else (JSON,):
        probe = send(plain, media_type=media_type, body=body, expects=None)
        judge(one_value_wins(probe, singles, control=control(media_type=media_type)))


def _value(value: object, plain: Message, domain: str) -> object:
    if isinstance(value, tuple):
        return tuple(item.format(NONCE, domain) for item in value)
    assert isinstance(value, str)
    if value in ("first", "second"):
        return plain.rfc822 + f"This is the {value}.\r\n"
    return value.format(NONCE, domain)


NESTED: dict[str, Callable[[int], bytes]] = {
    "arrays": lambda depth: b"[" * depth + b"]" * depth,
    "objects": lambda depth: b'{"a":' * depth + b"1" + b"}" * depth,
}


@requirement("RM-JSON-07")
@pytest.mark.parametrize(
    ("media_type", "kind", "depths"),
    [
        (JSON, "arrays", (100_000,)),
        (JSON, "arrays", (100, 1_000, 10_000)),
        (JSON, "objects", (1_000, 100_000)),
        *((media_type, "arrays", (10_000,)) for media_type in ALL[1:]),
    ],
)
def test_deep_nesting_does_no_harm(
    send: Send, message: Message, target: Target, media_type: str, kind: str, depths: tuple[int, ...]
) -> None:
    """In a member that nobody asked for; a parser may set limits (RFC 8259 §9)."""
    plain_object(media_type, target)
    before = send(message, media_type=media_type)
    for depth in depths:

        def body(stamped: Message, nested: bytes = NESTED[kind](depth)) -> bytes:
            return encode(stamped, JSON, target.content)[:-1] + b',"Extra":' + nested + b"}"

        probe = send(message, media_type=media_type, body=body, note=f"{kind}, {depth} deep")
        after = send(message, media_type=media_type)
        judge(unharmed(probe, before, after))
        before = after


@requirement("RM-JSON-07")
def test_brackets_that_never_close_do_no_harm(send: Send, message: Message) -> None:
    """Nothing but opening brackets is refused without recursion to the end of the stack."""
    before = send(message, media_type=JSON)
    probe = send(message, media_type=JSON, body=b"[" * 100_000, expects=None)
    judge(unharmed(probe, before, send(message, media_type=JSON)))


# Not the right port, though arithmetic with too few bits makes it the right one.
WRAPPED: dict[str, Callable[[int], str]] = {
    "plus 2^16": lambda port: str(port + 2**16),
    "plus 2^32": lambda port: str(port + 2**32),
    "plus 2^64": lambda port: str(port + 2**64),
    "minus 2^16": lambda port: str(port - 2**16),
    "negative": lambda port: str(-port),
    "a thousand digits": lambda port: "9" * 1000,
    "1e400": lambda port: "1e400",
}
# Perhaps the right port, in another type or notation.
ODD: dict[str, Callable[[int], str]] = {
    "a string": lambda port: f'"{port}"',
    "a string with white space": lambda port: f'" {port} "',
    "a fraction of nothing": lambda port: f"{port}.0",
    "an exponent": lambda port: f"{port}e0",
    "a half": lambda port: f"{port}.5",
    "an array": lambda port: f"[{port}]",
}
GATEWAY = (*range(400, 500), 502, 503, 504)


def _with_port(written: str, target: Target) -> Callable[[Message], bytes]:
    """The body with the port's digits replaced, so that numbers beyond any type of ours can stand there."""

    def body(message: Message) -> bytes:
        assert message.connection is not None
        text = encode(message, JSON, target.content)
        right = b'"Port":%d' % message.connection.port
        assert right in text
        return text.replace(right, b'"Port":' + written.encode())

    return body


def _port(run: Run) -> int:
    connection = run.connection()
    if connection is None:
        raise unobservable(Cause.NO_WITNESS, "without the suite's own mail server there is no port to name wrongly")
    return connection.port


@requirement("RM-JSON-08")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        (JSON, "plus 2^16"),
        *((JSON, name) for name in WRAPPED if name != "plus 2^16"),
        *((media_type, "plus 2^16") for media_type in ALL[1:]),
    ],
)
def test_an_impossible_port_is_refused(
    send: Send, control: Control, run: Run, target: Target, media_type: str, name: str
) -> None:
    """No server listens there. A gateway's status says so as well as a 4xx does."""
    plain_object(media_type, target)
    written = WRAPPED[name](_port(run))
    probe = send(
        run.message(), media_type=media_type, body=_with_port(written, target), expects=None, note=written[:30]
    )
    judge(refused(probe, control(media_type=media_type), statuses=GATEWAY))


@requirement("RM-JSON-08")
@pytest.mark.parametrize("name", list(ODD))
def test_a_port_in_another_type_is_read_the_same_or_refused(
    send: Send, control: Control, run: Run, target: Target, name: str
) -> None:
    """Readers may convert, and then rightly (RFC 8259 §6)."""
    written = ODD[name](_port(run))
    probe = send(run.message(), media_type=JSON, body=_with_port(written, target), note=written)
    judge(same_or_refused(probe, control(media_type=JSON)))


# Octets that are never UTF-8 (RFC 3629 §3).
ILL_FORMED = (
    b"\x80",
    b"\xff",
    b"\xfe",
    b"\xc0\xaf",
    b"\xc1\x81",
    b"\xe0\x80\xaf",
    b"\xe2\x82",
    b"\xc3",
    b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xf0\x9f\x98",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
)
MARKS = (b"A line", b"Subject: ", b'"from-', b'"to1-', b'"to2-')


@requirement("RM-JSON-09")
@weighed
def test_ill_formed_utf_8_is_refused(
    send: Send, control: Control, message: Message, draw: Draw, target: Target, media_type: str, count: int
) -> None:
    """JSON text is UTF-8 (RFC 8259 §8.1). Nothing says what else such octets should mean."""
    for octets, mark in draw(st.tuples(st.sampled_from(ILL_FORMED), st.sampled_from(MARKS)), count):

        def body(stamped: Message, octets: bytes = octets, mark: bytes = mark) -> bytes:
            text = encode(stamped, media_type, target.content)
            assert mark in text
            return text.replace(mark, mark + octets, 1)

        probe = send(message, media_type=media_type, body=body, expects=None, note=f"{octets!r} after {mark!r}")
        judge(refused(probe, control(media_type=media_type)))


LONE = ("\\ud83d", "\\ude00", "\\ude00\\ud83d", "\\uD800 \\uDC00", "\\udfff\\udfff")


@requirement("RM-JSON-10")
@pytest.mark.parametrize(
    ("media_type", "mark", "escape"),
    [
        (JSON, "A line", LONE[0]),
        *((JSON, "A line", escape) for escape in LONE[1:]),
        *((JSON, mark, escape) for mark, escape in (("Subject: ", LONE[0]), ('"from-', LONE[1]), ('"to1-', LONE[0]))),
        *((media_type, "A line", LONE[0]) for media_type in ALL[1:]),
    ],
)
def test_a_lone_surrogate_does_no_harm(
    send: Send, control: Control, message: Message, target: Target, media_type: str, mark: str, escape: str
) -> None:
    """What half a pair means is open (RFC 8259 §8.2); a 204 still says that the mail was relayed."""
    plain_object(media_type, target)

    def body(stamped: Message) -> bytes:
        text = encode(stamped, JSON, target.content)
        assert mark.encode() in text
        return text.replace(mark.encode(), (mark + escape).encode(), 1)

    probe = send(message, media_type=media_type, body=body, expects=None, note=f"{escape} after {mark}")
    judge(relayed_to_all_or_refused(probe, len(message.recipients), control=control(media_type=media_type)))


# Where the NUL stands: what is before it would do as a value by itself.
CUT: dict[str, Callable[[Message], Message]] = {
    "at the end of From": lambda m: m.but(sender=f"{m.sender}\0.example"),
    "in the domain of From": lambda m: m.but(sender=f"{m.sender}\0@{m.sender.split('@')[1]}"),
    "at the end of a recipient": lambda m: m.but(recipients=(f"{m.recipients[0]}\0x", *m.recipients[1:])),
    "before the last recipient's end": lambda m: m.but(
        recipients=(*m.recipients[:-1], f"{m.recipients[-1]}\0.example")
    ),
    "in the body of Rfc822": lambda m: m.but(rfc822=m.rfc822 + "before\0after\r\nthe end\r\n"),
    "in the header of Rfc822": lambda m: m.but(rfc822=m.rfc822.replace("Subject: ", "Subject: \0")),
    "at the end of Rfc822": lambda m: m.but(rfc822=m.rfc822 + "end\0\r\n"),
}
TELLING = ("at the end of a recipient", "in the body of Rfc822")


@requirement("RM-JSON-11")
@pytest.mark.parametrize(
    ("media_type", "where"),
    [*((JSON, where) for where in CUT), *((media_type, where) for media_type in ALL[1:] for where in TELLING)],
)
def test_an_escaped_nul_never_cuts_a_value(
    send: Send, control: Control, message: Message, media_type: str, where: str
) -> None:
    """A value that ends at a NUL for one part of a service and after it for another passes filters by."""
    probe = send(CUT[where](message), media_type=media_type)
    judge(same_or_refused(probe, control(media_type=media_type)))


@requirement("RM-JSON-12")
def test_names_in_another_letter_case_are_recorded(send: Send, message: Message, target: Target) -> None:
    """JSON names are case-sensitive, and the page gives one spelling."""
    said = members(message)
    spelled: dict[str, Callable[[str], str]] = {
        "lower case": str.lower,
        "upper case": str.upper,
        "camel case": lambda name: name[:1].lower() + name[1:],
    }
    probes = [
        send(
            message,
            media_type=JSON,
            members={change(name): value for name, value in said.items()},
            note=how,
            expects=None,
        )
        for how, change in spelled.items()
    ]
    one = {name.lower() if name == "Recipients" else name: value for name, value in said.items()}
    probes.append(send(message, media_type=JSON, members=one, note="recipients alone", expects=None))
    judge(observed(*probes))
