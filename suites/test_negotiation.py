"""Accept and its relatives: a 204 has no representation to negotiate (page, "Request Headers"; RFC 9110 §12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.judgements import harmless, not_relayed_when, observed, same_outcome_or, served
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.headers import malformed_headers, well_formed_accepts

if TYPE_CHECKING:
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run


@requirement("RM-NEG-01")
def test_the_fields_of_the_sample_are_served(send: Send, message: Message) -> None:
    """`Accept: application/json; charset=utf-8` and `Accept-Language: *`."""
    judge(
        served(
            send(
                message,
                without=("Accept",),
                headers=(("Accept", "application/json; charset=utf-8"), ("Accept-Language", "*")),
            )
        )
    )


@requirement("RM-NEG-02")
def test_a_request_without_accept_is_served(send: Send, message: Message) -> None:
    """Without Accept, any representation will do (RFC 9110 §12.5.1)."""
    judge(served(send(message, without=("Accept",))))


ACCEPTS = ("*/*", "text/html", "image/png", "application/xml", "text/xml;q=0.5, */*;q=0", "application/json;q=0")


@requirement("RM-NEG-03")
@pytest.mark.parametrize("value", ACCEPTS)
def test_any_accept_is_served(send: Send, control: Control, message: Message, value: str) -> None:
    """There is no content, so any Accept is satisfied; 406 is legal (RFC 9110 §12.4.1, §15.5.7)."""
    probe = send(message, without=("Accept",), headers=(("Accept", value),))
    judge(same_outcome_or(probe, control(), statuses=(406,)))


@requirement("RM-NEG-03")
def test_any_well_formed_accept_is_served(send: Send, control: Control, message: Message, draw: Draw) -> None:
    """Drawn from the grammar: ranges, parameters, weights, empty list elements."""
    for value in draw(well_formed_accepts(), 10):
        probe = send(message, without=("Accept",), headers=(("Accept", value),))
        judge(same_outcome_or(probe, control(), statuses=(406,)))


@requirement("RM-NEG-04")
@pytest.mark.parametrize(
    "value", ["image/png", "text/html;q=0.1", "application/json;q=0", "application/x-no-such-type"]
)
def test_a_406_relays_nothing(send: Send, control: Control, message: Message, value: str) -> None:
    """A refusal for the sake of the response must come before the mail goes out."""
    probe = send(message, without=("Accept",), headers=(("Accept", value),))
    judge(not_relayed_when(406, [probe], control()))


@requirement("RM-NEG-04")
@pytest.mark.over_the_run
def test_no_406_of_the_run_relayed_anything(run: Run, control: Control) -> None:
    judge(not_relayed_when(406, run.ledger.all(), control()))


@requirement("RM-NEG-05")
def test_malformed_negotiation_fields_do_no_harm(send: Send, control: Control, message: Message, draw: Draw) -> None:
    """Accept, Accept-Language or Accept-Encoding that their grammar forbids: 204 or 400, no 5xx."""
    for name, value in draw(malformed_headers(), 12):
        judge(harmless(send(message, without=(name,), headers=((name, value),)), control()))


LANGUAGES = {
    "SO-Language": ("en", "tr-TR", "x", "*", "no-such-language"),
    "SO-Culture": ("en-US", "tr-TR", "ar-SA", "xx-YY"),
    "SO-TimeZone": ("Europe/Oslo", "Pacific/Kiritimati", "Nowhere/At-All"),
    "SO-Browser-TZ-Offset": ("0", "-840", "x"),
    "Accept-Language": ("tr", "de;q=0.5, en", "zz"),
}


@requirement("RM-NEG-06")
@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in LANGUAGES.items() for v in values])
def test_language_culture_and_time_zone_change_nothing(
    send: Send, control: Control, message: Message, name: str, value: str
) -> None:
    """Neither status nor mail: not even the letter I in an address under Turkish rules."""
    upper = message.but(recipients=tuple(r.replace("to", "TO-I", 1) for r in message.recipients))
    judge(same_outcome_or(send(upper, headers=((name, value),)), control(), statuses=()))


@requirement("RM-NEG-07")
def test_other_fields_are_recorded(send: Send, message: Message) -> None:
    """Accept-Encoding, Prefer and fields nobody knows."""
    fields = {"Accept-Encoding": "br, gzip;q=0", "Prefer": "return=representation", "X-Relaycheck-Unknown": "1"}
    judge(observed(*(send(message, headers=((n, v),), note=f"{n}: {v}") for n, v in fields.items())))
