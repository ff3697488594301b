"""The 204 itself: what may follow it, what it may say, and what it promises (RFC 9110 §15.3.5, RFC 9112 §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.encodings import MEDIA_TYPES
from relaycheck.judgements import (
    each_its_own_answer,
    honest,
    no_content_length,
    no_trailers,
    no_transfer_encoding,
    nothing_after_the_header,
    observed,
    observed_fields,
)
from relaycheck.plugin import judge, requirement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.client import Variations
    from relaycheck.exchange import Exchange, Request
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send
    from relaycheck.plugin.run import Run

# How a request that is served may vary, so that a fault of one code path is seen.
VARIANTS: dict[str, Variations] = {
    "plain": {},
    "select": {"query": "$select=name,department,category/id"},
    "no Accept": {"without": ("Accept",)},
    "Accept */*": {"without": ("Accept",), "headers": (("Accept", "*/*"),)},
    "Accept XML": {"without": ("Accept",), "headers": (("Accept", "application/xml"),)},
    "Accept-Encoding": {"headers": (("Accept-Encoding", "gzip, deflate, br"),)},
    "TE trailers": {"headers": (("TE", "trailers"), ("Connection", "TE"))},
    "chunked": {"chunks": (64, 1, 200)},
    "close": {"headers": (("Connection", "close"),)},
    **{media_type: {"media_type": media_type} for media_type in MEDIA_TYPES[1:]},
}
variants = pytest.mark.parametrize("variant", VARIANTS.values(), ids=list(VARIANTS))


@requirement("RM-204-01")
@variants
def test_no_byte_follows_the_header_section(send: Send, message: Message, variant: Variations) -> None:
    """A 204 ends at the empty line (RFC 9110 §6.4.1, §15.3.5; RFC 9112 §6.3): not the `null` of the page's sample."""
    judge(nothing_after_the_header([send(message, fresh=True, **variant)]))


@requirement("RM-204-01")
def test_the_connection_stays_quiet_after_the_204(compose: Compose, message: Message, run: Run) -> None:
    """Nothing comes late either: a second of silence on the connection that carried the 204."""
    with run.client.converse() as conversation:
        exchange = conversation.send(compose(message))
        judge(nothing_after_the_header([conversation.quiet(exchange, 1.0)]))


@requirement("RM-204-02")
@variants
def test_there_is_no_content_length(send: Send, message: Message, variant: Variations) -> None:
    """Content-Length must not be in a 204, not even 0 (RFC 9110 §8.6)."""
    judge(no_content_length([send(message, **variant)]))


@requirement("RM-204-03")
@variants
def test_there_is_no_transfer_encoding(send: Send, message: Message, variant: Variations) -> None:
    """Transfer-Encoding must not be in a 204 (RFC 9112 §6.1)."""
    judge(no_transfer_encoding([send(message, **variant)]))


@requirement("RM-204-04")
@pytest.mark.parametrize("variant", [VARIANTS["plain"], VARIANTS["TE trailers"]], ids=["plain", "TE trailers"])
def test_there_are_no_trailers(send: Send, message: Message, variant: Variations) -> None:
    """A 204 has no trailer section, even for a client that says it would take one (RFC 9110 §15.3.5)."""
    judge(no_trailers([send(message, fresh=True, **variant)]))


@requirement("RM-204-01")
@pytest.mark.over_the_run
def test_no_204_of_the_run_has_content(run: Run) -> None:
    """Every exchange of the run counts: one stray octet anywhere is a finding."""
    judge(nothing_after_the_header(run.ledger.all()))


@requirement("RM-204-02")
@pytest.mark.over_the_run
def test_no_204_of_the_run_has_a_content_length(run: Run) -> None:
    judge(no_content_length(run.ledger.all()))


@requirement("RM-204-03")
@pytest.mark.over_the_run
def test_no_204_of_the_run_has_a_transfer_encoding(run: Run) -> None:
    judge(no_transfer_encoding(run.ledger.all()))


# Requests that a target answers differently, so that an answer out of step shows.
KINDS: dict[str, Variations] = {
    "valid": {"note": "valid"},
    "malformed": {"body": b"{", "expects": None, "note": "malformed JSON"},
    "anonymous": {"auth": None, "expects": None, "note": "no credentials"},
    "text/plain": {"content_type": "text/plain", "expects": None, "note": "text/plain"},
}


@requirement("RM-204-05")
def test_a_reused_connection_stays_in_step(
    run: Run, compose: Compose, control: Control, message: Message, draw: Draw
) -> None:
    """After a 204, each further request on the connection gets its own answer (RFC 9112 §6.3, §9.3)."""
    for sequence in draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=6, max_size=6).map(tuple), 5):
        requests = [compose(message, **KINDS[kind]) for kind in ("valid", *sequence)]
        judge(each_its_own_answer(_one_by_one(run, requests), control()))


def _one_by_one(run: Run, requests: Sequence[Request]) -> tuple[Exchange, ...]:
    """Send requests on one connection until the target closes it."""
    answers: list[Exchange] = []
    with run.client.converse() as conversation:
        for request in requests:
            answers.append(conversation.send(request))
            if answers[-1].connection.closed_after or not answers[-1].answered:
                break
    return tuple(answers)


@requirement("RM-204-06")
@pytest.mark.over_the_run
def test_a_204_is_only_said_when_the_request_was_carried_out(run: Run) -> None:
    """204 means fulfilled (RFC 9110 §15.3.5): every recipient of every accepted request of the run got its mail."""
    judge(honest(run.ledger.all()))


@requirement("RM-204-07")
def test_what_else_a_204_says_is_recorded(send: Send, message: Message) -> None:
    """Content-Type (the page's sample has one), ETag and Last-Modified are neither required nor forbidden."""
    judge(observed_fields(send(message), ("Content-Type", "ETag", "Last-Modified", "Server")))


@requirement("RM-204-08")
def test_whether_responses_forbid_storing_is_recorded(send: Send, message: Message) -> None:
    """Cache-Control: no-store on 204s and errors is good practice, no more."""
    judge(observed(send(message, note="204"), send(message, auth=None, expects=None, note="401")))
