"""Faults that only show over HTTP/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.reference.authentication import authenticate, cookies
from relaycheck.reference.mutants.model import Mutant, change

if TYPE_CHECKING:
    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service


async def cut_over_h2(received: Received) -> bytes:
    octets = await received.read()
    return octets[: len(octets) // 2] if received.version == "2" else octets


async def one_frame_over_h2(received: Received) -> bytes:
    octets = await received.read()
    return octets[:16384] if received.version == "2" else octets


def anyone_over_h2(service: Service, received: Received) -> str:
    return "h2" if received.version == "2" else authenticate(service, received)


def remembered_over_h2(service: Service, received: Received) -> str:
    """A user signs in to a connection, whose streams are all the user's."""
    if received.version == "2" and not received.get("authorization") and "user" in received.connection:
        return str(received.connection["user"])
    received.connection["user"] = user = authenticate(service, received)
    return user


def first_field_of_cookies(received: Received) -> dict[str, str]:
    return cookies(received.but(fields=tuple(("Cookie", line) for line in received.all("cookie")[:1])))


def http_1_fields(received: Received, answer: Answer) -> Answer:
    if received.version != "2":
        return answer
    return answer.with_field("Connection", "keep-alive").with_field("Keep-Alive", "timeout=60")


def chunked_errors(received: Received, answer: Answer) -> Answer:
    if received.version != "2" or answer.status < 400:
        return answer
    return answer.with_field("Transfer-Encoding", "chunked")


def null_over_h2(received: Received, answer: Answer) -> Answer:
    """RFC 9113 lets the DATA frame pass, so nothing below the service takes the content away."""
    return answer.but(body=b"null") if (received.version, answer.status) == ("2", 204) else answer


def announces_trailers_over_h2(received: Received, answer: Answer) -> Answer:
    if (received.version, answer.status) != ("2", 204) or "trailers" not in (received.get("te") or ""):
        return answer
    return answer.with_field("Trailer", "X-Checksum")


def trailers_over_h2(received: Received, answer: Answer) -> Answer:
    return answer.but(trailers=(("X-Checksum", "1"),)) if answer.status == 204 else answer


MUTANTS = (
    Mutant(
        "RM-204-01-h2-null",
        "RM-204-01",
        "Over HTTP/2 a 204 has a DATA frame with null.",
        change("answers", finish=null_over_h2),
        tls=True,
    ),
    Mutant(
        "RM-204-04-h2-trailer-field",
        "RM-204-04",
        "Over HTTP/2 a 204 announces trailers to a client that takes them.",
        change("answers", finish=announces_trailers_over_h2),
        tls=True,
    ),
    Mutant(
        "RM-204-04-h2-trailer-section",
        "RM-204-04",
        "Over HTTP/2 a second header section follows that of a 204.",
        change("answers", finish=trailers_over_h2),
        tls=True,
    ),
    Mutant(
        "RM-FR-18-connection",
        "RM-FR-18",
        "Connection and Keep-Alive are said over HTTP/2.",
        change("answers", finish=http_1_fields),
        tls=True,
    ),
    Mutant(
        "RM-FR-18-errors",
        "RM-FR-18",
        "Errors over HTTP/2 say Transfer-Encoding.",
        change("answers", finish=chunked_errors),
        tls=True,
    ),
    Mutant(
        "RM-EP-15-half",
        "RM-EP-15",
        "Bodies that come over HTTP/2 are cut in half.",
        change("content", read_octets=cut_over_h2),
        tls=True,
    ),
    Mutant(
        "RM-EP-15-one-frame",
        "RM-EP-15",
        "Of a body over HTTP/2 only the first 16 KiB are read.",
        change("content", read_octets=one_frame_over_h2),
        tls=True,
    ),
    Mutant(
        "RM-EP-15-anyone",
        "RM-EP-15",
        "Over HTTP/2 nobody is asked for credentials.",
        change("authentication", authenticate=anyone_over_h2),
        tls=True,
    ),
    Mutant(
        "RM-EP-15-first-cookie",
        "RM-EP-15",
        "Of the fields that cookies come in over HTTP/2, the first is read.",
        change("authentication", cookies=first_field_of_cookies),
        tls=True,
    ),
    Mutant(
        "RM-AUTH-05-h2",
        "RM-AUTH-05",
        "Over HTTP/2 nobody is asked for credentials.",
        change("authentication", authenticate=anyone_over_h2),
        tls=True,
    ),
    Mutant(
        "RM-AUTH-28-h2",
        "RM-AUTH-28",
        "The first user of a connection over HTTP/2 stays for requests without credentials.",
        change("authentication", authenticate=remembered_over_h2),
        tls=True,
    ),
)
