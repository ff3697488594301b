"""Connections that go on or end, requests in a row, and expectations (RFC 9112 §9, RFC 9110 §10.1.1).

Message syntax is mostly the business of the server in front: this chapter is reported, not blocking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.client.dialogues import answered, followed, held_back, together
from relaycheck.judgements import same_outcome_or
from relaycheck.judgements.framing import (
    answered_before_its_body,
    answered_in_order,
    nothing_after_close,
    says_close,
    stays_open_or_says_close,
)
from relaycheck.judgements.http2 import no_connection_specific_fields
from relaycheck.plugin import judge, requirement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.client import Variations
    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send
    from relaycheck.plugin.run import Run

XML = "application/xml"


# Connections that go on, and connections that end


@requirement("RM-FR-01")
@pytest.mark.parametrize(
    ("variation", "count"),
    [({"chunks": (40,)}, 4), ({}, 2), ({"query": "$select=name"}, 2), ({"media_type": XML}, 2)],
    ids=["four in chunks", "plain", "select", "XML"],
)
def test_a_connection_stays_open_after_204_or_its_close_is_announced(
    run: Run, compose: Compose, message: Message, variation: Variations, count: int
) -> None:
    """Persistence is the default; who does not persist says `Connection: close` (RFC 9112 §9.3)."""
    answers: list[Exchange] = []
    with run.client.converse() as conversation:
        while len(answers) < count and not (answers and (says_close(answers[-1]) or not answers[-1].answered)):
            answers.append(conversation.send(compose(message, **variation)))
    judge(stays_open_or_says_close(answers))


@requirement("RM-FR-02")
@pytest.mark.parametrize(
    "variation",
    [
        {"headers": (("Connection", "relaycheck, Close"),)},
        {"headers": (("Connection", "close"),)},
        {"headers": (("Connection", "close"),), "chunks": (30,)},
        {"headers": (("Connection", "close"),), "auth": None, "expects": None},
    ],
    ids=["in a list", "alone", "chunked", "refused"],
)
def test_nothing_after_connection_close_is_processed(
    run: Run, compose: Compose, control: Control, message: Message, variation: Variations
) -> None:
    """Two requests in one write, the first with the close option: the second is not served, the connection ends (RFC 9112 §9.6)."""
    accepted = control()
    last, following = compose(message, **variation), compose(message, expects=None, note="after Connection: close")
    judge(nothing_after_close(*followed(run.client, last, following), accepted))


# Requests that a target answers differently, so that an answer out of place shows.
KINDS: dict[str, Variations] = {
    "valid": {"note": "valid"},
    "anonymous": {"auth": None, "expects": None, "note": "no credentials"},
    "text/plain": {"content_type": "text/plain", "expects": None, "note": "text/plain"},
}
MIXTURES = (
    st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=10)
    .filter(lambda kinds: len(set(kinds)) > 1)
    .map(tuple)
)


@requirement("RM-FR-03")
def test_pipelined_requests_are_answered_in_order(
    run: Run, compose: Compose, control: Control, message: Message
) -> None:
    """Requests written at once, with different outcomes: one answer each, in their order (RFC 9112 §9.3.2)."""
    pipelined_in_order(run, compose, control, message, [("valid", "anonymous", "valid")])


@requirement("RM-FR-03")
def test_any_mixture_of_pipelined_requests_is_answered_in_order(
    run: Run, compose: Compose, control: Control, message: Message, draw: Draw
) -> None:
    """Two to ten of them, in any mixture."""
    pipelined_in_order(run, compose, control, message, draw(MIXTURES, 4))


def pipelined_in_order(
    run: Run, compose: Compose, control: Control, message: Message, mixtures: Sequence[Sequence[str]]
) -> None:
    accepted = control()
    others = sorted({kind for kinds in mixtures for kind in kinds} - {"valid"})
    lone = [answer for kind in others for answer in together(run.client, [compose(message, **KINDS[kind])])]
    for kinds in mixtures:
        answers = together(run.client, [compose(message, **KINDS[kind]) for kind in kinds])
        judge(answered_in_order(answers, lone, accepted))


# Expectations


@requirement("RM-FR-14")
@pytest.mark.parametrize(
    "variation",
    [
        {"headers": (("Expect", "100-Continue"),), "chunks": (100,)},
        {"headers": (("Expect", "100-continue"),)},
        {"headers": (("Expect", "100-continue"),), "media_type": XML},
    ],
    ids=["chunked", "length", "XML"],
)
def test_100_continue_is_answered_before_the_body(
    run: Run, compose: Compose, control: Control, message: Message, variation: Variations
) -> None:
    """100 or a final status while the body is held back (RFC 9110 §10.1.1)."""
    accepted = control()
    judge(answered_before_its_body(*held_back(run.client, compose(message, **variation)), accepted))


@requirement("RM-FR-14")
def test_100_continue_is_answered_before_the_body_of_a_request_to_be_refused(
    run: Run, compose: Compose, control: Control, message: Message
) -> None:
    accepted = control()
    request = compose(message, auth=None, headers=(("Expect", "100-continue"),), expects=None)
    answer, before = held_back(run.client, request)
    judge(answered_before_its_body(answer, before, accepted, refusal=True))


@requirement("RM-FR-15")
@pytest.mark.parametrize("expectation", ["relaycheck", "relaycheck=1"])
def test_an_unknown_expectation_is_ignored_or_417(
    run: Run, compose: Compose, control: Control, message: Message, expectation: str
) -> None:
    """RFC 9110 §10.1.1."""
    accepted = control()
    probe = answered(run.client, compose(message, headers=(("Expect", expectation),)))
    judge(same_outcome_or(probe, accepted, statuses=(417,)))


# HTTP/2


@requirement("RM-FR-18")
@pytest.mark.parametrize(
    "variation",
    [
        {},
        {"auth": None, "expects": None},
        {"content_type": "text/plain", "expects": None},
        {"body": b"{", "expects": None},
        {"method": "PUT", "expects": None},
    ],
    ids=["204", "401", "415", "400", "405"],
)
def test_no_response_over_http_2_has_fields_of_a_connection(
    send_http2: Send, message: Message, variation: Variations
) -> None:
    """Connection, Keep-Alive, Transfer-Encoding and their like are of HTTP/1.1 (RFC 9113 §8.2.2)."""
    judge(no_connection_specific_fields([send_http2(message, **variation)]))


@requirement("RM-FR-18")
@pytest.mark.over_the_run
def test_no_response_of_the_run_over_http_2_has_fields_of_a_connection(
    run: Run, send_http2: Send, message: Message
) -> None:
    """Wherever in the run HTTP/2 was spoken."""
    judge(no_connection_specific_fields([*run.ledger.all(), send_http2(message)]))
