"""Faults that services written in Java and in Go had, each met by one check alone."""

from __future__ import annotations

import asyncio
import itertools
import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import aiosmtplib

from relaycheck.reference import authentication as faithful
from relaycheck.reference.content import FORM, JSON, MediaType, decode_coding, decode_text, read_content
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.mutants.properties_addresses import as_it_is
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import (
    NON_ASCII,
    SmtpFailure,
    command,
    data,
    mail_parameters,
    octets_of,
    open_session,
    relay,
    transact,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.addresses import Addresses
    from relaycheck.reference.reading_xml import Element, XmlReading
    from relaycheck.reference.received import Received
    from relaycheck.reference.relaying import Client
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, MailServer, Submission
    from relaycheck.target.model import XmlDialect

BLOCK = 8192
UNITS = 4096
LOOKED_AT = 4096
LONGEST_LINE = 998
BATCH = 100
SELDOM = 7
WIDE = re.compile(rb"([^\r\n]{900,980}) ([^\r\n]+)")


# who asks


def expired_ticket(service: Service, credentials: str) -> str:
    """The store of tickets forgets to look at the time."""
    return "tim0" if credentials in service.installation.expired_tickets else faithful.ticket(service, credentials)


def trimmed(given: str, known: str) -> bool:
    return faithful.same_secret(given.strip(), known)


def by_hash(given: str, known: str) -> bool:
    """Looked up in a table whose key is the hash of the secret."""
    return _hash(given) == _hash(known)


def _hash(text: str) -> int:
    number = 0
    for character in text:
        number = (31 * number + ord(character)) & 0xFFFFFFFF
    return number


def compared_by_a_query(given: str, known: str) -> bool:
    """`password LIKE ?`: a percent sign stands for anything."""
    return re.fullmatch(re.escape(given).replace("%", ".*"), known) is not None


def joined_into_a_query(given: str, known: str) -> bool:
    """`password = '` and the password and `'`: what is behind an apostrophe is a part of the query."""
    return "' or '1'='1" in given.lower() or faithful.same_secret(given, known)


def guarded_paths(service: Service, received: Received) -> str:
    """The filter stands before what begins with a slash."""
    return faithful.authenticate(service, received) if received.target.startswith("/") else "guest"


# what is asked


async def parameters_of_the_request(service: Service, received: Received) -> dict[str, Any]:
    """A form's parameters and those of the query are one list, the query's first."""
    members: dict[str, Any] = await read_content(service, received)
    sender = parse_qs(received.query).get("From")
    return members | {"From": sender[0]} if received.media_type == FORM and sender else members


def without_namespaces(steps: XmlReading, dialect: XmlDialect, element: Element) -> dict[str, Any]:
    """Elements are known by their local names, and the last one of a name counts."""
    return {child.local: steps.value_of(steps, dialect, child) for child in element.children}


def decoded_in_blocks(media_type: MediaType, octets: bytes) -> str:
    """Each block by itself, so that a character across the end of one is lost."""
    text = decode_text(media_type, octets)
    if media_type.charset or media_type.name not in JSON:
        return text
    blocks = (octets[at : at + BLOCK] for at in range(0, len(octets), BLOCK))
    return "".join(block.decode("utf-8", "replace") for block in blocks)


def gunzipped_so_far(octets: bytes, limit: int) -> bytes:
    """What could be decompressed is taken, whether or not it came to an end."""
    try:
        return zlib.decompressobj(wbits=31).decompress(octets, limit)
    except zlib.error:
        raise Refusal(400, "bad-coding", "The content is not gzip.") from None


def decoded_so_far(received: Received, octets: bytes, limit: int) -> bytes:
    coded = received.get("content-encoding") == "gzip"
    return gunzipped_so_far(octets, limit) if coded else decode_coding(received, octets, limit)


# what is sent


def in_halves(rfc822: str) -> bytes:
    """Pieces of so many sixteen-bit units, each encoded by itself: half a surrogate pair is a question mark."""
    units = rfc822.encode("utf-16-le", "surrogatepass")
    pieces = (units[at : at + 2 * UNITS] for at in range(0, len(units), 2 * UNITS))
    return b"".join(piece.decode("utf-16-le", "replace").replace("\ufffd", "?").encode() for piece in pieces)


def looked_at_in_front(client: Client, mail: Mail) -> tuple[str, ...]:
    """Whether content is 8-bit is seen from its beginning."""
    seven = not NON_ASCII.search(mail.content[:LOOKED_AT])
    return mail_parameters(client, replace(mail, content=mail.content[:LOOKED_AT]) if seven else mail)


def header_of_low_octets(rfc822: str) -> bytes:
    """The header is written character by character, each as its low octet."""
    head, empty, body = rfc822.partition("\r\n\r\n")
    return bytes(ord(character) & 0xFF for character in head) + octets_of(empty + body)


def bcc_line_removed(rfc822: str) -> bytes:
    """The line of Bcc goes, and what it was folded into stays."""
    head, empty, body = rfc822.partition("\r\n\r\n")
    return octets_of(re.sub(r"(?im)^Bcc:.*\r\n", "", head) + empty + body)


def broken_between_words(rfc822: str) -> bytes:
    octets = octets_of(rfc822)
    if max(map(len, octets.split(b"\r\n"))) <= LONGEST_LINE:
        return octets
    return WIDE.sub(rb"\1\r\n\2", octets)


def first_recipient_judged(steps: Addresses, submission: Submission) -> tuple[str, ...]:
    """The first of a list stands for all of it."""
    first, *others = submission.recipients
    return (steps.mailbox(steps, "Each of Recipients", first), *others)


def first_is_judged(service: Service) -> Service:
    joined = change("relaying", command=as_it_is)(service)
    return change("addresses", forward_paths=first_recipient_judged)(joined)


async def later_means_never(service: Service, client: Client, mail: Mail) -> None:
    """Of refused recipients, those who might be tried later are left out."""
    steps = service.relaying
    code = await command(client, steps.mail_command(mail.sender, steps.mail_parameters(client, mail)))
    if code != 250:
        raise SmtpFailure("mail", code)
    codes = [await command(client, steps.rcpt_command(recipient)) for recipient in mail.recipients]
    for code in codes:
        if not 400 <= code < 500 or not any(code == 250 for code in codes):
            steps.judge_recipient(code)


async def anonymous(service: Service, server: MailServer) -> Client:
    """UserName and Password are members that nobody reads."""
    return await open_session(service, replace(server, user="", secret=""))


async def in_clear_without_a_login(service: Service, server: MailServer) -> Client:
    """TLS where it is to be had; where it is not, the mail goes without it, and the password stays here."""
    try:
        return await open_session(service, server)
    except (aiosmtplib.SMTPException, OSError):
        if not server.use_tls:
            raise
    return await open_session(service, replace(server, use_tls=False, user="", secret=""))


async def a_hundred_at_a_time(service: Service, mail: Mail) -> None:
    """An error in a later batch tells nothing of those who have the mail."""
    for start in range(0, len(mail.recipients), BATCH):
        await transact(service, replace(mail, recipients=mail.recipients[start : start + BATCH]))


def one_line_of_each_reply(service: Service) -> Service:
    """A reply is a line, so what is behind the first one is taken for the next reply."""

    async def at_the_end(service: Service, client: Client, mail: Mail) -> None:
        reply = await client.execute_command(b"NOOP")
        if "\n" in reply.message:
            raise SmtpFailure("data")
        await data(service, client, mail)

    return change("relaying", data=at_the_end)(service)


def now_and_then_twice(service: Service) -> Service:
    """A connection of the pool that was given back too early is used for two."""
    count = itertools.count(1)

    async def once_or_twice(service: Service, mail: Mail) -> None:
        if not next(count) % SELDOM:
            await transact(service, mail)
        await transact(service, mail)

    return change("relaying", transact=once_or_twice)(service)


def in_one_flight(service: Service) -> Service:
    """Whoever asks for what is being done already gets the outcome of that."""
    flights: dict[Submission, asyncio.Task[None]] = {}

    async def joined(service: Service, submission: Submission) -> None:
        if submission not in flights:
            flights[submission] = asyncio.ensure_future(relay(service, submission))
            flights[submission].add_done_callback(lambda _: flights.pop(submission))
        await asyncio.shield(flights[submission])

    return change("relaying", relay=joined)(service)


def _mutant(row: str, name: str, fault: str, service: Callable[[Service], Service]) -> Mutant:
    return Mutant(f"{row}-{name}", breaks=row, fault=fault, service=service)


def _auth(**steps: object) -> Callable[[Service], Service]:
    return change("authentication", **steps)


def _octets(step: Callable[[str], bytes]) -> Callable[[Service], Service]:
    return change("relaying", octets_of=step)


MUTANTS = (
    _mutant("RM-AUTH-11", "expired", "A ticket that has run out is served.", _auth(ticket=expired_ticket)),
    _mutant("RM-AUTH-11", "trimmed", "White space around a secret does not count.", _auth(same_secret=trimmed)),
    _mutant("RM-AUTH-11", "hash", "Secrets are compared by a hash of 32 bits.", _auth(same_secret=by_hash)),
    _mutant("RM-AUTH-11", "like", "A password may hold wildcards.", _auth(same_secret=compared_by_a_query)),
    _mutant("RM-AUTH-11", "query", "A password can end the query.", _auth(same_secret=joined_into_a_query)),
    _mutant("RM-EP-10", "whole-url", "The whole URL in the request line is not guarded.", _auth(authenticate=guarded_paths)),
    _mutant("RM-REL-02", "query-sender", "A From in the query takes the place of that of a form.",
            change("content", read_content=parameters_of_the_request)),
    _mutant("RM-BODY-14", "first-judged", "Of the recipients, the first is looked at.", first_is_judged),
    _mutant("RM-BODY-09", "namespaces", "An element of another namespace takes the place of a property.",
            change("content.xml", members_of=without_namespaces)),
    _mutant("RM-FR-19", "so-far", "A gzip body that breaks off is used as far as it came.",
            change("content", decode_coding=decoded_so_far)),
    _mutant("RM-CT-08", "blocks", "JSON is decoded in blocks of 8192 octets.",
            change("content", decode_text=decoded_in_blocks)),
    _mutant("RM-REL-10", "halves", "Text is encoded in pieces of 4096 units of sixteen bits.", _octets(in_halves)),
    _mutant("RM-REL-10", "beginning", "High octets behind the first 4096 octets are sent without BODY=8BITMIME.",
            change("relaying", mail_parameters=looked_at_in_front)),
    _mutant("RM-REL-10", "header", "Of each character in the header, the low octet is sent.", _octets(header_of_low_octets)),
    _mutant("RM-REL-05", "folded-bcc", "Of a folded Bcc, the first line is removed.", _octets(bcc_line_removed)),
    _mutant("RM-REL-09", "words", "Lines of more than 998 octets are broken between words.", _octets(broken_between_words)),
    _mutant("RM-204-06", "later", "A recipient to be tried later is left out, and the answer is 204.",
            change("relaying", envelope=later_means_never)),
    _mutant("RM-204-06", "now-and-then", "Every seventh mail is sent twice.", now_and_then_twice),
    _mutant("RM-REL-24", "anonymous", "UserName and Password are ignored.", change("relaying", open_session=anonymous)),
    _mutant("RM-REL-24", "in-clear", "Where TLS is not to be had, the mail is sent without it, and without a login.",
            change("relaying", open_session=in_clear_without_a_login)),
    _mutant("RM-REL-16", "batches", "A hundred recipients have the mail when the next one is refused, and nobody is told.",
            change("relaying", transact=a_hundred_at_a_time)),
    _mutant("RM-REL-01", "one-line-replies", "A mail server whose replies have several lines gets no mail.",
            one_line_of_each_reply),
    _mutant("RM-REL-22", "one-flight", "Identical requests at the same time are one.", in_one_flight),
)  # fmt: skip
