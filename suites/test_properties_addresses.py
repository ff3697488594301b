"""The addresses in From and Recipients: from the usual to the hostile (RFC 5321 §4.1.2, §4.5.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.encodings import FORM, MEDIA_TYPES
from relaycheck.judgements import same_or_refused, served
from relaycheck.judgements.envelope import adds_no_command, adds_no_parameter, nobody_but
from relaycheck.message import NONCE
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.addresses import ODD, SINGLE, lengths, odd
from relaycheck.strategies.injections import COMMANDS, PARAMETERS, STRANGER, command_injection, parameter_injection
from relaycheck.strategies.mailboxes import odd_kinds
from relaycheck.strategies.properties import placed

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.strategies.injections import Injection, Place
    from relaycheck.target import Target
    from relaycheck.witness import Witness

JSON, TEXT_JSON, XML, TEXT_XML, _, PATCH, MERGE = MEDIA_TYPES


def at_place(message: Message, place: str, address: str, *, last: bool = False) -> Message:
    """The message with `address` as its sender, or as the first or the last of its recipients."""
    if place == "From":
        return message.but(sender=address)
    others = message.recipients[1:]
    return message.but(recipients=(*others, address) if last else (address, *others))


WITHIN = (
    {"Recipients": "local part of 64"},
    {"From": "local part of 64"},
    {"Recipients": "local part of 63"},
    {"Recipients": "path of 256"},
    {"From": "path of 256"},
    {"Recipients": "local part of 64", "From": "path of 256"},
)
BEYOND = (
    {"Recipients": "local part of 65"},
    {"From": "local part of 65"},
    {"Recipients": "path of 257"},
    {"From": "path of 257"},
    {"Recipients": "domain of 255"},
    {"Recipients": "local part of 65", "From": "path of 257"},
)


def as_long(message: Message, places: dict[str, str], domain: str) -> Message:
    for place, what in places.items():
        message = at_place(message, place, lengths(domain)[what])
    return message


def named(places: dict[str, str]) -> str:
    return ", ".join(f"{place} with a {what}" for place, what in places.items())


@requirement("RM-BODY-13")
@pytest.mark.parametrize("places", WITHIN, ids=named)
def test_addresses_up_to_the_limits_are_served(
    send: Send, control: Control, message: Message, target: Target, places: dict[str, str]
) -> None:
    """RFC 5321 §4.5.3.1: 64 octets of local part, 256 of path with its brackets."""
    judge(served(send(as_long(message, places, target.safety_domain)), control()))


@requirement("RM-BODY-13")
@pytest.mark.parametrize("places", BEYOND, ids=named)
def test_longer_addresses_are_served_unchanged_or_refused(
    send: Send, control: Control, message: Message, target: Target, places: dict[str, str]
) -> None:
    """Cutting one makes it somebody else's."""
    judge(same_or_refused(send(as_long(message, places, target.safety_domain)), control()))


def tried(
    send: Send, witness: Witness, message: Message, injection: Injection, media_type: str, *, last: bool
) -> tuple[Exchange, tuple[bytes, ...]]:
    """Send a hostile address; with the exchange, what the witness's sessions since then heard of it."""
    before = witness.connections
    hostile = at_place(message, injection.place, injection.address, last=last)
    probe = send(hostile, media_type=media_type, expects=None, note=injection.note)
    nonce = probe.request.nonce.encode()
    said = (session.transcript for session in witness.sessions(since=before))
    return probe, tuple(transcript for transcript in said if nonce in transcript.lower())


TELLING = ("RCPT after a bracket", "LF", "Recipients")
WRITTEN_IN_JSON = [
    *((shape, "CRLF", "Recipients") for shape in COMMANDS),
    *((shape, "LF", "Recipients") for shape in ("NOOP", "a second address", "at the end", "inside the local part")),
    *((shape, "CR", "Recipients") for shape in ("RCPT after a bracket", "inside the local part")),
    *((shape, "NUL", "Recipients") for shape in ("RCPT after a bracket", "inside the local part")),
    *(("RCPT after a bracket", look_alike, "Recipients") for look_alike in ("U+560D U+560A", "NEL")),
    *((shape, "CRLF", "From") for shape in ("RCPT after a bracket", "NOOP", "a header field", "inside the local part")),
    *((shape, "LF", "From") for shape in ("RCPT after a bracket", "a header field", "at the end")),
    ("inside the local part", "CR", "From"),
    ("inside the local part", "NUL", "From"),
]
WRITTEN_ELSEWHERE = [
    (media_type, *case)
    for media_type in (FORM, XML)
    for case in (TELLING, ("NOOP", "CR", "Recipients"), ("RCPT after a bracket", "CRLF", "From"))
]
WRITTEN_ELSEWHERE += [(media_type, *TELLING) for media_type in (TEXT_JSON, TEXT_XML, PATCH, MERGE)]


@requirement("RM-BODY-14")
@pytest.mark.parametrize(
    ("media_type", "shape", "line_end", "place"),
    [
        (JSON, *TELLING),
        (JSON, "RCPT after a bracket", "CRLF", "From"),
        *(
            case
            for case in [*((JSON, *case) for case in WRITTEN_IN_JSON), *WRITTEN_ELSEWHERE]
            if case != (JSON, "RCPT after a bracket", "CRLF", "From")
        ),
    ],
)
def test_an_address_adds_no_command(
    send: Send,
    control: Control,
    message: Message,
    target: Target,
    witness: Witness,
    media_type: str,
    shape: str,
    line_end: str,
    place: Place,
) -> None:
    """Whatever the notation of the body hides the line end in: it ends no SMTP command (RFC 5321 §4.1.2).

    CRLF stands in the first recipient, other line ends in the last.
    """
    injection = command_injection(place, shape, line_end, target.safety_domain)
    probe, sessions = tried(send, witness, message, injection, media_type, last=line_end != "CRLF")
    judge(adds_no_command(probe, control(media_type=media_type), sessions, stranger_of(probe)))


def stranger_of(probe: Exchange) -> str:
    return STRANGER.replace(NONCE, probe.request.nonce)


@requirement("RM-BODY-15")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        *((JSON, name) for name in PARAMETERS),
        *((media_type, "NOTIFY") for media_type in (XML, FORM, PATCH)),
        *((media_type, "SIZE") for media_type in (XML, FORM, MERGE)),
    ],
)
def test_an_address_adds_no_parameter(
    send: Send, control: Control, message: Message, target: Target, witness: Witness, media_type: str, name: str
) -> None:
    """A bracket inside an address does not end the path (RFC 5321 §4.1.1.2, §4.1.1.3): in JSON of the first recipient, elsewhere of
    the last."""
    injection = parameter_injection(name, target.safety_domain)
    probe, sessions = tried(send, witness, message, injection, media_type, last=media_type != JSON)
    judge(adds_no_parameter(probe, control(media_type=media_type), sessions, injection.tokens, stranger_of(probe)))


@requirement("RM-BODY-16")
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(pytest.param(*((one,) for one in case), id=label) for label, case in SINGLE.items()),
        pytest.param(*zip(*SINGLE.values(), strict=True), id="all of them"),
    ],
)
def test_one_string_is_one_recipient(
    send: Send, control: Control, message: Message, target: Target, text: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    """Recipients is the list; its strings are not lists again."""
    probe = send(message.but(recipients=tuple(placed(one, target.safety_domain) for one in text)), expects=None)
    allowed = [placed(one, target.safety_domain).replace(NONCE, probe.request.nonce) for one in (*text, *meant) if one]
    judge(nobody_but(probe, control(), allowed))


@requirement("RM-BODY-17")
@pytest.mark.parametrize(
    ("name", "place"),
    [*((n, "Recipients") for n in ODD), *((n, "From") for n in ("upper case", "a tag", "quoted", "dots"))],
)
def test_unusual_addresses_are_served_as_they_are(
    send: Send, control: Control, message: Message, target: Target, name: str, place: str
) -> None:
    """Only the server of the domain may interpret a local part (RFC 5321 §2.3.11, §2.4)."""
    judge(served(send(at_place(message, place, odd(name, target.safety_domain))), control()))


@requirement("RM-BODY-17")
def test_unusual_addresses_beside_each_other_are_served(
    send: Send, control: Control, message: Message, target: Target
) -> None:
    """All of them in one request, as far as the target takes so many."""
    addresses = [odd(name, target.safety_domain) for name in ODD]
    recipients = tuple(addresses[: target.limits.at_most(len(addresses))])
    judge(served(send(message.but(sender=odd("upper case", target.safety_domain), recipients=recipients)), control()))


@requirement("RM-BODY-17")
@pytest.mark.parametrize("media_type", [FORM, XML])
@pytest.mark.parametrize("name", ["a tag", "punctuation"])
def test_unusual_addresses_survive_every_notation(
    send: Send, control: Control, message: Message, target: Target, media_type: str, name: str
) -> None:
    """`+`, `%` and `&` mean something in forms and XML, and are themselves again once the body is read."""
    probe = send(at_place(message, "Recipients", odd(name, target.safety_domain)), media_type=media_type)
    judge(served(probe, control(media_type=media_type)))


@requirement("RM-BODY-17")
def test_any_valid_address_is_served_as_it_is(
    send: Send, control: Control, message: Message, target: Target, draw: Draw
) -> None:
    """Drawn from the grammar of mailboxes, each kind by itself; the longest local part has 64 octets."""
    for kind, count in zip(odd_kinds(target.safety_domain), (2, 1, 1, 1, 2), strict=True):
        for address in draw(kind.filter(lambda address: address.count("@") == 1), count):
            judge(served(send(at_place(message, "Recipients", address)), control()))
