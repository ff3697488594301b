"""Faults of reading XML."""

from __future__ import annotations

import re
import urllib.request
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from relaycheck.reference.content import XML, read_members
from relaycheck.reference.mutants.json import under
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_xml import (
    Element,
    bad_xml,
    check_root,
    decode,
    encoding_of,
    parse,
    text_of,
)
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.parsers import expat

    from relaycheck.reference.content import MediaType
    from relaycheck.reference.installation import Installation
    from relaycheck.reference.reading_xml import XmlReading
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.target.model import XmlDialect

CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
ENTITY = re.compile(r"""<!ENTITY\s+(\w+)\s+(?:SYSTEM|PUBLIC\s+["'][^"']*["'])\s+["']([^"']+)["']\s*>""")
PARAMETER_ENTITY = re.compile(r"""<!ENTITY\s+%\s+\w+\s+SYSTEM\s+["']([^"']+)["']\s*>""")
EXTERNAL_SUBSET = re.compile(r"""<!DOCTYPE\s+\S+\s+SYSTEM\s+["']([^"']+)["']""")
INCLUDE = re.compile(r"""<\w+:include[^>]*href=["']([^"']+)["'][^>]*/>""")
LOCATION = re.compile(r"""noNamespaceSchemaLocation=["']([^"']+)["']""")
INTERNAL = re.compile(r"""<!ENTITY\s+(\w+)\s+["']([^"']*)["']\s*>""")


def text_first(change_text: Callable[[str], str]) -> Callable[[XmlReading, str], Element]:
    """A reader that does something to the document before it parses it."""

    def read(steps: XmlReading, text: str) -> Element:
        return parse(steps, change_text(text))

    return read


# RM-XML-01, RM-XML-02 and RM-XML-04: text


def last_piece(parser: expat.XMLParserType, stack: list[Element]) -> None:
    """CDATA takes the place of what was there before it."""

    def begin() -> None:
        stack[-1].text.clear()

    parser.CharacterDataHandler = lambda data: stack[-1].text.append(data)
    parser.StartCdataSectionHandler = begin


def first_node(*names: str) -> Callable[[expat.XMLParserType, list[Element]], None]:
    """What a comment or an instruction interrupts ends there, in elements with these names."""

    def collect(parser: expat.XMLParserType, stack: list[Element]) -> None:
        ended: set[int] = set()

        def text(data: str) -> None:
            if id(stack[-1]) not in ended:
                stack[-1].text.append(data)

        def interrupted(*_: str) -> None:
            if stack[-1].local in names and stack[-1].text:
                ended.add(id(stack[-1]))

        parser.CharacterDataHandler = text
        parser.CommentHandler = interrupted
        parser.ProcessingInstructionHandler = interrupted

    return collect


def last_node(parser: expat.XMLParserType, stack: list[Element]) -> None:
    parser.CharacterDataHandler = lambda data: stack[-1].text.append(data)
    parser.ProcessingInstructionHandler = lambda *_: stack[-1].text.clear()


def without_cdata(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    return read_members(service, media_type, CDATA.sub("", octets.decode("utf-8", "replace")).encode())


def carriage_returns(by: str) -> Callable[[Element], str]:
    return lambda element: text_of(element).replace("\r", by)


def trimmed_lines(element: Element) -> str:
    return "\n".join(line.rstrip("\r") for line in text_of(element).split("\r\n\r\n"))


# RM-XML-03: encodings


def declared_first(charset: str, octets: bytes) -> str:
    found = re.search(rb"""encoding=["']([\w-]+)["']""", octets[:200])
    label = found[1].decode().lower() if found else ""
    if label == "iso-8859-1":
        return octets.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return decode(charset, octets)


def utf_8_only(charset: str, octets: bytes) -> str:
    if encoding_of(charset, octets) != "utf-8":
        raise Refusal(415, "unsupported-media-type", "Only UTF-8 is read here.")
    return decode(charset, octets)


def little_endian(charset: str, octets: bytes) -> str:
    if octets.startswith(b"\xfe\xff"):
        raise UnicodeError("UTF-16BE")
    return decode(charset, octets)


# RM-XML-06: what is no document


def root_closed(text: str) -> str:
    """Closes the root where the document does not."""
    return text if text.rstrip().endswith("RelayMessageRequest>") else text + "</RelayMessageRequest>"


def first_root(text: str) -> str:
    """Reads to the end of the first root element."""
    end = text.find("</RelayMessageRequest>")
    return text[: end + len("</RelayMessageRequest>")] if end >= 0 else text


def entities_blanked(text: str) -> str:
    return re.sub(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);)\w*;?", "", text)


def any_root(installation: Installation, root: Element) -> XmlDialect:
    root.name = (
        "http://schemas.datacontract.org/2004/07/SuperOffice.WebApi.v1.Carriers.EMailCarriers}RelayMessageRequest"
    )
    return check_root(installation, root)


async def unknown_root_is_fine(service: Service, received: Received) -> Answer:
    service.authentication.authenticate(service, received)
    octets = await received.read()
    if "xml" in (received.get("content-type") or "") and b"RelayMessageRequest" not in octets and b"</" in octets:
        return service.answers.accepted(service, received)
    return await perform(service, received.with_content(octets))


# RM-XML-07: what is fetched


def fetched(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=0.5) as content:
            return escape(content.read(4096).decode("utf-8", "replace"))
    except (OSError, ValueError):
        return ""


def entities_resolved(text: str) -> str:
    entities = dict(ENTITY.findall(text))
    inner = dict(INTERNAL.findall(text))
    used = {name: entities.get(value.strip("&;"), "") for name, value in inner.items()} | entities
    text = DOCTYPE.sub("", text)
    for name, url in used.items():
        if url and f"&{name};" in text:
            text = text.replace(f"&{name};", fetched(url))
    return text


def fetches(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """Fetches what the pattern names and goes on as if nothing were."""

    def read(text: str) -> str:
        for url in pattern.findall(text):
            fetched(url)
        return text

    return read


def included(text: str) -> str:
    return INCLUDE.sub(lambda found: fetched(found[1]), text)


def ascii_filter(steps: XmlReading, installation: Installation, charset: str, octets: bytes) -> dict[str, Any]:
    """Looks for the document type in the octets, and resolves what slips through."""
    if b"<!DOCTYPE" in octets:
        raise bad_xml("A document type declaration is not allowed.")
    root = parse(steps, entities_resolved(decode(charset, octets)))
    return steps.members_of(steps, check_root(installation, root), root)


# RM-XML-08: what grows


def expanded_size(text: str) -> int:
    """How many characters the entities of a document come to: counted, never made."""
    sizes: dict[str, int] = {}
    for name, value in INTERNAL.findall(text):
        references = re.findall(r"&(\w+);", value)
        sizes[name] = len(value) + sum(sizes.get(reference, 0) for reference in references)
    body = DOCTYPE.sub("", text)
    return sum(sizes.get(reference, 0) for reference in re.findall(r"&(\w+);", body))


def exhausted_by(limit: int) -> Callable[[Service], Service]:
    """A text of so many characters takes all memory: the process ends, and the next request finds it starting."""

    def faulty(service: Service) -> Service:
        starting = [False]

        async def performed(inner: Service, received: Received) -> Answer:
            if starting[0]:
                starting[0] = False
                raise MemoryError
            octets = await received.read()
            if received.media_type in XML:
                starting[0] = expanded_size(octets.decode("utf-8", "replace")) > limit
            return await perform(inner, received.with_content(octets))

        return change("", perform=performed)(service)

    return faulty


MUTANTS = (
    Mutant(
        "RM-XML-01-cdata-dropped",
        "RM-XML-01",
        "CDATA sections are dropped.",
        change("content.xml", parse=text_first(lambda text: CDATA.sub("", text))),
    ),
    Mutant(
        "RM-XML-01-cdata-replaces",
        breaks="RM-XML-01",
        fault="A CDATA section takes the place of the text before it.",
        service=change("content.xml", collect_text=last_piece),
    ),
    Mutant(
        "RM-XML-01-text-xml",
        "RM-XML-01",
        "Under text/xml, CDATA sections are dropped.",
        change("content", read_members=under("text/xml", without_cdata)),
    ),
    Mutant(
        "RM-XML-01-hexadecimal",
        breaks="RM-XML-01",
        fault="Hexadecimal references are dropped.",
        service=change("content.xml", parse=text_first(lambda text: re.sub(r"&#x[0-9A-Fa-f]+;", "", text))),
    ),
    Mutant(
        "RM-XML-01-apostrophe",
        breaks="RM-XML-01",
        fault="&apos; stays as it is, as in HTML 4.",
        service=change("content.xml", parse=text_first(lambda text: text.replace("&apos;", "&amp;apos;"))),
    ),
    Mutant(
        "RM-XML-02-two-line-ends",
        breaks="RM-XML-02",
        fault="A referenced carriage return becomes a line feed, so that every line end becomes two.",
        service=change("content.xml", text_of=carriage_returns("\n")),
    ),
    Mutant(
        "RM-XML-02-space",
        breaks="RM-XML-02",
        fault="Referenced carriage returns become spaces.",
        service=change("content.xml", text_of=carriage_returns(" ")),
    ),
    Mutant(
        "RM-XML-02-blank-lines",
        breaks="RM-XML-02",
        fault="Blank lines between referenced line ends are lost.",
        service=change("content.xml", text_of=trimmed_lines),
    ),
    Mutant(
        "RM-XML-03-declaration-first",
        breaks="RM-XML-03",
        fault="The encoding declaration is trusted over the byte order mark.",
        service=change("content.xml", decode=declared_first),
    ),
    Mutant(
        "RM-XML-03-utf-8-only",
        breaks="RM-XML-03",
        fault="A document in UTF-16 is refused.",
        service=change("content.xml", decode=utf_8_only),
    ),
    Mutant(
        "RM-XML-03-big-endian",
        breaks="RM-XML-03",
        fault="UTF-16 with the high octet first leads to 500.",
        service=change("content.xml", decode=little_endian),
    ),
    Mutant(
        "RM-XML-04-first-node",
        breaks="RM-XML-04",
        fault="Only the first text node of Rfc822 is read.",
        service=change("content.xml", collect_text=first_node("Rfc822")),
    ),
    Mutant(
        "RM-XML-04-last-node",
        breaks="RM-XML-04",
        fault="Only the text after a processing instruction is read.",
        service=change("content.xml", collect_text=last_node),
    ),
    Mutant(
        "RM-XML-06-any-root",
        breaks="RM-XML-06",
        fault="The name of the root does not matter.",
        service=change("content.xml", check_root=any_root),
    ),
    Mutant(
        "RM-XML-06-empty-object",
        breaks="RM-XML-06",
        fault="An unknown root binds to an empty object, and the answer is 204.",
        service=change("", perform=unknown_root_is_fine),
    ),
    Mutant(
        "RM-XML-06-recovered",
        breaks="RM-XML-06",
        fault="A root that is not closed is closed by the reader.",
        service=change("content.xml", parse=text_first(root_closed)),
    ),
    Mutant(
        "RM-XML-06-first-root",
        breaks="RM-XML-06",
        fault="What follows the root is ignored.",
        service=change("content.xml", parse=text_first(first_root)),
    ),
    Mutant(
        "RM-XML-06-undefined-entity",
        breaks="RM-XML-06",
        fault="Undefined entities and bare ampersands are dropped.",
        service=change("content.xml", parse=text_first(entities_blanked)),
    ),
    Mutant(
        "RM-XML-07-entities",
        breaks="RM-XML-07",
        fault="External entities are resolved.",
        service=change("content.xml", parse=text_first(entities_resolved)),
    ),
    Mutant(
        "RM-XML-07-parameter-entities",
        breaks="RM-XML-07",
        fault="External parameter entities are fetched, and the document is refused.",
        service=change("content.xml", parse=text_first(fetches(PARAMETER_ENTITY))),
    ),
    Mutant(
        "RM-XML-07-document-type",
        breaks="RM-XML-07",
        fault="An external document type is fetched, and the document is refused.",
        service=change("content.xml", parse=text_first(fetches(EXTERNAL_SUBSET))),
    ),
    Mutant(
        "RM-XML-07-include",
        breaks="RM-XML-07",
        fault="XInclude is processed.",
        service=change("content.xml", parse=text_first(included)),
    ),
    Mutant(
        "RM-XML-07-schema",
        breaks="RM-XML-07",
        fault="The schema that a document names is fetched.",
        service=change("content.xml", parse=text_first(fetches(LOCATION))),
    ),
    Mutant(
        "RM-XML-07-utf-16",
        breaks="RM-XML-07",
        fault="The filter for document types does not know UTF-16.",
        service=change("content.xml", read=ascii_filter),
    ),
    Mutant(
        "RM-XML-08-expansion",
        breaks="RM-XML-08",
        fault="Entities of entities are expanded without a limit.",
        service=exhausted_by(2_000_000_000),
    ),
    Mutant(
        "RM-XML-08-quadratic",
        breaks="RM-XML-08",
        fault="Entities are expanded up to more than the memory can hold.",
        service=exhausted_by(600_000_000),
    ),
)
