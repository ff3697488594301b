"""Faults in who gets a mail, from whom and how often."""

from __future__ import annotations

from dataclasses import replace
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import TYPE_CHECKING

from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.relaying import prepare, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, Submission


async def relay_nothing(service: Service, submission: Submission) -> None:
    service.relaying.prepare(service, submission)


async def nothing_without_a_server(service: Service, submission: Submission) -> None:
    if submission.server is not None:
        await service.relaying.transact(service, prepare(service, submission))


async def twice(service: Service, mail: Mail) -> None:
    await transact(service, mail)
    await transact(service, mail)


async def overlapping_batches(service: Service, mail: Mail) -> None:
    for start in range(0, len(mail.recipients), 9):
        await transact(service, replace(mail, recipients=mail.recipients[start : start + 10]))


async def first_twenty_five(service: Service, mail: Mail) -> None:
    await transact(service, replace(mail, recipients=mail.recipients[:25]))


async def twice_when_long(service: Service, mail: Mail) -> None:
    await transact(service, mail)
    if len(mail.content) > 100_000:
        await transact(service, mail)


def addresses_in(content: bytes, *fields: str) -> list[str]:
    head = BytesHeaderParser().parsebytes(content)
    values = [str(value) for name in fields for value in head.get_all(name, [])]
    return [address for _, address in getaddresses(values) if "@" in address]


def sender_from(*fields: str) -> Callable[[Service, Submission], Mail]:
    def step(service: Service, submission: Submission) -> Mail:
        mail = prepare(service, submission)
        found = addresses_in(mail.content, *fields)
        return replace(mail, sender=found[0]) if found else mail

    return step


def recipients_from(*fields: str) -> Callable[[Service, Submission], Mail]:
    def step(service: Service, submission: Submission) -> Mail:
        mail = prepare(service, submission)
        return replace(mail, recipients=tuple(dict.fromkeys((*mail.recipients, *addresses_in(mail.content, *fields)))))

    return step


def recipients_instead(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)
    found = addresses_in(mail.content, "To")
    return replace(mail, recipients=tuple(found)) if found else mail


def sender_changed(how: Callable[[str], str]) -> Callable[[Service, Submission], Mail]:
    def step(service: Service, submission: Submission) -> Mail:
        mail = prepare(service, submission)
        return replace(mail, sender=how(mail.sender))

    return step


def with_lines(lines: Callable[[Mail], Iterable[str]]) -> Callable[[Service, Submission], Mail]:
    def step(service: Service, submission: Submission) -> Mail:
        mail = prepare(service, submission)
        return replace(mail, content="".join(f"{line}\r\n" for line in lines(mail)).encode() + mail.content)

    return step


def received_for_all(mail: Mail) -> Iterable[str]:
    yield "Received: from client by reference.relaycheck.test\r\n\tfor " + ",\r\n\t".join(
        f"<{r}>" for r in mail.recipients
    )


def prepared(how: Callable[[Service, Submission], Mail]) -> Callable[[Service], Service]:
    return change("relaying", prepare=how)


def transacted(how: Callable[..., object]) -> Callable[[Service], Service]:
    return change("relaying", transact=how)


TABLE: tuple[tuple[str, str, str, Callable[[Service], Service]], ...] = (
    ("RM-REL-01", "relays-nothing", "204 with nothing relayed.", change("relaying", relay=relay_nothing)),
    ("RM-REL-01", "sends-twice", "Every mail is sent twice.", transacted(twice)),
    ("RM-REL-01", "overlapping-batches", "Batches of ten recipients overlap by one.", transacted(overlapping_batches)),
    ("RM-REL-01", "first-25", "Recipients after the twenty-fifth get nothing.", transacted(first_twenty_five)),
    ("RM-REL-01", "long-twice", "A mail of more than 100 000 octets is sent twice.", transacted(twice_when_long)),
    (
        "RM-REL-01",
        "null-connection",
        "Mail without a connection object goes nowhere.",
        change("relaying", relay=nothing_without_a_server),
    ),
    ("RM-REL-02", "header-from", "MAIL FROM is the address of the From header field.", prepared(sender_from("From"))),
    (
        "RM-REL-02",
        "return-path",
        "A Return-Path in the message becomes MAIL FROM.",
        prepared(sender_from("Return-Path")),
    ),
    ("RM-REL-02", "sender-field", "A Sender field in the message becomes MAIL FROM.", prepared(sender_from("Sender"))),
    ("RM-REL-02", "lower-case", "The sender is written in lower case.", prepared(sender_changed(str.lower))),
    (
        "RM-REL-02",
        "no-tag",
        "The part of the sender before a plus is taken away.",
        prepared(sender_changed(lambda s: s.split("+", 1)[-1])),
    ),
    ("RM-REL-03", "adds-cc", "The addresses of Cc are added to the envelope.", prepared(recipients_from("Cc"))),
    (
        "RM-REL-03",
        "adds-bcc",
        "The addresses of Bcc and Resent-Bcc are added to the envelope.",
        prepared(recipients_from("Bcc", "Resent-Bcc")),
    ),
    (
        "RM-REL-03",
        "adds-resent",
        "The addresses of Resent-To are added to the envelope.",
        prepared(recipients_from("Resent-To")),
    ),
    (
        "RM-REL-03",
        "to-instead",
        "Where the message has addresses in To, they replace Recipients.",
        prepared(recipients_instead),
    ),
    (
        "RM-REL-13",
        "x-envelope-to",
        "A field X-Envelope-To with all recipients is added.",
        prepared(with_lines(lambda mail: [f"X-Envelope-To: {', '.join(mail.recipients)}"])),
    ),
    (
        "RM-REL-13",
        "received-for-all",
        "The Received field names all recipients.",
        prepared(with_lines(received_for_all)),
    ),
    (
        "RM-REL-13",
        "delivered-to",
        "A field Delivered-To with the first recipient is added.",
        prepared(with_lines(lambda mail: [f"Delivered-To: {mail.recipients[0]}"])),
    ),
)

MUTANTS = tuple(
    Mutant(f"{row}-{name}", breaks=row, fault=fault, service=service) for row, name, fault, service in TABLE
)
