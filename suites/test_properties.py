"""The four properties of the request body (page, "Request Body"): what each may hold, and what a wrong one must not lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from relaycheck.encodings import FORM, MEDIA_TYPES, JsonSpelling, encode, members, write_json
from relaycheck.judgements import observed, refused, same_or_refused, same_outcome, same_outcome_or, served
from relaycheck.judgements.properties import refused_or_honest
from relaycheck.plugin import judge, lacking, requirement, rows, thorough, unobservable
from relaycheck.strategies.properties import INSIDE, MISTYPED, UNKNOWN, placed
from relaycheck.strategies.schema import mistyped_bodies, named_bodies, relayable_bodies
from relaycheck.verdicts import Cause

if TYPE_CHECKING:
    from relaycheck.message import Connection, Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

JSON, TEXT_JSON, XML, TEXT_XML, _, PATCH, MERGE = MEDIA_TYPES
JSON_TYPES = (JSON, TEXT_JSON, MERGE)
TYPES_WITH_NULL = tuple(media_type for media_type in MEDIA_TYPES if media_type not in (FORM, MERGE))
"""A form cannot say null: what is null is left out. In a merge patch null means that the member is not there (RFC 7396 §1)."""


def in_json_types(bodies: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """The JSON media types in turn, with the bodies."""
    return [(JSON_TYPES[at % len(JSON_TYPES)], body) for at, body in enumerate(bodies)]


def without(message: Message, *names: str) -> dict[str, Any]:
    return {name: value for name, value in members(message).items() if name not in names}


@requirement("RM-BODY-01")
@pytest.mark.parametrize("media_type", list(TYPES_WITH_NULL))
def test_a_null_connection_is_accepted(send: Send, control: Control, message: Message, media_type: str) -> None:
    """As in the page's sample: the installation's own mail server takes it."""
    judge(served(send(message.but(connection=None), media_type=media_type), control(media_type=media_type)))


@requirement("RM-BODY-02")
@pytest.mark.parametrize("media_type", list(TYPES_WITH_NULL))
def test_an_absent_connection_equals_null(send: Send, message: Message, media_type: str) -> None:
    default = message.but(connection=None)
    null = send(default, media_type=media_type, note="null")
    absent = send(default, media_type=media_type, members=without(default, "ConnectionInfoExtended"), note="absent")
    judge(same_outcome(absent, null))


@requirement("RM-BODY-02")
def test_null_in_a_merge_patch_is_absence(send: Send, control: Control, message: Message) -> None:
    """It takes away a member that is not there (RFC 7396 §2): the default, or refused where the member must be there."""
    judge(same_or_refused(send(message.but(connection=None), media_type=MERGE), control(media_type=MERGE)))


def named_connection(run: Run) -> Connection:
    connection = run.named_connection()
    if connection is None:
        raise unobservable(Cause.NO_WITNESS, "there is no mail server that a request could name: declare [witness]")
    return connection


@requirement("RM-BODY-03")
@pytest.mark.parametrize("media_type", list(MEDIA_TYPES))
def test_a_connection_object_is_accepted(send: Send, message: Message, run: Run, media_type: str) -> None:
    """The page's type, EMailConnectionInfoExtended, naming a mail server."""
    judge(served(send(message.but(connection=named_connection(run)), media_type=media_type)))


@requirement("RM-BODY-03")
def test_bodies_of_the_contract_are_accepted(
    send: Send, message: Message, run: Run, target: Target, draw: Draw
) -> None:
    """Made by Schemathesis from the OpenAPI description: the members in any order, in every JSON type."""
    connection = named_connection(run)
    for media_type, body in in_json_types(draw(named_bodies(target.safety_domain, connection), 6)):
        judge(served(send(message.but(connection=connection), media_type=media_type, members=body)))


def at_most(target: Target, recipients: int) -> None:
    limit = target.limits.recipients
    if limit is not None and limit < recipients:
        raise lacking("limits.recipients", f"the target takes at most {limit} recipients")


@requirement("RM-BODY-04")
@pytest.mark.parametrize(
    ("media_type", "recipients"),
    [
        (JSON, 50),
        *((JSON, n) for n in (1, 2, 11, 26)),
        *((t, n) for t, n in ((XML, 1), (FORM, 1), *((t, 12) for t in MEDIA_TYPES[1:]))),
    ],
)
def test_one_to_fifty_recipients_are_accepted(
    send: Send, control: Control, run: Run, target: Target, media_type: str, recipients: int
) -> None:
    """`Recipients` is an array of strings: each of them gets the mail."""
    at_most(target, recipients)
    judge(served(send(run.message(recipients), media_type=media_type), control(media_type=media_type)))


TEXTS = {"Rfc822": {"rfc822": ""}, "From": {"sender": ""}}


def emptied(message: Message, name: str) -> Message | None:
    """What a service that takes the property for empty may relay; without recipients, nothing."""
    return message.but(**TEXTS[name]) if name in TEXTS else None


INCOMPLETE = [
    (JSON, "From"),
    (JSON, "Recipients"),
    (JSON, "Rfc822"),
    *((t, name) for t in (XML, FORM) for name in ("From", "Rfc822", "Recipients")),
    *((t, name) for t, name in ((PATCH, "From"), (MERGE, "Rfc822"), (MERGE, "From"))),
]


@requirement("RM-BODY-05")
@pytest.mark.parametrize(("media_type", "name"), INCOMPLETE)
def test_a_missing_property_is_refused(
    send: Send, control: Control, message: Message, media_type: str, name: str
) -> None:
    """What is missing cannot be relayed, and must not be invented (RFC 9110 §15.5.1)."""
    probe = send(message, media_type=media_type, members=without(message, name), expects=emptied(message, name))
    judge(refused_or_honest(probe, control(media_type=media_type)))


@requirement("RM-BODY-05")
@pytest.mark.parametrize("media_type", [JSON, XML])
def test_a_request_with_nothing_in_it_is_refused(
    send: Send, control: Control, message: Message, media_type: str
) -> None:
    """Nor is an empty object a request that was carried out."""
    judge(
        refused_or_honest(
            send(message, media_type=media_type, members={}, expects=None), control(media_type=media_type)
        )
    )


@requirement("RM-BODY-06")
@pytest.mark.parametrize(("media_type", "name"), [case for case in INCOMPLETE if FORM not in case])
def test_a_null_property_is_refused(send: Send, control: Control, message: Message, media_type: str, name: str) -> None:
    """null is no text: neither the word "null" nor anything else takes its place."""
    probe = send(
        message, media_type=media_type, members={**members(message), name: None}, expects=emptied(message, name)
    )
    judge(refused_or_honest(probe, control(media_type=media_type)))


@requirement("RM-BODY-07")
@pytest.mark.parametrize(
    ("name", "value"), [pytest.param(*case, id=label) for at, (label, case) in enumerate(MISTYPED.items())]
)
def test_a_value_of_another_type_is_refused(
    send: Send, control: Control, message: Message, target: Target, name: str, value: Any
) -> None:
    """The page gives each property a type; anything else is no request (RFC 9110 §15.5.1)."""
    body = {**members(message), name: placed(value, target.safety_domain)}
    judge(refused(send(message, media_type=JSON, members=body, expects=None), control(media_type=JSON)))


@requirement("RM-BODY-07")
def test_bodies_that_the_contract_forbids_are_refused(
    send: Send, control: Control, message: Message, run: Run, target: Target, draw: Draw
) -> None:
    """Made by Schemathesis from the OpenAPI description, in every JSON type."""
    for media_type, body in in_json_types(draw(mistyped_bodies(target.safety_domain, run.connection()), 9)):
        written = write_json(body, JsonSpelling())
        judge(refused(send(message, media_type=media_type, body=written, expects=None), control(media_type=media_type)))


@requirement("RM-BODY-08")
@pytest.mark.parametrize("media_type", [JSON, XML, TEXT_JSON, PATCH, MERGE])
def test_an_empty_list_of_recipients_is_refused(
    send: Send, control: Control, message: Message, media_type: str
) -> None:
    """A mail to nobody cannot be relayed, so 204 would claim what cannot be."""
    probe = send(message, media_type=media_type, members={**members(message), "Recipients": []}, expects=None)
    judge(refused(probe, control(media_type=media_type)))


@requirement("RM-BODY-09")
@pytest.mark.parametrize("extra", rows(UNKNOWN))
def test_unknown_members_are_ignored_or_refused(
    send: Send, control: Control, message: Message, target: Target, extra: dict[str, Any]
) -> None:
    """The vendor adds members over time; none may change who gets the mail."""
    body = {**members(message), **placed(extra, target.safety_domain)}
    judge(same_or_refused(send(message, media_type=JSON, members=body), control(media_type=JSON)))


@requirement("RM-BODY-09")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [(XML, "Bcc"), (FORM, "Bcc"), (PATCH, "Bcc"), (MERGE, "Bcc"), (XML, "a sender"), (FORM, "a sender")],
)
def test_unknown_members_are_ignored_or_refused_in_every_type(
    send: Send, control: Control, message: Message, target: Target, media_type: str, name: str
) -> None:
    body = {**members(message), **placed(UNKNOWN[name], target.safety_domain)}
    judge(same_or_refused(send(message, media_type=media_type, members=body), control(media_type=media_type)))


@requirement("RM-BODY-09")
def test_an_element_of_another_namespace_is_an_unknown_one(
    send: Send, control: Control, message: Message, target: Target
) -> None:
    """Its local name is that of a property, its name is not (Namespaces in XML 1.0 §2.1)."""
    end = b"</%b" % target.content.xml.root.encode()

    def body(stamped: Message) -> bytes:
        head, mark, tail = encode(stamped, XML, target.content).rpartition(end)
        other = f'<o:From xmlns:o="urn:relaycheck:other">other-{stamped.sender}</o:From>'
        return head + other.encode() + mark + tail

    probe = send(message, media_type=XML, body=body, note="a From of another namespace")
    judge(same_or_refused(probe, control(media_type=XML)))


@requirement("RM-BODY-09")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_unknown_members_of_the_connection_are_ignored_or_refused(
    send: Send, control: Control, message: Message, media_type: str
) -> None:
    if message.connection is None:
        raise lacking("connection.object")
    body: dict[str, Any] = dict(members(message))
    body["ConnectionInfoExtended"] = {**body["ConnectionInfoExtended"], **INSIDE["inside the connection"]}
    judge(same_or_refused(send(message, media_type=media_type, members=body), control(media_type=media_type)))


@requirement("RM-BODY-09")
def test_bodies_with_members_beyond_the_contract_are_ignored_or_refused(
    send: Send, control: Control, message: Message, run: Run, target: Target, draw: Draw
) -> None:
    """Made by Schemathesis: any JSON under any name, and the connection's optional members null."""
    for media_type, body in in_json_types(draw(relayable_bodies(target.safety_domain, run.connection()), 9)):
        judge(same_or_refused(send(message, media_type=media_type, members=body), control(media_type=media_type)))


@requirement("RM-BODY-10")
def test_empty_texts_are_recorded(send: Send, control: Control, message: Message) -> None:
    """An empty From may be the null reverse-path (RFC 5321 §4.5.5) or a mistake, but no other sender."""
    nobody = send(message.but(sender=""), note='From ""')
    judge(same_or_refused(nobody, control()))
    judge(
        observed(
            nobody,
            send(message.but(rfc822=""), note='Rfc822 ""'),
            send(message.but(recipients=("",)), note='Recipients [""]', expects=None),
        )
    )


KIB, MIB = 1024, 1024 * 1024


def of_size(run: Run, octets: int) -> Message:
    """A message of exactly so many octets in lines of 78."""
    empty = run.message(body="")
    left = octets - len(empty.rfc822)
    lines, rest = divmod(left - 2, 78)
    return empty.but(rfc822=empty.rfc822 + ("x" * 76 + "\r\n") * lines + "y" * rest + "\r\n")


def within(target: Target, octets: int, *, only_if_declared: bool = False) -> None:
    """Raise when the target does not take, or does not say that it takes, a body of so many octets."""
    limit = target.limits.body_bytes
    if limit is None and only_if_declared:
        raise lacking("limits.body", f"the target does not declare that it takes {octets} octets")
    if limit is not None and limit < octets:
        raise lacking("limits.body", f"the target takes at most {limit} octets")


@requirement("RM-BODY-11")
@pytest.mark.parametrize(
    ("media_type", "octets"),
    [(JSON, 65_537), (JSON, 65_535), (JSON, 65_536), (XML, 70_000), (FORM, 70_000), (MERGE, 70_000)],
)
def test_a_message_of_64_kib_is_accepted(
    send: Send, control: Control, run: Run, target: Target, media_type: str, octets: int
) -> None:
    """What every SMTP server must take (RFC 5321 §4.5.3.1.7) arrives whole."""
    within(target, 2 * octets)
    judge(served(send(of_size(run, octets), media_type=media_type), control(media_type=media_type)))


@requirement("RM-BODY-11")
@pytest.mark.parametrize("octets", [MIB, pytest.param(10 * MIB, marks=thorough)])
def test_a_larger_message_arrives_whole_or_is_refused_with_413(
    send: Send, control: Control, run: Run, target: Target, octets: int
) -> None:
    """Never cut (RFC 9110 §15.5.14)."""
    within(target, octets + octets // 8, only_if_declared=octets > MIB)
    judge(same_outcome_or(send(of_size(run, octets), media_type=JSON), control(media_type=JSON), statuses=(413,)))


@requirement("RM-BODY-12")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_a_hundred_recipients_are_served(
    send: Send, control: Control, run: Run, target: Target, media_type: str
) -> None:
    """Every SMTP server must take them in one transaction (RFC 5321 §4.5.3.1.8)."""
    at_most(target, 100)
    judge(served(send(run.message(100), media_type=media_type), control(media_type=media_type)))


@requirement("RM-BODY-12")
@pytest.mark.parametrize("recipients", [101, 250])
def test_more_recipients_are_all_served_or_all_refused(
    send: Send, control: Control, run: Run, target: Target, recipients: int
) -> None:
    """How many transactions it takes is the relay's business."""
    at_most(target, recipients)
    judge(same_or_refused(send(run.message(recipients), media_type=JSON), control(media_type=JSON)))


SAMPLE = (
    b'{\n  "ConnectionInfoExtended": null,\n  "Rfc822": "est",\n  "From": "reprehenderit",\n'
    b'  "Recipients": [\n    "odio",\n    "nesciunt"\n  ]\n}'
)


@requirement("RM-BODY-18")
def test_the_literal_sample_is_recorded(send: Send, message: Message) -> None:
    """The page's filler is neither a message nor addresses, so both answers are defensible."""
    judge(observed(send(message, media_type=JSON, body=SAMPLE, expects=None, note="sample")))
