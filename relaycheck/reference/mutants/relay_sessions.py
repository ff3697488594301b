"""Faults in what outlives a request: sessions, buffers and memories that several requests share."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from dataclasses import replace
from email.parser import BytesHeaderParser
from functools import partial
from typing import TYPE_CHECKING, Any

import aiosmtplib

from relaycheck.reference.content import read_content
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import ClientGone, Refusal
from relaycheck.reference.relaying import (
    Client,
    SmtpFailure,
    abandon,
    data,
    open_session,
    transact,
)
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from email.message import Message as Parsed

    from relaycheck.reference.addresses import Addresses
    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, MailServer, Submission

GONE_WITHIN = 0.05
"""Seconds in which a faulty service looks whether its client has left."""


# what is left behind


def pooled(service: Service, *, reset: bool = False) -> Service:
    """Sessions are kept and used again, after a failed transaction too."""
    idle: dict[tuple[str, int], list[Client]] = defaultdict(list)

    async def from_pool(service: Service, server: MailServer) -> Client:
        kept = idle[server.host, server.port]
        while kept:
            client = kept.pop()
            if client.is_connected:
                return client
        return await open_session(service, server)

    async def back(client: Client) -> None:
        idle[str(client.hostname), int(client.port or 0)].append(client)

    async def envelope(service: Service, client: Client, mail: Mail) -> None:
        steps = service.relaying
        parameters = steps.mail_parameters(client, mail)
        code = await steps.command(client, steps.mail_command(mail.sender, parameters))
        if code not in (250, 503):
            raise SmtpFailure("mail", code)
        for recipient in mail.recipients:
            steps.judge_recipient(await steps.command(client, steps.rcpt_command(recipient)))

    return change(
        "relaying", open_session=from_pool, leave=back, abandon=abandon if reset else back, envelope=envelope
    )(service)


async def farewell_counts(service: Service, mail: Mail) -> None:
    """As SendMail of Go's net/smtp has it, whose last word is the error of QUIT."""

    async def leave(client: Client) -> None:
        try:
            await client.execute_command(b"QUIT", timeout=1)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SmtpFailure("quit") from error

    farewells: list[Awaitable[None]] = []
    try:
        await transact(change("relaying", leave=leave, in_background=farewells.append)(service), mail)
    finally:
        for farewell in farewells:
            await farewell


def left_over_recipients(service: Service) -> Service:
    """The list of recipients is emptied after success only."""
    left: list[str] = []

    async def step(service: Service, mail: Mail) -> None:
        mail = replace(mail, recipients=(*left, *mail.recipients))
        left[:] = mail.recipients[:2]
        await transact(service, mail)
        left.clear()

    return change("relaying", transact=step)(service)


def addresses_left(service: Service) -> Service:
    """Addresses are collected in one list, which is emptied when the last of them was good."""
    judged: list[str] = []

    def forward_paths(steps: Addresses, submission: Submission) -> tuple[str, ...]:
        for text in submission.recipients:
            judged.append(steps.mailbox(steps, "Each of Recipients", text))
        taken = tuple(judged)
        judged.clear()
        return taken

    return change("addresses", forward_paths=forward_paths)(service)


def server_given_up(service: Service) -> Service:
    """One failure, and the next request is refused without a try."""
    down: set[tuple[str, int]] = set()

    async def step(service: Service, mail: Mail) -> None:
        server = mail.server.host, mail.server.port
        if server in down:
            down.discard(server)
            raise SmtpFailure("open")
        try:
            await transact(service, mail)
        except (SmtpFailure, aiosmtplib.SMTPException):
            down.add(server)
            raise

    return change("relaying", transact=step)(service)


# at the same time


def shared(name: str) -> Callable[[Service], Service]:
    """One property of the mail lives in a variable of the whole server while the session is opened."""

    def make(service: Service) -> Service:
        current: dict[str, object] = {}

        async def step(service: Service, mail: Mail) -> None:
            current[name] = getattr(mail, name)
            client = await service.relaying.open_session(service, mail.server)
            client.close()
            await transact(service, replace(mail, **{name: current[name]}))  # type: ignore[arg-type]

        return change("relaying", transact=step)(service)

    return make


def sixteen_buffers(service: Service) -> Service:
    """Contents live in a ring of sixteen buffers."""
    ring: list[bytes] = [b""] * 16
    turns = iter(range(10**9))

    async def step(service: Service, client: Client, mail: Mail) -> None:
        place = next(turns) % len(ring)
        ring[place] = mail.content
        await service.relaying.command(client, b"NOOP")
        await asyncio.sleep(GONE_WITHIN)
        await data(service, client, replace(mail, content=ring[place]))

    return change("relaying", data=step)(service)


def one_parser(service: Service) -> Service:
    """One XML reader serves all requests, and refuses a document while it reads another."""
    reading: list[bool] = []

    async def step(service: Service, received: Received) -> dict[str, Any]:
        members: dict[str, Any] = await read_content(service, received)
        if not received.media_type.endswith("/xml"):
            return members
        if reading:
            raise Refusal(400, "bad-xml", "The body is no XML.")
        reading.append(True)
        try:
            await asyncio.sleep(GONE_WITHIN / 5)
        finally:
            reading.clear()
        return members

    return change("content", read_content=step)(service)


def identity_of_the_process(service: Service) -> Service:
    """Who asks is a variable of the whole server for as long as a request lasts."""
    asking: Counter[str] = Counter()

    async def step(service: Service, received: Received) -> Answer:
        known = received.get("authorization")
        if known:
            service.authentication.authenticate(service, received)
        for _ in range(20):  # other requests may begin meanwhile
            await asyncio.sleep(0)
        asking["somebody"] += bool(known)
        try:
            await asyncio.sleep(GONE_WITHIN / 5)
            if known or not asking["somebody"]:
                return await perform(service, received)
            members = await service.content.read_content(service, received)
            submission = service.binding.bind(service.binding, service.installation, members)
            await service.relaying.relay(service, submission)
            return service.answers.accepted(service, received)
        finally:
            asking["somebody"] -= bool(known)

    return change("", perform=step)(service)


# how many mails


def once_by(key: Callable[[Mail, Parsed], object], answer: int = 204) -> Callable[[Service], Service]:
    """A mail whose `key` was seen before is taken for the same one."""

    def make(service: Service) -> Service:
        seen: set[object] = set()

        async def step(service: Service, mail: Mail) -> None:
            found = key(mail, BytesHeaderParser().parsebytes(mail.content))
            if found in seen and answer == 204:
                return
            if found in seen:
                raise Refusal(answer, "duplicate", "This mail was relayed before.")
            await transact(service, mail)
            seen.add(found)

        return change("relaying", transact=step)(service)

    return make


def everything(mail: Mail, head: Parsed) -> object:
    return hashlib.sha256(repr((mail.sender, mail.recipients, mail.content)).encode()).digest()


# clients that leave


def tried_again_when_gone(service: Service) -> Service:
    """Looks for a short while whether its client is still there, and takes its absence for a failure of the mail."""
    kept: dict[int, Submission] = {}

    def keep(received: Received, submission: Submission) -> Submission:
        kept[id(received)] = submission
        return submission

    async def step(service: Service, received: Received) -> Answer:
        answer = await perform(service, received)
        submission = kept.pop(id(received))
        try:
            await asyncio.wait_for(received.read(), GONE_WITHIN)
        except TimeoutError:
            return answer
        except ClientGone:
            await service.relaying.relay(service, submission)
            raise
        return answer

    return change("", perform=step, submitted=keep)(service)


def last_tried_again(service: Service) -> Service:
    """Does so only for the request that its client announced as the last of the connection."""
    eager = tried_again_when_gone(service)

    async def step(service: Service, received: Received) -> Answer:
        last = (received.get("connection") or "").lower() == "close"
        return await eager.perform(eager, received) if last else await perform(service, received)

    return change("", perform=step)(service)


def lock_kept(service: Service) -> Service:
    """The lock of the mailer is not given back when a client leaves."""
    locked: list[bool] = []

    async def step(service: Service, received: Received) -> Answer:
        if locked:
            raise Refusal(500, "busy", "The mailer is locked.")
        answer = await perform(service, received)
        try:
            await asyncio.wait_for(received.read(), GONE_WITHIN)
        except TimeoutError:
            return answer
        except ClientGone:
            locked.append(True)
            raise
        return answer

    return change("", perform=step)(service)


TABLE: tuple[tuple[str, str, str, Callable[[Service], Service]], ...] = (
    ("RM-REL-19", "pooled", "A pooled SMTP connection is used again without RSET.", pooled),
    ("RM-REL-19", "left-over", "The recipients of a failed mail are added to the next one.", left_over_recipients),
    ("RM-REL-19", "addresses", "The good addresses of a refused request are added to the next mail.", addresses_left),
    ("RM-REL-19", "given-up", "After one failure the next request is refused without a try.", server_given_up),
    ("RM-REL-20", "content", "Requests share one buffer.", shared("content")),
    ("RM-REL-20", "sender", "Requests share the variable of the sender.", shared("sender")),
    ("RM-REL-20", "recipients", "Requests share the variable of the recipients.", shared("recipients")),
    ("RM-REL-20", "one-parser", "One XML parser is shared by requests that come at the same time.", one_parser),
    ("RM-REL-20", "sixteen", "Only sixteen buffers serve all requests.", sixteen_buffers),
    (
        "RM-REL-20",
        "users",
        "While a user's request lasts, whoever asks is taken for that user.",
        identity_of_the_process,
    ),
    (
        "RM-REL-21",
        "subject",
        "Mails with the same subject are folded into one.",
        once_by(lambda mail, head: head["Subject"]),
    ),
    (
        "RM-REL-21",
        "people",
        "A second mail from one sender to the same recipients is dropped.",
        once_by(lambda mail, head: (mail.sender, mail.recipients)),
    ),
    (
        "RM-REL-21",
        "body",
        "Mails with the same body are folded into one.",
        once_by(lambda mail, head: mail.content.partition(b"\r\n\r\n")[2]),
    ),
    ("RM-REL-22", "by-hash", "Requests are cached by a hash of their body.", once_by(everything)),
    ("RM-REL-22", "by-message-id", "A Message-ID is relayed once.", once_by(lambda mail, head: head["Message-ID"])),
    ("RM-REL-22", "conflict", "The second of two identical requests is answered 409.", once_by(everything, 409)),
    ("RM-REL-24", "shared-session", "Sessions are kept by server, whoever logged in.", partial(pooled, reset=True)),
    (
        "RM-REL-14",
        "farewell",
        "An error at QUIT is an error of the request.",
        change("relaying", transact=farewell_counts),
    ),
    ("RM-REL-28", "tried-again", "The service tries the request again by itself.", tried_again_when_gone),
    ("RM-REL-28", "lock-kept", "A client that leaves takes the lock of the mailer with it.", lock_kept),
)

MUTANTS = (
    *(Mutant(f"{row}-{name}", breaks=row, fault=fault, service=service) for row, name, fault, service in TABLE),
    Mutant(
        "RM-REL-28-half-closed",
        breaks="RM-REL-28",
        fault="A client that stops writing after its last request is taken for gone, and the request is tried again.",
        service=last_tried_again,
        wire=WireFaults(half_close=lambda memory: False),
    ),
)
