"""The witness sees mail exactly as it was sent, knows whose it is, and waits without sleeping."""

from __future__ import annotations

import base64
import gc
import smtplib
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import pytest
from smtp_dialogue import DEADLINE, Dialogue

from relaycheck.secret import Secret
from relaycheck.target.model import WitnessSettings
from relaycheck.witness import Behaviour, Closed, LookAlike, NoListener, Witness, WitnessError
from relaycheck.witness.mail_data import MailDataReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.exchange import Delivery

NONCE = "rc12345abcdef"


@pytest.fixture
def witness() -> Iterator[Witness]:
    with Witness(WitnessSettings()) as running:
        yield running


def only(deliveries: tuple[Delivery, ...]) -> Delivery:
    assert len(deliveries) == 1
    return deliveries[0]


def send_raw(witness: Witness, wire: bytes, nonce: str = NONCE) -> Delivery:
    with Dialogue(witness.main) as client:
        client.begin(nonce.encode())
        client.send(wire)
        assert client.reply() == 250
        return only(witness.deliveries(nonce))


def test_later_sessions_can_be_asked_for_alone(witness: Witness) -> None:
    send_raw(witness, b"one\r\n.\r\n")
    before = witness.connections
    with Dialogue(witness.main) as client:
        client.begin(b"other")
        assert [record.number for record in witness.sessions(since=before)] == [2]
    assert len(witness.sessions()) == 2


# What a mail is.


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


# Whose a mail is.


@pytest.mark.parametrize(
    "content",
    [
        f"Message-ID: <{NONCE}@x.test>\r\n\r\nx\r\n".encode(),
        f"Subject: s\r\n\r\n{NONCE.upper()}\r\n".encode(),
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(f"{'a long line ' * 20}{NONCE}".encode()).replace(b"\n", b"\r\n"),
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        + NONCE.replace("5", "=35").replace("ab", "a=\r\nb").encode()
        + b"\r\n",
        f"Subject: =?utf-8?B?{base64.b64encode(NONCE.encode()).decode()}?=\r\n\r\nx\r\n".encode(),
        f"Subject: =?utf-8?q?{NONCE.replace('c', '=63')}?=\r\n\r\nx\r\n".encode(),
    ],
    ids=["message-id", "upper-case", "base64", "quoted-printable", "b-word", "q-word"],
)
def test_a_nonce_is_found_in_the_content_in_any_spelling(witness: Witness, content: bytes) -> None:
    with Dialogue(witness.main) as client:
        client.begin()
        client.send(content + b".\r\n")
        assert client.reply() == 250
    assert only(witness.deliveries(NONCE)).data == content
    assert witness.unattributed([NONCE]) == ()


@pytest.mark.parametrize("nonce", ["rcaaaaaaaaaaa", "short", "Ünicode"])
def test_mail_without_a_known_nonce_is_nobody_s(witness: Witness, nonce: str) -> None:
    send_raw(witness, b"x\r\n.\r\n")
    with Dialogue(witness.main) as client:
        client.begin(nonce.encode())
        client.say(b"x\r\n.")
    assert only(witness.unattributed([NONCE])).sender == f"from-{nonce}@x.test"
    assert only(witness.deliveries(nonce)).sender == f"from-{nonce}@x.test"
    assert witness.unattributed([NONCE, nonce]) == ()
    assert len(witness.unattributed([])) == 2


def test_fifty_sessions_at_once_are_not_mixed(witness: Witness) -> None:
    nonces = [f"rc{number:011d}" for number in range(50)]
    together = threading.Barrier(50)

    def relay(nonce: str) -> None:
        with Dialogue(witness.main) as client:
            together.wait(DEADLINE)
            client.begin(nonce.encode(), to=(b"a", b"b"))
            assert client.say(nonce.encode() + b"\r\n.") == 250

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(relay, nonces))
    for nonce in nonces:
        mail = only(witness.deliveries(nonce))
        assert mail.sender == f"from-{nonce}@x.test"
        assert mail.accepted_recipients == (f"a-{nonce}@x.test", f"b-{nonce}@x.test")
        assert mail.data == nonce.encode() + b"\r\n"
    assert len({mail.session for mail in witness.all_deliveries()}) == 50


# Waiting.


def test_a_wait_ends_with_the_mail_it_waits_for(witness: Witness) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(witness.wait, NONCE, lambda mails: len(mails) >= 2, DEADLINE)
        send_raw(witness, b"x\r\n.\r\n")
        with Dialogue(witness.main) as client:
            client.begin(NONCE.encode())
            client.say(b"x\r\n.")
        assert len(waiting.result(DEADLINE)) == 2


def test_a_wait_for_mail_that_does_not_come_gives_what_there_is(witness: Witness) -> None:
    send_raw(witness, b"x\r\n.\r\n")
    assert len(witness.wait(NONCE, lambda mails: len(mails) >= 2, timeout=0.01)) == 1


def test_a_wait_for_a_session_ends_with_the_command_it_waits_for(witness: Witness) -> None:
    with ThreadPoolExecutor(1) as pool, Dialogue(witness.main) as client:
        waiting = pool.submit(witness.wait_session, lambda record: "RSET" in record.commands, DEADLINE)
        client.say(b"RSET")
        record = waiting.result(DEADLINE)
    assert record is not None
    assert record.closed is Closed.OPEN


def test_quiet_is_not_reached_while_a_client_talks(witness: Witness) -> None:
    assert witness.wait_for_quiet(settle=0.01, timeout=DEADLINE)
    with ThreadPoolExecutor(1) as pool, Dialogue(witness.main) as client:
        waiting = pool.submit(witness.wait_for_quiet, 1.0, 1.2)
        while not wait([waiting], timeout=0.02).done:
            client.send(b"x")
        assert waiting.result() is False


def test_quiet_counts_from_the_question_not_from_the_last_mail(witness: Witness) -> None:
    assert witness.wait_for_quiet(settle=0.01, timeout=DEADLINE)
    assert not witness.wait_for_quiet(settle=0.01, timeout=0.0)


# Ports.


def free_ports(count: int) -> tuple[int, ...]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(each.getsockname()[1] for each in held)
    for each in held:
        each.close()
    return ports


def test_declared_ports_are_used_in_order_and_again_after_closing() -> None:
    ports = free_ports(2)
    settings = WitnessSettings(listen_ports=ports, address_host="runner.test", address_ports=(10025, 10026))
    with Witness(settings) as witness:
        assert (witness.main.host, witness.main.port) == ("runner.test", 10025)
        with witness.open() as second:
            assert second.port == 10026
            with pytest.raises(NoListener, match=f"{ports[0]}, {ports[1]}.*Declare more"):
                witness.open()
        with witness.open() as again:
            assert again.port == 10026


def test_without_declared_ports_every_listener_has_its_own(witness: Witness) -> None:
    with witness.open() as one, witness.open() as other:
        assert len({witness.main.port, one.port, other.port}) == 3


def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WitnessError, match=f"127.0.0.1:{port}: the port is in use. Stop"):
            Witness(WitnessSettings(listen_ports=(port,))).start()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (WitnessSettings(kind="none"), "no witness to start"),
        (WitnessSettings(listen_host="192.0.2.1"), "no such address"),
        (WitnessSettings(listen_ports=(70_000,)), "Correct"),
    ],
)
def test_a_place_where_nobody_can_listen_is_said_in_a_sentence(settings: WitnessSettings, sentence: str) -> None:
    with pytest.raises(WitnessError, match=sentence):
        Witness(settings).start()


def test_closing_leaves_no_thread_and_no_socket() -> None:
    before = set(threading.enumerate())
    with Witness(WitnessSettings()) as witness:
        further = witness.open(Behaviour(starttls=True))
        idle = [Dialogue(witness.main), Dialogue(further)]
        idle[1].say(b"EHLO c", b"STARTTLS")
    assert set(threading.enumerate()) == before
    for client in idle:
        assert client.reply() == 0
        client.close()
    for port in (witness.main.port, further.port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
    gc.collect()  # an open socket left behind would warn, and warnings are errors
    assert [record.closed for record in witness.sessions()] == [Closed.WITNESS, Closed.WITNESS]


# TLS and AUTH.

PASSWORD = Secret("smtp", "s3cret-pässword")
USERS = {"tim": PASSWORD}


def trusting(witness: Witness) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=witness.ca_pem.decode())


def test_starttls_is_offered_and_the_mail_is_marked(witness: Witness) -> None:
    with witness.open(Behaviour(starttls=True)) as listener:
        with smtplib.SMTP(listener.host, listener.port, local_hostname="c") as client:
            client.starttls(context=trusting(witness))
            client.ehlo()
            assert not client.has_extn("starttls")
            client.sendmail(f"{NONCE}@x.test", ["b@x.test"], "x")
        assert only(witness.deliveries(NONCE)).tls
        assert witness.sessions(listener)[0].commands[:3] == ("EHLO", "STARTTLS", "EHLO")


def test_commands_sent_ahead_of_the_handshake_are_noted_and_not_obeyed(witness: Witness) -> None:
    with witness.open(Behaviour(starttls=True)) as listener:
        with Dialogue(listener) as client:
            client.send(b"EHLO c\r\nSTARTTLS\r\nNOOP injected\r\n")
            assert [client.reply() for _ in range(2)] == [250, 220]
            client.secure(trusting(witness))
            assert client.say(b"QUIT") == 221
        record = witness.sessions(listener)[0]
    assert b"C: NOOP injected\r\n" in record.transcript
    assert (record.commands, record.tls) == (("EHLO", "STARTTLS", "QUIT"), True)


def test_a_client_that_leaves_inside_the_handshake_is_recorded(witness: Witness) -> None:
    with witness.open(Behaviour(starttls=True)) as listener:
        with Dialogue(listener) as client:
            assert client.say(b"EHLO c", b"STARTTLS") == 220
        assert witness.wait_session(lambda record: record.closed is Closed.TLS, DEADLINE) is not None


def test_implicit_tls_speaks_tls_from_the_first_octet(witness: Witness) -> None:
    with witness.open(Behaviour(implicit_tls=True)) as listener:
        with smtplib.SMTP_SSL(listener.host, listener.port, local_hostname="c", context=trusting(witness)) as client:
            client.sendmail(f"{NONCE}@x.test", ["b@x.test"], "x" * 100_000)
        assert only(witness.deliveries(NONCE)).tls


def test_a_client_without_tls_at_an_implicit_tls_listener_is_recorded(witness: Witness) -> None:
    with witness.open(Behaviour(implicit_tls=True)) as listener:
        with Dialogue(listener, greeted=False) as client:
            client.send(b"EHLO plain\r\n")
            client.was_reset()
        record = witness.wait_session(lambda record: record.closed is Closed.TLS, DEADLINE)
    assert record is not None
    assert not record.tls


def test_a_client_that_does_not_trust_the_certificate_is_recorded(witness: Witness) -> None:
    with witness.open(Behaviour(implicit_tls=True)) as listener:
        with pytest.raises(ssl.SSLCertVerificationError):
            smtplib.SMTP_SSL(listener.host, listener.port, context=ssl.create_default_context())
        assert witness.wait_session(lambda record: record.closed is not Closed.OPEN, DEADLINE) is not None


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
@pytest.mark.parametrize("initial", [True, False])
def test_right_credentials_are_accepted_and_the_password_is_nowhere(
    witness: Witness, mechanism: str, initial: bool
) -> None:
    accounts = {"tim": Secret("smtp", "plain-password")}
    with witness.open(Behaviour(auth=accounts, auth_required=True)) as listener:
        with smtplib.SMTP(listener.host, listener.port, local_hostname="c") as client:
            client.ehlo()
            client.user, client.password = "tim", "plain-password"
            code, _ = client.auth(
                mechanism.removeprefix("auth_").upper(), getattr(client, mechanism), initial_response_ok=initial
            )
            assert code == 235
            client.sendmail(f"{NONCE}@x.test", ["b@x.test"], "x")
        mail = only(witness.deliveries(NONCE))
        record = witness.sessions(listener)[0]
    assert mail.auth == "tim"
    assert (record.authenticated, record.auth_before_tls) == (True, True)
    assert "‹secret:smtp-auth›".encode() in mail.transcript
    for hidden in ("plain-password", "tim\0plain-password", "\0tim\0plain-password"):
        for octets in (hidden.encode(), base64.b64encode(hidden.encode()).rstrip(b"=")):
            assert octets not in record.transcript
            assert octets not in repr(record).encode()


def plain(user: str, password: str) -> bytes:
    return b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode())


@pytest.mark.parametrize(
    ("behaviour", "command", "code", "user", "right"),
    [
        (Behaviour(auth=USERS), plain("tim", "s3cret-pässword"), 235, "tim", True),
        (Behaviour(auth=USERS), plain("tim", "wrong"), 535, "tim", False),
        (Behaviour(auth=USERS), plain("tom", "s3cret-pässword"), 535, "tom", False),
        (Behaviour(auth=USERS), b"AUTH PLAIN =", 501, None, False),
        (Behaviour(auth=USERS), b"AUTH PLAIN !!!", 501, None, False),
        (Behaviour(auth=USERS), b"AUTH CRAM-MD5", 504, None, False),
        (Behaviour(), plain("tim", "s3cret-pässword"), 503, "tim", False),
        (Behaviour(), b"AUTH PLAIN \xff\xfe", 503, None, False),
        (Behaviour(auth=USERS, auth_before_tls=False, starttls=True), plain("tim", "x"), 538, "tim", False),
    ],
)
def test_every_auth_attempt_is_recorded(
    witness: Witness, behaviour: Behaviour, command: bytes, code: int, user: str | None, right: bool
) -> None:
    with witness.open(behaviour) as listener:
        with Dialogue(listener) as client:
            assert client.say(b"EHLO c", command) == code
        (attempt,) = witness.sessions(listener)[0].auth
        transcript = witness.sessions(listener)[0].transcript
    assert (attempt.user, attempt.right, attempt.tls) == (user, right, False)
    assert command.split(b" ", 2)[-1] not in transcript or command.count(b" ") < 2


def test_mail_without_required_auth_is_refused(witness: Witness) -> None:
    with witness.open(Behaviour(auth=USERS, auth_required=True)) as listener, Dialogue(listener) as client:
        assert client.say(b"EHLO c", b"MAIL FROM:<a@x.test>") == 530


def test_auth_after_starttls_is_told_from_auth_before(witness: Witness) -> None:
    with witness.open(Behaviour(auth=USERS, auth_before_tls=False, starttls=True)) as listener:
        with smtplib.SMTP(listener.host, listener.port, local_hostname="c") as client:
            client.ehlo()
            assert not client.has_extn("auth")
            client.starttls(context=trusting(witness))
            client.ehlo()
            assert client.docmd(plain("tim", PASSWORD.reveal()).decode())[0] == 235
        record = witness.sessions(listener)[0]
    assert (record.authenticated, record.auth_before_tls) == (True, False)
