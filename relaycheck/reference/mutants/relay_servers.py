"""Faults in the SMTP session: extensions not looked at, replies not read, servers not named, credentials given away."""

from __future__ import annotations

import asyncio
import contextlib
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import aiosmtplib

from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import (
    Client,
    SmtpFailure,
    choose_server,
    connect,
    data,
    mail_parameters,
    normalise,
    open_secure,
    open_session,
    prepare,
    relay,
    transact,
)
from relaycheck.reference.submission import MailServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, Submission

# 8 bits and SMTPUTF8


def without(*names: str) -> Callable[[Client, Mail], tuple[str, ...]]:
    """Never asks for some MAIL parameters, and never looks whether they are offered."""

    def step(client: Client, mail: Mail) -> tuple[str, ...]:
        try:
            return tuple(p for p in mail_parameters(client, mail) if p not in names)
        except Refusal:
            return ()

    return step


def unchecked_8bit(client: Client, mail: Mail) -> tuple[str, ...]:
    try:
        return mail_parameters(client, mail)
    except Refusal as refusal:
        if refusal.code != "needs-8bitmime":
            raise
        return ()


def no_smtputf8(client: Client, mail: Mail) -> tuple[str, ...]:
    return tuple(p for p in mail_parameters(client, mail) if p != "SMTPUTF8")


def seven_bits(content: bytes) -> bytes:
    return normalise(bytes(octet & 0x7F for octet in content))


def unaccented(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)
    plain = [unicodedata.normalize("NFKD", r).encode("ascii", "ignore").decode() for r in mail.recipients]
    return replace(mail, recipients=tuple(plain))


# what is refused, and when it is noticed


async def relayed_before_judged(service: Service, submission: Submission) -> None:
    """The good recipients are served, then the bad one is found."""
    good = tuple(r for r in submission.recipients if re.fullmatch(r"\S+@\S+", r))
    if good and "@" in submission.sender:
        await relay(service, replace(submission, recipients=good))
    if good != submission.recipients or "@" not in submission.sender:
        prepare(service, submission)


async def authenticated_last(service: Service, received: Received) -> Answer:
    members = await service.content.read_content(service, received)
    submission = service.binding.bind(service.binding, service.installation, members)
    await service.relaying.relay(service, submission)
    service.authentication.authenticate(service, received)
    return service.answers.accepted(service, received)


def only_these_count(*codes: int) -> Callable[[int], None]:
    def step(code: int) -> None:
        if code in codes:
            raise SmtpFailure("rcpt", code)

    return step


async def all_or_fine(service: Service, client: Client, mail: Mail) -> None:
    """The envelope goes to the end whatever is refused; only when nobody is left, that was too much."""
    if min(await replies(service, client, mail)) >= 400:
        raise SmtpFailure("rcpt")


async def replies(service: Service, client: Client, mail: Mail) -> list[int]:
    steps = service.relaying
    await steps.command(client, steps.mail_command(mail.sender, steps.mail_parameters(client, mail)))
    return [await steps.command(client, steps.rcpt_command(r)) for r in mail.recipients]


async def last_counts(service: Service, client: Client, mail: Mail) -> None:
    service.relaying.judge_recipient((await replies(service, client, mail))[-1])


def partial(service: Service) -> Service:
    """The others get the mail, then the error says no more than that there was one."""
    refused: dict[int, int] = {}

    async def envelope(service: Service, client: Client, mail: Mail) -> None:
        refused[id(client)] = max(await replies(service, client, mail))

    async def then_complain(service: Service, client: Client, mail: Mail) -> None:
        await data(service, client, mail)
        if (code := refused.pop(id(client), 250)) >= 400:
            raise SmtpFailure("rcpt", code)

    return change("relaying", envelope=envelope, data=then_complain)(service)


async def swallowed(service: Service, mail: Mail) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, SmtpFailure, OSError):
        await transact(service, mail)


async def disconnection_is_success(service: Service, client: Client, mail: Mail) -> None:
    try:
        await data(service, client, mail)
    except aiosmtplib.SMTPServerDisconnected:
        return


def swallowed_at(stage: str) -> Callable[[Service, Mail], object]:
    async def step(service: Service, mail: Mail) -> None:
        try:
            await transact(service, mail)
        except SmtpFailure as failure:
            if failure.stage != stage:
                raise

    return step


async def no_data_no_error(service: Service, client: Client, mail: Mail) -> None:
    try:
        await data(service, client, mail)
    except SmtpFailure as failure:
        if failure.stage != "data":
            raise


def temporary_is_fine(code: int) -> None:
    if code >= 500:
        raise SmtpFailure("end-of-data", code)


async def patient(service: Service, server: MailServer, implicit_tls: bool) -> Client:
    return await connect(
        service.but(installation=replace(service.installation, smtp_timeout=3600.0)), server, implicit_tls
    )


async def patient_at_the_end(client: Client, wire: bytes) -> int:
    protocol = client.protocol
    if protocol is None:
        raise SmtpFailure("data")
    protocol.write(wire)
    return (await protocol.read_response(timeout=3600.0)).code


# which server


def default_server(service: Service, submission: Submission) -> MailServer:
    return choose_server(service, replace(submission, server=None))


def first_named(service: Service) -> Service:
    """The first server that is named stays."""
    known: list[MailServer] = []

    def step(service: Service, submission: Submission) -> MailServer:
        known.append(choose_server(service, submission))
        return known[0]

    return change("relaying", choose_server=step)(service)


async def or_the_default(service: Service, mail: Mail) -> None:
    try:
        await transact(service, mail)
    except (SmtpFailure, aiosmtplib.SMTPException, OSError):
        host, port = service.installation.default_smtp or ("127.0.0.1", 1)
        await transact(service, replace(mail, server=MailServer(host, port)))


async def a_copy_for_the_default(service: Service, mail: Mail) -> None:
    await transact(service, mail)
    if service.installation.default_smtp is not None:
        await transact(service, replace(mail, server=MailServer(*service.installation.default_smtp)))


# credentials


async def auth_before_tls(service: Service, server: MailServer) -> Client:
    """STARTTLS comes after AUTH, when it is too late."""
    if not (server.use_tls and server.user):
        return await open_session(service, server)
    try:
        client = await service.relaying.connect(service, server, False)
    except aiosmtplib.SMTPException:
        return await open_session(service, server)
    await service.relaying.hello(client)
    await service.relaying.log_in(client, server)
    return client


async def tls_if_possible(service: Service, server: MailServer) -> Client:
    try:
        return await open_secure(service, server)
    except (aiosmtplib.SMTPException, OSError):
        return await service.relaying.connect(service, server, False)


async def plainly(service: Service, server: MailServer) -> Client:
    return await service.relaying.connect(service, server, False)


def remembered_login(service: Service) -> Service:
    """The last user name and password serve whoever names none."""
    last: list[MailServer] = []

    async def step(service: Service, server: MailServer) -> Client:
        if server.user:
            last[:] = [server]
        elif last:
            server = replace(server, user=last[0].user, secret=last[0].secret)
        return await open_session(service, server)

    return change("relaying", open_session=step)(service)


def password_in_the_mail(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)
    if not mail.server.secret:
        return mail
    return replace(mail, content=f"X-Relay-Login: {mail.server.user}:{mail.server.secret}\r\n".encode() + mail.content)


async def told_too_early(service: Service, mail: Mail) -> None:
    """As http.TimeoutHandler of Go does it: nobody waits any more, and nobody says so to who relays."""
    relayed = asyncio.gather(transact(service, mail), return_exceptions=True)
    if relayed not in (await asyncio.wait({relayed}, timeout=service.installation.smtp_timeout / 2))[0]:
        raise Refusal(503, "too-slow", "The request took too long.")
    if failures := [result for result in relayed.result() if result is not None]:
        raise failures[0]


TABLE: tuple[tuple[str, str, str, Callable[[Service], Service]], ...] = (
    ("RM-REL-10", "high-bit", "The high bit of each octet is cleared.", change("relaying", normalise=seven_bits)),
    (
        "RM-REL-10",
        "unchecked",
        "8-bit content is sent whatever the server offers.",
        change("relaying", mail_parameters=unchecked_8bit),
    ),
    (
        "RM-REL-10",
        "no-body-parameter",
        "8-bit content is sent without BODY=8BITMIME.",
        change("relaying", mail_parameters=without("BODY=8BITMIME")),
    ),
    (
        "RM-REL-10",
        "question-marks",
        "What is not ASCII becomes a question mark.",
        change("relaying", octets_of=lambda text: text.encode("ascii", "replace")),
    ),
    (
        "RM-REL-11",
        "raw",
        "Non-ASCII addresses are sent raw to servers without SMTPUTF8.",
        change("relaying", mail_parameters=without("SMTPUTF8")),
    ),
    ("RM-REL-11", "unaccented", "Accents are taken from addresses.", change("relaying", prepare=unaccented)),
    (
        "RM-REL-11",
        "no-parameter",
        "The parameter SMTPUTF8 is never sent.",
        change("relaying", mail_parameters=no_smtputf8),
    ),
    (
        "RM-REL-14",
        "sent-then-judged",
        "The request is validated after the mail was sent.",
        change("relaying", relay=relayed_before_judged),
    ),
    (
        "RM-REL-14",
        "user-known-last",
        "Credentials are looked at after the mail was sent.",
        change("", perform=authenticated_last),
    ),
    (
        "RM-REL-15",
        "replies-ignored",
        "The replies to RCPT are ignored.",
        change("relaying", judge_recipient=lambda code: None),
    ),
    (
        "RM-REL-15",
        "only-550",
        "Of all refusals of a recipient only 550 counts.",
        change("relaying", judge_recipient=only_these_count(550)),
    ),
    (
        "RM-REL-15",
        "all-refused",
        "Only when every recipient is refused, the request fails.",
        change("relaying", envelope=all_or_fine),
    ),
    ("RM-REL-15", "last-counts", "Only the reply to the last RCPT counts.", change("relaying", envelope=last_counts)),
    ("RM-REL-16", "silent", "The other recipients get the mail and the error does not say so.", partial),
    (
        "RM-REL-17",
        "swallowed",
        "The exception of the SMTP client is swallowed.",
        change("relaying", transact=swallowed),
    ),
    (
        "RM-REL-17",
        "no-connection",
        "A mail server that cannot be reached is no error.",
        change("relaying", transact=swallowed_at("open")),
    ),
    (
        "RM-REL-17",
        "final-reply",
        "The reply to the end of data is not looked at.",
        change("relaying", judge_data=lambda code: None),
    ),
    (
        "RM-REL-17",
        "temporary",
        "A temporary refusal at the end of data is taken for success.",
        change("relaying", judge_data=temporary_is_fine),
    ),
    ("RM-REL-17", "mail-reply", "A refused MAIL is no error.", change("relaying", transact=swallowed_at("mail"))),
    ("RM-REL-17", "data-reply", "A refused DATA is no error.", change("relaying", data=no_data_no_error)),
    (
        "RM-REL-17",
        "disconnection",
        "A connection that breaks at the end of data is taken for success.",
        change("relaying", data=disconnection_is_success),
    ),
    ("RM-REL-18", "for-ever", "The service waits for the mail server for ever.", change("relaying", connect=patient)),
    (
        "RM-REL-18",
        "at-the-end",
        "The service waits for the reply to the end of data for ever.",
        change("relaying", transmit=patient_at_the_end),
    ),
    (
        "RM-REL-18",
        "told-too-early",
        "The client is told of a timeout, and the mail goes on.",
        change("relaying", transact=told_too_early),
    ),
    ("RM-REL-23", "ignored", "The connection object is ignored.", change("relaying", choose_server=default_server)),
    ("RM-REL-23", "first-stays", "The first server that is named serves all later requests.", first_named),
    (
        "RM-REL-23",
        "falls-back",
        "When the named server fails, the default server gets the mail.",
        change("relaying", transact=or_the_default),
    ),
    ("RM-REL-23", "copy", "The default server gets a copy.", change("relaying", transact=a_copy_for_the_default)),
    ("RM-REL-24", "auth-before-tls", "AUTH is sent before STARTTLS.", change("relaying", open_session=auth_before_tls)),
    (
        "RM-REL-24",
        "tls-if-possible",
        "Where TLS is not to be had, AUTH is sent without.",
        change("relaying", open_secure=tls_if_possible),
    ),
    ("RM-REL-24", "use-ssl-ignored", "UseSSL is ignored.", change("relaying", open_secure=plainly)),
    ("RM-REL-24", "remembered", "User name and password serve the next request too.", remembered_login),
    (
        "RM-REL-24",
        "in-the-mail",
        "The credentials are written into the mail.",
        change("relaying", prepare=password_in_the_mail),
    ),
)

MUTANTS = tuple(
    Mutant(f"{row}-{name}", breaks=row, fault=fault, service=service) for row, name, fault, service in TABLE
)
