"""What odd bodies may lead to, with literals on both sides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, LOST, REFUSED, SILENT, THROTTLED, delivery, exchange, message
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.judgements.bodies import (
    alike,
    alike_in_four_octets,
    alike_or_refused,
    not_accepted,
    one_line_throughout,
    one_value_wins,
    relayed_to_all_or_refused,
)
from relaycheck.judgements.endurance import answered_in_time, nothing_fetched, unharmed

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

OK_NULL = exchange(200, body=b"null")
CRASHED = exchange(500)
BAD = exchange(400)
MAILED_SECRETLY = exchange(400, mail=True)
OTHER = exchange(204, mail=True)
TEXT = message("rcgarbled0001")
GARBLED = exchange(204, carries=TEXT, mail=(delivery(TEXT, data=TEXT.rfc822.replace("line", "l?ne").encode()),))
IN_SIX = exchange(
    204, carries=TEXT, mail=(delivery(TEXT, data=TEXT.rfc822.encode() + b"\xed\xa0\xbd\xed\xb8\x80\r\n"),)
)
HALF = exchange(204, carries=TEXT, mail=(delivery(TEXT, recipients=TEXT.recipients[:1]),))


def doubled(sender: str, status: int = 204) -> Exchange:
    """A probe with two From members whose mail came from `sender`; the nonce in it is the probe's own."""
    probe = exchange(status, carries=None)
    asked = message(probe.request.nonce)
    mail = delivery(asked, sender=sender.format(probe.request.nonce))
    return replace(probe, deliveries=(mail,) if status == 204 else ())


def alone(sender: str, status: int = 204) -> Exchange:
    probe = exchange(status)
    assert probe.request.message is not None
    said = probe.request.message.but(sender=sender.format(probe.request.nonce))
    mail = (delivery(said),) if status == 204 else ()
    return replace(probe, request=replace(probe.request, message=said), deliveries=mail)


FIRST, LAST = "first-{}@relaycheck.test", "last-{}@relaycheck.test"
SINGLES = (alone(FIRST), alone(LAST))
ONE_REFUSED = (alone(FIRST), alone("last {}", 400))


def lines(status: int, written: str, *types: str) -> tuple[Exchange, str]:
    return exchange(status, mail=status == 204, request_fields=tuple(("Content-Type", t) for t in types)), written


JSON, XML = "application/json", "application/xml"
PROBE = exchange(204, carries=None)
TO_TWO = replace(PROBE, deliveries=(delivery(message(PROBE.request.nonce)),))
TO_EACH = replace(
    PROBE,
    deliveries=tuple(
        delivery(message(PROBE.request.nonce), recipients=(address,))
        for address in message(PROBE.request.nonce).recipients
    ),
)
UNLIKE = replace(PROBE, deliveries=(TO_EACH.deliveries[0], replace(TO_EACH.deliveries[1], data=b"A: b\r\n\r\nx\r\n")))
SLOW = replace(BAD, seconds=6.0)
FILE = rb"root:[^:]*:0:0:"
SHOWN = replace(exchange(400, carries=None), received=b"HTTP/1.1 400 Bad\r\n\r\nroot:x:0:0:root")
SENT = replace(PROBE, deliveries=(delivery(message(), data=b"A: b\r\n\r\nroot:x:0:0:root\r\n"),))

CASES: list[tuple[str, Judgement, str]] = [
    ("not accepted: refused", not_accepted(BAD, ACCEPTED), PASS),
    ("not accepted: 200 and null", not_accepted(OK_NULL, ACCEPTED), PASS),
    ("not accepted: 204 without mail", not_accepted(LOST, ACCEPTED), FAIL),
    ("not accepted: mail", not_accepted(MAILED_SECRETLY, ACCEPTED), SURE),
    ("not accepted: silence", not_accepted(SILENT, ACCEPTED), FAIL),
    ("not accepted: the control is refused", not_accepted(BAD, REFUSED), OPEN),
    ("not accepted: throttled", not_accepted(THROTTLED, ACCEPTED), OPEN),
    ("alike: both relayed", alike(OTHER, ACCEPTED, control=ACCEPTED), PASS),
    ("alike: both refused", alike(BAD, REFUSED, control=ACCEPTED), PASS),
    ("alike: one refused", alike(BAD, OTHER, control=ACCEPTED), FAIL),
    ("alike: both crashed", alike(CRASHED, CRASHED, control=ACCEPTED), FAIL),
    ("alike: the relay passes neither on", alike(exchange(502), exchange(502), control=ACCEPTED), PASS),
    ("alike: a gateway's errors, and not the same", alike(exchange(502), exchange(504), control=ACCEPTED), FAIL),
    ("alike: a gateway's error, and a mail", alike(exchange(502, mail=True), exchange(502), control=ACCEPTED), FAIL),
    ("in four octets: relayed alike", alike_in_four_octets(OTHER, ACCEPTED, control=ACCEPTED), PASS),
    ("in four octets: another text", alike_in_four_octets(GARBLED, OTHER, control=ACCEPTED), FAIL),
    ("in four octets: both in six", alike_in_four_octets(IN_SIX, IN_SIX, control=ACCEPTED), SURE),
    ("in four octets: the control is refused", alike_in_four_octets(BAD, BAD, control=REFUSED), OPEN),
    ("alike: another text", alike(GARBLED, OTHER, control=ACCEPTED), FAIL),
    ("alike: the same wrong text", alike(GARBLED, GARBLED, control=ACCEPTED), PASS),
    ("alike: fewer recipients", alike(HALF, OTHER, control=ACCEPTED), FAIL),
    ("alike: refused with mail", alike(MAILED_SECRETLY, BAD, control=ACCEPTED), FAIL),
    ("alike: the control is refused", alike(BAD, BAD, control=REFUSED), OPEN),
    ("alike: unreachable", alike(GONE, OTHER, control=ACCEPTED), OPEN),
    ("alike or refused: refused", alike_or_refused(BAD, OTHER, control=ACCEPTED), PASS),
    ("alike or refused: relayed alike", alike_or_refused(OTHER, ACCEPTED, control=ACCEPTED), PASS),
    ("alike or refused: garbled", alike_or_refused(GARBLED, OTHER, control=ACCEPTED), FAIL),
    ("alike or refused: the other reading", alike_or_refused(GARBLED, OTHER, ACCEPTED, otherwise=GARBLED), PASS),
    ("alike or refused: neither reading", alike_or_refused(GARBLED, OTHER, ACCEPTED, otherwise=HALF), FAIL),
    ("alike or refused: crashed", alike_or_refused(CRASHED, OTHER, control=ACCEPTED), FAIL),
    ("alike or refused: the control is refused", alike_or_refused(BAD, OTHER, control=REFUSED), OPEN),
    ("one value: the first", one_value_wins(doubled(FIRST), SINGLES, control=ACCEPTED), PASS),
    ("one value: the last", one_value_wins(doubled(LAST), SINGLES, control=ACCEPTED), PASS),
    ("one value: refused", one_value_wins(doubled(FIRST, 400), SINGLES, control=ACCEPTED), PASS),
    ("one value: crashed", one_value_wins(doubled(FIRST, 500), SINGLES, control=ACCEPTED), FAIL),
    ("one value: neither", one_value_wins(doubled("x-{}@relaycheck.test"), SINGLES, control=ACCEPTED), SURE),
    ("one value: refused alone", one_value_wins(doubled("last {}"), ONE_REFUSED, control=ACCEPTED), SURE),
    ("one value: 204 without mail", one_value_wins(PROBE, SINGLES, control=ACCEPTED), FAIL),
    ("one value: the control is refused", one_value_wins(doubled(FIRST), SINGLES, control=REFUSED), OPEN),
    ("to all: one mail", relayed_to_all_or_refused(TO_TWO, 2, control=ACCEPTED), PASS),
    ("to all: a mail each", relayed_to_all_or_refused(TO_EACH, 2, control=ACCEPTED), PASS),
    ("to all: refused", relayed_to_all_or_refused(BAD, 2, control=ACCEPTED), PASS),
    ("to all: nobody", relayed_to_all_or_refused(PROBE, 2, control=ACCEPTED), FAIL),
    ("to all: one too few", relayed_to_all_or_refused(TO_TWO, 3, control=ACCEPTED), FAIL),
    ("to all: different mails", relayed_to_all_or_refused(UNLIKE, 2, control=ACCEPTED), FAIL),
    ("to all: crashed", relayed_to_all_or_refused(CRASHED, 2, control=ACCEPTED), FAIL),
    ("to all: the control is refused", relayed_to_all_or_refused(TO_TWO, 2, control=REFUSED), OPEN),
    ("lines: all refused", one_line_throughout([lines(400, JSON, JSON, XML)], control=ACCEPTED), PASS),
    (
        "lines: always the first",
        one_line_throughout([lines(204, JSON, JSON, XML), lines(400, JSON, XML, JSON)], control=ACCEPTED),
        PASS,
    ),
    (
        "lines: always the last",
        one_line_throughout([lines(204, XML, JSON, XML), lines(204, JSON, XML, JSON)], control=ACCEPTED),
        PASS,
    ),
    (
        "lines: now this, now that",
        one_line_throughout([lines(204, JSON, JSON, XML), lines(204, JSON, XML, JSON)], control=ACCEPTED),
        FAIL,
    ),
    ("lines: crashed", one_line_throughout([lines(500, JSON, JSON, XML)], control=ACCEPTED), FAIL),
    ("lines: the control is refused", one_line_throughout([lines(400, JSON, JSON, XML)], control=REFUSED), OPEN),
    ("unharmed: refused, then served", unharmed(BAD, ACCEPTED, OTHER), PASS),
    ("unharmed: served, then served", unharmed(OTHER, ACCEPTED, OTHER), PASS),
    ("unharmed: crashed", unharmed(CRASHED, ACCEPTED, OTHER), FAIL),
    ("unharmed: a recipient lost", unharmed(HALF, ACCEPTED, OTHER), FAIL),
    ("unharmed: an optional recipient left out", unharmed(HALF, ACCEPTED, OTHER, optional=1), PASS),
    ("unharmed: an optional recipient, served", unharmed(OTHER, ACCEPTED, OTHER, optional=1), PASS),
    ("unharmed: an optional recipient left out, then dead", unharmed(HALF, ACCEPTED, GONE, optional=1), FAIL),
    ("unharmed: nobody got it", unharmed(LOST, ACCEPTED, OTHER, optional=1), FAIL),
    ("unharmed: no answer", unharmed(SILENT, ACCEPTED, OTHER), FAIL),
    ("unharmed: dead afterwards", unharmed(BAD, ACCEPTED, GONE), FAIL),
    ("unharmed: refuses afterwards", unharmed(BAD, ACCEPTED, CRASHED), FAIL),
    ("unharmed: throttled afterwards", unharmed(BAD, ACCEPTED, THROTTLED), OPEN),
    ("unharmed: dead before", unharmed(BAD, GONE, OTHER), OPEN),
    ("unharmed: never sent", unharmed(GONE, ACCEPTED, OTHER), OPEN),
    ("in time: at once", answered_in_time(BAD, ACCEPTED, OTHER, 5.0), PASS),
    ("in time: too late", answered_in_time(SLOW, ACCEPTED, OTHER, 5.0), FAIL),
    ("in time: never", answered_in_time(SILENT, ACCEPTED, OTHER, 5.0), FAIL),
    ("in time: dead afterwards", answered_in_time(BAD, ACCEPTED, GONE, 5.0), FAIL),
    ("in time: dead before", answered_in_time(BAD, GONE, OTHER, 5.0), OPEN),
    ("fetched: nothing", nothing_fetched(BAD, ACCEPTED, 0, (FILE,)), PASS),
    ("fetched: nothing, and served", nothing_fetched(TO_TWO, ACCEPTED, 0, (FILE,)), PASS),
    ("fetched: a URL", nothing_fetched(BAD, ACCEPTED, 1, (FILE,)), SURE),
    ("fetched: a file in the answer", nothing_fetched(SHOWN, ACCEPTED, 0, (FILE,)), SURE),
    ("fetched: a file in the mail", nothing_fetched(SENT, ACCEPTED, 0, (FILE,)), SURE),
    ("fetched: the control is refused", nothing_fetched(BAD, REFUSED, 0, (FILE,)), OPEN),
]


@pytest.mark.parametrize(("judgement", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_judgement_of_bodies_says(judgement: Judgement, expected: str) -> None:
    verdict = judgement.evaluate()
    assert told(verdict) == expected, verdict
    assert verdict.reason, "a verdict without a reason explains nothing"


def test_long_texts_that_differ_are_told_from_where_they_do() -> None:
    long = TEXT.but(rfc822=f"{TEXT.rfc822}{'x' * 500}one\r\n")
    one, two = (
        exchange(204, carries=long, mail=(delivery(long, data=long.rfc822.replace("one", said).encode()),))
        for said in ("one", "two")
    )
    reason = alike(one, two, control=ACCEPTED).evaluate().reason
    assert "xone" in reason
    assert "xtwo" in reason
    assert len(reason) < 200
