"""The reference target relays exactly what it was given, to everyone or nobody, and says the truth about it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from http_probe import Conversation, Probe
from reference_fixtures import probe, witness

from relaycheck.exchange import Recipient
from relaycheck.reference.embedded import Embedded
from relaycheck.secret import Secret
from relaycheck.witness import Action, Behaviour, Callback, Fault, LookAlike, Manner, Stage, Witness, closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from http_probe import Reply

    from relaycheck.message import Message
    from relaycheck.witness import Listener

__all__ = ["probe", "witness"]


def through(probe: Probe, listener: Listener, message: Message, **more: object) -> Reply:
    connection = {"ServerName": listener.host, "Port": listener.port, **more}
    return probe.post(json.dumps(probe.members(message, connection)).encode())


def with_content(probe: Probe, content: str) -> Message:
    message = probe.message()
    header = message.rfc822.partition("\r\n\r\n")[0]
    return message.but(rfc822=f"{header}\r\n\r\n{content}")


CONTENTS = [
    "",
    ".",
    "..",
    ".\r\n",
    ".\r\n.\r\n",
    "..x\r\n.y\r\n",
    "x\r\n.\r\nRSET\r\n",
    "\r\n\r\n\r\n",
    "x \t\r\n",
    " x\r\n",
]
CONTENTS += ["x" * 998 + "\r\n", "x" * 999 + "\r\n", "x" * 100_000 + "\r\n", "x\r\n.", "\x01\x7f\t\r\n", "From x\r\n"]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda text: repr(text[:20]))
def test_every_octet_arrives_and_one_final_line_end(probe: Probe, content: str) -> None:
    message = with_content(probe, content)
    assert probe.post(message).status == 204
    whole = message.rfc822 if message.rfc822.endswith("\r\n") else message.rfc822 + "\r\n"
    assert [mail.data.decode() for mail in probe.mails(message)] == [whole]


@pytest.mark.parametrize("content", ["no header", "\r\n", "", "Subject: x", "\r\nbody\r\n"])
def test_content_that_is_no_proper_mail_is_relayed_as_it_is(probe: Probe, content: str) -> None:
    message = probe.message(rfc822=content)
    assert probe.post(message).status == 204
    assert [mail.data.decode() for mail in probe.mails(message)] == [
        content if content.endswith("\r\n") else content + "\r\n"
    ]


@pytest.mark.parametrize("ends", ["\n", "\r", "\n\r", "\r\r\n", "\n\n"])
def test_bare_line_ends_become_crlf(probe: Probe, ends: str) -> None:
    message = with_content(probe, f"a{ends}.b{ends}")
    assert probe.post(message).status == 204
    (mail,) = probe.mails(message)
    assert b"\r" not in mail.wire.replace(b"\r\n", b"")
    assert b"\n" not in mail.wire.replace(b"\r\n", b"")


@pytest.mark.parametrize("look_alike", [pytest.param(look, id=look.name) for look in LookAlike])
def test_an_end_of_data_look_alike_is_not_one_even_to_a_lenient_server(probe: Probe, look_alike: LookAlike) -> None:
    other = probe.message()
    smuggled = f"MAIL FROM:<{other.sender}>\r\nRCPT TO:<a@x.test>\r\nDATA\r\n{other.rfc822}.\r\n"
    message = with_content(probe, f"x{look_alike.value}{smuggled}")
    with probe.witness.open(Behaviour(lenient_end_of_data=frozenset(LookAlike))) as listener:
        assert through(probe, listener, message).status == 204
        assert [mail.sender for mail in probe.mails(message)] == [message.sender]
        assert [mail.sender for mail in probe.mails(other)] in ([], [message.sender])


EVIL = "{nonce}@relaycheck.test{payload}"
PAYLOADS = [
    ">\r\nRCPT TO:<evil@x.test",
    "\r\nDATA",
    "\n",
    "\r",
    "\0",
    "> NOTIFY=NEVER",
    ">",
    " ",
    "<",
    ", b@y.test",
    ">, <b@y.test",
]
PAYLOADS += ["\x85", "\u2028", "\x7f", "@y.test", " (comment)"]


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
@pytest.mark.parametrize("where", ["From", "Recipients"])
def test_nothing_in_an_address_becomes_a_command(probe: Probe, payload: str, where: str) -> None:
    message = probe.message()
    members = probe.members(message)
    members[where] = message.sender + payload if where == "From" else [message.recipients[0] + payload]
    assert probe.post(json.dumps(members).encode()).status == 400
    assert not probe.mails(message)


BAD = ["x", "@x.test", "a@", "a@b@c.test", "Name <a@x.test>", "<a@x.test>", "a@x.test, b@y.test", "a@x.test;b@y.test"]
BAD += [
    "a..b@x.test",
    ".a@x.test",
    "a.@x.test",
    "a@x..test",
    "a@-x.test",
    "a@x-.test",
    "a@x_y.test",
    "a@x.test.",
    "a b@x.test",
]
BAD += ['"a@x.test', '"a"b@x.test', "a@[1.2.3]", "a@[IPv6:zz]", "a@[]", "a" * 65 + "@x.test", "a@" + "b" * 64 + ".test"]
BAD += ["a@" + ".".join(["b" * 50] * 5) + ".test"]
GOOD = ["+tag.x", "UPPER.lower", "!#$%&'*+-/=?^_`{|}~", '"quoted local"', '"a@b"', '"a\\"b\\\\c"', "a" * 50, "1"]


@pytest.mark.parametrize("address", BAD, ids=lambda text: text[:30])
def test_what_is_not_one_mailbox_is_refused(probe: Probe, address: str) -> None:
    message = probe.message()
    for changed in (message.but(recipients=(address,)), message.but(recipients=(*message.recipients, address))):
        assert probe.post(changed).status == 400
    assert probe.post(message.but(sender=address)).status == 400
    assert not probe.mails(message)


@pytest.mark.parametrize("local", GOOD)
@pytest.mark.parametrize(
    "domain", ["relaycheck.test", "[127.0.0.1]", "[IPv6:::1]", "a-b.c", "localhost", "RELAYCHECK.TEST"]
)
def test_odd_but_valid_addresses_stand_in_the_envelope_unchanged(probe: Probe, local: str, domain: str) -> None:
    message = probe.message(recipients=(f"{local}@{domain}",))
    assert probe.post(message).status == 204
    assert probe.relayed_whole(message)


def test_the_longest_local_part_and_mailbox_are_accepted(probe: Probe) -> None:
    longest = "b" * 60 + ".test"
    whole = "a" * 64 + "@" + ".".join(["b" * 60] * 3 + ["c" * 6])
    assert len(whole) == 254
    for address in ("a" * 64 + "@" + longest, whole):
        message = probe.message(recipients=(address,))
        assert probe.post(message).status == 204
        assert probe.relayed_whole(message)
    assert probe.post(probe.message(recipients=(whole + "c",))).status == 400


@pytest.mark.parametrize("count", [1, 20, 100, 250])
def test_every_recipient_gets_the_mail_once_and_nobody_else(probe: Probe, count: int) -> None:
    message = probe.message()
    message = message.but(
        rfc822="To: other@x.test\r\nCc: cc@x.test\r\nBcc: bcc@x.test\r\n" + message.rfc822,
        recipients=tuple(f"r{n}@relaycheck.test" for n in range(count)),
    )
    assert probe.post(message).status == 204
    assert probe.relayed_whole(message)


def test_a_repeated_recipient_is_named_as_often(probe: Probe) -> None:
    message = probe.message(recipients=("a@x.test", "a@x.test"))
    assert probe.post(message).status == 204
    assert probe.relayed_whole(message)


@pytest.mark.parametrize("octets", [65_536, 1_000_000])
def test_large_messages_arrive_whole(probe: Probe, octets: int) -> None:
    message = with_content(probe, "".join(f"{n:070d}\r\n" for n in range(octets // 72)))
    assert probe.post(message).status == 204
    assert probe.relayed_whole(message)


def test_two_identical_requests_are_two_mails(probe: Probe) -> None:
    message = probe.message()
    assert [probe.post(message).status for _ in range(2)] == [204, 204]
    assert len(probe.mails(message)) == 2


def test_eight_bit_content_is_declared_or_refused(probe: Probe) -> None:
    message = with_content(probe, "Grüße 𝄞\r\n")
    assert probe.post(message).status == 204
    assert probe.relayed_whole(message)
    assert probe.mails(message)[0].sender_parameters == ("BODY=8BITMIME",)
    with probe.witness.open(Behaviour(eight_bit_mime=False)) as listener:
        again = with_content(probe, "Grüße\r\n")
        assert through(probe, listener, again).status == 422
        assert through(probe, listener, with_content(probe, "plain\r\n")).status == 204
    assert not probe.mails(again)


@pytest.mark.parametrize("address", ["grüße@relaycheck.test", "a@bücher.test", '"ü"@x.test'])
def test_non_ascii_addresses_are_declared_or_refused(probe: Probe, address: str) -> None:
    message = probe.message(recipients=(address,))
    assert probe.post(message).status == 204
    (mail,) = probe.mails(message)
    assert mail.sender_parameters == ("SMTPUTF8",)
    assert mail.recipients == (Recipient(address, (), 250),)
    with probe.witness.open(Behaviour(smtputf8=False)) as listener:
        again = probe.message(recipients=(address,))
        assert through(probe, listener, again).status == 422
    assert not probe.mails(again)


def test_a_server_without_extensions_is_served_after_helo(probe: Probe) -> None:
    message = probe.message()
    with probe.witness.open(Behaviour(extended=False)) as listener:
        assert through(probe, listener, message).status == 204
    assert probe.relayed_whole(message)


REPLIES = [(stage, code) for stage in ("greeting", "mail", "rcpt", "data", "end_of_data") for code in (421, 450, 554)]
FAULTS = [Fault(Stage(stage), code=code, text="secret-server-words") for stage, code in REPLIES]
FAULTS += [Fault(Stage.HELLO, code=421), Fault(Stage.RCPT, code=550, matching="to2-")]
FAULTS += [
    Fault(stage, action)
    for stage in (Stage.GREETING, Stage.HELLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA)
    for action in (Action.DROP, Action.RESET, Action.SILENCE)
]
FAULTS += [Fault(Stage.CONNECT, Action.DROP), Fault(Stage.CONNECT, Action.SILENCE)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.stage}-{f.action}-{f.code}")
def test_an_smtp_fault_is_never_a_204_and_leaves_nothing_behind(probe: Probe, fault: Fault) -> None:
    message = probe.message()
    with probe.witness.open(Behaviour(fault=fault)) as listener:
        reply = through(probe, listener, message)
    assert reply.status in (502, 503, 504)
    assert b"secret" not in reply.body
    assert not probe.mails(message)
    after = probe.message()
    assert probe.post(after).status == 204
    assert probe.relayed_whole(after)


@pytest.mark.parametrize("action", [Action.DROP, Action.SILENCE, Action.REPLY])
def test_a_fault_at_quit_changes_nothing(probe: Probe, action: Action) -> None:
    message = probe.message()
    fault = Fault(Stage.QUIT, action, code=500 if action is Action.REPLY else 0)
    with probe.witness.open(Behaviour(fault=fault)) as listener:
        assert through(probe, listener, message).status == 204
        assert probe.relayed_whole(message)


def test_closed_silent_and_foreign_ports_cannot_be_told_apart(probe: Probe) -> None:
    replies = []
    with closed_port() as closed, Callback(Manner.SILENT) as silent, Callback(Manner.BANNER) as foreign:
        for port in (closed, silent.port, foreign.port):
            body = json.dumps(probe.members(probe.message(), {"ServerName": f"127.0.0.1:{port}"})).encode()
            reply = probe.post(body)
            replies.append((reply.status, reply.body))
    assert len(set(replies)) == 1
    assert replies[0][0] == 503


def test_the_named_server_and_no_other_is_used(probe: Probe) -> None:
    message, by_name = probe.message(), probe.message()
    with probe.witness.open() as listener:
        assert through(probe, listener, message).status == 204
        body = probe.members(by_name, {"serverName": f"localhost:{listener.port}", "Port": 1, "Protocol": "SMTP"})
        assert probe.post(json.dumps(body).encode()).status == 204
        assert {mail.listener for m in (message, by_name) for mail in probe.mails(m)} == {listener.name}


USERS = {"relay": Secret("smtp-password", "pass:wörd")}
LOGIN = {"UserName": "relay", "Password": "pass:wörd"}


@pytest.mark.parametrize(
    "behaviour", [Behaviour(starttls=True), Behaviour(implicit_tls=True)], ids=["STARTTLS", "implicit"]
)
def test_use_ssl_is_tls_before_everything(probe: Probe, behaviour: Behaviour) -> None:
    message = probe.message()
    behaviour = Behaviour(
        starttls=behaviour.starttls,
        implicit_tls=behaviour.implicit_tls,
        auth=USERS,
        auth_before_tls=True,
        auth_required=True,
    )
    with probe.witness.open(behaviour) as listener:
        assert through(probe, listener, message, UseSSL=True, **LOGIN).status == 204
        (mail,) = probe.mails(message)
        assert (mail.tls, mail.auth) == (True, "relay")
        wrong = probe.message()
        assert through(probe, listener, wrong, UseSSL=True, UserName="relay", Password="no").status in (502, 503)
        assert not probe.mails(wrong)
        assert all(attempt.tls for session in probe.witness.sessions(listener) for attempt in session.auth)


def test_use_ssl_never_goes_without_tls(probe: Probe) -> None:
    message = probe.message()
    with probe.witness.open(Behaviour(auth=USERS)) as listener:
        reply = through(probe, listener, message, UseSSL=True, **LOGIN)
        assert reply.status in (502, 503)
        assert not probe.mails(message)
        assert not any(session.auth for session in probe.witness.sessions(listener))


def test_credentials_go_to_the_named_server_and_appear_nowhere(probe: Probe) -> None:
    message = probe.message()
    with probe.witness.open(Behaviour(auth=USERS)) as listener:
        assert through(probe, listener, message, **LOGIN).status == 204
        assert probe.mails(message)[0].auth == "relay"
    with probe.witness.open() as listener:
        refused = probe.message()
        reply = through(probe, listener, refused, **LOGIN)
        assert reply.status in (502, 503)
        assert b"pass" not in reply.body


def test_with_a_ca_only_its_certificates_are_trusted(witness: Witness, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(witness.ca_pem)
    with Embedded(smtp_ca=str(ca)) as running, witness.open(Behaviour(implicit_tls=True)) as listener:
        trusting = Probe(running.target, witness)
        message = trusting.message()
        assert through(trusting, listener, message, UseSSL=True).status == 204
        assert trusting.relayed_whole(message)
        with Witness(running.target.witness) as stranger, stranger.open(Behaviour(implicit_tls=True)) as untrusted:
            refused = trusting.message()
            assert through(trusting, untrusted, refused, UseSSL=True).status == 503
            assert not stranger.all_deliveries()


def test_parallel_requests_do_not_mix(probe: Probe) -> None:
    messages = [with_content(probe, f"number {n}\r\n" * 50) for n in range(60)]
    with ThreadPoolExecutor(20) as pool:
        assert {reply.status for reply in pool.map(probe.post, messages)} == {204}
    assert all(probe.relayed_whole(message) for message in messages)


def test_a_client_that_leaves_after_its_request_causes_one_mail_at_most(probe: Probe) -> None:
    message = probe.message()
    with Conversation(probe.target) as conversation:
        conversation.send(probe.request(message))
    probe.witness.wait(message.sender[5:].partition("@")[0], enough=bool, timeout=5)
    assert probe.post(probe.message()).status == 204
    assert len(probe.mails(message)) <= 1


def test_nothing_is_added_to_the_mail_or_the_envelope(probe: Probe) -> None:
    message = probe.message(recipients=("only@relaycheck.test",))
    started = time.monotonic()
    assert probe.post(message).status == 204
    (mail,) = probe.mails(message)
    assert (mail.data.decode(), mail.sender_parameters) == (message.rfc822, ())
    assert mail.recipients == (Recipient("only@relaycheck.test", (), 250),)
    assert mail.at >= started
