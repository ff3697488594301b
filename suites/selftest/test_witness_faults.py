"""Every fault of a listener shows itself where it should, as often as it should, and is on record."""

from __future__ import annotations

import smtplib
import socket
import time
from urllib.request import urlopen

import pytest
from smtp_dialogue import DEADLINE, Dialogue
from witness_fixtures import witness

from relaycheck.witness import Action, Behaviour, Callback, Closed, Fault, Manner, Stage, Witness, closed_port

__all__ = ["witness"]

NONCE = b"rc12345abcdef"
UP_TO: dict[Stage, tuple[bytes, ...]] = {
    Stage.HELLO: (b"EHLO c",),
    Stage.STARTTLS: (b"EHLO c", b"STARTTLS"),
    Stage.MAIL: (b"EHLO c", b"MAIL FROM:<%s@x.test>" % NONCE),
    Stage.RCPT: (b"EHLO c", b"MAIL FROM:<%s@x.test>" % NONCE, b"RCPT TO:<a@x.test>"),
    Stage.DATA: (b"EHLO c", b"MAIL FROM:<%s@x.test>" % NONCE, b"RCPT TO:<a@x.test>", b"DATA"),
    Stage.END_OF_DATA: (b"EHLO c", b"MAIL FROM:<%s@x.test>" % NONCE, b"RCPT TO:<a@x.test>", b"DATA", b"x\r\n."),
    Stage.RSET: (b"RSET",),
    Stage.QUIT: (b"QUIT",),
}
"""What a client says until the fault of a stage shows."""


@pytest.mark.parametrize("stage", UP_TO, ids=str)
@pytest.mark.parametrize("code", [421, 450, 550])
def test_a_stage_answers_with_the_reply_of_its_fault(witness: Witness, stage: Stage, code: int) -> None:
    behaviour = Behaviour(starttls=stage is Stage.STARTTLS, fault=Fault(stage, code=code, text="canary"))
    with witness.open(behaviour) as listener, Dialogue(listener) as client:
        assert client.say(*UP_TO[stage]) == code
        gone_on = client.say(b"NOOP") if code != 421 and stage is not Stage.QUIT else client.reply()
        assert gone_on == (250 if code != 421 and stage is not Stage.QUIT else 0)
        assert b"S: %d canary\r\n" % code in witness.sessions(listener)[0].transcript


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.GREETING], ids=str)
def test_a_connection_is_reset_before_anything_is_said(witness: Witness, stage: Stage) -> None:
    with witness.open(Behaviour(fault=Fault(stage, Action.RESET))) as listener:
        try:
            with Dialogue(listener, greeted=False) as client:
                reset = client.was_reset()
        except ConnectionResetError:  # so quick that connecting already failed
            reset = True
        assert reset
        assert witness.wait_session(lambda record: record.closed is Closed.FAULT, DEADLINE) is not None


BEFORE_ALL = [(stage, how) for stage in (Stage.CONNECT, Stage.GREETING) for how in (Action.DROP, Action.SILENCE)]
BROKEN_OFF = [(stage, action) for stage in UP_TO for action in (Action.DROP, Action.RESET, Action.SILENCE)]


@pytest.mark.parametrize("stage", [Stage.HELLO, Stage.MAIL, Stage.DATA], ids=str)
def test_a_stage_answers_late_and_as_usual(witness: Witness, stage: Stage) -> None:
    fault = Fault(stage, Action.PAUSE, seconds=0.3)
    with witness.open(Behaviour(fault=fault)) as listener, Dialogue(listener) as client:
        began = time.monotonic()
        assert client.say(*UP_TO[stage]) in (250, 354)
        assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(("stage", "action"), BEFORE_ALL + BROKEN_OFF, ids=str)
def test_a_stage_breaks_off_as_its_fault_wants(witness: Witness, stage: Stage, action: Action) -> None:
    behaviour = Behaviour(starttls=stage is Stage.STARTTLS, fault=Fault(stage, action))
    with witness.open(behaviour) as listener:
        with Dialogue(listener, greeted=stage in UP_TO) as client:
            *before, last = UP_TO.get(stage, (b"",))
            client.say(*before)
            if last:
                client.send(last + b"\r\n")
            if action is Action.SILENCE:
                if last:
                    verb = last.split()[0].decode() if stage is not Stage.END_OF_DATA else "DATA"
                    assert witness.wait_session(lambda record: verb in record.commands, DEADLINE) is not None
                client.end_writing()
                assert client.reply() == 0
            else:
                assert client.was_reset() is (action is Action.RESET)
        record = witness.wait_session(lambda record: record.closed is not Closed.OPEN, DEADLINE)
    assert record is not None
    assert record.closed is (Closed.CLIENT if action is Action.SILENCE else Closed.FAULT)


def test_mail_whose_end_of_data_got_no_answer_is_a_delivery_that_was_not_accepted(witness: Witness) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.END_OF_DATA, Action.DROP))) as listener:
        with Dialogue(listener) as client:
            assert client.say(*UP_TO[Stage.END_OF_DATA]) == 0
        (mail,) = witness.deliveries(NONCE.decode())
    assert (mail.reply, mail.accepted, mail.data) == (0, False, b"x\r\n")


@pytest.mark.parametrize("code", [451, 554])
def test_mail_refused_at_the_end_of_data_is_a_delivery_that_was_not_accepted(witness: Witness, code: int) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.END_OF_DATA, code=code))) as listener:
        with Dialogue(listener) as client:
            assert client.say(*UP_TO[Stage.END_OF_DATA]) == code
        (mail,) = witness.deliveries(NONCE.decode())
    assert (mail.reply, mail.accepted) == (code, False)


@pytest.mark.parametrize("action", [Action.DROP, Action.RESET])
def test_a_connection_that_breaks_inside_the_mail_data_leaves_no_delivery(witness: Witness, action: Action) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.CONTENT, action))) as listener, Dialogue(listener) as client:
        client.begin(NONCE)
        client.send(b"the first line\r\n")
        assert client.reply() == 0
        record = witness.wait_session(lambda record: record.closed is Closed.FAULT, DEADLINE)
    assert record is not None
    assert record.unfinished == b"the first line\r\n"
    assert witness.all_deliveries() == ()


@pytest.mark.parametrize(("code", "afterwards"), [(554, 503), (220, 250)])
def test_a_greeting_that_refuses_service_lets_the_client_only_quit(
    witness: Witness, code: int, afterwards: int
) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.GREETING, code=code))) as listener:
        with Dialogue(listener, greeted=False) as client:
            assert client.reply() == code
            assert client.say(b"EHLO c") == afterwards
            assert client.say(b"QUIT") == 221
        with Dialogue(listener, greeted=False) as client:
            assert client.reply() == code


def test_a_greeting_of_421_closes_the_connection(witness: Witness) -> None:
    with (
        witness.open(Behaviour(fault=Fault(Stage.GREETING, code=421))) as listener,
        Dialogue(listener, greeted=False) as client,
    ):
        assert client.reply() == 421
        assert client.reply() == 0


def test_one_recipient_of_several_is_refused(witness: Witness) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.RCPT, code=550, matching="TO2-"))) as listener:
        with smtplib.SMTP(listener.host, listener.port, local_hostname="c") as client:
            refused = client.sendmail(f"{NONCE.decode()}@x.test", [f"to{n}-@x.test" for n in (1, 2, 3)], "x")
        (mail,) = witness.deliveries(NONCE.decode())
    assert list(refused) == ["to2-@x.test"]
    assert [r.reply for r in mail.recipients] == [250, 550, 250]
    assert mail.accepted_recipients == ("to1-@x.test", "to3-@x.test")


def test_data_after_only_refused_recipients_is_refused(witness: Witness) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.RCPT, code=550))) as listener, Dialogue(listener) as client:
        assert client.say(*UP_TO[Stage.RCPT]) == 550
        assert client.say(b"DATA") == 554


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.DATA, Stage.END_OF_DATA], ids=str)
def test_a_fault_concerns_only_transactions_with_the_address_it_names(witness: Witness, stage: Stage) -> None:
    with witness.open(Behaviour(fault=Fault(stage, code=451, matching=NONCE.decode()))) as listener:
        with Dialogue(listener) as client:
            client.begin(b"somebody-else")
            assert client.say(b"x\r\n.") == 250
        with Dialogue(listener) as client:
            assert client.say(*UP_TO[stage]) == 451


def test_a_fault_is_used_up_after_its_times(witness: Witness) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.MAIL, code=451, times=2))) as listener:
        codes = []
        for _ in range(3):
            with Dialogue(listener) as client:
                codes.append(client.say(*UP_TO[Stage.MAIL]))
    assert codes == [451, 451, 250]


def test_a_fault_leaves_the_main_listener_alone(witness: Witness) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.GREETING, Action.DROP))), Dialogue(witness.main) as client:
        assert client.say(*UP_TO[Stage.END_OF_DATA]) == 250


def test_auth_fails_as_its_fault_wants(witness: Witness) -> None:
    behaviour = Behaviour(auth={}, fault=Fault(Stage.AUTH, code=454))
    with witness.open(behaviour) as listener, Dialogue(listener) as client:
        assert client.say(b"EHLO c", b"AUTH PLAIN") == 454
        assert not witness.sessions(listener)[0].authenticated


def test_silence_before_tls_notices_that_the_client_leaves(witness: Witness) -> None:
    with witness.open(Behaviour(implicit_tls=True, fault=Fault(Stage.CONNECT, Action.SILENCE))) as listener:
        Dialogue(listener, greeted=False).close()
        assert witness.wait_session(lambda record: record.closed is Closed.CLIENT, DEADLINE) is not None


def test_silence_ends_when_the_listener_closes(witness: Witness) -> None:
    with witness.open(Behaviour(fault=Fault(Stage.DATA, Action.SILENCE))) as listener:
        client = Dialogue(listener)
        client.say(*UP_TO[Stage.RCPT])
        client.send(b"DATA\r\n")
        assert witness.wait_session(lambda record: "DATA" in record.commands, DEADLINE) is not None
    assert client.reply() == 0
    client.close()
    assert witness.sessions(listener)[0].closed is Closed.WITNESS


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"stage": Stage.CONNECT, "code": 421}, "cannot be a reply"),
        ({"stage": Stage.CONTENT, "code": 421}, "cannot be a reply"),
        ({"stage": Stage.MAIL}, "needs a code"),
        ({"stage": Stage.MAIL, "code": 199}, "needs a code"),
        ({"stage": Stage.RCPT, "action": Action.PAUSE}, "cannot be a pause"),
        ({"stage": Stage.GREETING, "code": 554, "matching": "a"}, "cannot match an address"),
        ({"stage": Stage.MAIL, "code": 550, "text": "a\r\n250 b"}, "one line"),
    ],
)
def test_a_fault_that_no_server_can_show_is_refused(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Fault(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [{"starttls": True, "implicit_tls": True}, {"auth_required": True}])
def test_a_behaviour_that_contradicts_itself_is_refused(arguments: dict[str, bool]) -> None:
    with pytest.raises(ValueError, match="A listener"):
        Behaviour(**arguments)  # type: ignore[arg-type]


# The listeners that are no mail server.


def test_a_callback_knows_who_fetched_what() -> None:
    with Callback() as callback:
        assert callback.hits() == ()
        with pytest.raises(OSError, match="404") as answered, urlopen(callback.url("token-1"), timeout=DEADLINE):
            pass
        answered.value.close()  # type: ignore[attr-defined]
        (hit,) = callback.wait("TOKEN-1", timeout=DEADLINE)
        assert hit.received.startswith(b"GET /token-1 HTTP/1.1\r\n")
        assert callback.hits("token-2") == ()


def test_a_callback_counts_a_connection_that_says_nothing() -> None:
    with Callback() as callback:
        socket.create_connection((callback.host, callback.port)).close()
        assert len(callback.wait(timeout=DEADLINE)) == 1


@pytest.mark.parametrize(("manner", "first"), [(Manner.SILENT, b""), (Manner.BANNER, b"SSH-2.0-relaycheck\r\n")])
def test_a_port_that_is_no_mail_server_says_what_its_manner_is(manner: Manner, first: bytes) -> None:
    with Callback(manner) as callback, socket.create_connection((callback.host, callback.port)) as client:
        client.settimeout(DEADLINE)
        assert client.recv(len(first)) == first
        client.sendall(b"EHLO c\r\n\r\n")
        assert callback.wait("EHLO c\r\n\r\n", timeout=DEADLINE)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(64) == b""


def test_a_closed_port_refuses_and_stays_taken() -> None:
    with closed_port() as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with pytest.raises(OSError, match="in use"):
            socket.create_server(("127.0.0.1", port))
