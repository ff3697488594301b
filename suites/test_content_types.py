"""One request body, seven media types (page, Content-Type; RFC 9110 §8.3, §15.5.16)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest
from hypothesis import strategies as st

from relaycheck.encodings import FORM, JSON_PATCH, MEDIA_TYPES, JsonSpelling, XmlSpelling, encode
from relaycheck.judgements import (
    identical_mail,
    not_served,
    observed,
    same_or_refused,
    same_outcome,
    served,
    what_a_415_lists_is_accepted,
)
from relaycheck.judgements.bodies import alike, alike_or_refused, one_line_throughout
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.eight_bit import WIDTHS, room_for
from relaycheck.strategies.headers import media_type_spellings
from relaycheck.strategies.messages import messages
from relaycheck.strategies.spellings import spellings

if TYPE_CHECKING:
    from relaycheck.encodings import Spelling
    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

JSON, TEXT_JSON, XML, TEXT_XML, _, PATCH, MERGE = MEDIA_TYPES
types = pytest.mark.parametrize("media_type", MEDIA_TYPES)
every_type = pytest.mark.parametrize("media_type", MEDIA_TYPES)


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
@pytest.mark.parametrize("recipients", [2, *(n for n in (1, 5))])
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
@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_the_same_request_relays_the_identical_mail_in_every_type(
    send: Send, control: Control, run: Run, draw: Draw, target: Target, media_type: str
) -> None:
    """Message, addresses and the spelling of the body are drawn; what arrives is the message, whatever carried it."""
    pairs = st.tuples(
        messages(target.safety_domain, max_recipients=target.limits.at_most(5)), spellings(media_type, target.content)
    )
    for drawn, spelling in draw(pairs, 2):
        probe = send(drawn.but(connection=run.connection()), media_type=media_type, spelling=spelling)
        judge(identical_mail(probe, control(media_type=media_type)))


TRAPS = " leading, trailing \r\n\ttab\t\r\n.\r\n..\r\n<a>&amp;]]>&#13;%0D+&=;\"'\\u0041\\\r\n\r\n \r\n\r\n"


@requirement("RM-CT-08")
@types
def test_what_trips_readers_relays_the_identical_mail_in_every_type(
    send: Send, control: Control, run: Run, media_type: str
) -> None:
    """White space at the ends of lines and of the text, and what means something in one of the notations, to five recipients."""
    judge(identical_mail(send(run.message(5, TRAPS), media_type=media_type), control(media_type=media_type)))


LATIN, ANY = "Un café, señor\r\n", f"Grüße: € 漢字 😀\r\n{WIDTHS}"


@requirement("RM-CT-08")
@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        *(pytest.param(name, LATIN, id=name) for name in MEDIA_TYPES if name != JSON),
        *(pytest.param(name, ANY, id=f"{name}, any") for name in (XML, FORM)),
    ],
)
def test_text_beyond_ascii_becomes_the_same_octets_in_every_type(
    send: Send, control: Control, run: Run, target: Target, media_type: str, text: str
) -> None:
    """As in application/json: text that Latin-1 has, for which some reader may fall back to it, and text that fills buffers."""
    plain = run.message(body=room_for(text, target))
    message = plain.but(rfc822=EIGHT_BIT + plain.rfc822)
    judge(alike(send(message, media_type=media_type), send(message, media_type=JSON), control=control()))


@requirement("RM-CT-09")
@every_type
def test_charset_utf_8_is_accepted_with_each_type(
    send: Send, control: Control, message: Message, media_type: str
) -> None:
    """The page's sample sends it. Forms have no such parameter (WHATWG URL), so there it may be refused."""
    judged = same_or_refused if media_type == FORM else same_outcome
    for charset in ("utf-8", "UTF-8"):
        probe = send(message, media_type=media_type, content_type=f"{media_type}; charset={charset}")
        judge(judged(probe, control(media_type=media_type)))


@requirement("RM-CT-10")
@every_type
def test_the_spelling_of_the_field_does_not_matter(
    send: Send, control: Control, message: Message, draw: Draw, media_type: str
) -> None:
    """Case of type, parameter and charset, white space around the semicolon, quotes (RFC 9110 §8.3.1, §5.6.6)."""
    charset = None if media_type == FORM else "utf-8"  # a form has no such parameter
    for value in (_every_liberty(media_type), *draw(media_type_spellings(media_type, charset), 3)):
        judge(same_outcome(send(message, media_type=media_type, content_type=value), control(media_type=media_type)))


def _every_liberty(media_type: str) -> str:
    return media_type.upper() if media_type == FORM else f'{media_type.upper()} \t;  CHARSET="UTF-8"'


@requirement("RM-CT-11")
@pytest.mark.parametrize(
    ("media_type", "parameter"),
    [
        (JSON, "version=1"),
        (JSON, 'profile="https://relaycheck.test/p"'),
        (JSON, "odata=verbose; q=1"),
        (JSON, "charset=utf-8; version=1"),
        (JSON, 'x="a;charset=utf-16"'),
        *((media_type, "version=1") for media_type in MEDIA_TYPES[1:]),
    ],
)
def test_unknown_parameters_do_no_harm(
    send: Send, control: Control, message: Message, media_type: str, parameter: str
) -> None:
    """Ignored, or refused where they are taken to be significant."""
    probe = send(message, content_type=f"{media_type}; {parameter}", media_type=media_type)
    judge(same_or_refused(probe, control(media_type=media_type)))


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
    "application/json/x",
    "application",
    "*/*",
)


@requirement("RM-CT-14")
@pytest.mark.parametrize("content_type", ["text/plain", *UNSUPPORTED[1:]])
def test_an_unsupported_type_is_refused(send: Send, control: Control, message: Message, content_type: str) -> None:
    """Though the body would be a valid one under application/json (RFC 9110 §15.5.16)."""
    probe = send(message, media_type=JSON, content_type=content_type, expects=None)
    judge(not_served(probe, control(media_type=JSON)))


@requirement("RM-CT-14")
@pytest.mark.parametrize(
    ("written", "content_type"), [(XML, "text/html"), (XML, "text/plain"), (FORM, "text/plain"), (FORM, "text/x-form")]
)
def test_another_notation_under_an_unsupported_type_is_refused(
    send: Send, control: Control, message: Message, written: str, content_type: str
) -> None:
    """Nor is XML or a form looked for under a type that nobody serves."""
    probe = send(message, media_type=written, content_type=content_type, expects=None)
    judge(not_served(probe, control(media_type=written)))


def in_parts(form: bytes) -> bytes:
    """The pairs of a form as parts, as a browser sends them with files (RFC 7578)."""
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parse_qsl(form.decode("ascii"), keep_blank_values=True)
    )
    return "".join((*parts, "--x--\r\n")).encode()


@requirement("RM-CT-14")
def test_a_form_in_parts_is_refused(send: Send, control: Control, message: Message, target: Target) -> None:
    """multipart/form-data that says all that the form would."""
    probe = send(
        message,
        body=lambda stamped: in_parts(encode(stamped, FORM, target.content)),
        content_type="multipart/form-data; boundary=x",
        expects=None,
    )
    judge(not_served(probe, control(media_type=FORM)))


@requirement("RM-CT-15")
def test_what_a_415_lists_is_accepted(send: Send, message: Message) -> None:
    """Accept in a 415 tells what would have been taken (RFC 9110 §15.5.16): then it must be."""
    refusal = send(message, content_type="text/plain", expects=None, note="text/plain")
    trials = {name: send(message, media_type=name, note=name) for name in MEDIA_TYPES}
    trials |= {name: send(message, content_type=name, expects=None, note=name) for name in NEVER_SERVED}
    judge(what_a_415_lists_is_accepted(refusal, [trials[name] for name in trials if name in _listed(refusal)]))


NEVER_SERVED = ("text/plain", "multipart/form-data", "application/octet-stream")


def _listed(refusal: Exchange) -> tuple[str, ...]:
    """The media types that a 415 names, without their parameters."""
    if refusal.response is None or refusal.status != 415:
        return ()
    fields = refusal.response.fields
    values = (*fields.all("Accept"), *fields.all("Accept-Post"))
    return tuple(part.split(";")[0].strip().lower() for value in values for part in value.split(","))


@requirement("RM-CT-16")
@pytest.mark.parametrize("media_type", [JSON, *(name for name in (XML, FORM))])
def test_a_body_without_content_type_is_read_the_same_or_refused(
    send: Send, control: Control, message: Message, media_type: str
) -> None:
    """A recipient may look at the data or refuse (RFC 9110 §8.3)."""
    probe = send(message, media_type=media_type, content_type=None)
    judge(same_or_refused(probe, control(media_type=media_type)))


@requirement("RM-CT-16")
@pytest.mark.parametrize("value", ["", ";charset=utf-8", "json", "application/"])
def test_a_content_type_that_is_none_is_read_the_same_or_refused(
    send: Send, control: Control, message: Message, value: str
) -> None:
    """An empty or unreadable field says no more than an absent one."""
    probe = send(message, media_type=JSON, content_type=value)
    judge(same_or_refused(probe, control(media_type=JSON)))


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
@pytest.mark.parametrize(("written", "declared"), list(DISAGREEING))
def test_a_body_that_contradicts_its_type_is_refused(
    send: Send, control: Control, message: Message, written: str, declared: str
) -> None:
    """The declared type says how to read the body; guessing is how filters are passed by (RFC 9110 §8.3)."""
    probe = send(message, media_type=written, content_type=declared, expects=None)
    judge(not_served(probe, control(media_type=written)))


# How the body is written, and the two lines that come with it.
TWO_LINES = (
    (JSON, JSON, XML),
    (JSON, XML, JSON),
    (XML, JSON, XML),
    (XML, XML, JSON),
    (JSON, JSON, "text/plain"),
    (JSON, "text/plain", JSON),
    (JSON, JSON, FORM),
    (JSON, FORM, JSON),
)


@requirement("RM-CT-18")
def test_of_two_content_type_lines_one_is_used_throughout(send: Send, control: Control, message: Message) -> None:
    """Refused, or the first counts in every order, or the last does: never one for a check and the other for reading."""
    cases = []
    for written, first, last in TWO_LINES:
        lines = [("Content-Type", first), ("Content-Type", last)]
        probe = send(message, media_type=written, content_type=None, headers=lines, note=f"{first}, then {last}")
        cases.append((probe, written))
    judge(one_line_throughout(cases, control=control(media_type=JSON)))


@requirement("RM-CT-19")
def test_other_types_with_a_known_suffix_are_recorded(send: Send, message: Message) -> None:
    """+json and +xml say how to parse, not what it means."""
    judge(
        observed(
            send(
                message,
                media_type=JSON,
                content_type="application/problem+json",
                expects=None,
                note="application/problem+json",
            ),
            send(
                message, media_type=XML, content_type="application/atom+xml", expects=None, note="application/atom+xml"
            ),
        )
    )


EIGHT_BIT = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
# A type, a charset, and how the body is then written.
CHARSETS: tuple[tuple[str, str, Spelling], ...] = (
    (JSON, "iso-8859-1", JsonSpelling(charset="iso-8859-1")),
    (JSON, "utf-16", JsonSpelling(charset="utf-16")),
    (JSON, "utf-16le", JsonSpelling(charset="utf-16-le")),
    (TEXT_JSON, "iso-8859-1", JsonSpelling(charset="iso-8859-1")),
    (MERGE, "utf-16", JsonSpelling(charset="utf-16")),
    (XML, "iso-8859-1", XmlSpelling(encoding="iso-8859-1")),
    (XML, "utf-16", XmlSpelling(encoding="utf-16")),
    (TEXT_XML, "iso-8859-1", XmlSpelling(encoding="iso-8859-1", declaration=False)),
)


@requirement("RM-CT-12")
@pytest.mark.parametrize(
    ("media_type", "charset", "spelling"),
    [pytest.param(*case, id=f"{case[0]}-{case[1]}") for number, case in enumerate(CHARSETS)],
)
def test_a_declared_charset_is_honoured_or_refused(
    send: Send, control: Control, run: Run, media_type: str, charset: str, spelling: Spelling
) -> None:
    """Text in another charset, labelled as such, becomes the mail that the same text in UTF-8 becomes, or is refused."""
    plain = run.message(body="Grüße, señor: ÀÉ\r\n")
    text = plain.but(rfc822=EIGHT_BIT + plain.rfc822)
    clear = send(text, media_type=media_type)
    probe = send(text, media_type=media_type, content_type=f"{media_type}; charset={charset}", spelling=spelling)
    judge(alike_or_refused(probe, clear, control=control(media_type=media_type)))


@requirement("RM-CT-13")
@pytest.mark.parametrize("media_type", [JSON, *(m for m in (TEXT_JSON, XML, TEXT_XML, PATCH, MERGE))])
def test_a_byte_order_mark_never_becomes_data(
    send: Send, control: Control, message: Message, target: Target, media_type: str
) -> None:
    """Ignored or refused (RFC 8259 §8.1, XML 1.0 §4.3.3)."""
    probe = send(message, media_type=media_type, body=lambda m: b"\xef\xbb\xbf" + encode(m, media_type, target.content))
    judge(same_or_refused(probe, control(media_type=media_type)))
