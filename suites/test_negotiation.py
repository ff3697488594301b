"""Accept and its relatives: a 204 has no representation to negotiate (page, "Request Headers"; RFC 9110 §12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.encodings import MEDIA_TYPES
from relaycheck.judgements import harmless, not_relayed_when, observed, same_outcome, same_outcome_or, served
from relaycheck.message import NONCE
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.headers import malformed_headers, well_formed_accepts
from relaycheck.strategies.schema import locale_fields

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

SAMPLE = (("Accept", "application/json; charset=utf-8"), ("Accept-Language", "*"))
JSON, _, XML, _, FORM, _, _ = MEDIA_TYPES


@requirement("RM-NEG-01")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_the_fields_of_the_sample_are_served(send: Send, message: Message, media_type: str) -> None:
    """`Accept: application/json; charset=utf-8` and `Accept-Language: *`."""
    judge(served(send(message, without=("Accept",), headers=SAMPLE, media_type=media_type)))


@requirement("RM-NEG-01")
@pytest.mark.parametrize("field", SAMPLE, ids=[name for name, _ in SAMPLE])
def test_each_field_of_the_sample_is_served(send: Send, message: Message, field: tuple[str, str]) -> None:
    judge(served(send(message, without=("Accept",), headers=(field,))))


@requirement("RM-NEG-02")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_a_request_without_accept_is_served(send: Send, message: Message, media_type: str) -> None:
    """Without Accept, any representation will do (RFC 9110 §12.5.1)."""
    judge(served(send(message, without=("Accept",), media_type=media_type)))


def asking_for(send: Send, message: Message, value: str) -> Exchange:
    return send(message, without=("Accept",), headers=(("Accept", value),), note=f"Accept: {value}"[:80])


ACCEPTS = (
    "text/xml",
    "*/*",
    "text/html",
    "image/png",
    "application/xml",
    "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
    "text/xml;q=0.5, */*;q=0",
    "application/json;q=0",
    "APPLICATION/JSON",
    "application/json , , text/plain;q=0.001",
    'application/json;profile="a,b;c\\"d"',
    "application/json;odata=verbose;Q=1.000",
    "text/html, application/xhtml+xml, text/xml;q=0.5, , application/json;odata=verbose;Q=1.000, */*;q=0.1",
)


@requirement("RM-NEG-03")
@pytest.mark.parametrize("value", list(ACCEPTS))
def test_any_accept_is_served(send: Send, control: Control, message: Message, value: str) -> None:
    """There is no content, so any Accept is satisfied; 406 is legal (RFC 9110 §12.4.1, §15.5.7)."""
    judge(same_outcome_or(asking_for(send, message, value), control(), statuses=(406,)))


@requirement("RM-NEG-03")
def test_any_well_formed_accept_is_served(send: Send, control: Control, message: Message, draw: Draw) -> None:
    """Drawn from the grammar: ranges, parameters, weights, empty list elements."""
    for value in draw(well_formed_accepts(), 8):
        judge(same_outcome_or(asking_for(send, message, value), control(), statuses=(406,)))


@requirement("RM-NEG-04")
@pytest.mark.parametrize(
    "value",
    ["image/png", "application/json;q=0", "text/html;q=0.1", "application/x-no-such-type", "*/*;q=0", "text/csv"],
)
def test_a_406_relays_nothing(send: Send, control: Control, message: Message, value: str) -> None:
    """A refusal for the sake of the response must come before the mail goes out."""
    judge(not_relayed_when(406, [asking_for(send, message, value)], control()))


@requirement("RM-NEG-04")
@pytest.mark.over_the_run
def test_no_406_of_the_run_relayed_anything(run: Run, control: Control) -> None:
    judge(not_relayed_when(406, run.ordinary(), control()))


# Values that their fields' grammars forbid, each the stumbling block of some parser (RFC 9110 §12.5).
MALFORMED = (
    ("Accept", "application/json;q=high"),
    ("Accept", "application"),
    ("Accept", 'application/json;a="unclosed'),
    ("Accept", ";,;,/"),
    ("Accept-Language", "en;q="),
    ("Accept-Language", "no-such-language-at-all-here-xx"),
    ("Accept-Encoding", "gzip;q=high"),
)


TOGETHER = (
    {"Accept": "application", "Accept-Language": "en;q=", "Accept-Encoding": ";q=1", "Accept-Charset": "utf-8;q=x"},
    {"Accept": "application/json;q=high", "Accept-Language": "en_US", "Accept-Encoding": "gzip;q=high"},
    {"Accept": 'application/json;a="unclosed', "Accept-Language": "no-such-language-at-all-here-xx"},
    {
        "Accept": 'application, application/json;q=high, application/json;a="unclosed',
        "Accept-Language": "en;q=, en_US, no-such-language-at-all-here-xx",
        "Accept-Encoding": ";q=1, gzip;q=high",
        "Accept-Charset": "utf-8;q=x",
    },
)


@requirement("RM-NEG-05")
@pytest.mark.parametrize("fields", [*({name: value} for name, value in MALFORMED), *TOGETHER])
def test_a_malformed_field_does_no_harm(send: Send, control: Control, message: Message, fields: dict[str, str]) -> None:
    """Accept, Accept-Language or Accept-Encoding that their grammar forbids: 204 or 400, no 5xx."""
    judge(harmless(send(message, without=tuple(fields), headers=tuple(fields.items())), control()))


@requirement("RM-NEG-05")
def test_malformed_negotiation_fields_do_no_harm(send: Send, control: Control, message: Message, draw: Draw) -> None:
    """Drawn from what the grammars forbid, alone and after a good element."""
    for name, value in draw(malformed_headers(), 9):
        judge(harmless(send(message, without=(name,), headers=((name, value),)), control()))


@requirement("RM-NEG-06")
@pytest.mark.parametrize(
    ("name", "value"), [("SO-Culture", "tr-TR"), ("SO-Language", "tr-TR"), ("Accept-Language", "tr")]
)
def test_no_culture_turns_the_letters_of_an_address(
    send: Send, message: Message, target: Target, name: str, value: str
) -> None:
    """The letter I in both cases: Turkish rules turn it into others, and APPLICATION into no type at all."""
    domain = target.safety_domain
    letters = message.but(sender=f"FROM-Ii-{NONCE}@{domain}", recipients=(f"TO-Ii-{NONCE}@{domain}",))
    english = (("Accept-Language", "en"),)  # said out loud: what a request leaves behind in the service ends with it
    plain = send(letters, content_type="APPLICATION/JSON", headers=english, note="in English")
    judge(same_outcome(send(letters, content_type="APPLICATION/JSON", headers=((name, value),)), plain))


LANGUAGES = (
    ("SO-Language", "no-such-language"),
    ("SO-Language", "en"),
    ("SO-Language", "*"),
    ("SO-Culture", "ar-SA"),
    ("SO-Culture", "xx-YY"),
    ("SO-TimeZone", "Europe/Oslo"),
    ("SO-TimeZone", "Pacific/Kiritimati"),
    ("SO-TimeZone", "Nowhere/At-All"),
    ("Accept-Language", "de;q=0.5, en"),
    ("Accept-Language", "zz"),
)


LOST = (
    ("SO-Language", "no-such-language"),
    ("SO-Culture", "ar-SA"),
    ("SO-TimeZone", "Nowhere/At-All"),
    ("Accept-Language", "zz"),
)


@requirement("RM-NEG-06")
@pytest.mark.parametrize(
    "fields", [*((field,) for field in LANGUAGES), LOST], ids=[*("=".join(field) for field in LANGUAGES), "all at once"]
)
def test_language_culture_and_time_zone_change_nothing(
    send: Send, control: Control, message: Message, fields: tuple[tuple[str, str], ...]
) -> None:
    """Neither status nor mail, whether the value is known or not."""
    judge(same_outcome(send(message, headers=fields), control()))


@requirement("RM-NEG-06")
def test_any_value_of_the_vendors_fields_changes_nothing(
    send: Send, control: Control, message: Message, draw: Draw
) -> None:
    """Made by Schemathesis from the OpenAPI description."""
    for fields in draw(locale_fields(), 5):
        judge(same_outcome(send(message, headers=tuple(fields.items())), control()))


@requirement("RM-NEG-07")
def test_other_fields_are_recorded(send: Send, message: Message) -> None:
    """Accept-Encoding, Prefer and fields nobody knows."""
    fields = {"Accept-Encoding": "br, gzip;q=0", "Prefer": "return=representation", "X-Relaycheck-Unknown": "1"}
    judge(observed(*(send(message, headers=((n, v),), note=f"{n}: {v}") for n, v in fields.items())))
