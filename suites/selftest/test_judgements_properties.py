"""What an incomplete request may lead to, and when two responses have the same form, with literals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, LOST, REFUSED, delivery, exchange, message
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.judgements import harmless
from relaycheck.judgements.form import same_form
from relaycheck.judgements.properties import refused_or_honest

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

MESSAGE = message("rcliteralprop")
SENDERLESS, EMPTY = MESSAGE.but(sender=""), MESSAGE.but(rfc822="")
NAMED_BY_THE_MESSAGE = MESSAGE.sender


def without_sender(sender: str) -> Exchange:
    return exchange(204, carries=SENDERLESS, mail=(delivery(SENDERLESS, sender=sender),))


def without_content(data: bytes) -> Exchange:
    return exchange(204, carries=EMPTY, mail=(delivery(EMPTY, data=data),))


LENGTH, LENGTH_TOO = (exchange(204, mail=True, fields=(("Content-Length", "0"),)) for _ in range(2))
SPLIT = b"X-Relaycheck-Injected: 1\r\n\r\n"

CASES: list[tuple[str, Judgement, str]] = [
    ("honest: refused", refused_or_honest(REFUSED, ACCEPTED), PASS),
    ("honest: refused, but relayed", refused_or_honest(exchange(400, mail=True), ACCEPTED), SURE),
    ("honest: 500", refused_or_honest(exchange(500), ACCEPTED), FAIL),
    ("honest: the null reverse-path", refused_or_honest(without_sender(""), ACCEPTED), PASS),
    ("honest: the sender that the message names", refused_or_honest(without_sender(NAMED_BY_THE_MESSAGE), ACCEPTED), PASS),
    ("honest: an invented sender", refused_or_honest(without_sender("noreply@relaycheck.test"), ACCEPTED), FAIL),
    ("honest: an empty mail", refused_or_honest(without_content(b"\r\n"), ACCEPTED), PASS),
    ("honest: an empty mail with trace fields", refused_or_honest(without_content(b"Received: x\r\n\r\n"), ACCEPTED), PASS),
    ("honest: an invented text", refused_or_honest(without_content(b"null\r\n"), ACCEPTED), FAIL),
    ("honest: an invented text after a header", refused_or_honest(without_content(b"X: y\r\n\r\nnull\r\n"), ACCEPTED), FAIL),
    ("honest: 204 and no mail", refused_or_honest(LOST, ACCEPTED), FAIL),
    ("honest: 204 for nobody", refused_or_honest(exchange(204, carries=None), ACCEPTED), FAIL),
    ("honest: 204 and nobody watched", refused_or_honest(exchange(204, witnessed=False), ACCEPTED), OPEN),
    ("honest: the control was refused", refused_or_honest(REFUSED, REFUSED), OPEN),
    ("honest: nothing reached", refused_or_honest(GONE, ACCEPTED), OPEN),
    ("harmless: an injected field after the header section", harmless(exchange(204, mail=True, stray=SPLIT), ACCEPTED), SURE),
    ("harmless: other octets there are another row's", harmless(exchange(204, mail=True, stray=b"null"), ACCEPTED), PASS),
    ("form: the same", same_form(exchange(204, mail=True), ACCEPTED), PASS),
    ("form: the same fault in both", same_form(LENGTH, LENGTH_TOO), PASS),
    ("form: a length", same_form(LENGTH, ACCEPTED), FAIL),
    ("form: a type", same_form(exchange(204, mail=True, fields=(("content-type", "text/plain"),)), ACCEPTED), FAIL),
    ("form: octets after it", same_form(exchange(204, mail=True, stray=b"null"), ACCEPTED), FAIL),
    ("form: another status", same_form(exchange(200, mail=True, body=b"null"), ACCEPTED), FAIL),
    ("form: the control was refused", same_form(ACCEPTED, REFUSED), OPEN),
    ("form: nothing reached", same_form(GONE, ACCEPTED), OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("judgement", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_judgement_says(judgement: Judgement, expected: str) -> None:
    assert told(judgement.evaluate()) == expected
