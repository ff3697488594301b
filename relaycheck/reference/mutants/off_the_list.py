"""Faults that the listed examples of a row do not meet: other notations, other damage, oddities that are no error."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from relaycheck.reference.content import FORM, XML, parse_media_type, read_content
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_xml import parse
from relaycheck.reference.service import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.reading_xml import Element, XmlReading
    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service

OPEN_END_TAG = re.compile(r"</([\w:]+)(?=\s*<)")
NO_SLASH = re.compile(r"<([\w:]+)>([^<]*)<\1>")


def text_read_as(media_type: str, looks_right: Callable[[bytes], bool]) -> Callable[[Service, Received], Any]:
    """What is called text of some kind is read as `media_type` where it looks like that."""

    async def read(service: Service, received: Received) -> dict[str, Any]:
        if parse_media_type(received).name in ("text/plain", "text/html"):
            octets = await received.read()
            received = received.with_content(octets)
            if looks_right(octets):
                fields = tuple((n, v) for n, v in received.fields if n.lower() != "content-type")
                received = replace(received, fields=(*fields, ("content-type", media_type)))
        members: dict[str, Any] = await read_content(service, received)
        return members

    return read


def tags_mended(steps: XmlReading, text: str) -> Element:
    """As in HTML: an end tag ends where the next tag begins, and the second of two start tags is the end tag."""
    return parse(steps, NO_SLASH.sub(r"<\1>\2</\1>", OPEN_END_TAG.sub(r"</\1>", text)))


def query_as_text(query: str) -> None:
    unquote(query, errors="strict")


async def client_address(service: Service, received: Received) -> Answer:
    """Logs who asks, by what the proxy before it says."""
    try:
        for hop in (received.get("x-forwarded-for") or "").split(","):
            if hop.strip():
                ipaddress.ip_address(hop.strip())
    except ValueError as error:
        return service.answers.crashed(received, error)
    return await serve(service, received)


MUTANTS = (
    Mutant(
        "RM-CT-14-html-as-xml",
        breaks="RM-CT-14",
        fault="What begins like XML is read as XML under text/html and text/plain too.",
        service=change("content", read_content=text_read_as(XML[0], lambda octets: octets.lstrip().startswith(b"<"))),
    ),
    Mutant(
        "RM-CT-14-text-as-form",
        breaks="RM-CT-14",
        fault="Text that begins like a form is read as one, since HTML forms may be sent as text/plain.",
        service=change(
            "content", read_content=text_read_as(FORM, lambda octets: re.match(rb"[\w.%\[\]]+=", octets) is not None)
        ),
    ),
    Mutant(
        "RM-XML-06-tags-mended",
        breaks="RM-XML-06",
        fault="End tags without their bracket or slash are mended by the reader.",
        service=change("content.xml", parse=tags_mended),
    ),
    Mutant(
        "RM-ERR-01-query",
        breaks="RM-ERR-01",
        fault="A query that is not UTF-8 leads to 500.",
        service=change("", select=query_as_text),
    ),
    Mutant(
        "RM-ERR-01-forwarded",
        breaks="RM-ERR-01",
        fault="X-Forwarded-For with something that is no address leads to 500.",
        service=change("", serve=client_address),
    ),
)
