"""Faults of message syntax that one kind of message shows: many requests in a row, long chunks, one field, one order of fields."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import h11

from relaycheck.reference.content import FORM
from relaycheck.reference.faults import Close, WireFaults
from relaycheck.reference.mutants.framing import LONE_CR, in_heads, pipelined, substituted, without_field
from relaycheck.reference.mutants.json import completed
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_json import JsonReading
from relaycheck.reference.received import Refusal
from relaycheck.reference.service import serve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service

Memory = dict[str, object]
QUEUE = 3
BUFFER = 8192
BOTH = "x-reference-both"
"""Says to the service that the wire has seen a length beside a coding."""


def queue_of_three(outgoing: Outgoing) -> Iterable[Move]:
    if int(str(outgoing.memory.get("pipelined", 0))) < 2:
        return (outgoing.raw,)
    done = outgoing.memory["done"] = int(str(outgoing.memory.get("done", 0))) + 1
    return (outgoing.raw,) if done <= QUEUE else ()


# chunks


def one_buffer_each(event: h11.Event, memory: Memory) -> h11.Event:
    """What a chunk has beyond one buffer is lost."""
    if isinstance(event, h11.Request):
        memory["coded"] = any(name == b"transfer-encoding" for name, _ in event.headers)
    if not isinstance(event, h11.Data) or not memory.get("coded"):
        return event
    seen = 0 if event.chunk_start else int(str(memory.get("seen", 0)))
    memory["seen"] = seen + len(event.data)
    kept = bytes(event.data)[: max(0, BUFFER - seen)]
    return h11.Data(data=kept, chunk_start=event.chunk_start, chunk_end=event.chunk_end)


async def form_of_its_length(received: Received) -> bytes:
    """Reads as many octets of a form as Content-Length says: without one, none."""
    octets = await received.read()
    return b"" if received.media_type == FORM and received.get("content-length") is None else octets


# a length beside a coding


def coding_first(head: bytes) -> bytes:
    """Fields are judged as they come: a coding that follows a length is noticed, a length that follows a coding is dropped."""
    fields = head.lower()
    length, coding = fields.find(b"\r\ncontent-length:"), fields.find(b"\r\ntransfer-encoding:")
    return without_field(head, b"Content-Length") if 0 < coding < length else head


def noted(octets: bytes, memory: Memory) -> bytes:
    """Goes by the length, and remembers whether more came than that."""
    head, end, rest = octets.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\nContent-Length: (\d+)", head)
    if not length or not re.search(rb"(?i)\r\nTransfer-Encoding:", head):
        return octets
    memory["more"] = len(rest) > int(length[1])
    return without_field(head, b"Transfer-Encoding") + f"\r\n{BOTH}: 1".encode() + end + rest


async def refused_for_both(service: Service, received: Received) -> Answer:
    if received.get(BOTH):
        problem = Refusal(400, "bad-request", "Content-Length and Transfer-Encoding do not go together.")
        return service.answers.refused(service, received, problem)
    return await serve(service, received)


def ends_when_all_is_answered(outgoing: Outgoing) -> Iterable[Move]:
    """The connection of such a request ends, but not before everything that came with it is answered."""
    if (BOTH, "1") in outgoing.request_fields:
        outgoing.memory["ending"] = True
        if outgoing.memory.get("more"):
            return (outgoing.raw,)
    return (outgoing.raw, Close()) if outgoing.memory.get("ending") else (outgoing.raw,)


# fields


def notes_an_unknown_field(octets: bytes, memory: Memory) -> bytes:
    head = octets.partition(b"\r\n\r\n")[0]
    lines = [line for line in re.split(rb"\r\n", head) if LONE_CR.search(line)]
    known = re.search(rb"\r\nAuthorization:", head) is not None
    memory["unknown"] = known and any(line.startswith(b"X-") for line in lines)
    return octets


def log_breaks(outgoing: Outgoing) -> Iterable[Move]:
    unknown = outgoing.memory.pop("unknown", False)
    return (outgoing.raw.replace(b"400 Bad Request", b"500 Internal Server Error", 1) if unknown else outgoing.raw,)


# bodies that break off


def recovered(octets: bytes) -> bytes | None:
    """A text that the end of the connection interrupts is closed by the reader; one that is whole lacks what its length said."""
    try:
        text = octets.decode()
        if not text.startswith("{"):
            return None
        json.loads(text)
    except UnicodeDecodeError:
        return None
    except ValueError:
        try:
            return json.dumps(completed(JsonReading(), text)).encode()
        except Refusal:
            return None
    return None


def ended_by_the_connection(service: Service) -> Service:
    """Who sends chunks may end them with the connection, as in HTTP/1.0."""
    coded = [False]

    async def read_octets(received: Received) -> bytes:
        coded[0] = received.get("transfer-encoding") is not None
        return await received.read()

    def from_incomplete(octets: bytes) -> bytes | None:
        return octets if coded[0] else None

    return change("content", read_octets=read_octets, from_incomplete=from_incomplete)(service)


MUTANTS = (
    Mutant(
        "RM-FR-03-queue",
        "RM-FR-03",
        "Of requests that come at once, three are answered.",
        wire=WireFaults(incoming=pipelined, outgoing=queue_of_three),
    ),
    Mutant(
        "RM-FR-04-long-chunks",
        "RM-FR-04",
        "Of a chunk, 8192 octets are read.",
        wire=WireFaults(event=one_buffer_each),
    ),
    Mutant(
        "RM-FR-04-forms",
        "RM-FR-04",
        "Of a form, as much is read as Content-Length says, so nothing of one in chunks.",
        change("content", read_octets=form_of_its_length),
    ),
    Mutant(
        "RM-FR-06-coding-first",
        "RM-FR-06",
        "A Content-Length behind Transfer-Encoding is ignored, and the connection stays open.",
        wire=in_heads(coding_first),
    ),
    Mutant(
        "RM-FR-06-rest-served",
        "RM-FR-06",
        "A request with both fields is refused and its connection ends, once the requests that came with it are served.",
        change("", serve=refused_for_both),
        WireFaults(incoming=noted, outgoing=ends_when_all_is_answered),
    ),
    Mutant(
        "RM-FR-11-type-joined",
        "RM-FR-11",
        "In Content-Type, folded lines are joined without a space.",
        wire=substituted(rb"(\r\nContent-Type: [^\r\n]*)(?:\r\n[ \t]+)+", rb"\1"),
    ),
    Mutant(
        "RM-FR-11-type-list",
        "RM-FR-11",
        "In Content-Type, a folded line is taken for one more value, behind a comma.",
        wire=substituted(rb"(\r\nContent-Type: [^\r\n]*)(?:\r\n[ \t]+)+", rb"\1, "),
    ),
    Mutant(
        "RM-FR-12-log",
        "RM-FR-12",
        "The log of what known users send breaks at a bare CR in a field that the service does not know: 500.",
        wire=WireFaults(incoming=notes_an_unknown_field, outgoing=log_breaks),
    ),
    Mutant(
        "RM-FR-17-recovered",
        "RM-FR-17",
        "A JSON text that the end of the connection interrupts is closed and used.",
        change("content", from_incomplete=recovered),
    ),
    Mutant(
        "RM-FR-17-chunks-end",
        "RM-FR-17",
        "The end of the connection ends a body in chunks too.",
        ended_by_the_connection,
    ),
)
