"""The byte oracle and the judgements of relaying, on literal exchanges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relaycheck.exchange import Delivery, Exchange, Fields, Outcome, Recipient, Request, Response
from relaycheck.judgements.mail import canonical, difference, fate
from relaycheck.judgements.mail_servers import (
    AuthSeen,
    a_partial_delivery_is_told,
    answered_in_time,
    credentials_kept,
    never_at,
    not_claimed,
    nothing_afterwards,
    only_at,
    sent_once,
)
from relaycheck.judgements.mime import same_content
from relaycheck.judgements.relaying import (
    a_bcc_field_observed,
    a_refusal_relays_nothing,
    each_its_own_mail,
    eight_bit_as_offered,
    kept_or_encoded_anew,
    line_ends_made_whole,
    no_more_often_than_asked,
    one_mail_at_most,
    recipients_undisclosed,
    sessions_observed,
    two_mails,
    utf8_addresses_as_offered,
)
from relaycheck.message import Message
from relaycheck.secret import Secret
from relaycheck.target.model import Relay
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from relaycheck.judgements import Judgement

HEAD = "From: a@x.test\r\nSubject: s\r\nMessage-ID: <rcrun00100001@x.test>\r\n\r\n"
TEXT = HEAD + "line\r\n"
ONE, OTHER = "rcrun00100001", "rcrun00100002"
PASS, FAIL, INCONCLUSIVE = Kind.PASS, Kind.FAIL, Kind.INCONCLUSIVE


def mail(
    data: str | bytes = TEXT,
    to: tuple[str, ...] = (f"to-{ONE}@x.test",),
    sender: str = f"from-{ONE}@x.test",
    *,
    parameters: tuple[str, ...] = (),
    wire: bytes | None = None,
    reply: int = 250,
    listener: str = "main",
    session: int = 1,
) -> Delivery:
    octets = data.encode() if isinstance(data, str) else data
    people = tuple(Recipient(address, (), 250) for address in to)
    sent = octets + b".\r\n" if wire is None else wire
    return Delivery("D1", listener, session, 1, "ehlo.test", sender, parameters, people, octets, sent, reply)


def exchange(
    status: int | None,
    *deliveries: Delivery,
    text: str = TEXT,
    to: tuple[str, ...] = (f"to-{ONE}@x.test",),
    sender: str = f"from-{ONE}@x.test",
    nonce: str = ONE,
    relay: Relay | None = None,
    body: bytes = b"",
    seconds: float = 0.1,
    carries: bool = True,
) -> Exchange:
    message = Message(text, sender, to) if carries else None
    return Exchange(
        id="X1",
        check="",
        request=Request("POST", "/", Fields(), b"", b"", nonce, message, note="a probe"),
        outcome=Outcome.UNANSWERED if status is None else Outcome.ANSWERED,
        response=None if status is None else Response(status, "", Fields(), body),
        deliveries=deliveries,
        witnessed=True,
        relay=relay or Relay(),
        seconds=seconds,
    )


GOOD = exchange(204, mail())
RED = exchange(500)
REFUSED = exchange(422)


@pytest.mark.parametrize(
    ("got", "relay", "same"),
    [
        (TEXT, Relay(), True),
        ("Received: from a\r\n\tby b\r\nX-Spam: no\r\n" + TEXT, Relay(), True),
        ("Subject: again\r\n" + TEXT, Relay(adds_headers=True), False),
        ("MIME-Version: 1.0\r\n" + TEXT, Relay(), False),
        ("MIME-Version: 1.0\r\n" + TEXT, Relay(adds_headers=True), True),
        ("From: b@x.test\r\n" + TEXT, Relay(adds_headers=True), False),
        ("no field\r\n" + TEXT, Relay(), False),
        (TEXT.replace("Subject: s\r\n", "Subject: s\r\nDate: now\r\n"), Relay(), False),
        (TEXT.replace("Subject: s\r\n", "Subject: s\r\nDate: now\r\n"), Relay(adds_headers=True), True),
        (TEXT.replace("Subject: s", "Subject: t"), Relay(adds_headers=True), False),
        (TEXT + "footer\r\n", Relay(adds_headers=True), False),
        (TEXT + "\r\n", Relay(), False),
        (TEXT.replace("Subject: s\r\n", ""), Relay(), False),
    ],
)
def test_trace_in_front_is_no_difference_and_the_authors_fields_are_one(got: str, relay: Relay, same: bool) -> None:
    assert (difference(TEXT.encode(), got.encode(), relay) == "") is same


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        ("Bcc: x@x.test,\r\n y@x.test\r\n" + TEXT, TEXT),
        ("Bcc: x@x.test\r\n" + TEXT, "Received: a\r\n" + TEXT),
        ("Return-Path: <x@x.test>\r\n" + TEXT, TEXT),
        ("no header\r\n", "Received: a\r\n\r\nno header\r\n"),
        ("no header\r\n", "Received: a\r\nno header\r\n"),
    ],
)
def test_some_fields_may_go_and_a_text_without_header_may_get_one(sent: str, got: str) -> None:
    assert difference(sent.encode(), got.encode(), Relay()) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a@X.test", "a@x.TEST", True),
        ("A@x.test", "a@x.test", False),
        ('"a.b"@x.test', "a.b@x.test", True),
        ('"a b"@x.test', "a b@x.test", False),
        (r'"a\ b"@x.test', '"a b"@x.test', True),
        ("a@bücher.test", "a@xn--bcher-kva.test", True),
    ],
)
def test_addresses_compare_as_mail_servers_compare_them(one: str, other: str, same: bool) -> None:
    assert (canonical(one) == canonical(other)) is same


def test_a_repeated_recipient_may_be_served_once_or_twice_and_not_three_times() -> None:
    to = (f"to-{ONE}@x.test",) * 2
    assert fate(exchange(204, mail(), to=to)).fault() == ""
    assert fate(exchange(204, mail(), mail(session=2), to=to)).fault() == ""
    assert "3 times" in fate(exchange(204, mail(), mail(session=2), mail(session=3), to=to)).fault()


@pytest.mark.parametrize(
    ("encoded", "same"), [("w6kNCg==\r\n", True), ("w6kN\r\nCg==\r\n", True), ("w6oNCg==\r\n", False)]
)
def test_another_transfer_encoding_of_the_same_text_is_the_same_content(encoded: str, same: bool) -> None:
    sent = HEAD.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n") + "é\r\n"
    got = HEAD.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n") + encoded
    assert same_content(sent.encode(), got.encode()) is same
    assert not same_content(sent.encode(), got.replace("Subject: s\r\n", "").encode())


@pytest.mark.parametrize(
    ("field", "same"),
    [
        ("X-Place: =?utf-8?q?Gr=C3=BC=C3=9Fe?= aus\r\n =?utf-8?b?5ryi?=", True),
        ("X-Place: =?utf-8?q?Gr=C3=BC?= aus\r\n =?utf-8?b?5ryi?=", False),
        ("X-Place: =?no-such?q?Gr=C3=BC=C3=9Fe?= aus", False),
        ("X-Place: Gr??e aus ?", False),
    ],
)
def test_encoded_words_of_the_same_field_are_the_same_content(field: str, same: bool) -> None:
    sent = f"X-Place: Grüße aus 漢\r\n{TEXT}"
    assert same_content(sent.encode(), f"{field}\r\n{TEXT}".encode()) is same


LF = HEAD + "one\ntwo\r\n"
CR = HEAD + "one\rtwo\r\n"
HIGH = HEAD + "é\r\n"
ZOE = f"zoë-{ONE}@x.test"
BLIND = f"Cc: to-{ONE}@x.test\r\n" + TEXT
PASSWORD = Secret("password", "correct-horse")
SHARED = mail(TEXT.replace(ONE, OTHER))
TWO = (mail(), mail(session=2))
THREE_TO = tuple(f"to{n}-{ONE}@x.test" for n in range(3))
PARTLY = mail(to=THREE_TO[:2])
TOLD = exchange(204, mail(TEXT + "correct-horse"))
BORROWED = exchange(204, replace(mail(), auth="user"))
SECURE = exchange(204, replace(mail(), auth="user", tls=True))


def attempts(listener: str, tls: bool) -> tuple[AuthSeen, ...]:
    return (AuthSeen(listener, "user", tls),)


@pytest.mark.parametrize(
    ("judgement", "kind"),
    [
        (line_ends_made_whole(exchange(204, mail(HEAD + "one\r\ntwo\r\n"), text=LF), GOOD), PASS),
        (line_ends_made_whole(exchange(422, text=LF), GOOD), PASS),
        (line_ends_made_whole(exchange(204, mail(HEAD + "onetwo\r\n"), text=CR), GOOD), PASS),
        (line_ends_made_whole(exchange(204, mail(HEAD + "one two\r\n"), text=CR), GOOD), PASS),
        (line_ends_made_whole(exchange(204, mail(HEAD + "onetwo\r\n"), text=LF), GOOD), FAIL),
        (line_ends_made_whole(exchange(204, mail(LF), text=LF), GOOD), FAIL),
        (line_ends_made_whole(exchange(500, text=LF), GOOD), FAIL),
        (line_ends_made_whole(exchange(422, text=LF), RED), INCONCLUSIVE),
        (kept_or_encoded_anew(GOOD, GOOD), PASS),
        (kept_or_encoded_anew(REFUSED, GOOD), PASS),
        (kept_or_encoded_anew(exchange(204, mail(HEAD + "li\r\nne\r\n")), GOOD), FAIL),
        (kept_or_encoded_anew(exchange(204), GOOD), FAIL),
        (kept_or_encoded_anew(REFUSED, RED), INCONCLUSIVE),
        (eight_bit_as_offered(exchange(204, mail(HIGH, parameters=("BODY=8BITMIME",)), text=HIGH), GOOD, offered=True), PASS),
        (eight_bit_as_offered(exchange(204, mail(HIGH), text=HIGH), GOOD, offered=True), FAIL),
        (eight_bit_as_offered(exchange(204, mail(HIGH, parameters=("BODY=8BITMIME",)), text=HIGH), GOOD, offered=False), FAIL),
        (eight_bit_as_offered(exchange(204, mail(HEAD + "i\r\n"), text=HIGH), GOOD, offered=False), FAIL),
        (eight_bit_as_offered(exchange(422, text=HIGH), GOOD, offered=False), PASS),
        (eight_bit_as_offered(exchange(502, text=HIGH), GOOD, offered=False), PASS),
        (eight_bit_as_offered(exchange(500, text=HIGH), GOOD, offered=False), PASS),
        (eight_bit_as_offered(exchange(500, mail(b"plain\r\n"), text=HIGH), GOOD, offered=False), FAIL),
        (eight_bit_as_offered(exchange(500, text=HIGH), GOOD, offered=True), FAIL),
        (eight_bit_as_offered(exchange(502, text=HIGH), GOOD, offered=True), PASS),
        (eight_bit_as_offered(exchange(502, text=HIGH), RED, offered=False), INCONCLUSIVE),
        (eight_bit_as_offered(exchange(422, text=HIGH), RED, offered=False), INCONCLUSIVE),
        (utf8_addresses_as_offered(exchange(204, mail(to=(ZOE,), parameters=("SMTPUTF8",)), to=(ZOE,)), GOOD, offered=True), PASS),
        (utf8_addresses_as_offered(exchange(204, mail(to=(ZOE,)), to=(ZOE,)), GOOD, offered=True), FAIL),
        (utf8_addresses_as_offered(exchange(204, mail(to=(ZOE,)), to=(ZOE,)), GOOD, offered=False), FAIL),
        (utf8_addresses_as_offered(exchange(422, to=(ZOE,)), GOOD, offered=False), PASS),
        (utf8_addresses_as_offered(exchange(502, to=(ZOE,)), GOOD, offered=False), PASS),
        (utf8_addresses_as_offered(exchange(502, to=(ZOE,)), GOOD, offered=True), PASS),
        (utf8_addresses_as_offered(exchange(500, to=(ZOE,)), GOOD, offered=False), PASS),
        (utf8_addresses_as_offered(exchange(500, to=(ZOE,)), GOOD, offered=True), FAIL),
        (utf8_addresses_as_offered(exchange(422, to=(ZOE,)), RED, offered=False), INCONCLUSIVE),
        (no_more_often_than_asked(GOOD), PASS),
        (no_more_often_than_asked(exchange(204, *TWO)), FAIL),
        (a_bcc_field_observed(GOOD), PASS),
        (recipients_undisclosed(exchange(204, mail("Received: for <to-rcrun00100001@x.test>\r\n" + TEXT)), GOOD), PASS),
        (recipients_undisclosed(exchange(204, mail("X-To: to-rcrun00100001@x.test\r\n" + TEXT)), GOOD), FAIL),
        (recipients_undisclosed(exchange(204, mail("X-To: to-rcrun00100001@x.test\r\n" + BLIND), text=BLIND), GOOD), PASS),
        (recipients_undisclosed(GOOD, RED), INCONCLUSIVE),
        (a_refusal_relays_nothing(REFUSED, GOOD), PASS),
        (a_refusal_relays_nothing(exchange(400, mail()), GOOD), FAIL),
        (a_refusal_relays_nothing(REFUSED, RED), INCONCLUSIVE),
        (one_mail_at_most(GOOD, GOOD), PASS),
        (one_mail_at_most(exchange(None), GOOD), PASS),
        (one_mail_at_most(exchange(None, *TWO), GOOD), FAIL),
        (one_mail_at_most(exchange(204, mail(), mail(to=("stranger@x.test",))), GOOD), FAIL),
        (one_mail_at_most(exchange(None), RED), INCONCLUSIVE),
        (each_its_own_mail((GOOD, GOOD), GOOD), PASS),
        (each_its_own_mail((GOOD, GOOD, exchange(503)), GOOD), PASS),
        (each_its_own_mail((GOOD, exchange(204, SHARED)), GOOD), FAIL),
        (each_its_own_mail((GOOD, exchange(204)), GOOD), FAIL),
        (each_its_own_mail((GOOD, exchange(204, mail(), carries=False)), GOOD), FAIL),
        (each_its_own_mail((GOOD, exchange(503)), GOOD), INCONCLUSIVE),
        (two_mails(exchange(204, *TWO), exchange(204, *TWO), GOOD), PASS),
        (two_mails(GOOD, GOOD, GOOD), FAIL),
        (two_mails(GOOD, exchange(409, mail()), GOOD), FAIL),
        (two_mails(exchange(204, mail(), relay=Relay(deduplicates=True)), GOOD, GOOD), PASS),
        (two_mails(GOOD, GOOD, RED), INCONCLUSIVE),
        (sessions_observed((GOOD, GOOD)), PASS),
        (not_claimed(exchange(502), GOOD), PASS),
        (not_claimed(exchange(204), GOOD), FAIL),
        (not_claimed(exchange(204, PARTLY, to=THREE_TO), GOOD), FAIL),
        (not_claimed(exchange(None), GOOD), INCONCLUSIVE),
        (not_claimed(exchange(502), RED), INCONCLUSIVE),
        (a_partial_delivery_is_told(exchange(502, to=THREE_TO), GOOD), PASS),
        (a_partial_delivery_is_told(exchange(502, PARTLY, to=THREE_TO, body=THREE_TO[0].encode()), GOOD), PASS),
        (a_partial_delivery_is_told(exchange(502, PARTLY, to=THREE_TO), GOOD), FAIL),
        (a_partial_delivery_is_told(exchange(204, PARTLY, to=THREE_TO), GOOD), FAIL),
        (a_partial_delivery_is_told(exchange(502, to=THREE_TO), RED), INCONCLUSIVE),
        (answered_in_time(exchange(504, seconds=1.0), GOOD, 2.0), PASS),
        (answered_in_time(exchange(504, seconds=3.0), GOOD, 2.0), FAIL),
        (answered_in_time(exchange(None), GOOD, 2.0), FAIL),
        (answered_in_time(exchange(204), GOOD, 2.0), FAIL),
        (answered_in_time(exchange(504), RED, 2.0), INCONCLUSIVE),
        (nothing_afterwards(exchange(503), GOOD), PASS),
        (nothing_afterwards(exchange(503, mail(reply=0)), GOOD), PASS),
        (nothing_afterwards(exchange(503, mail()), GOOD), FAIL),
        (nothing_afterwards(exchange(204, mail()), GOOD), PASS),
        (nothing_afterwards(exchange(None, mail()), GOOD), PASS),
        (nothing_afterwards(exchange(503), RED), INCONCLUSIVE),
        (sent_once(exchange(504), GOOD), PASS),
        (sent_once(exchange(504, mail(reply=0)), GOOD), PASS),
        (sent_once(exchange(504, mail(reply=0, to=THREE_TO[:1]), mail(reply=0, to=THREE_TO[1:]), to=THREE_TO), GOOD), PASS),
        (sent_once(exchange(504, mail(reply=0), mail(reply=0)), GOOD), FAIL),
        (sent_once(exchange(204, mail(reply=0), mail()), GOOD), FAIL),
        (sent_once(exchange(504), RED), INCONCLUSIVE),
        (only_at("main", GOOD, GOOD), PASS),
        (only_at("other", GOOD, GOOD), FAIL),
        (only_at("main", exchange(400), GOOD), FAIL),
        (only_at("main", exchange(400), RED), INCONCLUSIVE),
        (never_at("main", exchange(502), GOOD), PASS),
        (never_at("main", exchange(204), GOOD), PASS),
        (never_at("main", exchange(502, mail()), GOOD), FAIL),
        (never_at("main", GOOD, RED), FAIL),
        (never_at("other", GOOD, GOOD), PASS),
        (never_at("main", exchange(502), RED), INCONCLUSIVE),
        (credentials_kept((SECURE,), GOOD, seen=attempts("main", True), listener="main", password=PASSWORD, tls=True), PASS),
        (credentials_kept((BORROWED,), GOOD, seen=(), listener="main", password=PASSWORD, tls=True), FAIL),
        (credentials_kept((BORROWED,), GOOD, seen=(), listener="main", password=PASSWORD, tls=False), PASS),
        (credentials_kept((GOOD,), GOOD, seen=(), listener="main", password=PASSWORD, tls=False), FAIL),
        (credentials_kept((REFUSED,), GOOD, seen=(), listener="main", password=PASSWORD, tls=True), PASS),
        (credentials_kept((GOOD,), GOOD, seen=attempts("main", False), listener="main", password=PASSWORD, tls=True), FAIL),
        (credentials_kept((GOOD,), GOOD, seen=attempts("b", True), listener="main", password=PASSWORD, tls=True), FAIL),
        (credentials_kept((TOLD,), GOOD, seen=(), listener="main", password=PASSWORD, tls=False), FAIL),
        (credentials_kept((BORROWED,), RED, seen=(), listener="main", password=PASSWORD, tls=False), INCONCLUSIVE),
        (credentials_kept((GOOD,), GOOD, seen=(), listener="main", password=PASSWORD, tls=False, without=(GOOD,)), PASS),
        (credentials_kept((GOOD,), GOOD, seen=(), listener="main", password=PASSWORD, tls=False, without=(BORROWED,)), FAIL),
    ],
)  # fmt: skip
def test_each_judgement_has_its_verdicts(judgement: Judgement, kind: Kind) -> None:
    verdict = judgement.evaluate()
    assert (verdict.kind, bool(verdict.reason)) == (kind, True)


@pytest.mark.parametrize(
    "judgement",
    [
        line_ends_made_whole(exchange(204, mail(LF), text=LF), RED),
        eight_bit_as_offered(exchange(204, mail(HIGH), text=HIGH), RED, offered=False),
        utf8_addresses_as_offered(exchange(204, mail(to=(ZOE,)), to=(ZOE,)), RED, offered=False),
        a_refusal_relays_nothing(exchange(400, mail()), RED),
        one_mail_at_most(exchange(None, *TWO), RED),
        each_its_own_mail((exchange(204, SHARED),), RED),
        only_at("other", GOOD, RED),
        credentials_kept((GOOD,), RED, seen=attempts("b", True), listener="main", password=PASSWORD, tls=True),
    ],
    ids=lambda j: j.name,
)
def test_what_must_not_exist_is_decisive_whatever_the_control_says(judgement: Judgement) -> None:
    assert judgement.evaluate().decisive


MIXED = "Subject: x\r\nno field\r\nTo: y\r\n\r\ntext\r\n"


@pytest.mark.parametrize(
    ("got", "same"),
    [
        (MIXED, True),
        (MIXED.replace("no field", "\r\nno field"), True),
        ("Received: by relay\r\n" + MIXED.replace("no field", "\r\nno field"), True),
        ("To: z\r\n" + MIXED.replace("no field", "\r\nno field"), False),
        (MIXED.replace("no field", "\r\n\r\nno field"), False),
        (MIXED.replace("no field\r\n", "\r\n"), False),
        (MIXED.replace("To: y", "\r\nTo: y"), False),
    ],
)
def test_a_header_that_ends_in_no_field_may_be_ended_by_an_empty_line(got: str, same: bool) -> None:
    assert (difference(MIXED.encode(), got.encode(), Relay()) == "") is same
