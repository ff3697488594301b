"""Redirects, split responses, plain http, old TLS and ports behind the service, with literals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, LOST, REFUSED, SILENT, THROTTLED, exchange
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.exchange import Outcome
from relaycheck.judgements.origins import (
    indistinct,
    no_foreign_redirect,
    not_served_in_plain,
    nothing_splits,
    old_tls_is_refused,
)

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

HERE = "http://relay.test:8080"
KNOWN = (("Authorization", "Basic x"),)
OVER_TLS = replace(ACCEPTED, connection=replace(ACCEPTED.connection, tls=True))
MADE = (("X-Relaycheck-Injected", "1"),)
BANNER = "SSH-2.0-relaycheck"


def to(location: str, status: int = 307, target: str = "/api/x", known: bool = True) -> Exchange:
    probe = exchange(status, fields=(("Location", location),), request_fields=KNOWN if known else ())
    return replace(probe, request=replace(probe.request, target=target))


def redirect(location: str, origin: str = HERE, target: str = "/api/x") -> Judgement:
    return no_foreign_redirect([to(location, target=target)], origin)


def failing(body: bytes, status: int = 503) -> Exchange:
    return exchange(status, body=body, carries=None)


def ports(*bodies: bytes, status: int = 503) -> Judgement:
    return indistinct([failing(b"no mail server"), *(failing(b, status) for b in bodies)], ACCEPTED, BANNER)


LATER = exchange(503, fields=(("Retry-After", "1"),), carries=None)

CASES: list[tuple[str, Judgement, str]] = [
    ("redirect: a path", redirect("/api/y"), PASS),
    ("redirect: a relative path", redirect("y/"), PASS),
    ("redirect: the same origin", redirect("http://RELAY.test:8080/y"), PASS),
    ("redirect: to https of the same host", redirect("https://relay.test/y"), PASS),
    ("redirect: another host", redirect("http://other.test:8080/y"), SURE),
    ("redirect: another port", redirect("http://relay.test:8081/y"), SURE),
    ("redirect: from https to http", redirect("http://relay.test/", origin="https://relay.test"), SURE),
    ("redirect: the default port is the same", redirect("https://relay.test:443/", origin="https://relay.test"), PASS),
    ("redirect: a host in a path", redirect("//other.test/y"), SURE),
    ("redirect: the request's own slashes name no host", redirect("y", target="//other.test/x"), PASS),
    ("redirect: no port at all", redirect("http://relay.test:x/"), SURE),
    ("redirect: without credentials", no_foreign_redirect([to("//o.test/", known=False), to("/y")], HERE), PASS),
    ("redirect: a Location of a 201 is none", no_foreign_redirect([to("//o.test/", status=201)], HERE), PASS),
    ("redirect: nothing authenticated", no_foreign_redirect([ACCEPTED], HERE), OPEN),
    ("split: nothing", nothing_splits(REFUSED, ACCEPTED), PASS),
    ("split: a server error is for another row", nothing_splits(exchange(500), ACCEPTED), PASS),
    ("split: a field", nothing_splits(exchange(404, fields=MADE), ACCEPTED), SURE),
    (
        "split: a response",
        nothing_splits(exchange(404, stray=b"HTTP/1.1 200\r\nx-relaycheck-injected"), ACCEPTED),
        SURE,
    ),
    (
        "split: a response that breaks",
        nothing_splits(
            replace(SILENT, outcome=Outcome.MALFORMED, received=b"HTTP/1.1 200\r\nX-Relaycheck-Injected"), ACCEPTED
        ),
        FAIL,
    ),
    ("split: the control is refused", nothing_splits(REFUSED, REFUSED), OPEN),
    ("plain: not connected", not_served_in_plain(GONE, ACCEPTED), PASS),
    ("plain: closed", not_served_in_plain(SILENT, ACCEPTED), PASS),
    ("plain: refused", not_served_in_plain(REFUSED, ACCEPTED), PASS),
    ("plain: a page of somebody else", not_served_in_plain(exchange(200), ACCEPTED), PASS),
    ("plain: served", not_served_in_plain(ACCEPTED, ACCEPTED), SURE),
    ("plain: 204 without mail", not_served_in_plain(LOST, ACCEPTED), SURE),
    ("plain: the control is refused", not_served_in_plain(REFUSED, REFUSED), OPEN),
    ("tls: refused", old_tls_is_refused([("TLS 1.0", "", "alert")], OVER_TLS), PASS),
    ("tls: negotiated", old_tls_is_refused([("TLS 1.0", "TLSv1", "")], OVER_TLS), SURE),
    ("tls: the control is refused", old_tls_is_refused([("TLS 1.0", "", "alert")], REFUSED), OPEN),
    ("tls: no TLS", old_tls_is_refused([("TLS 1.0", "", "alert")], ACCEPTED), OPEN),
    ("ports: one error", ports(b"no mail server", b"no mail server"), PASS),
    (
        "ports: numbers differ",
        indistinct(
            [failing(b"no server (trace 12ab34cd56ef)"), failing(b"no server (trace 99ffee00aa11)")], ACCEPTED, BANNER
        ),
        PASS,
    ),
    ("ports: another status", ports(b"no mail server", status=504), FAIL),
    ("ports: other words", ports(b"connection refused"), FAIL),
    ("ports: the banner", ports(b"no mail server: SSH-2.0-relaycheck"), SURE),
    ("ports: served", indistinct([failing(b"x"), LOST], ACCEPTED, BANNER), FAIL),
    ("ports: throttled", indistinct([THROTTLED], ACCEPTED, BANNER), OPEN),
    ("ports: 503, and when to try again", indistinct([LATER, LATER], ACCEPTED, BANNER), PASS),
    ("ports: silence", indistinct([failing(b"x"), SILENT], ACCEPTED, BANNER), FAIL),
    ("ports: the control is refused", indistinct([failing(b"x")], REFUSED, BANNER), OPEN),
]


@pytest.mark.parametrize(("judgement", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_judgement_says(judgement: Judgement, expected: str) -> None:
    verdict = judgement.evaluate()
    assert told(verdict) == expected, verdict
