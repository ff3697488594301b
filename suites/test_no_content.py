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
from relaycheck.judgements.no_content import promised_only_what_was_kept
from relaycheck.judgements.promises import no_204_before_its_mail
from relaycheck.message import Connection
from relaycheck.plugin import judge, lacking, requirement
from relaycheck.witness import Action, Behaviour, Fault, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.client import Variations
    from relaycheck.exchange import Exchange, Request
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target
    from relaycheck.witness import Witness

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
    "chunked, TE trailers": {"chunks": (64, 1, 200), "headers": (("TE", "trailers"), ("Connection", "TE"))},
    "close": {"headers": (("Connection", "close"),)},
    **{media_type: {"media_type": media_type} for media_type in MEDIA_TYPES[1:]},
}


def _each(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("variant", [pytest.param(VARIANTS[name], id=name) for name in names])


telling = _each("plain", "select", "Accept */*", "chunked, TE trailers", "close", "text/xml", MEDIA_TYPES[4])


@requirement("RM-204-01")
@_each(*(name for name in VARIANTS if name != "chunked, TE trailers"))
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
@telling
def test_there_is_no_content_length(send: Send, message: Message, variant: Variations) -> None:
    """Content-Length must not be in a 204, not even 0 (RFC 9110 §8.6)."""
    judge(no_content_length([send(message, **variant)]))


@requirement("RM-204-03")
@telling
def test_there_is_no_transfer_encoding(send: Send, message: Message, variant: Variations) -> None:
    """Transfer-Encoding must not be in a 204 (RFC 9112 §6.1)."""
    judge(no_transfer_encoding([send(message, **variant)]))


@requirement("RM-204-04")
@_each("TE trailers", "plain", "chunked")
def test_there_are_no_trailers(send: Send, message: Message, variant: Variations) -> None:
    """A 204 has no trailer section, even for a client that says it would take one (RFC 9110 §15.3.5)."""
    judge(no_trailers([send(message, fresh=True, **variant)]))


@requirement("RM-204-04")
@pytest.mark.over_the_run
def test_no_204_of_the_run_has_trailers(run: Run, control: Control) -> None:
    judge(no_trailers((control(), *run.ordinary())))


@requirement("RM-204-01")
@pytest.mark.over_the_run
def test_no_204_of_the_run_has_content(run: Run, control: Control) -> None:
    """Every exchange of the run counts: one stray octet anywhere is a finding."""
    judge(nothing_after_the_header((control(), *run.ordinary())))


@requirement("RM-204-02")
@pytest.mark.over_the_run
def test_no_204_of_the_run_has_a_content_length(run: Run, control: Control) -> None:
    judge(no_content_length((control(), *run.ordinary())))


@requirement("RM-204-03")
@pytest.mark.over_the_run
def test_no_204_of_the_run_has_a_transfer_encoding(run: Run, control: Control) -> None:
    judge(no_transfer_encoding((control(), *run.ordinary())))


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
    for sequence in draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=5, max_size=5).map(tuple), 3):
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


SMTP_FAULTS = {
    "the content is refused": Fault(Stage.END_OF_DATA, code=554),
    "one of two recipients is refused": Fault(Stage.RCPT, code=550, matching="to2-"),
    "the session is refused": Fault(Stage.GREETING, code=554),
    "the sender is refused": Fault(Stage.MAIL, code=550),
    "the connection ends after the content": Fault(Stage.END_OF_DATA, action=Action.DROP),
    "one of two recipients is to be tried later": Fault(Stage.RCPT, code=452, matching="to2-"),
}


SPOKEN = (
    "application/json",
    "application/x-www-form-urlencoded",
    "text/xml",
    "application/merge-patch+json",
    "text/json",
    "application/xml",
)


@requirement("RM-204-06")
@pytest.mark.parametrize(
    ("fault", "media_type"),
    list(zip(SMTP_FAULTS.values(), SPOKEN, strict=True)),
    ids=list(SMTP_FAULTS),
)
def test_no_204_is_said_when_the_mail_server_does_not_take_the_mail(
    control: Control, run: Run, witness: Witness, target: Target, fault: Fault, media_type: str
) -> None:
    """204 means fulfilled (RFC 9110 §15.3.5); which error it is instead is not asked here. Each has its own notation
    and scheme."""
    if not target.relay.connection_object:
        raise lacking("connection.object")
    if target.relay.mode != "sync":
        raise lacking("relay.sync")
    auth = list(run.credentials.values())[SPOKEN.index(media_type) % len(run.credentials)]
    with witness.open(Behaviour(fault=fault)) as listener:
        over = Connection(listener.host, listener.port, target.relay.protocol)
        note = f"a mail server where {fault.stage} fails"
        request = run.client.request(run.message().but(connection=over), media_type=media_type, auth=auth, note=note)
        probe = run.client.await_mail(run.client.transmit(request))  # once: here 503 with Retry-After is an answer
    judge(promised_only_what_was_kept(probe, control(media_type=media_type, auth=auth)))


@requirement("RM-204-06")
@pytest.mark.over_the_run
def test_a_204_is_only_said_when_the_request_was_carried_out(run: Run, control: Control) -> None:
    """Every recipient of every accepted request of the run got its mail."""
    judge(honest((control(), *run.ordinary())))


@requirement("RM-204-06")
@pytest.mark.over_the_run
def test_a_204_is_said_after_the_mail_was_taken(run: Run, target: Target) -> None:
    """Whatever the media type, size or credentials: who answers first and relays then cannot know that it will be done."""
    if target.relay.mode != "sync":
        raise lacking("relay.sync")
    if not target.relay.connection_object:
        raise lacking("connection.object")
    judge(no_204_before_its_mail(run.ordinary()))


@requirement("RM-204-07")
def test_what_else_a_204_says_is_recorded(send: Send, message: Message) -> None:
    """Content-Type (the page's sample has one), ETag and Last-Modified are neither required nor forbidden."""
    judge(observed_fields(send(message), ("Content-Type", "ETag", "Last-Modified", "Server")))


@requirement("RM-204-08")
def test_whether_responses_forbid_storing_is_recorded(send: Send, message: Message) -> None:
    """Cache-Control: no-store on 204s and errors is good practice, no more."""
    judge(observed(send(message, note="204"), send(message, auth=None, expects=None, note="401")))


@requirement("RM-204-01")
@pytest.mark.parametrize("query", [None, "$select=name"])
def test_a_204_over_http_2_has_no_content(send_http2: Send, message: Message, query: str | None) -> None:
    """No octet of DATA (RFC 9110 §15.3.5, RFC 9113 §8.1)."""
    judge(nothing_after_the_header([send_http2(message, query=query)]))


@requirement("RM-204-02")
def test_what_a_204_over_http_2_says_of_its_length_is_recorded(send_http2: Send, message: Message) -> None:
    """A Content-Length does no harm there, because frames end the message (RFC 9113 §8.1.1)."""
    judge(observed_fields(send_http2(message), ("Content-Length",)))


@requirement("RM-204-04")
def test_a_204_over_http_2_ends_with_its_header_section(send_http2: Send, message: Message) -> None:
    """No second header section follows (RFC 9113 §8.1)."""
    judge(no_trailers([send_http2(message, headers=(("TE", "trailers"),))]))
