"""The witness over TLS, and what it records of AUTH."""

from __future__ import annotations

import base64
import smtplib
import ssl

import pytest
from smtp_dialogue import DEADLINE, Dialogue
from witness_fixtures import NONCE, only, witness

from relaycheck.secret import Secret
from relaycheck.witness import Behaviour, Closed, Witness

__all__ = ["witness"]

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
