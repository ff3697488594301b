"""Message syntax, connections and HTTP/2, with literals on both sides of every judgement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, LOST, REFUSED, SILENT, THROTTLED, exchange
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.exchange import Outcome
from relaycheck.judgements.framing import (
    answered_before_its_body,
    answered_in_order,
    body_never_runs,
    by_its_coding_or_refused_then_closed,
    decoded_or_415,
    incomplete,
    no_accept_encoding_for_a_type,
    nothing_after_close,
    refused_and_closed,
    stays_open_or_says_close,
)
from relaycheck.judgements.http2 import no_connection_specific_fields, refused_alike

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

ENDED = exchange(None, carries=None, closed_after=True)
MUTE = exchange(None, carries=None)
GARBAGE = replace(ENDED, outcome=Outcome.MALFORMED, received=b"HTTP/1.1 4")
SAID_CLOSE = exchange(204, mail=True, fields=(("Connection", "Close"),), closed_after=True)
CLOSED_SILENTLY = exchange(204, mail=True, closed_after=True)
REFUSED_AND_CLOSED = exchange(400, carries=None, closed_after=True)
UNAUTHORIZED = exchange(401, carries=None, note="no credentials")
UNSUPPORTED = exchange(415, carries=None, note="text/plain")
SMUGGLED = exchange(401, mail=True, carries=None)
HIDDEN = exchange(204, mail=True, carries=None)
CHUNKED_411 = exchange(411, carries=None, request_fields=(("Transfer-Encoding", "chunked"),))
CODED_415 = exchange(415, fields=(("Accept-Encoding", "gzip"),), request_fields=(("Content-Encoding", "br"),))
BLAMING_415 = exchange(415, fields=(("Accept-Encoding", "gzip"),))
VALID = replace(ACCEPTED, request=replace(ACCEPTED.request, note="valid"))


def over_http_2(status: int, *fields: tuple[str, str], mail: bool = False) -> Exchange:
    seen = exchange(status, fields=fields, mail=mail, carries=None)
    assert seen.response is not None
    return replace(seen, response=replace(seen.response, version="2", framing="h2"))


CASES: list[tuple[str, Judgement, str]] = [
    ("open: both answered", stays_open_or_says_close([ACCEPTED, ACCEPTED]), PASS),
    ("open: says close", stays_open_or_says_close([SAID_CLOSE]), PASS),
    ("open: says close at the second", stays_open_or_says_close([ACCEPTED, SAID_CLOSE]), PASS),
    ("open: closed silently", stays_open_or_says_close([ACCEPTED, ENDED]), FAIL),
    ("open: closed silently after the last", stays_open_or_says_close([ACCEPTED, CLOSED_SILENTLY]), FAIL),
    ("open: mute", stays_open_or_says_close([ACCEPTED, MUTE]), FAIL),
    ("open: not accepted", stays_open_or_says_close([REFUSED, ACCEPTED]), OPEN),
    ("open: 411", stays_open_or_says_close([CHUNKED_411]), PASS),
    ("close: ended", nothing_after_close(SAID_CLOSE, ENDED, ACCEPTED), PASS),
    ("close: ended after a refusal", nothing_after_close(REFUSED_AND_CLOSED, ENDED, ACCEPTED), PASS),
    ("close: served", nothing_after_close(SAID_CLOSE, exchange(204, mail=True, carries=None), ACCEPTED), SURE),
    ("close: answered", nothing_after_close(SAID_CLOSE, UNAUTHORIZED, ACCEPTED), FAIL),
    ("close: octets", nothing_after_close(SAID_CLOSE, GARBAGE, ACCEPTED), FAIL),
    ("close: stays open", nothing_after_close(ACCEPTED, MUTE, ACCEPTED), FAIL),
    ("close: no answer at all", nothing_after_close(ENDED, ENDED, ACCEPTED), OPEN),
    ("close: control refused", nothing_after_close(SAID_CLOSE, ENDED, REFUSED), OPEN),
    ("order: kept", answered_in_order([VALID, UNAUTHORIZED, UNSUPPORTED], [UNAUTHORIZED, UNSUPPORTED], ACCEPTED), PASS),
    ("order: closed after one", answered_in_order([VALID, ENDED], [UNAUTHORIZED], ACCEPTED), PASS),
    ("order: swapped", answered_in_order([replace(UNSUPPORTED, request=UNAUTHORIZED.request)], [UNAUTHORIZED], ACCEPTED), FAIL),
    ("order: refused valid", answered_in_order([replace(REFUSED, request=VALID.request)], [], ACCEPTED), FAIL),
    ("order: none answered", answered_in_order([ENDED], [UNAUTHORIZED], ACCEPTED), FAIL),
    ("order: one missing", answered_in_order([VALID, MUTE], [UNAUTHORIZED], ACCEPTED), FAIL),
    ("order: a broken one", answered_in_order([VALID, GARBAGE], [UNAUTHORIZED], ACCEPTED), FAIL),
    ("order: silent even alone", answered_in_order([VALID], [MUTE], ACCEPTED), OPEN),
    ("order: throttled", answered_in_order([THROTTLED], [UNAUTHORIZED], ACCEPTED), OPEN),
    ("refused: and closed", refused_and_closed(REFUSED_AND_CLOSED, ENDED, ACCEPTED), PASS),
    ("refused: close seen at the next", refused_and_closed(REFUSED, ENDED, ACCEPTED), PASS),
    ("refused: 501", refused_and_closed(exchange(501), ENDED, ACCEPTED, statuses=(400, 501)), PASS),
    ("refused: another status", refused_and_closed(UNSUPPORTED, ENDED, ACCEPTED), FAIL),
    ("refused: served", refused_and_closed(ACCEPTED, ENDED, ACCEPTED), SURE),
    ("refused: mail without 204", refused_and_closed(SMUGGLED, ENDED, ACCEPTED), SURE),
    ("refused: hidden request served", refused_and_closed(REFUSED, HIDDEN, ACCEPTED), SURE),
    ("refused: stays open", refused_and_closed(REFUSED, UNAUTHORIZED, ACCEPTED), FAIL),
    ("refused: open and mute", refused_and_closed(REFUSED, MUTE, ACCEPTED), FAIL),
    ("refused: more octets", refused_and_closed(replace(REFUSED_AND_CLOSED, stray=b"HTTP"), ENDED, ACCEPTED), FAIL),
    ("refused: no answer", refused_and_closed(SILENT, ENDED, ACCEPTED), FAIL),
    ("refused: control lost", refused_and_closed(REFUSED_AND_CLOSED, ENDED, LOST), OPEN),
    ("coding: refused", by_its_coding_or_refused_then_closed(REFUSED_AND_CLOSED, ENDED, ACCEPTED), PASS),
    ("coding: read", by_its_coding_or_refused_then_closed(CLOSED_SILENTLY, ENDED, ACCEPTED), PASS),
    ("coding: read, stays open", by_its_coding_or_refused_then_closed(ACCEPTED, UNAUTHORIZED, ACCEPTED), FAIL),
    ("coding: 204 without mail", by_its_coding_or_refused_then_closed(LOST, ENDED, ACCEPTED), FAIL),
    ("coding: 500", by_its_coding_or_refused_then_closed(exchange(500), ENDED, ACCEPTED), FAIL),
    ("coding: mail without 204", by_its_coding_or_refused_then_closed(SMUGGLED, ENDED, ACCEPTED), SURE),
    ("coding: hidden request served", by_its_coding_or_refused_then_closed(REFUSED, HIDDEN, ACCEPTED), SURE),
    ("coding: gone", by_its_coding_or_refused_then_closed(GONE, ENDED, ACCEPTED), OPEN),
    ("100: came", answered_before_its_body(ACCEPTED, 100, ACCEPTED), PASS),
    ("100: final", answered_before_its_body(UNAUTHORIZED, 401, ACCEPTED), PASS),
    ("100: to a refusal", answered_before_its_body(UNAUTHORIZED, 100, ACCEPTED, refusal=True), PASS),
    ("100: and then 411", answered_before_its_body(CHUNKED_411, 100, ACCEPTED), PASS),
    ("100: nothing", answered_before_its_body(ACCEPTED, None, ACCEPTED), FAIL),
    ("100: and then refused", answered_before_its_body(REFUSED, 100, ACCEPTED), FAIL),
    ("100: mail without 204", answered_before_its_body(SMUGGLED, 401, ACCEPTED), SURE),
    ("100: control gone", answered_before_its_body(ACCEPTED, 100, GONE), OPEN),
    ("body: dropped", body_never_runs(UNAUTHORIZED, exchange(401), ACCEPTED), PASS),
    ("body: closed", body_never_runs(UNAUTHORIZED, ENDED, ACCEPTED), PASS),
    ("body: ran", body_never_runs(UNAUTHORIZED, HIDDEN, ACCEPTED), SURE),
    ("body: read as a request", body_never_runs(UNAUTHORIZED, REFUSED, ACCEPTED), FAIL),
    ("body: refused for itself first", body_never_runs(REFUSED, exchange(401), ACCEPTED), PASS),
    ("body: stuck", body_never_runs(UNAUTHORIZED, MUTE, ACCEPTED), FAIL),
    ("body: not refused", body_never_runs(LOST, ENDED, ACCEPTED), OPEN),
    ("body: never answered", body_never_runs(ENDED, ENDED, ACCEPTED), OPEN),
    ("cut: closed", incomplete(ENDED, ACCEPTED), PASS),
    ("cut: 400", incomplete(REFUSED, ACCEPTED), PASS),
    ("cut: relayed", incomplete(exchange(None, mail=True, carries=None), ACCEPTED), SURE),
    ("cut: 204", incomplete(LOST, ACCEPTED), FAIL),
    ("cut: nobody watches", incomplete(exchange(400, witnessed=False), exchange(204, witnessed=False)), OPEN),
    ("gzip: decoded", decoded_or_415(ACCEPTED, ACCEPTED), PASS),
    ("gzip: 415 with codings", decoded_or_415(CODED_415, ACCEPTED), PASS),
    ("gzip: 415 without", decoded_or_415(UNSUPPORTED, ACCEPTED), FAIL),
    ("gzip: read as plain", decoded_or_415(REFUSED, ACCEPTED), FAIL),
    ("gzip: control refused", decoded_or_415(CODED_415, REFUSED), OPEN),
    ("type: plain 415", no_accept_encoding_for_a_type([UNSUPPORTED], ACCEPTED), PASS),
    ("type: a coding was there", no_accept_encoding_for_a_type([CODED_415], ACCEPTED), PASS),
    ("type: blames the coding", no_accept_encoding_for_a_type([UNSUPPORTED, BLAMING_415], ACCEPTED), SURE),
    ("type: control refused", no_accept_encoding_for_a_type([UNSUPPORTED], REFUSED), OPEN),
    ("h2: plain", no_connection_specific_fields([over_http_2(204), over_http_2(401, ("date", "now"))]), PASS),
    ("h2: keep-alive", no_connection_specific_fields([over_http_2(204, ("keep-alive", "timeout=5"))]), SURE),
    ("h2: transfer-encoding", no_connection_specific_fields([over_http_2(400, ("transfer-encoding", "chunked"))]), SURE),
    ("h2: said over HTTP/1.1 only", no_connection_specific_fields([SAID_CLOSE, over_http_2(204)]), PASS),
    ("h2: never spoken", no_connection_specific_fields([ACCEPTED]), OPEN),
    ("h2: gone", no_connection_specific_fields([GONE]), OPEN),
    ("alike: same", refused_alike(over_http_2(401), UNAUTHORIZED, ACCEPTED), PASS),
    ("alike: another status", refused_alike(over_http_2(500), UNAUTHORIZED, ACCEPTED), FAIL),
    ("alike: served", refused_alike(over_http_2(204), UNAUTHORIZED, ACCEPTED), FAIL),
    ("alike: relayed", refused_alike(over_http_2(204, mail=True), UNAUTHORIZED, ACCEPTED), SURE),
    ("alike: served over HTTP/1.1 too", refused_alike(over_http_2(204), LOST, ACCEPTED), OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("judgement", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_judgement_of_framing_says(judgement: Judgement, verdict: str) -> None:
    assert told(judgement.evaluate()) == verdict
