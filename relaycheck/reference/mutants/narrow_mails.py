"""Faults in relaying that only one kind of request or mail shows: one media type, mixed line ends, unusual recipients, two servers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import aiosmtplib

from relaycheck.reference.content import XML, read_members
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.mutants.relay import addresses_in
from relaycheck.reference.mutants.relay_sessions import shared
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import SmtpFailure, normalise, octets_of, prepare, stuff, transact

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from relaycheck.reference.content import MediaType
    from relaycheck.reference.relaying import Client
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, Submission

BATCH = 10
LONG_LINE = 78
LOOKED_AT = 1024
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


# who gets it, and from whom


def one_item(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    """As readers do that know no lists: of equal elements, the last one stays."""
    members = read_members(service, media_type, octets)
    found = members.get("Recipients")
    return members | {"Recipients": found[-1:]} if media_type.name in XML and isinstance(found, list) else members


def letters_first(service: Service, submission: Submission) -> Mail:
    if submission.sender[:1].isdigit():
        raise Refusal(400, "bad-address", "From must hold one mail address and nothing else.")
    return prepare(service, submission)


def but_those_in_cc(service: Service, submission: Submission) -> Mail:
    mail = prepare(service, submission)
    copies = addresses_in(mail.content, "Cc")
    return replace(mail, recipients=tuple(r for r in mail.recipients if r not in copies))


def one_for_each_spelling(service: Service, submission: Submission) -> Mail:
    """Duplicates go away, and the case of letters does not count."""
    mail = prepare(service, submission)
    return replace(mail, recipients=tuple({r.lower(): r for r in mail.recipients}.values()))


async def in_batches(service: Service, client: Client, mail: Mail) -> None:
    """Recipients go out ten at a time; what is said to later batches is not looked at."""
    steps = service.relaying
    code = await steps.command(client, steps.mail_command(mail.sender, steps.mail_parameters(client, mail)))
    if code != 250:
        raise SmtpFailure("mail", code)
    for number, recipient in enumerate(mail.recipients):
        code = await steps.command(client, steps.rcpt_command(recipient))
        if number < BATCH:
            steps.judge_recipient(code)


# what becomes of its octets


def stuff_short_lines(content: bytes) -> bytes:
    """Lines beyond what RFC 5322 advises take another way."""
    lines = content.split(b"\r\n")
    return b"\r\n".join(b"." + line if line[:1] == b"." and len(line) <= LONG_LINE else line for line in lines)


def only_the_body(content: bytes) -> bytes:
    head, empty, body = content.partition(b"\r\n\r\n")
    return head + empty + normalise(body) if empty else content + b"\r\n"


def one_kind_of_line_end(content: bytes) -> bytes:
    """Looks which kind of line end the text has, and mends that kind."""
    bare = set(BARE.findall(content))
    kept = re.sub(rb"(?<!\r)\n" if b"\n" in bare else rb"\r(?!\n)", b"\r\n", content)
    return kept if kept.endswith(b"\r\n") else kept + b"\r\n"


def if_the_beginning_needs_it(content: bytes) -> bytes:
    whole = normalise(content)
    if BARE.search(content[:LOOKED_AT]):
        return whole
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def ready_when_whole(service: Service) -> Service:
    """A text of whole lines is taken for ready: dots are stuffed where line ends had to be mended."""
    ready: set[bytes] = set()

    def mended(content: bytes) -> bytes:
        if not BARE.search(content) and content.endswith(b"\r\n"):
            ready.add(content)
        return normalise(content)

    return change("relaying", normalise=mended, stuff=lambda c: c if c in ready else stuff(c))(service)


def dated(text: str) -> bytes:
    """Reads the date for its log."""
    content = octets_of(text)
    for value in BytesHeaderParser().parsebytes(content).get_all("Date", []):
        parsedate_to_datetime(str(value))
    return content


def in_a_known_charset(text: str) -> bytes:
    """Converted by way of a table that has no characters for private use."""
    return octets_of("".join("?" if unicodedata.category(c) == "Co" else c for c in text))


# when it is refused, and when the server is silent


async def one_after_the_other(service: Service, submission: Submission) -> None:
    """Each recipient has the mail before the next address is read."""
    mail = service.relaying.prepare(service, replace(submission, recipients=submission.recipients[:1]))
    for text in submission.recipients:
        service.addresses.split_mailbox(text)
        await transact(service, replace(mail, recipients=(text,)))


async def tried_again(service: Service, mail: Mail) -> None:
    """Short of patience, and stubborn: a second attempt before the client is told."""
    hasty = change("installation", smtp_timeout=service.installation.smtp_timeout / 3)(service)
    try:
        await transact(hasty, mail)
    except aiosmtplib.SMTPTimeoutError:
        await transact(hasty, mail)


def prepared(how: Callable[[Service, Submission], Mail]) -> Callable[[Service], Service]:
    return change("relaying", prepare=how)


TABLE: tuple[tuple[str, str, str, Callable[[Service], Service]], ...] = (
    (
        "RM-REL-01",
        "xml-last",
        "Of the recipients in an XML body only the last one gets the mail.",
        change("content", read_members=one_item),
    ),
    ("RM-REL-02", "letters-first", "A sender that begins with a digit is refused.", prepared(letters_first)),
    ("RM-REL-03", "not-cc", "A recipient that Cc names too is left out.", prepared(but_those_in_cc)),
    (
        "RM-REL-03",
        "case-folded",
        "Two recipients that differ only in the case of the local part are folded into one.",
        prepared(one_for_each_spelling),
    ),
    (
        "RM-REL-06",
        "short-lines",
        "The dot at the start of a line of more than 78 octets is not stuffed.",
        change("relaying", stuff=stuff_short_lines),
    ),
    (
        "RM-REL-07",
        "body-only",
        "Line ends are made whole in the body only, which begins after an empty line with CRLF.",
        change("relaying", normalise=only_the_body),
    ),
    (
        "RM-REL-07",
        "one-kind",
        "In a text with bare CR and bare LF, only LF is mended.",
        change("relaying", normalise=one_kind_of_line_end),
    ),
    (
        "RM-REL-10",
        "private-use",
        "Characters for private use become question marks.",
        change("relaying", octets_of=in_a_known_charset),
    ),
    (
        "RM-REL-14",
        "one-after-the-other",
        "A recipient that is none leads to 500, when those before it have the mail.",
        change("relaying", relay=one_after_the_other),
    ),
    (
        "RM-REL-15",
        "first-batch",
        "Recipients go out ten at a time, and only the replies to the first ten count.",
        change("relaying", envelope=in_batches),
    ),
    (
        "RM-REL-18",
        "tried-again",
        "After a mail server that falls silent, the service tries the mail once more by itself.",
        change("relaying", transact=tried_again),
    ),
    ("RM-REL-20", "server", "Requests share the variable of the mail server.", shared("server")),
    ("RM-REL-25", "date-500", "A Date that is none leads to 500.", change("relaying", octets_of=dated)),
    (
        "RM-REL-26",
        "first-kibibyte",
        "Bare line ends are looked for in the first 1024 octets only.",
        change("relaying", normalise=if_the_beginning_needs_it),
    ),
    (
        "RM-REL-26",
        "whole-is-ready",
        "Dots are stuffed only where line ends had to be mended.",
        ready_when_whole,
    ),
)

MUTANTS = tuple(
    Mutant(f"{row}-{name}", breaks=row, fault=fault, service=service) for row, name, fault, service in TABLE
)
