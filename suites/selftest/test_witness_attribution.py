"""The witness knows whose a mail is, waits without sleeping, and listens where it is told to."""

from __future__ import annotations

import base64
import gc
import socket
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from smtp_dialogue import DEADLINE, Dialogue
from witness_fixtures import NONCE, only, send_raw, witness

from relaycheck.target.model import WitnessSettings
from relaycheck.witness import Behaviour, Closed, NoListener, Witness, WitnessError

__all__ = ["witness"]


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


def test_of_the_free_declared_ports_the_one_longest_out_of_use_is_next() -> None:
    """What a queue sends later to a listener that is closed finds nobody there."""
    with Witness(WitnessSettings(listen_ports=free_ports(4))) as witness:
        used = []
        for _ in range(4):
            with witness.open() as listener:
                used.append(listener.port)
        assert len(set(used[:3])) == 3
        assert used[3] == used[0]


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
