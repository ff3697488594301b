"""What a relay owes its clients and its mail servers when servers lack something, refuse, break off, ask for credentials or are many."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relaycheck.client import DEFAULT, at_once
from relaycheck.judgements import served
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
from relaycheck.judgements.relaying import (
    a_refusal_relays_nothing,
    each_its_own_mail,
    eight_bit_as_offered,
    one_mail_at_most,
    utf8_addresses_as_offered,
)
from relaycheck.message import NONCE
from relaycheck.plugin import judge, lacking, requirement, rows
from relaycheck.strategies.eight_bit import EIGHT_BIT, IN_THE_HEADER, encodable, spelled
from relaycheck.strategies.late_defects import FORM, JSON, XML
from relaycheck.strategies.mail_faults import FAILING, GUARDED, PASSWORD, SILENT, SPOILED, UNLUCKY, USER
from relaycheck.strategies.messages import eight_bit_messages
from relaycheck.witness import Action, Behaviour, Fault, Stage, closed_port

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange, Request
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send, Serving
    from relaycheck.plugin.run import Run
    from relaycheck.strategies.eight_bit import Kind
    from relaycheck.target import Target
    from relaycheck.witness import Witness

SLACK = 1.0
"""Seconds that an answer may take beyond the declared timeout of the SMTP session."""
PAUSE = 8.0
"""Seconds for which a slow mail server keeps a target waiting that declares no timeout."""


def ask(run: Run, message: Message) -> Exchange:
    """Send once: of a failing mail server, 503 with Retry-After is an answer and no reason to send again."""
    return run.client.await_mail(run.client.transmit(run.client.request(message)))


TAKES = {
    "8BITMIME": Behaviour(),
    "no 8BITMIME": Behaviour(eight_bit_mime=False, smtputf8=False),
    "HELO only": Behaviour(extended=False),
}
"""Mail servers that take 8-bit content, or do not."""


def only_if_it_knows(target: Target, offered: bool) -> None:
    """A queued relay learns what the mail server lacks after it has answered, and owes a bounce instead."""
    if not offered and target.relay.mode == "queued":
        raise lacking("relay.sync")


@requirement("RM-REL-01")
def test_a_mail_server_whose_replies_have_several_lines_gets_the_mail(
    run: Run, control: Control, message: Message, serving: Serving
) -> None:
    """Any reply may; the last line is the one without a hyphen behind its code (RFC 5321 §4.2.1)."""
    with serving(Behaviour(several_lines=True)) as server:
        named = message.but(connection=server.connection)
        request = run.client.request(named, note="a mail server whose replies have several lines")
        judge(served(run.client.await_mail(run.client.transmit(request)), control()))


@requirement("RM-REL-10")
@pytest.mark.parametrize("kind", rows(EIGHT_BIT))
@pytest.mark.parametrize("server", ["no 8BITMIME", "8BITMIME", "HELO only"])
def test_high_octets_go_only_where_they_are_taken(
    run: Run, control: Control, serving: Serving, target: Target, kind: Kind, server: str
) -> None:
    """With BODY=8BITMIME where the server offers it, otherwise encoded anew or refused (RFC 6152 §3).

    A relay should fall back to HELO and need not (RFC 5321 §3.2), so that server vouches for nothing.
    """
    offered = server == "8BITMIME"
    only_if_it_knows(target, offered)
    with serving(TAKES[server]) as named:
        plain = run.message().but(connection=named.connection)
        probe = ask(run, kind.of(plain, target))
        vouches = control() if server == "HELO only" else ask(run, plain)
        judge(eight_bit_as_offered(probe, vouches, offered=offered, charsets=spelled(target)))


@requirement("RM-REL-10")
def test_text_beyond_ascii_in_the_header_is_kept_or_refused(
    send: Send, control: Control, message: Message, target: Target
) -> None:
    """As it stands (RFC 6532), or in encoded words (RFC 2047), at a server that takes both."""
    probe = send(IN_THE_HEADER.of(message, target))
    judge(eight_bit_as_offered(probe, control(), offered=True, charsets=spelled(target)))


@requirement("RM-REL-10")
@pytest.mark.parametrize("server", ["8BITMIME", "no 8BITMIME"])
def test_any_text_beyond_ascii_goes_only_where_it_is_taken(
    run: Run, serving: Serving, draw: Draw, target: Target, server: str
) -> None:
    offered = server == "8BITMIME"
    only_if_it_knows(target, offered)
    with serving(TAKES[server]) as named:
        control = ask(run, run.message().but(connection=named.connection))
        for drawn in draw(eight_bit_messages(target.safety_domain, max_recipients=target.limits.at_most(3)), 5):
            probe = encodable(drawn.but(connection=named.connection), target.content.charset)
            judge(eight_bit_as_offered(ask(run, probe), control, offered=offered, charsets=spelled(target)))


ABROAD = {
    "a recipient": {"recipients": (f"zoë-{NONCE}@{{domain}}", f"plain-{NONCE}@{{domain}}")},
    "the sender": {"sender": f"zoë-{NONCE}@{{domain}}"},
    "a domain": {"recipients": (f"to-{NONCE}@bücher.{{domain}}",)},
}


@requirement("RM-REL-11")
@pytest.mark.parametrize("changes", rows(ABROAD))
@pytest.mark.parametrize("offered", rows({"no SMTPUTF8": False, "SMTPUTF8": True}))
def test_non_ascii_addresses_go_only_with_smtputf8(
    run: Run, serving: Serving, target: Target, changes: dict[str, str | tuple[str, ...]], offered: bool
) -> None:
    """Where the server does not offer it, they are refused, or the domain is sent as A-labels (RFC 6531 §3.2)."""
    only_if_it_knows(target, offered)

    def placed(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(value, str):
            return value.format(domain=target.safety_domain)
        return tuple(text.format(domain=target.safety_domain) for text in value)

    with serving(Behaviour(smtputf8=offered)) as named:
        plain = run.message().but(connection=named.connection)
        probe = plain.but(**{name: placed(value) for name, value in changes.items()})
        judge(utf8_addresses_as_offered(ask(run, probe), ask(run, plain), offered=offered))


@requirement("RM-REL-14")
def test_a_mail_server_that_leaves_without_a_word_has_the_mail(run: Run, control: Control, serving: Serving) -> None:
    """After its 250 to the end of data the mail is its own (RFC 5321 §6.1), whatever becomes of QUIT."""
    with serving(Behaviour(fault=Fault(Stage.QUIT, Action.DROP))) as server:
        judge(a_refusal_relays_nothing(ask(run, run.message().but(connection=server.connection)), control()))


@requirement("RM-REL-15")
@pytest.mark.parametrize(
    ("place", "code"), [("last", 550), ("first", 550), ("middle", 550), ("only", 550), ("last", 553)]
)
def test_a_refused_recipient_is_not_claimed(run: Run, serving: Serving, place: str, code: int) -> None:
    """204 means that every recipient has the mail (RFC 9110 §15.3.5)."""
    with serving(Behaviour(fault=Fault(Stage.RCPT, code=code, matching=UNLUCKY))) as server:
        plain = run.message(1 if place == "only" else 3).but(connection=server.connection)
        judge(not_claimed(ask(run, unlucky(plain, place)), ask(run, plain)))


def unlucky(message: Message, place: str) -> Message:
    """`message` with the recipient at `place` one that a spoiled server refuses."""
    recipients = list(message.recipients)
    at = {"first": 0, "only": 0, "middle": len(recipients) // 2, "last": -1}[place]
    recipients[at] = UNLUCKY + recipients[at]
    return message.but(recipients=tuple(recipients))


@requirement("RM-REL-15")
def test_of_many_recipients_the_refused_one_counts(run: Run, serving: Serving) -> None:
    """Also without pipelining, and among twenty."""
    fault = Fault(Stage.RCPT, code=550, matching=UNLUCKY)
    with serving(Behaviour(fault=fault, pipelining=False)) as server:
        plain = run.message(20).but(connection=server.connection)
        judge(not_claimed(ask(run, unlucky(plain, "middle")), ask(run, plain)))


@requirement("RM-REL-16")
@pytest.mark.parametrize("place", ["last", "first", "middle"])
def test_a_partial_delivery_is_not_kept_silent(run: Run, serving: Serving, place: str) -> None:
    """Nobody gets the mail, or the error says who."""
    with serving(Behaviour(fault=Fault(Stage.RCPT, code=550, matching=UNLUCKY))) as server:
        plain = run.message(3).but(connection=server.connection)
        judge(a_partial_delivery_is_told(ask(run, unlucky(plain, place)), ask(run, plain)))


@requirement("RM-REL-16")
def test_a_delivery_in_parts_is_not_kept_silent(run: Run, serving: Serving, target: Target) -> None:
    """A hundred recipients are what any server takes at once (RFC 5321 §4.5.3.1.8); the one after them is refused."""
    number = target.limits.at_most(101)
    with serving(Behaviour(fault=Fault(Stage.RCPT, code=550, matching=UNLUCKY))) as server:
        plain = run.message(number).but(connection=server.connection)
        judge(
            a_partial_delivery_is_told(
                ask(run, unlucky(plain, "last")), ask(run, run.message().but(connection=server.connection))
            )
        )


@requirement("RM-REL-17")
@pytest.mark.parametrize("behaviour", rows(FAILING))
def test_a_failed_session_is_not_claimed(
    run: Run, control: Control, message: Message, serving: Serving, behaviour: Behaviour
) -> None:
    """Whatever stage it fails at. 502, 503, 504 or a 4xx would say it best."""
    with serving(behaviour) as server:
        judge(not_claimed(ask(run, message.but(connection=server.connection)), control()))


@requirement("RM-REL-17")
@pytest.mark.parametrize("count", [1, 3])
def test_a_mail_server_that_is_not_there_is_not_claimed(run: Run, control: Control, target: Target, count: int) -> None:
    """The connection is refused."""
    message = run.message(count)
    if message.connection is None:
        raise lacking("connection.object")
    with closed_port(target.witness.listen_host) as port:
        judge(not_claimed(ask(run, message.but(connection=replace(message.connection, port=port))), control()))


@requirement("RM-REL-18")
def test_a_silent_mail_server_does_not_hang_the_request(
    run: Run, send: Send, compose: Compose, message: Message, witness: Witness, serving: Serving, target: Target
) -> None:
    """Silent at four stages and slow at a fifth, all asked at the same time; then the target serves as before.

    Trying again is the client's business.
    """
    limit, pause = target.limits.response_timeout, PAUSE
    if target.relay.smtp_timeout is not None:
        limit, pause = target.relay.smtp_timeout + SLACK, target.relay.smtp_timeout * 0.8
    slow = Behaviour(fault=Fault(Stage.MAIL, Action.PAUSE, seconds=pause))
    servers = {f"silence at {stage}": behaviour for stage, behaviour in SILENT.items()} | {"a pause at mail": slow}
    with ExitStack() as stack:
        requests = []
        for note, behaviour in servers.items():
            server = stack.enter_context(serving(behaviour))
            requests.append(compose(message.but(connection=server.connection), note=note))
        began = time.monotonic()
        *answers, late = at_once(run.client, requests, limit)
        if not late.succeeded:
            witness.wait(late.request.nonce, bool, max(0.0, began + pause + SLACK - time.monotonic()))
        after = send(message)
    judge(nothing_afterwards(late, after))
    for answer in answers:
        judge(sent_once(answer, after))
        judge(answered_in_time(answer, after, limit))


@requirement("RM-REL-19")
@pytest.mark.parametrize("fault", rows(SPOILED))
def test_a_failed_transaction_leaves_nothing_behind(run: Run, serving: Serving, target: Target, fault: Fault) -> None:
    """A good mail, one that fails, and a good one again: to its own recipients, from its own sender."""
    with serving(Behaviour(fault=fault)) as server:
        plain = run.message().but(connection=server.connection)
        before = ask(run, plain)
        failing = unlucky(run.message(3), "last").but(connection=server.connection)
        run.client.transmit(run.client.request(failing, expects=DEFAULT if target.relay.mode == "sync" else None))
        judge(served(ask(run, plain), before))


@requirement("RM-REL-19")
@pytest.mark.parametrize("recipients", [1, 2])
def test_a_refused_request_leaves_nothing_behind(send: Send, control: Control, run: Run, recipients: int) -> None:
    """The same after a request that was refused half-way through its addresses."""
    before = control()
    send(run.message(3).but(recipients=(*run.message(3).recipients, f"no address {NONCE}")))
    judge(served(send(run.message(recipients)), before))


@requirement("RM-REL-20")
@pytest.mark.parametrize("number", [4, 2, 50])
def test_requests_at_the_same_time_never_mix(run: Run, control: Control, compose: Compose, number: int) -> None:
    """Senders, recipients, contents, lengths, media types and users all differ; some requests have no user at all."""
    credentials = list(run.credentials.values())
    kinds = [kind for kind in (JSON, XML, JSON, XML, FORM) if kind == JSON or control(media_type=kind).accepted]

    def request(place: int) -> Request:
        body = f"{NONCE} number {place}\r\n" * (1, 40, 1000)[place % 3]
        message = run.message(1 + place % 4, body=body)
        if place % 7 == 3:
            return compose(message, auth=None, expects=None, note="no credentials")
        kind = kinds[place // 3 % len(kinds)]
        return compose(message, auth=credentials[place % len(credentials)], media_type=kind)

    judge(each_its_own_mail(at_once(run.client, [request(place) for place in range(number)]), control()))


@requirement("RM-REL-20")
def test_requests_to_two_servers_at_the_same_time_never_mix(
    run: Run, control: Control, compose: Compose, serving: Serving
) -> None:
    """In turn for one server and for the other."""
    with serving() as one, serving() as other:
        servers = [(one, other)[place % 2] for place in range(8)]
        answers = at_once(run.client, [compose(run.message(2).but(connection=s.connection)) for s in servers])
        judge(each_its_own_mail(answers, control()))
        for server, answer in zip(servers, answers, strict=True):
            judge(only_at(server.name, answer, control()))


@requirement("RM-REL-23")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_the_named_server_is_used_and_no_other(
    run: Run, send: Send, control: Control, serving: Serving, media_type: str
) -> None:
    """One server, then another, then the first again: each request means its own."""
    with serving() as one, serving() as other:
        for server in (one, other, one):
            named = run.message().but(connection=server.connection)
            judge(only_at(server.name, send(named, media_type=media_type), control(media_type=media_type)))


@requirement("RM-REL-23")
def test_a_request_that_names_no_server_means_the_installation_s_own(
    run: Run, send: Send, control: Control, witness: Witness, serving: Serving, target: Target
) -> None:
    """Not the one that the request before it named."""
    if not target.relay.default_connection:
        raise lacking("connection.default")
    vouches = control()
    with serving() as other:
        judge(only_at(other.name, send(run.message().but(connection=other.connection)), vouches))
        judge(only_at(witness.main.name, send(run.message().but(connection=None)), vouches))


@requirement("RM-REL-23")
@pytest.mark.parametrize("code", [None, 421, 554])
def test_there_is_no_other_server_for_one_that_fails(
    run: Run, control: Control, message: Message, witness: Witness, serving: Serving, code: int | None
) -> None:
    """Mail for a server that takes none does not go to the one that all others use."""
    fault = Fault(Stage.CONNECT, Action.DROP) if code is None else Fault(Stage.GREETING, code=code)
    with serving(Behaviour(fault=fault)) as server:
        request = run.client.request(message.but(connection=server.connection), expects=None)
        judge(never_at(witness.main.name, run.client.transmit(request), control()))


@requirement("RM-REL-24")
@pytest.mark.parametrize("guarded", rows(GUARDED))
def test_credentials_go_only_to_their_server(
    run: Run, control: Control, witness: Witness, serving: Serving, message: Message, guarded: tuple[Behaviour, bool]
) -> None:
    """Over TLS where UseSSL is true; not to the server of the next request, nor for its mail, and into no mail."""
    behaviour, tls = guarded
    vouches, known = control(), len(witness.sessions())
    with serving(behaviour) as server, serving(Behaviour(auth={USER: PASSWORD})) as next_one:
        named = replace(server.connection, user_name=USER, password=PASSWORD, use_ssl=tls)
        unnamed = (next_one if tls else server).connection
        probes = [run.client.send(message.but(connection=named)), run.client.send(message.but(connection=unnamed))]
        seen = [AuthSeen(s.listener, a.user, a.tls) for s in witness.sessions()[known:] for a in s.auth]
        judge(
            credentials_kept(
                probes, vouches, seen=seen, listener=server.name, password=PASSWORD, tls=tls, without=probes[1:]
            )
        )


@requirement("RM-REL-28")
@pytest.mark.parametrize("reset", [False, True], ids=["closes", "resets"])
@pytest.mark.parametrize("when", ["the mail is there", "at once"])
def test_a_client_that_leaves_causes_one_mail_at_most(
    run: Run, send: Send, control: Control, compose: Compose, reset: bool, when: str
) -> None:
    """Its request was complete; nobody reads the answer. Later requests are served as before."""
    before = control()
    request = compose(run.message(), note=f"the client {'resets' if reset else 'closes'} its connection: {when}")
    with run.client.converse() as conversation:
        conversation.write(request.raw)
        if run.witness is not None and when == "the mail is there":
            run.witness.wait(request.nonce, bool, run.client.patience.seconds())
        left = conversation.leave(request, reset=reset)
    after = send(run.message(), fresh=True)
    judge(one_mail_at_most(left, before))
    judge(served(after, before))


@requirement("RM-REL-28")
def test_a_client_that_only_stops_writing_causes_one_mail(
    run: Run, send: Send, compose: Compose, message: Message
) -> None:
    """Half-closed after the request: it may be answered or taken for gone."""
    request = compose(message, headers=(("Connection", "close"),), note="the client stops writing")
    with run.client.converse() as conversation:
        conversation.write(request.raw)
        conversation.finish_writing()
        half = run.client.await_mail(conversation.read(request))
    judge(one_mail_at_most(half, send(message, fresh=True)))
