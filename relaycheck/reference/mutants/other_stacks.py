"""Faults that services written for other stacks had, each met by one check alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from relaycheck.reference.content import FORM, JSON, XML, MediaType, parse_media_type, read_content, read_members
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Received, Refusal
from relaycheck.reference.relaying import octets_of
from relaycheck.reference.service import perform, serve

if TYPE_CHECKING:
    from relaycheck.reference.service import Service


async def page_for_browsers(service: Service, received: Received) -> Answer:
    if (received.get("user-agent") or "").startswith("Mozilla/"):
        return Answer(302, (("Location", "/"), ("Content-Length", "0")))
    return await serve(service, received)


async def to_the_forwarded_host(service: Service, received: Received) -> Answer:
    if host := received.get("x-forwarded-host"):
        return Answer(307, (("Location", f"https://{host}{received.target}"), ("Content-Length", "0")))
    return await serve(service, received)


def latin_text_encoded_twice(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    """UTF-8 is taken for Latin-1 where every character would fit."""
    members = read_members(service, media_type, octets)
    text = members.get("Rfc822")
    if media_type.name in XML and isinstance(text, str) and not text.isascii() and max(text) <= "\xff":
        members["Rfc822"] = text.encode().decode("latin-1")
    return members


async def parts_read_as_a_form(service: Service, received: Received) -> dict[str, Any]:
    value = received.get("content-type") or ""
    if not value.startswith("multipart/form-data"):
        members: dict[str, Any] = await read_content(service, received)
        return members
    pairs = []
    for part in (await received.read()).decode().split("--" + value.partition("boundary=")[2])[1:-1]:
        head, _, content = part.partition("\r\n\r\n")
        name = head.partition('name="')[2].partition('"')[0]
        pairs.append(f"{quote_plus(name)}={quote_plus(content.removesuffix(chr(13) + chr(10)))}")
    return service.content.read_members(service, MediaType(FORM), "&".join(pairs).encode())


def lines_of_the_library(rfc822: str) -> bytes:
    """Splits text where `str.splitlines` does: at form feeds and separators too."""
    return octets_of("".join(f"{line}\r\n" for line in rfc822.splitlines()) if rfc822.isascii() else rfc822)


def as_a_replacement(rfc822: str) -> bytes:
    """Put into a template by a function that reads dollar signs: two of them are one."""
    return octets_of(rfc822.replace("$$", "$"))


def sixteen_bit_units(rfc822: str) -> bytes:
    """Each half of a surrogate pair in three octets, as older Unicode libraries write it."""
    halves = rfc822.encode("utf-16-le")
    units = (chr(int.from_bytes(halves[at : at + 2], "little")) for at in range(0, len(halves), 2))
    return "".join(units).encode("utf-8", "surrogatepass")


async def protocol_judged_last(service: Service, received: Received) -> Answer:
    octets = await received.read()
    answer = await perform(service, received.with_content(octets))
    if (found := re.search(rb'"Protocol":\s*"([^"]*)"', octets)) and found[1].upper() != b"SMTP":
        raise Refusal(400, "bad-connection", "The protocol is not known here.")
    return answer


async def nothing_is_done(service: Service, received: Received) -> Answer:
    """A body that binds to an empty object is carried out at once."""
    service.authentication.authenticate(service, received)
    octets = await received.read()
    received = received.with_content(octets)
    short = received.media_type in (*JSON, *XML) and len(octets) < 300
    if short and service.content.read_members(service, parse_media_type(received), octets) == {}:
        return service.answers.accepted(service, received)
    return await perform(service, received)


MUTANTS = (
    Mutant(
        "RM-EP-01-page-for-browsers",
        breaks="RM-EP-01",
        fault="A client that looks like a browser is sent to the start page.",
        service=change("", serve=page_for_browsers),
    ),
    Mutant(
        "RM-SEC-03-forwarded-host",
        breaks="RM-SEC-03",
        fault="307 leads to the host that X-Forwarded-Host names, whoever sent it.",
        service=change("", serve=to_the_forwarded_host),
    ),
    Mutant(
        "RM-CT-08-xml-encoded-twice",
        breaks="RM-CT-08",
        fault="XML text that Latin-1 has is encoded twice.",
        service=change("content", read_members=latin_text_encoded_twice),
    ),
    Mutant(
        "RM-CT-14-form-data",
        breaks="RM-CT-14",
        fault="multipart/form-data is read like a form.",
        service=change("content", read_content=parts_read_as_a_form),
    ),
    Mutant(
        "RM-REL-05-form-feed",
        breaks="RM-REL-05",
        fault="A form feed, a vertical tab or a separator ends a line.",
        service=change("relaying", octets_of=lines_of_the_library),
    ),
    Mutant(
        "RM-REL-05-dollars",
        breaks="RM-REL-05",
        fault="The message is put into a template, whose placeholders its text may hold.",
        service=change("relaying", octets_of=as_a_replacement),
    ),
    Mutant(
        "RM-JSON-02-sixteen-bit",
        breaks="RM-JSON-02",
        fault="Every character beyond the basic plane reaches the mail as CESU-8, however it was written.",
        service=change("relaying", octets_of=sixteen_bit_units),
    ),
    Mutant(
        "RM-REL-14-protocol-last",
        breaks="RM-REL-14",
        fault="An unknown protocol of the connection is refused after the mail was sent.",
        service=change("", perform=protocol_judged_last),
    ),
    Mutant(
        "RM-BODY-05-nothing",
        breaks="RM-BODY-05",
        fault="An empty object is answered with 204: there is nothing to do.",
        service=change("", perform=nothing_is_done),
    ),
)
