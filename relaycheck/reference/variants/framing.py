"""Servers that handle messages and connections in another way that RFC 9112 allows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relaycheck.reference.faults import Close, WireFaults
from relaycheck.reference.mutants.framing import in_heads, substituted
from relaycheck.reference.received import Refusal
from relaycheck.reference.service import perform
from relaycheck.reference.variants.model import Variant, change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service


def closes(received: Received, answer: Answer) -> Answer:
    return answer.but(close=True)


def closes_after_two(received: Received, answer: Answer) -> Answer:
    served = received.connection["served"] = int(str(received.connection.get("served", 0))) + 1
    return answer.but(close=answer.close or served >= 2)


async def wants_a_length(service: Service, received: Received) -> Answer:
    if received.get("transfer-encoding"):
        raise Refusal(411, "length-required", "A Content-Length is needed.", close=True)
    return await perform(service, received)


async def expects_nothing(service: Service, received: Received) -> Answer:
    if received.get("expect"):
        raise Refusal(417, "expectation-failed", "No expectation is met here.", close=True)
    return await perform(service, received)


def closes_after_both(received: Received, answer: Answer) -> Answer:
    both = received.get("content-length") and received.get("transfer-encoding")
    return answer.but(close=True) if both else answer


def by_its_coding(service: Service) -> Service:
    read = change("routing", length_problem=lambda received: "")(service)
    return change("answers", finish=closes_after_both)(read)


def remembers_coding(octets: bytes, memory: dict[str, object]) -> bytes:
    memory["coding"] = re.search(rb"\r\nTransfer-Encoding: (?!chunked\r\n)", octets) is not None
    return octets


def not_implemented(outgoing: Outgoing) -> Iterable[Move]:
    if outgoing.status == 400 and outgoing.memory.get("coding"):
        return (outgoing.raw.replace(b" 400 Bad Request", b" 501 Not Implemented", 1),)
    return (outgoing.raw,)


def wants_a_length_too(outgoing: Outgoing) -> Iterable[Move]:
    if outgoing.status == 400 and outgoing.memory.get("coding"):
        return (outgoing.raw.replace(b" 400 Bad Request", b" 411 Length Required", 1),)
    return (outgoing.raw,)


def bare_of_the_parser(outgoing: Outgoing) -> Iterable[Move]:
    """What the parser of messages refuses gets a status line and nothing else, as from Node and Tornado."""
    chunks = any(name.lower() == "transfer-encoding" for name, _ in outgoing.request_fields)
    if outgoing.status == 400 and chunks and b"connection: close" in outgoing.head.lower():
        return (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", Close())
    return (outgoing.raw,)


def no_folds(head: bytes) -> bytes:
    return head + b"\r\nfolded" if re.search(rb"\r\n[ \t]", head) else head


def no_codings(received: Received, octets: bytes, limit: int) -> bytes:
    if received.get("content-encoding"):
        sentence = "Content codings are not supported."
        raise Refusal(415, "unsupported-coding", sentence, fields=(("Accept-Encoding", "identity"),))
    return octets


VARIANTS = (
    Variant("V-closes", "Closes after every response, and says so.", change("answers", finish=closes)),
    Variant(
        "V-closes-after-two",
        "Serves two requests on a connection, then says close.",
        change("answers", finish=closes_after_two),
    ),
    Variant("V-411", "Wants a length: chunked requests are 411.", change("", perform=wants_a_length)),
    Variant("V-417", "Meets no expectation, 100-continue included.", change("", perform=expects_nothing)),
    Variant("V-coding-wins", "Reads a request with both fields by its coding, and closes.", by_its_coding),
    Variant(
        "V-501",
        "An unknown transfer coding is 501.",
        wire=WireFaults(incoming=remembers_coding, outgoing=not_implemented),
    ),
    Variant(
        "V-411-codings",
        "An unknown transfer coding is 411.",
        wire=WireFaults(incoming=remembers_coding, outgoing=wants_a_length_too),
    ),
    Variant(
        "V-bare-400", "Chunks that are none get a 400 without any field.", wire=WireFaults(outgoing=bare_of_the_parser)
    ),
    Variant("V-no-folds", "Folded field lines are 400.", wire=in_heads(no_folds)),
    Variant("V-bare-cr-is-space", "A bare CR in the header section is a space.", wire=substituted(rb"\r(?!\n)", b" ")),
    Variant(
        "V-no-codings",
        "No content coding is supported: 415, and identity in Accept-Encoding.",
        change("content", decode_coding=no_codings),
    ),
)
