"""Faults that one probe shows where those beside it come close: another place, another spelling, another way to fail."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiosmtplib

from relaycheck.reference.binding import pick
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.mutants.negotiation import accept, beforehand
from relaycheck.reference.mutants.transport import keep_target, reflect_query, reflect_request_id
from relaycheck.reference.reading_json import parse as parse_json
from relaycheck.reference.reading_patch import bad_patch, read_merge_patch
from relaycheck.reference.relaying import Client, connect, mail_parameters, octets_of, transact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relaycheck.reference.binding import Binding
    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.reading_json import JsonReading, Members
    from relaycheck.reference.reading_patch import PatchReading
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, MailServer, Submission

LONGEST_LINE = 500
DEEPEST = 900
LINE_END = re.compile(r"%0[ad]", re.IGNORECASE)


# fields


def small_q_only(received: Received) -> None:
    """Parameter names match without regard to case (RFC 9110 §5.6.6); this reader knows one spelling of the weight."""
    if re.search(r";\s*Q=", accept(received)):
        raise ValueError("unknown parameter")


def fields_behind_a_filter(outgoing: Outgoing) -> Iterable[Move]:
    """A filter takes out what has a line end in the query, and does not look at fields."""
    filtered = LINE_END.search(str(outgoing.memory.get("target", "")))
    return (outgoing.raw,) if filtered else reflect_request_id(outgoing)


def query_behind_a_filter(outgoing: Outgoing) -> Iterable[Move]:
    """A filter takes out what has a line end in a field, and does not look at the query."""
    filtered = any(LINE_END.search(value) for _, value in outgoing.request_fields)
    return (outgoing.raw,) if filtered or outgoing.status >= 400 else reflect_query(outgoing)


# bodies


def type_by_name(steps: Binding, members: Mapping[str, Any], known: tuple[str, ...]) -> Members:
    """A library that makes objects of the class that a member names, and fails for one that it has not."""
    if "$type" in members:
        raise LookupError(members["$type"])
    return pick(steps, members, known)


def up_to_a_null(steps: PatchReading, json: JsonReading, text: str) -> Members:
    """Nothing may come after a null."""
    values = list(json.read(json, text).values())
    if None in values[:-1]:
        raise bad_patch("null is no value.")
    return read_merge_patch(steps, json, text)


def broken_lines(rfc822: str) -> bytes:
    """Lines that are legal but long are divided, as some gateways do."""
    return octets_of(re.sub(rf"([^\r\n]{{{LONGEST_LINE}}})(?=[^\r\n])", "\\1\r\n", rfc822))


def ended_by_nul(steps: JsonReading, text: str) -> Any:
    """Handed to a library in C, whose strings end at the first NUL."""
    return parse_json(steps, text.partition("\0")[0])


def copied_level_by_level(steps: JsonReading, text: str) -> Any:
    """Well-formed text is copied by a function that calls itself for each level, and that is one too many."""
    if text.count("[") > DEEPEST and text.count("[") == text.count("]"):
        raise RecursionError
    return parse_json(steps, text)


# mail servers


def eight_bits_unless_told(client: Client, mail: Mail) -> tuple[str, ...]:
    """A server that says nothing of extensions has not said that it lacks this one."""
    return mail_parameters(client, mail) if client.esmtp_extensions else ()


class NobodyThere(Exception):
    """The connection to the mail server was refused."""


async def connect_or_let_go(service: Service, server: MailServer, implicit_tls: bool) -> Client:
    try:
        return await connect(service, server, implicit_tls)
    except aiosmtplib.SMTPConnectError as error:
        if isinstance(error.__cause__, ConnectionRefusedError):
            raise NobodyThere from error
        raise


async def without_anybody(service: Service, mail: Mail) -> None:
    """A port that nobody listens on is taken for a mail server that is switched off, and left for later."""
    try:
        await transact(service, mail)
    except NobodyThere:
        return


def as_json_said(service: Service) -> Service:
    """Readers of XML have no place for the connection, so the first that JSON named stays."""
    said: list[MailServer] = []

    def submitted(received: Received, submission: Submission) -> Submission:
        if submission.server is None:
            return submission
        if received.media_type.endswith("json"):
            said.append(submission.server)
        elif received.media_type.endswith("xml") and said:
            return replace(submission, server=said[0])
        return submission

    return change("", submitted=submitted)(service)


MUTANTS = (
    Mutant("RM-NEG-03-capital-q", "RM-NEG-03", "A weight with a capital Q leads to 500.", beforehand(small_q_only)),
    Mutant("RM-SEC-07-fields-unfiltered", "RM-SEC-07", "X-Request-Id is echoed decoded; a filter looks at the query alone.",
           wire=WireFaults(event=keep_target, outgoing=fields_behind_a_filter)),
    Mutant("RM-SEC-07-query-unfiltered", "RM-SEC-07", "A success reflects the query decoded; a filter looks at fields alone.",
           wire=WireFaults(event=keep_target, outgoing=query_behind_a_filter)),
    Mutant("RM-BODY-09-type-name", "RM-BODY-09", "A member named $type leads to 500.", change("binding", pick=type_by_name)),
    Mutant("RM-JSON-03-c-string", "RM-JSON-03", "A NUL ends the body, and what follows it is not seen.",
           change("content.json", parse=ended_by_nul)),
    Mutant("RM-JSON-07-copied", "RM-JSON-07", "Deep nesting leads to 500 where every bracket is closed.",
           change("content.json", parse=copied_level_by_level)),
    Mutant("RM-PATCH-01-early-null", "RM-PATCH-01", "Only the last member of a merge patch may be null.",
           change("content.patch", read_merge_patch=up_to_a_null)),
    Mutant("RM-REL-05-broken-lines", "RM-REL-05", "Lines of more than 500 octets are divided.",
           change("relaying", octets_of=broken_lines)),
    Mutant("RM-REL-10-helo", "RM-REL-10", "8-bit content is sent to a server that knows HELO only.",
           change("relaying", mail_parameters=eight_bits_unless_told)),
    Mutant("RM-REL-17-nobody-there", "RM-REL-17", "A refused connection to the mail server is no error.",
           change("relaying", connect=connect_or_let_go, transact=without_anybody)),
    Mutant("RM-REL-23-as-json-said", "RM-REL-23", "A request in XML goes to the first server that JSON named.", as_json_said),
)  # fmt: skip
