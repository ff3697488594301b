"""Methods, dates and Retry-After, with literals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, LOST, REFUSED, SILENT, exchange
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.exchange import Fields
from relaycheck.judgements.dates import dated, retry_after_is_a_time, what_429s_say
from relaycheck.judgements.methods import (
    a_known_resource,
    a_successful_options_names_post,
    allow_with_every_405,
    no_other_success,
    nothing_after_a_head,
)

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

OK = exchange(200, mail=True)
NOON = 1_795_435_200.0  # Mon, 23 Nov 2026 12:00:00 GMT


def refusal(allow: str | None, method: str = "PUT") -> Exchange:
    return exchange(405, fields=(("Allow", allow),) if allow is not None else (), method=method, carries=None)


def options(status: int, allow: str | None = None) -> Exchange:
    return exchange(status, fields=(("Allow", allow),) if allow is not None else (), method="OPTIONS", carries=None)


def head(status: int, stray: bytes = b"") -> Exchange:
    return exchange(status, method="HEAD", stray=stray, carries=None)


def on(date: str | None, status: int = 204, times: int = 1) -> Exchange:
    return exchange(status, fields=(("Date", date),) * times if date is not None else ())


def no_http(status: int) -> Exchange:
    """The answer to octets that are no request."""
    probe = exchange(status, carries=None)
    return replace(probe, request=replace(probe.request, raw=b"POST / HTTP/1.1\r\nHost : x\r\n\r\n{}"))


def twice(status: int, name: str) -> Exchange:
    """An undated answer to a request that has this field two times."""
    seen = exchange(status, carries=None)
    octets = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
    return replace(seen, request=replace(seen.request, raw=octets, fields=Fields(((name, "a"), (name, "b")))))


def raw(status: int, method: bytes, field: bytes, content: bytes = b"") -> Exchange:
    """An undated answer to a request with this field and this content."""
    octets = b"%s / HTTP/1.1\r\nHost: h\r\nX: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        method,
        field,
        len(content),
        content,
    )
    seen = exchange(status, carries=None, method=method.decode())
    return replace(seen, request=replace(seen.request, raw=octets, body=content))


def unheard_of(status: int, method: str = "RELAY") -> Exchange:
    """The answer of a parser that knows a list of methods, which sees no request here."""
    probe = exchange(status, carries=None, method=method)
    return replace(probe, request=replace(probe.request, raw=f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n{{}}".encode()))


def over_tls(probe: Exchange) -> Exchange:
    return replace(probe, connection=replace(probe.connection, tls=True))


def authority(status: int) -> Exchange:
    probe = unheard_of(status, "POST")
    return replace(
        probe, request=replace(probe.request, target="//api", raw=b"POST //api HTTP/1.1\r\nHost: x\r\n\r\n{}")
    )


def with_target(target: str) -> Exchange:
    probe = unheard_of(400, "POST")
    return replace(probe, request=replace(probe.request, target=target))


def chunked(status: int, payload: bytes) -> Exchange:
    probe = exchange(status)
    head = b"POST /api HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return replace(probe, request=replace(probe.request, method="POST", target="/api", body=b"{}", raw=head + payload))


def later(value: str, status: int = 503) -> Exchange:
    return exchange(status, fields=(("Retry-After", value),))


CASES: list[tuple[str, Judgement, str]] = [
    ("success: 204", no_other_success([ACCEPTED, REFUSED], ACCEPTED), PASS),
    ("success: 200", no_other_success([ACCEPTED, OK], ACCEPTED), SURE),
    ("success: 200, and the control too", no_other_success([OK], OK), SURE),
    ("success: everything is refused", no_other_success([REFUSED], REFUSED), OPEN),
    ("allow: named", allow_with_every_405([refusal("POST, OPTIONS")], ACCEPTED), PASS),
    ("allow: empty", allow_with_every_405([refusal("")], ACCEPTED), PASS),
    ("allow: without POST", allow_with_every_405([refusal("OPTIONS")], ACCEPTED), PASS),
    ("allow: another letter case is another method", allow_with_every_405([refusal("put, POST")], ACCEPTED), PASS),
    ("allow: no 405", allow_with_every_405([REFUSED], ACCEPTED), PASS),
    ("allow: missing", allow_with_every_405([refusal("POST"), refusal(None)], ACCEPTED), SURE),
    ("allow: missing for TRACE alone", allow_with_every_405([refusal("POST"), refusal(None, "TRACE")], ACCEPTED), PASS),
    ("allow: TRACE names TRACE", allow_with_every_405([refusal("POST, TRACE", "TRACE")], ACCEPTED), SURE),
    ("allow: the refused method", allow_with_every_405([refusal("POST, PUT")], ACCEPTED), SURE),
    ("allow: no token", allow_with_every_405([refusal("POST; GET")], ACCEPTED), SURE),
    ("allow: the control is refused", allow_with_every_405([refusal("POST")], REFUSED), OPEN),
    ("options: POST", a_successful_options_names_post(options(200, "OPTIONS, POST"), ACCEPTED), PASS),
    ("options: refused", a_successful_options_names_post(options(405), ACCEPTED), PASS),
    ("options: no Allow", a_successful_options_names_post(options(200), ACCEPTED), FAIL),
    ("options: a page's Allow", a_successful_options_names_post(options(204, "GET"), ACCEPTED), FAIL),
    ("options: not sent", a_successful_options_names_post(GONE, ACCEPTED), OPEN),
    ("head: nothing", nothing_after_a_head([head(405), head(200)]), PASS),
    ("head: content", nothing_after_a_head([head(405), head(401, b"{}")]), SURE),
    ("head: other methods do not count", nothing_after_a_head([exchange(400, stray=b"x")]), OPEN),
    ("head: not answered", nothing_after_a_head([replace(head(405), response=None)]), OPEN),
    ("resource: served", a_known_resource(ACCEPTED, ACCEPTED), PASS),
    ("resource: 404", a_known_resource(exchange(404), ACCEPTED), PASS),
    ("resource: 404 with mail", a_known_resource(exchange(404, mail=True), ACCEPTED), SURE),
    ("resource: 500", a_known_resource(exchange(500), ACCEPTED), FAIL),
    ("resource: the control is refused", a_known_resource(exchange(404), REFUSED), OPEN),
    ("resource: no mail, though the control's came", a_known_resource(LOST, REFUSED), OPEN),
    ("date: now", dated([on("Mon, 23 Nov 2026 12:00:07 GMT"), on("Mon, 23 Nov 2026 11:00:00 GMT", 401)], NOON), PASS),
    ("date: 23 hours off", dated([on("Sun, 22 Nov 2026 13:00:00 GMT")], NOON), PASS),
    ("date: 25 hours off", dated([on("Sun, 22 Nov 2026 11:00:00 GMT")], NOON), SURE),
    ("date: missing", dated([on("Mon, 23 Nov 2026 12:00:07 GMT"), on(None, 415)], NOON), SURE),
    ("date: twice", dated([on("Mon, 23 Nov 2026 12:00:07 GMT", times=2)], NOON), SURE),
    ("date: ISO 8601", dated([on("2026-11-23T12:00:07Z")], NOON), SURE),
    ("date: a local zone", dated([on("Mon, 23 Nov 2026 12:00:07 +0000")], NOON), SURE),
    ("date: no such day", dated([on("Mon, 31 Feb 2026 12:00:07 GMT")], NOON), SURE),
    ("date: a 5xx does not count", dated([on(None, 500)], NOON), OPEN),
    ("date: a 400 to what is no HTTP does not count", dated([no_http(400)], NOON), OPEN),
    ("date: a 400 to a single field that stands twice does not count", dated([twice(400, "Content-Type")], NOON), OPEN),
    ("date: a 400 to a list in two lines counts", dated([twice(400, "Accept")], NOON), SURE),
    ("date: a 415 to a single field that stands twice counts", dated([twice(415, "Content-Type")], NOON), SURE),
    ("date: a 400 to a method that is unheard of does not count", dated([unheard_of(400)], NOON), OPEN),
    (
        "date: a 400 to a header section that is too long does not count",
        dated([raw(400, b"POST", b"a" * 8000)], NOON),
        OPEN,
    ),
    ("date: a 400 to a long header section", dated([raw(400, b"POST", b"a" * 7000)], NOON), SURE),
    ("date: a 400 to a HEAD with content does not count", dated([raw(400, b"HEAD", b"a", b"{}")], NOON), OPEN),
    ("date: a 400 to a HEAD", dated([raw(400, b"HEAD", b"a")], NOON), SURE),
    ("date: a 400 to a request", dated([unheard_of(400, "POST")], NOON), SURE),
    ("date: a 400 in plain to https is the TLS layer's", dated([unheard_of(400, "POST")], NOON, tls=True), OPEN),
    ("date: a 403 in plain to https", dated([unheard_of(403, "POST")], NOON, tls=True), SURE),
    ("date: a 400 over TLS", dated([over_tls(unheard_of(400, "POST"))], NOON, tls=True), SURE),
    ("date: a 431 is the web server's limit", dated([unheard_of(431, "POST")], NOON), OPEN),
    ("date: a 400 to a query that is no URI's does not count", dated([with_target("/api?$select=%zz")], NOON), OPEN),
    ("date: a 400 to a path that is no URI's does not count", dated([with_target("/api/a|b")], NOON), OPEN),
    ("date: a 400 to a URI", dated([with_target("/api?$select=%24a,b/c")], NOON), SURE),
    ("date: a 400 to what may be an authority", dated([authority(400)], NOON), OPEN),
    ("date: a 400 to chunks that are none does not count", dated([chunked(400, b"zz\r\n{}\r\n0\r\n\r\n")], NOON), OPEN),
    ("date: a 400 to chunks that do not end does not count", dated([chunked(400, b"2\r\n{}\r\n")], NOON), OPEN),
    ("date: a 400 to whole chunks", dated([chunked(400, b"2\r\n{}\r\n0\r\n\r\n")], NOON), SURE),
    ("date: a 405 to a method that is unheard of", dated([unheard_of(405)], NOON), SURE),
    ("date: not answered", dated([SILENT], NOON), OPEN),
    ("retry: seconds", retry_after_is_a_time([later("120"), later("0"), REFUSED]), PASS),
    ("retry: a date", retry_after_is_a_time([later("Mon, 23 Nov 2026 12:00:07 GMT")]), PASS),
    ("retry: an old date", retry_after_is_a_time([later("Monday, 23-Nov-26 12:00:07 GMT")]), PASS),
    ("retry: none", retry_after_is_a_time([REFUSED]), PASS),
    ("retry: a word", retry_after_is_a_time([later("120"), later("soon")]), SURE),
    ("retry: a fraction", retry_after_is_a_time([later("0.5", 429)]), SURE),
    ("retry: negative", retry_after_is_a_time([later("-1")]), SURE),
    ("retry: a unit", retry_after_is_a_time([later("60s")]), SURE),
    ("retry: nothing was answered", retry_after_is_a_time([SILENT]), OPEN),
    ("429: recorded", what_429s_say([later("soon", 429), REFUSED]), PASS),
    ("429: nothing was answered", what_429s_say([SILENT]), OPEN),
]


@pytest.mark.parametrize(("judgement", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_judgement_says(judgement: Judgement, expected: str) -> None:
    verdict = judgement.evaluate()
    assert told(verdict) == expected, verdict
