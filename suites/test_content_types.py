"""One request body, seven media types (page, Content-Type; RFC 9110 §8.3, §15.5.16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.encodings import FORM, JSON_PATCH, MEDIA_TYPES, JsonSpelling, encode
from relaycheck.judgements import (
    identical_mail,
    not_served,
    observed,
    same_or_refused,
    same_outcome,
    served,
    what_a_415_lists_is_accepted,
)
from relaycheck.message import plain_message
from relaycheck.plugin import judge, requirement, unobservable
from relaycheck.strategies.headers import media_type_spellings
from relaycheck.strategies.messages import messages
from relaycheck.strategies.spellings import spellings
from relaycheck.verdicts import Cause

if TYPE_CHECKING:
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

JSON, TEXT_JSON, XML, TEXT_XML, _, PATCH, MERGE = MEDIA_TYPES
types = pytest.mark.parametrize("media_type", MEDIA_TYPES)


@requirement("RM-CT-01")
def test_application_json_is_accepted(send: Send, message: Message) -> None:
    """The type of the page's sample."""
    judge(served(send(message, media_type=JSON)))


@requirement("RM-CT-02")
def test_text_json_is_accepted(send: Send, message: Message) -> None:
    """Not registered with IANA, yet the page lists it."""
    judge(served(send(message, media_type=TEXT_JSON)))


@requirement("RM-CT-03")
def test_application_xml_is_accepted(send: Send, message: Message) -> None:
    judge(served(send(message, media_type=XML)))


@requirement("RM-CT-04")
def test_text_xml_is_accepted(send: Send, message: Message) -> None:
    judge(served(send(message, media_type=TEXT_XML)))


@requirement("RM-CT-05")
@pytest.mark.parametrize("recipients", [1, 2, 5])
def test_a_form_is_accepted(send: Send, run: Run, recipients: int) -> None:
    """Every recipient of the form counts."""
    judge(served(send(run.message(recipients), media_type=FORM)))


@requirement("RM-CT-06")
def test_json_patch_is_accepted_in_the_declared_reading(send: Send, message: Message) -> None:
    """As a plain object or as operations: the page does not say which, the target file does."""
    judge(served(send(message, media_type=JSON_PATCH)))


@requirement("RM-CT-07")
def test_merge_patch_is_accepted(send: Send, message: Message) -> None:
    judge(served(send(message, media_type=MERGE)))


@requirement("RM-CT-08")
@types
def test_the_same_request_relays_the_identical_mail_in_every_type(
    send: Send, control: Control, run: Run, draw: Draw, target: Target, media_type: str
) -> None:
    """Message, addresses and the spelling of the body are drawn; what arrives is the message, whatever carried it."""
    pairs = st.tuples(messages(target.safety_domain), spellings(media_type, target.content))
    for drawn, spelling in draw(pairs, 8):
        probe = send(drawn.but(connection=run.connection()), media_type=media_type, spelling=spelling)
        judge(identical_mail(probe, control(media_type=media_type)))


@requirement("RM-CT-09")
@types
def test_charset_utf_8_is_accepted_with_each_type(
    send: Send, control: Control, message: Message, media_type: str
) -> None:
    """The page's sample sends it."""
    probe = send(message, media_type=media_type, content_type=f"{media_type}; charset=utf-8")
    judge(same_outcome(probe, control(media_type=media_type)))


@requirement("RM-CT-10")
@types
def test_the_spelling_of_the_field_does_not_matter(
    send: Send, control: Control, message: Message, draw: Draw, media_type: str
) -> None:
    """Case of type, parameter and charset, white space around the semicolon, quotes (RFC 9110 §8.3.1, §5.6.6)."""
    for value in draw(media_type_spellings(media_type), 4):
        judge(same_outcome(send(message, media_type=media_type, content_type=value), control(media_type=media_type)))


@requirement("RM-CT-11")
@pytest.mark.parametrize("parameter", ["version=1", 'profile="https://relaycheck.test/p"', "odata=verbose; q=1"])
def test_unknown_parameters_do_no_harm(send: Send, control: Control, message: Message, parameter: str) -> None:
    """Ignored, or refused where they are taken to be significant."""
    judge(
        same_or_refused(send(message, content_type=f"{JSON}; {parameter}", media_type=JSON), control(media_type=JSON))
    )


# Media types that nobody would take for one of the seven.
UNSUPPORTED = (
    "text/plain",
    "application/octet-stream",
    "multipart/form-data; boundary=x",
    "application/vnd.relaycheck+octets",
    "text/html",
    "image/png",
    "application/yaml",
    "application/jsonx",
    "xapplication/json",
)


@requirement("RM-CT-14")
@pytest.mark.parametrize("content_type", UNSUPPORTED)
def test_an_unsupported_type_is_refused(send: Send, control: Control, message: Message, content_type: str) -> None:
    """Though the body would be a valid one under application/json (RFC 9110 §15.5.16)."""
    probe = send(message, media_type=JSON, content_type=content_type, expects=None)
    judge(not_served(probe, control(media_type=JSON)))


@requirement("RM-CT-15")
def test_what_a_415_lists_is_accepted(send: Send, run: Run, message: Message) -> None:
    """Accept in a 415 tells what would have been taken (RFC 9110 §15.5.16): then it must be."""
    refusal = send(message, content_type="text/plain", expects=None, note="text/plain")
    listed = [media_type for media_type in MEDIA_TYPES if media_type in _listed(refusal)]
    judge(
        what_a_415_lists_is_accepted(
            refusal, [send(message, media_type=media_type, note=media_type) for media_type in listed]
        )
    )


def _listed(refusal: object) -> str:
    response = getattr(refusal, "response", None)
    if response is None or response.status != 415:
        return ""
    return f"{response.fields.get('Accept') or ''} {response.fields.get('Accept-Post') or ''}".lower()


@requirement("RM-CT-16")
def test_a_body_without_content_type_is_read_the_same_or_refused(
    send: Send, control: Control, message: Message
) -> None:
    """A recipient may look at the data or refuse (RFC 9110 §8.3)."""
    judge(same_or_refused(send(message, media_type=JSON, content_type=None), control(media_type=JSON)))


# The encoding of the body and the type it is sent under.
DISAGREEING = [
    (written, declared)
    for written in (JSON, XML, FORM)
    for declared in MEDIA_TYPES
    if declared != written
    and not (written == JSON and declared in (TEXT_JSON, PATCH, MERGE))
    and not (written == XML and declared == TEXT_XML)
]


@requirement("RM-CT-17")
@pytest.mark.parametrize(("written", "declared"), DISAGREEING)
def test_a_body_that_contradicts_its_type_is_refused(
    send: Send, control: Control, message: Message, written: str, declared: str
) -> None:
    """The declared type says how to read the body; guessing is how filters are passed by (RFC 9110 §8.3)."""
    probe = send(message, media_type=written, content_type=declared, expects=None)
    judge(not_served(probe, control(media_type=written)))


@requirement("RM-CT-19")
def test_other_types_with_a_known_suffix_are_recorded(send: Send, message: Message) -> None:
    """+json and +xml say how to parse, not what it means."""
    judge(
        observed(
            send(message, media_type=JSON, content_type="application/problem+json", note="application/problem+json"),
            send(message, media_type=XML, content_type="application/atom+xml", note="application/atom+xml"),
        )
    )


@requirement("RM-CT-12")
@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1"])
def test_a_declared_charset_is_honoured_or_refused(
    send: Send, control: Control, run: Run, target: Target, charset: str
) -> None:
    """Text in another charset, labelled as such, is decoded rightly or refused; never mojibake in the mail."""
    if target.content.charset != "utf-8":
        raise unobservable(
            Cause.NOT_DECLARED, "the declared charset of the mail is not utf-8, so its octets cannot be compared"
        )
    text = plain_message(target.safety_domain, body="Grüße, señor: ÀÉ\r\n").but(connection=run.connection())
    probe = send(
        text, media_type=JSON, content_type=f"{JSON}; charset={charset}", spelling=JsonSpelling(charset=charset)
    )
    judge(same_or_refused(probe, control(media_type=JSON)))


@requirement("RM-CT-13")
@pytest.mark.parametrize("media_type", [JSON, TEXT_JSON, XML, TEXT_XML, MERGE])
def test_a_byte_order_mark_never_becomes_data(
    send: Send, control: Control, message: Message, target: Target, media_type: str
) -> None:
    """Ignored or refused (RFC 8259 §8.1, XML 1.0 §4.3.3)."""
    probe = send(message, media_type=media_type, body=lambda m: b"\xef\xbb\xbf" + encode(m, media_type, target.content))
    judge(same_or_refused(probe, control(media_type=media_type)))
