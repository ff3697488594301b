"""Fields that hold times: Date and Retry-After (RFC 9110 §5.6.7, §6.6.1, §10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import h11

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import described, missing
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange, Request

DAY = 86_400.0
LONG_HEAD = 8_000
"""Octets of a header section that every server should take (RFC 9112 §3)."""
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""Those of RFC 9110 §9 and RFC 5789."""
EMPTY = ("GET", "HEAD", "DELETE", "TRACE")
"""Content in a request of these has no meaning, so that servers may refuse it as smuggling (RFC 9110 §9.3)."""
SINGLETONS = frozenset(
    {"authorization", "content-length", "content-type", "expect", "from", "host", "referer", "user-agent"}
)
"""Fields that no request has twice (RFC 9110 §5.3), so that a parser may refuse one that has."""
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
IMF_FIXDATE = re.compile(rf"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d ({MONTHS}) \d{{4}} \d\d:\d\d:\d\d GMT")
TARGET = re.compile(r"([A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})+")
OBSOLETE = re.compile(
    rf"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-({MONTHS})-\d\d \d\d:\d\d:\d\d GMT"
    rf"|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ({MONTHS}) [ \d]\d \d\d:\d\d:\d\d \d{{4}}"
)


@judgement
def dated(exchanges: Sequence[Exchange], now: float, *, tls: bool = False) -> Verdict:
    """Each response from 200 to 499 has one Date in IMF-fixdate within 24 hours of `now` (seconds since the epoch).

    A 400 to what is no HTTP request comes from the server below the service, often from before its clock: it is left out. So are its
    limits: 408, 414 and 431, and a 400 to a header section that is too long for it, or to content where it has no meaning. Where the
    target is asked over `tls`, one to plain http is the TLS layer's.
    """
    seen = 0
    for exchange in exchanges:
        if exchange.status is None or not 200 <= exchange.status < 500 or not _well_formed(exchange, tls=tls):
            continue
        seen += 1
        if fault := _fault_of_date(exchange, now):
            return failed(f"{described(exchange)} to {exchange.request.note or exchange.id} {fault}", decisive=True)
    if seen:
        return passed(f"{seen} responses, each with its Date")
    gone = next((m for e in exchanges if (m := missing(e))), None)
    return gone or inconclusive(Cause.UNANSWERED, "no response from 200 to 499 to look at")


def _fault_of_date(exchange: Exchange, now: float) -> str:
    assert exchange.response is not None
    values = exchange.response.fields.all("Date")
    if len(values) != 1:
        return f"has {len(values)} Date fields" if values else "has no Date"
    seconds = imf_seconds(values[0])
    if seconds is None:
        return f"has a Date that is no IMF-fixdate: {values[0]!r}"
    if abs(seconds - now) > DAY:
        here = datetime.fromtimestamp(now, UTC).strftime("%d %b %Y %H:%M")
        return f"says Date: {values[0]}, more than a day from the suite's clock ({here} UTC)"
    return ""


def imf_seconds(value: str) -> float | None:
    """An IMF-fixdate as seconds since the epoch (RFC 9110 §5.6.7); None for anything else."""
    if not IMF_FIXDATE.fullmatch(value):
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except ValueError:
        return None


def _well_formed(exchange: Exchange, *, tls: bool) -> bool:
    if exchange.status in (408, 414, 431):
        return False
    request = exchange.request
    content = request.method in EMPTY and bool(request.body)
    if exchange.status == 400 and (content or request.raw.find(b"\r\n\r\n") > LONG_HEAD):
        return False
    return exchange.status != 400 or (_is_http(exchange.request) and exchange.connection.tls >= tls)


def _is_http(request: Request) -> bool:
    """Whether the request parses as HTTP/1.1 (RFC 9112 §2) for every server, to the end of its body: some parsers know a list of
    methods only, some take `//` for the beginning of an authority, some want a target that is a URI (RFC 9112 §3.2), and some
    refuse a field that stands twice."""
    if request.method not in METHODS or request.target.startswith("//") or not TARGET.fullmatch(request.target):
        return False
    names = [name.lower() for name, _ in request.fields if name.lower() in SINGLETONS]
    if len(names) != len(set(names)):
        return False
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    try:
        parser.receive_data(request.raw)
        event = parser.next_event()
        while isinstance(event, h11.Request | h11.Data):
            event = parser.next_event()
        return isinstance(event, h11.EndOfMessage)
    except h11.RemoteProtocolError:
        return False


@judgement
def retry_after_is_a_time(exchanges: Sequence[Exchange]) -> Verdict:
    """A Retry-After is an HTTP-date or a whole number of seconds (RFC 9110 §10.2.3). Where none is sent, nothing is obliged."""
    answered = [e for e in exchanges if e.response is not None]
    if not answered:
        return inconclusive(Cause.UNANSWERED, "nothing was answered")
    values = [(e, value) for e in answered if e.response for value in e.response.fields.all("Retry-After")]
    for exchange, value in values:
        if not _is_time(value.strip(" \t")):
            return failed(f"{described(exchange)} says Retry-After: {value}", decisive=True)
    return passed(f"{len(answered)} responses, {len(values)} with Retry-After, each a date or seconds")


def _is_time(value: str) -> bool:
    if value.isascii() and value.isdigit():
        return True
    return imf_seconds(value) is not None or OBSOLETE.fullmatch(value) is not None


@judgement
def what_429s_say(exchanges: Sequence[Exchange]) -> Verdict:
    """Record of each 429 whether it explains itself and says when to retry (RFC 6585 §4). It cannot fail."""
    if not any(e.response is not None for e in exchanges):
        return inconclusive(Cause.UNANSWERED, "nothing was answered")
    found = [e.response for e in exchanges if e.response is not None and e.response.status == 429]
    if not found:
        return passed("nothing was answered 429")
    explained = sum(bool(r.body) for r in found)
    timed = sum("Retry-After" in r.fields for r in found)
    return passed(f"{len(found)} answers with 429: {explained} explain themselves, {timed} have Retry-After")
