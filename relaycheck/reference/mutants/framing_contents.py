"""Faults of request targets, bodies held back or broken off, and content codings: of the framing chapter, but above the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11

from relaycheck.reference.content import decode_coding, gunzip
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Refusal
from relaycheck.reference.service import perform, serve

if TYPE_CHECKING:
    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service


async def raw_target(service: Service, received: Received) -> Answer:
    if "://" not in received.target:
        return await serve(service, received)
    return await serve(service, received.but(path=received.target.partition("?")[0]))


async def exact_scheme(service: Service, received: Received) -> Answer:
    if received.target.startswith(("HTTP:", "HTTPS:")):
        return await raw_target(service, received)
    return await serve(service, received)


def plain_anyway(received: Received, octets: bytes, limit: int) -> bytes:
    return octets


def unknown_is_plain(received: Received, octets: bytes, limit: int) -> bytes:
    coding = (received.get("content-encoding") or "").lower()
    return decode_coding(received, octets, limit) if coding in ("", "gzip") else octets


def gzip_if_it_looks_so(received: Received, octets: bytes, limit: int) -> bytes:
    """Content-Encoding is a hint; the octets decide."""
    return gunzip(octets, limit) if octets.startswith(b"\x1f\x8b") else octets


def unnamed_codings(received: Received, octets: bytes, limit: int) -> bytes:
    if received.get("content-encoding"):
        raise Refusal(415, "unsupported-coding", "The content coding is not supported.")
    return octets


def blames_the_coding(received: Received, answer: Answer) -> Answer:
    return answer.with_field("Accept-Encoding", "gzip") if answer.status == 415 else answer


def blames_the_coding_for_nothing(received: Received, answer: Answer) -> Answer:
    """Only where there was no Content-Type at all."""
    return answer if received.get("content-type") else blames_the_coding(received, answer)


def no_100_for_anonymous() -> WireFaults:
    def event(seen: h11.Event, memory: dict[str, object]) -> h11.Event:
        if isinstance(seen, h11.Request):
            memory["anonymous"] = not {b"authorization", b"x-xsrf-token"} & {name for name, _ in seen.headers}
        return seen

    return WireFaults(event=event, interim=lambda octets, memory: b"" if memory.get("anonymous") else octets)


async def body_before_credentials(service: Service, received: Received) -> Answer:
    """What the authentication fails on is answered only when the body is in."""
    return await perform(service, received.with_content(await received.read()))


def kept_buffers(service: Service) -> Service:
    """Each media type has a buffer that is never cleared: what does not come is still there from the last body."""
    buffers: dict[str, bytes] = {}
    current = [""]

    async def read_octets(received: Received) -> bytes:
        current[0] = received.get("content-type") or ""
        octets = buffers[current[0]] = await received.read()
        return octets

    def from_incomplete(octets: bytes) -> bytes:
        return octets + buffers.get(current[0], b"")[len(octets) :]

    return change("content", read_octets=read_octets, from_incomplete=from_incomplete)(service)


MUTANTS = (
    Mutant(
        "RM-FR-13-raw-target",
        "RM-FR-13",
        "The raw request target is routed on, so the absolute form is not found.",
        change("", serve=raw_target),
    ),
    Mutant(
        "RM-FR-13-exact-scheme",
        "RM-FR-13",
        "The absolute form is known with its scheme in lower case only.",
        change("", serve=exact_scheme),
    ),
    Mutant(
        "RM-FR-14-no-100-unauthorised",
        "RM-FR-14",
        "100 comes only to who is known, and a 401 only after the body: who sends no credentials waits.",
        change("", perform=body_before_credentials),
        no_100_for_anonymous(),
    ),
    Mutant(
        "RM-FR-17-prefix",
        "RM-FR-17",
        "A body that breaks off is used as far as it came.",
        change("content", from_incomplete=lambda octets: octets),
    ),
    Mutant(
        "RM-FR-17-forms",
        "RM-FR-17",
        "A form that breaks off is used as far as it came.",
        change("content", from_incomplete=lambda octets: None if octets[:1] in (b"{", b"<") else octets),
    ),
    Mutant(
        "RM-FR-17-kept-buffer",
        "RM-FR-17",
        "What a body that breaks off lacks is taken from the last body, whose octets the buffer still holds.",
        kept_buffers,
    ),
    Mutant(
        "RM-FR-19-ignored", "RM-FR-19", "Content-Encoding is ignored.", change("content", decode_coding=plain_anyway)
    ),
    Mutant(
        "RM-FR-19-unknown",
        "RM-FR-19",
        "An unknown content coding is ignored.",
        change("content", decode_coding=unknown_is_plain),
    ),
    Mutant(
        "RM-FR-19-guessed",
        "RM-FR-19",
        "Whether a body is gzip is guessed from its octets.",
        change("content", decode_coding=gzip_if_it_looks_so),
    ),
    Mutant(
        "RM-FR-19-unnamed",
        "RM-FR-19",
        "A content coding is refused without naming one that would do.",
        change("content", decode_coding=unnamed_codings),
    ),
    Mutant(
        "RM-FR-20-always", "RM-FR-20", "Every 415 has Accept-Encoding.", change("answers", finish=blames_the_coding)
    ),
    Mutant(
        "RM-FR-20-no-type",
        "RM-FR-20",
        "The 415 for a missing Content-Type has Accept-Encoding.",
        change("answers", finish=blames_the_coding_for_nothing),
    ),
)
