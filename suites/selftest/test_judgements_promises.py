"""What the mails of a run tell, with literals: their times and their first lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, LOST, REFUSED, delivery, exchange, message
from test_judgements_outcome import OPEN, PASS, SURE, told

from relaycheck.judgements.promises import no_204_before_its_mail, no_secret_travels
from relaycheck.message import Connection

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement
    from relaycheck.message import Message

NAMED = replace(message(), connection=Connection("127.0.0.1", 2525))
TRACE = b"Received: from client (%s) by relay; Mon, 23 Nov 2026 12:00:00 +0000\r\n"


def mailed(at: float, *, carries: Message = NAMED, reply: int = 250, anothers: bool = False) -> Exchange:
    """Answered with 204 from 10 s to 11 s of the clock; its mail, or with its recipients that of another, was taken `at`."""
    seen = replace(exchange(204, carries=carries), started=10.0, seconds=1.0)
    text = NAMED.rfc822.encode() + (b"" if anothers else seen.request.nonce.encode())
    return replace(seen, deliveries=(replace(delivery(NAMED, data=text, reply=reply), at=at),))


def with_trace(field: bytes) -> Exchange:
    return exchange(204, carries=NAMED, mail=(delivery(NAMED, data=field + NAMED.rfc822.encode()),))


CASES: list[tuple[str, Judgement, str]] = [
    ("order: the mail first", no_204_before_its_mail([mailed(10.9), REFUSED]), PASS),
    ("order: at the same time", no_204_before_its_mail([mailed(11.0)]), PASS),
    ("order: the answer first", no_204_before_its_mail([mailed(10.9), mailed(11.01)]), SURE),
    ("order: another's mail to the same", no_204_before_its_mail([mailed(10.9), mailed(12.0, anothers=True)]), PASS),
    ("order: the late mail was refused", no_204_before_its_mail([mailed(12.0, reply=554)]), PASS),
    ("order: over the installation's own server", no_204_before_its_mail([mailed(12.0, carries=message())]), OPEN),
    ("order: the same request twice", no_204_before_its_mail([mailed(10.9), *2 * [mailed(12.0)]]), PASS),
    ("order: nothing arrived", no_204_before_its_mail([LOST, REFUSED]), OPEN),
    ("secrets: none", no_secret_travels([ACCEPTED, with_trace(TRACE % b"tim0")]), PASS),
    ("secrets: in a trace field", no_secret_travels([with_trace(TRACE % "‹secret:bearer›".encode())]), SURE),
    ("secrets: in what was submitted", no_secret_travels([exchange(204, carries=NAMED, mail=(
        delivery(NAMED, data=NAMED.rfc822.encode() + "‹secret:bearer›\r\n".encode()),))]), PASS),
    ("secrets: the message begins with an empty line", no_secret_travels([exchange(
        204, carries=replace(NAMED, rfc822="\r\ntext\r\n"), mail=True)]), PASS),
    ("secrets: no mail at all", no_secret_travels([REFUSED]), PASS),
]  # fmt: skip


@pytest.mark.parametrize(("judgement", "expected"), [pytest.param(j, e, id=name) for name, j, e in CASES])
def test_the_mails_of_a_run_are_judged(judgement: Judgement, expected: str) -> None:
    assert told(judgement.evaluate()) == expected
