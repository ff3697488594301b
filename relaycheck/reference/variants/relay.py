"""Relays that work otherwise and are right: queued, divided, tracing, signing, encoding anew, strict or with one session for many."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from dataclasses import replace
from email.header import Header
from typing import TYPE_CHECKING

import aiosmtplib

from relaycheck.judgements.mail import HEADER_LINES
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import (
    NON_ASCII,
    Client,
    SmtpFailure,
    choose_server,
    normalise,
    octets_of,
    prepare,
    transact,
)
from relaycheck.reference.relaying import data as faithful_data
from relaycheck.reference.relaying import envelope as faithful_envelope
from relaycheck.reference.submission import Mail
from relaycheck.reference.variants.model import Variant, change

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import MailServer, Submission
    from relaycheck.target import Target

REPORT = b"""From: <>\r
Subject: Not delivered\r
Content-Type: multipart/report; report-type=delivery-status; boundary=r\r
\r
--r\r
\r
--r\r
Content-Type: message/delivery-status\r
\r
--r\r
Content-Type: message/rfc822\r
\r
"""
_queue: set[asyncio.Task[None]] = set()


def declares(**relay: object) -> Callable[[Target], Target]:
    return lambda target: replace(target, relay=replace(target.relay, **relay))  # type: ignore[arg-type]


async def queued(service: Service, submission: Submission) -> None:
    """Accepted once it can be sent; sent afterwards. What fails then would become a bounce."""
    mail = service.relaying.prepare(service, submission)

    async def later() -> None:
        with contextlib.suppress(SmtpFailure, Refusal, aiosmtplib.SMTPException, OSError):
            await transact(service, mail)

    task = asyncio.get_running_loop().create_task(later())
    _queue.add(task)
    task.add_done_callback(_queue.discard)


async def queued_and_reported(service: Service, submission: Submission) -> None:
    """The same, and what fails is reported to the sender by the installation's own server (RFC 5321 §6.1)."""
    mail = service.relaying.prepare(service, submission)

    async def later() -> None:
        with contextlib.suppress(SmtpFailure, Refusal, aiosmtplib.SMTPException, OSError):
            try:
                await transact(service, mail)
            except (SmtpFailure, Refusal, aiosmtplib.SMTPException, OSError):
                own = choose_server(service, replace(submission, server=None))
                await transact(service, Mail(own, "", (mail.sender,), REPORT + mail.content + b"--r--\r\n"))

    task = asyncio.get_running_loop().create_task(later())
    _queue.add(task)
    task.add_done_callback(_queue.discard)


async def one_by_one(service: Service, mail: Mail) -> None:
    await _divided(service, mail, 1)


async def in_groups(service: Service, mail: Mail) -> None:
    await _divided(service, mail, 2)


async def _divided(service: Service, mail: Mail, size: int) -> None:
    """A transaction for each `size` recipients; where one fails, the error says who had the mail by then."""
    for start in range(0, len(mail.recipients), size):
        try:
            await transact(service, replace(mail, recipients=mail.recipients[start : start + size]))
        except SmtpFailure as failure:
            if start:
                done = ", ".join(mail.recipients[:start])
                raise Refusal(502, "partial", f"The mail was relayed to {done} and to nobody else.") from failure
            raise


def unique_recipients(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)
    return replace(mail, recipients=tuple(dict.fromkeys(mail.recipients))[::-1])


def traced(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)
    alone = f"\r\n\tfor <{mail.recipients[0]}>" if len(mail.recipients) == 1 else ""
    signature = "DKIM-Signature: v=1; a=rsa-sha256; d=relaycheck.test;\r\n\tb=AAAA\r\n"
    trace = f"Received: from client by reference.relaycheck.test{alone};\r\n\tMon, 23 Nov 2026 12:00:00 +0000\r\n"
    return replace(mail, content=f"{signature}{trace}".encode() + mail.content)


def without(*names: str) -> Callable[[Service, Submission], Mail]:
    """Removes fields of these names, with the lines that they are folded into."""
    field = re.compile(rb"(?im)^(?:%b):.*\r\n(?:[ \t].*\r\n)*" % "|".join(names).encode())

    def prepared(service: Service, submission: Submission) -> Mail:
        mail = prepare(service, submission)
        head, empty, body = mail.content.partition(b"\r\n\r\n")
        return replace(mail, content=field.sub(b"", head + b"\r\n")[:-2] + empty + body)

    return prepared


def in_encoded_words(service: Service, submission: Submission) -> Mail:
    """What is beyond ASCII in a field becomes encoded words (RFC 2047)."""
    mail = prepare(service, submission)
    head, empty, body = mail.content.partition(b"\r\n\r\n")
    lines = [_encoded(line) if NON_ASCII.search(line) else line for line in head.split(b"\r\n")]
    return replace(mail, content=b"\r\n".join(lines) + empty + body)


def _encoded(line: bytes) -> bytes:
    name, colon, value = line.partition(b": ")
    return name + colon + Header(value.decode(), "utf-8").encode(linesep="\r\n").encode()


async def ehlo_only(client: Client) -> None:
    await client.ehlo()


def upper_domains(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)

    def changed(address: str) -> str:
        local, at, domain = address.rpartition("@")
        return local + at + domain.upper()

    return replace(mail, sender=changed(mail.sender), recipients=tuple(map(changed, mail.recipients)))


def strict_octets(text: str) -> bytes:
    """Refuses what RFC 5322 does not allow, instead of mending it."""
    content = octets_of(text)
    head, empty, _ = content.partition(b"\r\n\r\n")
    whole = content.replace(b"\r\n", b"")
    if not empty or b"\r" in whole or b"\n" in whole or not content.endswith(b"\r\n"):
        raise Refusal(422, "not-a-message", "This is no message of RFC 5322.")
    if any(len(line) > 998 for line in content.split(b"\r\n")) or not head.lower().count(b"from:"):
        raise Refusal(422, "not-a-message", "This is no message of RFC 5322.")
    return content


async def encoded_where_needed(service: Service, client: Client, mail: Mail) -> None:
    """8-bit text goes out as base64 to a server that takes only 7 bits."""
    await faithful_envelope(service, client, _seven_bit(client, mail))


async def data_encoded(service: Service, client: Client, mail: Mail) -> None:
    await faithful_data(service, client, _seven_bit(client, mail))


def _seven_bit(client: Client, mail: Mail) -> Mail:
    head, empty, body = mail.content.partition(b"\r\n\r\n")
    if client.supports_extension("8bitmime") or NON_ASCII.search(head) or not NON_ASCII.search(body):
        return mail
    if b"multipart" in head.lower():
        raise Refusal(422, "needs-8bitmime", "The message is not 7-bit and the mail server takes nothing else.")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-", b"mime-version"))]
    fields = [b"MIME-Version: 1.0", b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64"]
    encoded = base64.encodebytes(body).replace(b"\n", b"\r\n")
    return replace(mail, content=b"\r\n".join((*kept, *fields)) + empty + encoded)


def to_a_labels(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)

    def changed(address: str) -> str:
        local, at, domain = address.rpartition("@")
        return local + at + (domain if domain.isascii() else domain.encode("idna").decode())

    return replace(mail, sender=changed(mail.sender), recipients=tuple(map(changed, mail.recipients)))


def complete(content: bytes) -> bytes:
    """Adds what a submission agent adds (RFC 6409 §8)."""
    content = normalise(content)
    head, empty, body = content.partition(b"\r\n\r\n")
    if not empty:
        return content
    have = {line.split(b":")[0].lower() for line in head.split(b"\r\n")}
    more = [
        (b"MIME-Version", b"1.0"),
        (b"Message-ID", b"<1@relaycheck.test>"),
        (b"Date", b"Mon, 23 Nov 2026 12:00:00 +0000"),
    ]
    return b"\r\n".join((head, *(n + b": " + v for n, v in more if n.lower() not in have))) + empty + body


def ended_header(content: bytes) -> bytes:
    """Where a line is no field the header section is over, and an empty line says so: as Postfix and Exim have it."""
    content = normalise(content)
    fields = HEADER_LINES.match(content)
    if fields is None or content[fields.end() :].startswith(b"\r\n"):
        return content
    return fields[0] + b"\r\n" + content[fields.end() :]


def own_server_only(service: Service, submission: Submission) -> MailServer:
    """Connections are the administrator's to choose."""
    if submission.server is not None:
        raise Refusal(400, "bad-connection", "No mail server may be named here.")
    return choose_server(service, submission)


def failing_as(status: int, *fields: tuple[str, str]) -> Callable[[Exception], Refusal]:
    def failure(error: Exception) -> Refusal:
        return Refusal(status, "not-relayed", "The message could not be relayed.", fields=fields)

    return failure


def seven_bits_only(client: Client, mail: Mail) -> tuple[str, ...]:
    """As a client that says HELO does, whatever the server would take."""
    if NON_ASCII.search(mail.content) or not "".join((mail.sender, *mail.recipients)).isascii():
        raise Refusal(502, "not-relayed", "Only 7-bit mail is relayed.")
    return ()


def folding(service: Service) -> Service:
    """The same mail twice is relayed once."""
    seen: set[tuple[str, tuple[str, ...], bytes]] = set()

    async def step(service: Service, mail: Mail) -> None:
        key = (mail.sender, mail.recipients, mail.content)
        if key not in seen:
            await transact(service, mail)
            seen.add(key)

    return change("relaying", transact=step)(service)


VARIANTS = (
    Variant(
        "V-REL-queued",
        "Answers 204 before the mail is sent.",
        service=change("relaying", relay=queued),
        target=declares(mode="queued"),
    ),
    Variant(
        "V-REL-reports",
        "Answers 204 before the mail is sent, and reports to its sender what fails.",
        service=change("relaying", relay=queued_and_reported),
        target=declares(mode="queued"),
    ),
    Variant("V-REL-one-by-one", "One transaction for each recipient.", service=change("relaying", transact=one_by_one)),
    Variant("V-REL-in-groups", "At most two recipients a transaction.", service=change("relaying", transact=in_groups)),
    Variant(
        "V-REL-unique",
        "Repeated recipients are named once, in another order.",
        service=change("relaying", prepare=unique_recipients),
    ),
    Variant("V-REL-traced", "Adds Received and a signature in front.", service=change("relaying", prepare=traced)),
    Variant("V-REL-no-bcc", "Removes Bcc fields.", service=change("relaying", prepare=without("Bcc", "Resent-Bcc"))),
    Variant(
        "V-REL-no-return-path",
        "Removes Return-Path, which whoever starts a mail should not send.",
        service=change("relaying", prepare=without("Return-Path")),
    ),
    Variant(
        "V-REL-encoded-words",
        "Header fields beyond ASCII are sent in encoded words.",
        service=change("relaying", prepare=in_encoded_words),
    ),
    Variant(
        "V-REL-ehlo-only", "Passes on no mail to a server without EHLO.", service=change("relaying", hello=ehlo_only)
    ),
    Variant("V-REL-domains", "Writes domains in capitals.", service=change("relaying", prepare=upper_domains)),
    Variant(
        "V-REL-strict", "Refuses what is no message of RFC 5322.", service=change("relaying", octets_of=strict_octets)
    ),
    Variant(
        "V-REL-base64",
        "Encodes 8-bit text anew where the server takes only 7 bits.",
        service=change("relaying", envelope=encoded_where_needed, data=data_encoded),
    ),
    Variant("V-REL-a-labels", "Sends domains as A-labels always.", service=change("relaying", prepare=to_a_labels)),
    Variant(
        "V-REL-complete",
        "Adds missing fields at the end of the header.",
        service=change("relaying", normalise=complete),
        target=declares(adds_headers=True),
    ),
    Variant(
        "V-REL-ends-header",
        "An empty line is put before the first line that is no header field.",
        service=change("relaying", normalise=ended_header),
    ),
    Variant(
        "V-REL-own-server",
        "Only the installation's own mail server is used, as declared.",
        service=change("relaying", choose_server=own_server_only),
        target=declares(connection_object=False),
    ),
    Variant(
        "V-REL-503",
        "A mail server that fails is told of as 503 with Retry-After.",
        service=change("relaying", failure=failing_as(503, ("Retry-After", "1"))),
    ),
    Variant(
        "V-REL-500", "A mail server that fails is told of as 500.", service=change("relaying", failure=failing_as(500))
    ),
    Variant(
        "V-REL-seven-bits",
        "Only 7-bit mail is passed on; the rest is 502.",
        service=change("relaying", mail_parameters=seven_bits_only),
    ),
    Variant("V-REL-folding", "Relays the same mail once.", service=folding, target=declares(deduplicates=True)),
)
