"""What a 204 may look like, with literals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, LOST, REFUSED, SILENT, exchange
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.judgements import (
    a_challenge_with_every_401,
    challenges_name_one_of,
    challenges_say_what_their_scheme_asks,
    each_its_own_answer,
    honest,
    no_content_length,
    no_trailers,
    no_transfer_encoding,
    nothing_after_the_header,
    served_where_utf_8_is_announced,
)
from relaycheck.judgements.access import (
    no_error_code,
    not_both_served,
    not_served_or_closed,
    nothing_leaks,
    one_status,
    times_compared,
    told_invalid_token,
)
from relaycheck.judgements.challenges import Challenge, MalformedChallenge, challenges
from relaycheck.message import Connection
from relaycheck.target import Relay

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

WWW = "WWW-Authenticate"


def asked(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((WWW, value) for value in values)


def queued(seen: Exchange) -> Exchange:
    return replace(seen, relay=Relay(mode="queued"))


def elsewhere(seen: Exchange) -> Exchange:
    """The same by way of another mail server, which the request names."""
    assert seen.request.message is not None
    message = seen.request.message.but(connection=Connection(server_name="127.0.0.1", port=2526, protocol="SMTP"))
    return replace(seen, request=replace(seen.request, message=message))


TWICE = replace(ACCEPTED, deliveries=ACCEPTED.deliveries * 2, request=replace(ACCEPTED.request, nonce="rctwice000000"))
BASIC = exchange(401, fields=asked('Basic realm="a"'))
UTF_8 = exchange(401, fields=asked('Basic realm="a", charset="UTF-8"'))
BARE_401 = exchange(401)
BY_HAND = replace(LOST, request=replace(LOST.request, by_hand=True))
ANY = (("Accept", "text/html, */*;q=0.1"),)
NOT_OFFERED = exchange(406, request_fields=(("Accept", "application/xml"),))
ANONYMOUS = exchange(401, carries=None, note="no credentials")


CHUNKED = (("Transfer-Encoding", "chunked"),)


def given_up(status: int, *, closed: bool = True) -> Exchange:
    """A 204, and then an answer that nobody asked for."""
    unasked = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
    return exchange(204, mail=True, stray=unasked, closed_after=closed)


CASES: list[tuple[str, Judgement, str]] = [
    ("nothing after: clean", nothing_after_the_header([ACCEPTED]), PASS),
    ("nothing after: null", nothing_after_the_header([ACCEPTED, exchange(204, mail=True, stray=b"null")]), SURE),
    ("nothing after: chunks are refused", nothing_after_the_header([exchange(400, request_fields=CHUNKED)]), PASS),
    ("nothing after: no chunks, and refused", nothing_after_the_header([exchange(400)]), OPEN),
    ("nothing after: an idle connection is given up", nothing_after_the_header([ACCEPTED, given_up(408)]), PASS),
    ("nothing after: given up, and not closed", nothing_after_the_header([given_up(408, closed=False)]), SURE),
    ("nothing after: another answer", nothing_after_the_header([given_up(400)]), SURE),
    ("no trailers: another answer", no_trailers([given_up(400)]), PASS),
    ("nothing after: no 204 at all", nothing_after_the_header([REFUSED]), OPEN),
    ("nothing after: a stray behind a 400 is not this row's", nothing_after_the_header([ACCEPTED, exchange(400, stray=b"x")]), PASS),
    ("nothing after: nothing reached", nothing_after_the_header([GONE]), OPEN),
    ("nothing after: what is accepted is not offered", nothing_after_the_header([NOT_OFFERED]), PASS),
    ("nothing after: anything is accepted, and 406", nothing_after_the_header([exchange(406, request_fields=ANY)]), OPEN),
    ("nothing after: nothing was asked for, and 406", nothing_after_the_header([exchange(406)]), OPEN),
    ("no length: clean", no_content_length([ACCEPTED]), PASS),
    ("no length: zero", no_content_length([exchange(204, fields=(("content-length", "0"),))]), SURE),
    ("no length: on a 400", no_content_length([ACCEPTED, exchange(400, fields=(("Content-Length", "2"),))]), PASS),
    ("no coding: clean", no_transfer_encoding([ACCEPTED]), PASS),
    ("no coding: chunked", no_transfer_encoding([exchange(204, fields=(("Transfer-Encoding", "chunked"),))]), SURE),
    ("no trailers: clean", no_trailers([ACCEPTED]), PASS),
    ("no trailers: announced", no_trailers([exchange(204, fields=(("Trailer", "X"),))]), SURE),
    ("no trailers: sent", no_trailers([exchange(204, trailers=(("X", "1"),))]), SURE),
    ("no trailers: after a last chunk", no_trailers([exchange(204, stray=b"0\r\nX-T: 1\r\n\r\n")]), SURE),
    ("no trailers: null is another row's", no_trailers([exchange(204, stray=b"null")]), PASS),
    ("honest: all arrived", honest([ACCEPTED, REFUSED]), PASS),
    ("honest: one did not", honest([ACCEPTED, LOST]), SURE),
    ("honest: one came twice", honest([ACCEPTED, TWICE]), SURE),
    ("honest: one that was sent twice came twice", honest([ACCEPTED, TWICE, TWICE]), PASS),
    ("honest: content by hand is judged where it is sent", honest([ACCEPTED, BY_HAND]), PASS),
    ("honest: a queue to the same server", honest([ACCEPTED, queued(LOST)]), SURE),
    ("honest: a queue to a server that a test made fail", honest([ACCEPTED, elsewhere(queued(LOST))]), PASS),
    ("honest: another server, and no queue", honest([ACCEPTED, elsewhere(LOST)]), SURE),
    ("honest: nothing accepted", honest([REFUSED]), OPEN),
    ("honest: nobody watched", honest([exchange(204, witnessed=False)]), OPEN),
    ("in step: each its own", each_its_own_answer([ACCEPTED, ANONYMOUS, ACCEPTED], ACCEPTED), PASS),
    ("in step: stray octets", each_its_own_answer([exchange(204, mail=True, stray=b"x")], ACCEPTED), SURE),
    ("in step: a valid one refused", each_its_own_answer([ACCEPTED, exchange(401, ordinal=2)], ACCEPTED), FAIL),
    ("in step: an invalid one served", each_its_own_answer([exchange(204, carries=None, ordinal=2)], ACCEPTED), FAIL),
    ("in step: silence", each_its_own_answer([ACCEPTED, SILENT], ACCEPTED), FAIL),
    ("in step: red control", each_its_own_answer([ACCEPTED], REFUSED), OPEN),
    ("challenge: one", a_challenge_with_every_401([BASIC, ACCEPTED]), PASS),
    ("challenge: none", a_challenge_with_every_401([BASIC, BARE_401]), SURE),
    ("challenge: empty", a_challenge_with_every_401([exchange(401, fields=asked(""))]), SURE),
    ("challenge: malformed", a_challenge_with_every_401([exchange(401, fields=asked('realm="x" Basic'))]), SURE),
    ("challenge: no 401 to look at", a_challenge_with_every_401([exchange(403)]), PASS),
    ("challenge: nothing answered", a_challenge_with_every_401([SILENT]), OPEN),
    ("challenge: nothing reached", a_challenge_with_every_401([GONE]), OPEN),
    ("parameters: realm", challenges_say_what_their_scheme_asks([BASIC]), PASS),
    ("parameters: bare Basic", challenges_say_what_their_scheme_asks([exchange(401, fields=asked("Basic"))]), SURE),
    ("parameters: bare Bearer", challenges_say_what_their_scheme_asks([exchange(401, fields=asked("Bearer"))]), SURE),
    ("parameters: Negotiate needs none", challenges_say_what_their_scheme_asks([exchange(401, fields=asked("Negotiate"))]), PASS),
    ("scheme: declared", challenges_name_one_of([BASIC], ["Basic"]), PASS),
    ("scheme: another", challenges_name_one_of([BASIC], ["Bearer"]), SURE),
    ("utf-8: announced and served", served_where_utf_8_is_announced(ACCEPTED, UTF_8), PASS),
    ("utf-8: announced and refused", served_where_utf_8_is_announced(exchange(401), UTF_8), FAIL),
    ("utf-8: not announced", served_where_utf_8_is_announced(exchange(401), BASIC), PASS),
    ("invalid token: said", told_invalid_token(exchange(401, fields=asked('Bearer error="invalid_token"'))), PASS),
    ("invalid token: not said", told_invalid_token(exchange(401, fields=asked('Bearer realm="x"'))), FAIL),
    ("invalid token: 400", told_invalid_token(REFUSED), FAIL),
    ("invalid token: nothing reached", told_invalid_token(GONE), OPEN),
    ("error code: none", no_error_code(BASIC), PASS),
    ("error code: one", no_error_code(exchange(401, fields=asked('Bearer error="invalid_token"'))), SURE),
    ("error code: silence", no_error_code(SILENT), OPEN),
    ("both orders: one", not_both_served([ACCEPTED, exchange(401)], ACCEPTED), PASS),
    ("both orders: both", not_both_served([ACCEPTED, ACCEPTED], ACCEPTED), SURE),
    ("both orders: red control", not_both_served([REFUSED, REFUSED], REFUSED), OPEN),
    ("leaks: none", nothing_leaks([BASIC]), PASS),
    ("leaks: one", nothing_leaks([BASIC, exchange(401, leaks=("bearer",))]), SURE),
    ("leaks: nothing answered", nothing_leaks([SILENT]), OPEN),
    ("or closed: closed", not_served_or_closed(SILENT, ACCEPTED), PASS),
    ("or closed: served", not_served_or_closed(exchange(204, mail=True, carries=None), ACCEPTED), SURE),
    ("or closed: red control", not_served_or_closed(SILENT, REFUSED), OPEN),
    ("one status: one", one_status([exchange(401), exchange(401)]), PASS),
    ("one status: two", one_status([exchange(401), exchange(415)]), FAIL),
    ("one status: silence", one_status([exchange(401), SILENT]), FAIL),
    ("times: recorded", times_compared([REFUSED], [REFUSED]), PASS),
    ("times: nothing reached", times_compared([GONE], [REFUSED]), OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("judgement", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_judgement_says(judgement: Judgement, expected: str) -> None:
    verdict = judgement.evaluate()
    assert told(verdict) == expected, verdict


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Negotiate", [Challenge("Negotiate")]),
        ('Basic realm="a, b", charset="UTF-8"', [Challenge("Basic", (("realm", "a, b"), ("charset", "UTF-8")))]),
        (
            'Basic realm="x", Bearer realm=y, error="invalid_token"',
            [Challenge("Basic", (("realm", "x"),)), Challenge("Bearer", (("realm", "y"), ("error", "invalid_token")))],
        ),
        ("Negotiate TlRMTVNTUAAB==", [Challenge("Negotiate", (), "TlRMTVNTUAAB==")]),
        (", , NTLM ,", [Challenge("NTLM")]),
        (r'Basic realm="say \"hi\""', [Challenge("Basic", (("realm", 'say "hi"'),))]),
        ("Basic  realm = x", [Challenge("Basic", (("realm", "x"),))]),
    ],
)
def test_challenges_are_read_by_their_grammar(value: str, expected: list[Challenge]) -> None:
    """RFC 9110 §11.6.1: a list of challenges, each with a token68 or parameters."""
    assert list(challenges(value)) == expected


@pytest.mark.parametrize("value", ["", ",", 'realm="x"', 'Basic realm="open', "=", "Basic; realm=x", "Ba(sic realm=x"])
def test_what_is_no_challenge_is_malformed(value: str) -> None:
    with pytest.raises(MalformedChallenge):
        challenges(value)
