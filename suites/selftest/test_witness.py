"""The witness sees mail exactly as it was sent."""

from __future__ import annotations

import smtplib

import pytest
from smtp_dialogue import DEADLINE, Dialogue
from witness_fixtures import NONCE, only, send_raw, witness

from relaycheck.witness import Behaviour, Closed, LookAlike, Witness
from relaycheck.witness.mail_data import MailDataReader

__all__ = ["witness"]


def test_later_sessions_can_be_asked_for_alone(witness: Witness) -> None:
    send_raw(witness, b"one\r\n.\r\n")
    before = witness.connections
    with Dialogue(witness.main) as client:
        client.begin(b"other")
        assert [record.number for record in witness.sessions(since=before)] == [2]
    assert len(witness.sessions()) == 2


def test_a_mail_of_an_ordinary_client_is_recorded_with_envelope_and_session(witness: Witness) -> None:
    with smtplib.SMTP(witness.main.host, witness.main.port, local_hostname="client.test") as client:
        client.sendmail(
            f"from-{NONCE}@x.test", ["a@x.test", "b@x.test"], "Subject: s\r\n\r\n.dot\r\n", ["BODY=8BITMIME"]
        )
    mail = only(witness.deliveries(NONCE))
    assert (mail.sender, mail.sender_parameters) == (f"from-{NONCE}@x.test", ("size=20", "BODY=8BITMIME"))
    assert mail.accepted_recipients == ("a@x.test", "b@x.test")
    assert (mail.hello, mail.listener, mail.session, mail.transaction) == ("client.test", "main", 1, 1)
    assert (mail.data, mail.wire) == (b"Subject: s\r\n\r\n.dot\r\n", b"Subject: s\r\n\r\n..dot\r\n.\r\n")
    assert mail.accepted
    assert not mail.tls
    assert mail.auth is None


def test_replies_of_several_lines_are_what_an_ordinary_client_reads(witness: Witness) -> None:
    with witness.open(Behaviour(several_lines=True)) as talkative:
        with smtplib.SMTP(talkative.host, talkative.port, local_hostname="client.test") as client:
            client.sendmail(f"from-{NONCE}@x.test", ["a@x.test"], "Subject: s\r\n\r\nx\r\n")
        lines = only(witness.deliveries(NONCE)).transcript.split(b"\r\n")
    assert (lines[0][:7], lines[1][:7]) == (b"S: 220-", b"S: 220 ")
    assert b"S: 250-2.1.5 OK" in lines
    assert lines[-3:-1] == [b"S: 250-2.0.0 OK", b"S: 250 2.0.0 OK"]


def test_a_mail_is_on_record_before_its_sender_has_the_reply(witness: Witness) -> None:
    for number in range(50):
        nonce = f"rc{number:011d}"
        assert send_raw(witness, b"x\r\n.\r\n", nonce).reply == 250


def test_the_transcript_holds_commands_and_replies_up_to_the_end_of_the_transaction(witness: Witness) -> None:
    lines = send_raw(witness, b"one\r\n.\r\n").transcript.split(b"\r\n")
    assert lines[0].startswith(b"S: 220 ")
    assert lines[1] == b"C: EHLO client.test"
    assert lines[-7:] == [
        b"C: RCPT TO:<to-%s@x.test>" % NONCE.encode(),
        b"S: 250 2.1.5 OK",
        b"C: DATA",
        b"S: 354 End data with <CR><LF>.<CR><LF>",
        "C: ‹8 octets of mail data›".encode(),
        b"S: 250 2.0.0 OK",
        b"",
    ]


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"a\r\n\r\n.\r\n", b"a\r\n\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...\r\n.\r\n", b"..\r\n"),
        (b"..x\r\n..\r\n..\r\n.\r\n", b".x\r\n.\r\n.\r\n"),
        (b"a\r\n.b\r\n.\r\n", b"a\r\nb\r\n"),
        (b"a\n.b\r\n.\r\n", b"a\n.b\r\n"),
        (b"a\rb\nc\r\r\n.\r\n", b"a\rb\nc\r\r\n"),
        (b"\0\x01\x7f\x80\xff\xe2\x82\r\n.\r\n", b"\0\x01\x7f\x80\xff\xe2\x82\r\n"),
        (b"x" * 100_000 + b"\r\n.\r\n", b"x" * 100_000 + b"\r\n"),
        (b"." * 5_000 + b"\r\n.\r\n", b"." * 4_999 + b"\r\n"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_mail_data_keep_every_octet_but_the_stuffed_dots(witness: Witness, wire: bytes, message: bytes) -> None:
    mail = send_raw(witness, wire)
    assert mail.data == message
    assert mail.wire == wire


@pytest.mark.parametrize("wire", [b"a\r\n.\r\n", b"a\r\n..\r\n.x\r\n\r\n.\r\nrest", b".\r\n"])
def test_the_end_of_data_is_found_wherever_the_octets_are_divided(wire: bytes) -> None:
    whole = MailDataReader().feed(wire)
    assert whole is not None
    for cut in range(len(wire)):
        reader = MailDataReader()
        found = reader.feed(wire[:cut])
        if found is None:
            found = reader.feed(wire[cut:])
            assert found == whole
        else:
            assert found.wire == whole.wire
    reader = MailDataReader()
    single = next(data for octet in wire if (data := reader.feed(bytes([octet]))) is not None)
    assert (single.message, single.wire) == (whole.message, whole.wire)


def test_half_a_line_end_is_no_look_alike_when_octets_come_singly() -> None:
    reader = MailDataReader(LookAlike)
    *before, last = [reader.feed(bytes([octet])) for octet in b"a\r\n.\r\n"]
    assert before == [None] * len(before)
    assert last is not None
    assert (last.message, last.wire) == (b"a\r\n", b"a\r\n.\r\n")


@pytest.mark.parametrize("look_alike", list(LookAlike), ids=lambda look: look.name)
def test_a_strict_listener_takes_a_look_alike_for_data(witness: Witness, look_alike: LookAlike) -> None:
    inner = b"MAIL FROM:<smuggled@x.test>\r\nRCPT TO:<v@x.test>\r\nDATA\r\nevil"
    wire = b"a" + look_alike.octets + inner + b"\r\n.\r\n"
    mail = send_raw(witness, wire)
    assert mail.wire == wire
    assert len(witness.all_deliveries()) == 1


@pytest.mark.parametrize("look_alike", list(LookAlike), ids=lambda look: look.name)
@pytest.mark.parametrize("pieces", [1, 1000])
def test_a_lenient_listener_goes_on_with_commands_after_a_look_alike(
    witness: Witness, look_alike: LookAlike, pieces: int
) -> None:
    with (
        witness.open(Behaviour(lenient_end_of_data=frozenset({look_alike}))) as listener,
        Dialogue(listener) as client,
    ):
        client.begin(NONCE.encode())
        wire = b"a" + look_alike.octets + b"MAIL FROM:<smuggled@x.test>\r\nRCPT TO:<v@x.test>\r\nDATA\r\nevil\r\n.\r\n"
        for start in range(0, len(wire), max(1, len(wire) // pieces)):
            client.send(wire[start : start + max(1, len(wire) // pieces)])
        assert [client.reply() for _ in range(5)] == [250, 250, 250, 354, 250]
    first, second = witness.all_deliveries()
    assert first.wire == b"a" + look_alike.octets
    assert (first.session, first.transaction, second.session, second.transaction) == (1, 1, 1, 2)
    assert (second.sender, second.data) == ("smuggled@x.test", b"evil\r\n")


def test_a_lenient_listener_still_knows_the_true_end_of_data(witness: Witness) -> None:
    with witness.open(Behaviour(lenient_end_of_data=frozenset(LookAlike))) as listener, Dialogue(listener) as client:
        client.begin(NONCE.encode())
        assert client.say(b"a\r\n..\r\n.") == 250
        assert client.say(b"QUIT") == 221
    assert only(witness.deliveries(NONCE)).data == b"a\r\n.\r\n"


@pytest.mark.parametrize(
    ("command", "address", "parameters"),
    [
        (b"<a@x.test>", "a@x.test", ()),
        (b"<>", "", ()),
        (b"<a@x.test> SMTPUTF8 BODY=8BITMIME", "a@x.test", ("SMTPUTF8", "BODY=8BITMIME")),
        (b" a@x.test", "a@x.test", ()),
        (b'<"a> b"@x.test> SIZE=3', '"a> b"@x.test', ("SIZE=3",)),
        (b'<"a\\">"@x.test>', '"a\\">"@x.test', ()),
        ("<zoë@bücher.test>".encode(), "zoë@bücher.test", ()),
        (b"<\xff\x80@x.test>", "\udcff\udc80@x.test", ()),
        (b"<a\rb\0@x.test>", "a\rb\0@x.test", ()),
        (b"<" + b"a" * 5000 + b"@x.test>", "a" * 5000 + "@x.test", ()),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_envelope_address_is_recorded_as_it_came(
    witness: Witness, command: bytes, address: str, parameters: tuple[str, ...]
) -> None:
    with Dialogue(witness.main) as client:
        assert client.say(b"EHLO c", b"MAIL FROM:" + command, b"RCPT TO:<a@x.test>", b"DATA", b"x\r\n.") == 250
    mail = only(witness.all_deliveries())
    assert (mail.sender, mail.sender_parameters) == (address, parameters)
    assert command in mail.transcript


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"\r\n", 500),
        (b"\xff\xfe\0\r\n", 500),
        (b"MAIL FROM:<a@x.test>\r\n", 503),
        (b"MAIL\r\n", 503),
        (b"RCPT TO:<a@x.test>\r\n", 503),
        (b"DATA\r\n", 503),
        (b"EHLO\r\n", 501),
        (b"AUTH\r\n", 503),
        (b"VRFY <<\xff\r\n", 252),
        (b"STARTTLS\r\n", 503),
        (b"NOOP\r\n", 250),
        (b"HELP\r\n", 250),
        (b"RSET\r\n", 250),
        (b"x" * 70_000 + b"\r\n", 500),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_odd_commands_are_answered_and_the_session_goes_on(witness: Witness, octets: bytes, code: int) -> None:
    with Dialogue(witness.main) as client:
        client.send(octets)
        assert client.reply() == code
        assert client.say(b"EHLO c", b"QUIT") == 221
    record = witness.sessions()[0]
    assert b"C: " + octets in record.transcript
    assert record.error == ""


def test_parameters_of_extensions_that_are_not_offered_are_refused(witness: Witness) -> None:
    bare = Behaviour(eight_bit_mime=False, smtputf8=False, size=None)
    with witness.open(bare) as listener, Dialogue(listener) as client:
        client.say(b"EHLO c")
        for parameter in (b"BODY=8BITMIME", b"SMTPUTF8", b"SIZE=1"):
            assert client.say(b"MAIL FROM:<a@x.test> " + parameter) == 555
        assert client.say(b"MAIL FROM:<a@x.test>", b"RCPT TO:<b@x.test> NOTIFY=NEVER") == 555


def test_only_what_a_listener_has_is_offered(witness: Witness) -> None:
    with witness.open(Behaviour(size=9, smtputf8=False, pipelining=False)) as listener:
        with smtplib.SMTP(listener.host, listener.port, local_hostname="c") as client:
            client.ehlo()
            assert client.esmtp_features == {"size": "9", "8bitmime": ""}
        with Dialogue(listener) as client:
            assert client.say(b"EHLO c", b"MAIL FROM:<a@x.test> SIZE=10") == 552
            client.begin(NONCE.encode())
            assert client.say(b"123456789\r\n.") == 552
    assert [d.accepted for d in witness.deliveries(NONCE)] == [False]


def test_a_listener_without_extensions_is_spoken_to_with_helo(witness: Witness) -> None:
    with witness.open(Behaviour(extended=False)) as listener:
        with smtplib.SMTP(listener.host, listener.port, local_hostname="c") as client:
            client.sendmail("a@x.test", ["b@x.test"], "x")
        assert witness.sessions(listener)[0].commands[:2] == ("EHLO", "HELO")


def test_pipelined_commands_and_a_client_that_leaves_at_once_make_a_delivery(witness: Witness) -> None:
    with Dialogue(witness.main) as client:
        client.send(b"EHLO c\r\nMAIL FROM:<%s@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nx\r\n.\r\n" % NONCE.encode())
        client.end_writing()
        assert [client.reply() for _ in range(5)] == [250, 250, 250, 354, 250]
    assert only(witness.deliveries(NONCE)).data == b"x\r\n"


def test_several_transactions_on_one_session_are_told_apart(witness: Witness) -> None:
    with Dialogue(witness.main) as client:
        for _ in range(2):
            client.begin(NONCE.encode())
            assert client.say(b"x\r\n.") == 250
        client.say(b"MAIL FROM:<%s@x.test>" % NONCE.encode(), b"RSET")
    assert [(d.id, d.transaction) for d in witness.deliveries(NONCE)] == [("mail-1-1", 1), ("mail-1-2", 2)]
    assert witness.sessions()[0].transactions == 3


def test_a_session_without_mail_is_recorded_with_its_end(witness: Witness) -> None:
    with Dialogue(witness.main) as client:
        client.say(b"HELO probe.test", b"QUIT")
    with Dialogue(witness.main) as client:
        client.begin(NONCE.encode())
        client.send(b"half a mail")
    left = witness.wait_session(lambda record: record.closed is Closed.CLIENT, DEADLINE)
    assert left is not None
    assert left.unfinished == b"half a mail"
    first = witness.sessions()[0]
    assert (first.commands, first.hello, first.closed) == (("HELO", "QUIT"), "probe.test", Closed.QUIT)
    assert (witness.connections, witness.seen) == (2, True)
    assert witness.all_deliveries() == ()
