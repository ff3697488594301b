"""What a 204 may look like on the wire (RFC 9110 §15.3.5, §8.6; RFC 9112 §6.1, §6.3)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.mail import fate
from relaycheck.judgements.state import described, missing, offers_no_such_type, red, refuses_chunks, unobserved
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relaycheck.exchange import Exchange, Response
    from relaycheck.message import Connection

GAVE_UP = re.compile(rb"HTTP/1\.[01] 408 ")
"""RFC 9110 §15.5.9: an answer to no request, on a connection that the server has decided to close."""


def _over_204s(exchanges: Sequence[Exchange], fault: Callable[[Exchange, Response], str]) -> Verdict:
    """Fail at the first 204 with a fault: one sighting is enough. Inconclusive when no exchange was answered 204."""
    seen = 0
    for exchange in exchanges:
        if exchange.response is None or exchange.response.status != 204:
            continue
        seen += 1
        if found := fault(exchange, exchange.response):
            return failed(found, decisive=True)
    if seen:
        return passed(f"{seen} answers with 204, none with the fault")
    if exchanges and all(refuses_chunks(e) for e in exchanges):
        return passed(f"chunked requests are answered {exchanges[0].status}, so there is no 204 to them")
    if exchanges and all(offers_no_such_type(e) for e in exchanges):
        return passed("what they accept is not offered (406), so there is no 204 to them")
    came = next((missing(e) for e in exchanges if missing(e)), None)
    return came or inconclusive(
        Cause.CONTROL_RED, f"no 204 to look at: {described(exchanges[0]) if exchanges else 'nothing sent'}"
    )


@judgement
def nothing_after_the_header(exchanges: Sequence[Exchange]) -> Verdict:
    """No octet follows the header section of a 204. A server that waits no longer for the next request may say 408 and close."""

    def fault(exchange: Exchange, _: Response) -> str:
        stray = exchange.stray
        gave_up = GAVE_UP.match(stray) is not None and exchange.connection.closed_after
        return f"after the 204's header section came {stray[:60]!r}" if stray and not gave_up else ""

    return _over_204s(exchanges, fault)


@judgement
def no_content_length(exchanges: Sequence[Exchange]) -> Verdict:
    """No Content-Length in a 204, not even 0 (RFC 9110 §8.6). Over HTTP/2 it is tolerated (RFC 9113 §8.1.1)."""

    def fault(_: Exchange, response: Response) -> str:
        value = response.fields.get("Content-Length")
        return f"the 204 says Content-Length: {value}" if value is not None and response.version != "2" else ""

    return _over_204s(exchanges, fault)


@judgement
def no_transfer_encoding(exchanges: Sequence[Exchange]) -> Verdict:
    """No Transfer-Encoding in a 204 (RFC 9112 §6.1)."""

    def fault(_: Exchange, response: Response) -> str:
        value = response.fields.get("Transfer-Encoding")
        return f"the 204 says Transfer-Encoding: {value}" if value is not None else ""

    return _over_204s(exchanges, fault)


@judgement
def no_trailers(exchanges: Sequence[Exchange]) -> Verdict:
    """No trailer section and no Trailer field in a 204 (RFC 9110 §15.3.5)."""

    def fault(exchange: Exchange, response: Response) -> str:
        if (announced := response.fields.get("Trailer")) is not None:
            return f"the 204 says Trailer: {announced}"
        if len(response.trailers):
            return f"the 204 has trailer fields: {response.trailers.lines!r}"
        return (
            f"the 204 is followed by a trailer section: {exchange.stray[:60]!r}"
            if _looks_like_trailers(exchange.stray)
            else ""
        )

    return _over_204s(exchanges, fault)


def _looks_like_trailers(stray: bytes) -> bool:
    """A last chunk, or field lines, after a response that has no content; not a further response."""
    if stray.startswith(b"HTTP/1."):
        return False
    first, _, rest = stray.partition(b"\r\n")
    lines = rest.split(b"\r\n") if first.strip(b"0") == b"" and first else stray.split(b"\r\n")
    return any(b":" in line and b" " not in line.partition(b":")[0] and line.partition(b":")[0] for line in lines[:4])


@judgement
def honest(exchanges: Sequence[Exchange]) -> Verdict:
    """O-HONEST over the run: every request that was answered 204 is carried out, each recipient has the mail once.

    What content made by hand asks for, such as a form with an index of 2^31, is judged where it is sent, and nowhere else. A queueing
    relay answers before it knows whether a mail server that was made to fail takes the mail: of its requests, those count that name
    the same server as the first one. What was asked for twice may come twice.
    """
    claims = [e for e in exchanges if e.accepted and e.request.message is not None and not e.request.by_hand]
    claims = [e for e in claims if e.relay.mode == "sync" or _server(e) == _server(claims[0])]
    if claims and not claims[0].witnessed:
        return inconclusive(Cause.NO_WITNESS, "without a witness, nothing shows whether a 204 was kept")
    asked = Counter(e.request.nonce for e in exchanges)
    for exchange in claims:
        was = fate(exchange)
        if not was.complete:
            return failed(f"{exchange.id} got 204, but {was.fault()}", decisive=True)
        if max(was.counts) > asked[exchange.request.nonce]:
            return failed(f"{exchange.id} got 204, and a recipient got its mail {max(was.counts)} times", decisive=True)
    return passed(f"{len(claims)} requests got 204 and were carried out") if claims else _none(exchanges)


def _server(exchange: Exchange) -> Connection | None:
    assert exchange.request.message is not None
    return exchange.request.message.connection


def _none(exchanges: Sequence[Exchange]) -> Verdict:
    came = next((missing(e) for e in exchanges if missing(e)), None)
    return came or inconclusive(Cause.CONTROL_RED, "no request of the run was answered 204")


@judgement
def promised_only_what_was_kept(probe: Exchange, control: Exchange) -> Verdict:
    """A mail server that does not take the mail: 204 only if every recipient has it all the same; any refusal will do."""
    if bad := red(control) or unobserved(probe):
        return bad
    if probe.succeeded and not fate(probe).complete:
        return failed(f"{probe.request.note}: {described(probe)}, and {fate(probe).fault()}")
    return passed(described(probe))


@judgement
def each_its_own_answer(exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """Requests one after the other on one connection: each answered, and none with another's answer.

    A valid request is answered as the control was; one that cannot be valid is not answered 2xx. A target may close after any
    response if that response is whole.
    """
    if bad := red(control):
        return bad
    for exchange in exchanges:
        if gone := missing(exchange):
            return gone
        if exchange.stray:
            return failed(f"after {described(exchange)} came {exchange.stray[:60]!r}", decisive=True)
        if not exchange.answered:
            before = "the first" if exchange.connection.ordinal == 1 else f"number {exchange.connection.ordinal}"
            return failed(f"{before} on the connection ({exchange.request.note}) got {described(exchange)}")
        valid = exchange.request.message is not None
        if valid and exchange.status != control.status:
            return failed(f"a valid request as number {exchange.connection.ordinal} got {described(exchange)}")
        if not valid and exchange.succeeded:
            return failed(f"{exchange.request.note} as number {exchange.connection.ordinal} got {described(exchange)}")
    return passed(f"{len(exchanges)} requests on one connection, each with its own answer")
