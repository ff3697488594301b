"""Services whose XML reader is stricter or older than the reference's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.reading_xml import bad_xml, decode, members_of, parse
from relaycheck.reference.variants.model import Variant, change
from relaycheck.target.model import PLAIN

if TYPE_CHECKING:
    from typing import Any

    from relaycheck.reference.reading_xml import Element, XmlReading
    from relaycheck.target import Target
    from relaycheck.target.model import XmlDialect

CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)


def in_order(steps: XmlReading, dialect: XmlDialect, element: Element) -> dict[str, Any]:
    """Elements stand in alphabetical order, as data contracts have them."""
    names = [child.local for child in element.children]
    if names != sorted(names):
        raise bad_xml("The elements stand in the wrong order.")
    return members_of(steps, dialect, element)


def without_comments(steps: XmlReading, text: str) -> Element:
    outside = CDATA.sub("", text)
    if "<!--" in outside or outside.count("<?") > 1:
        raise bad_xml("Comments and instructions are not allowed.")
    return parse(steps, text)


def doctype_skipped(steps: XmlReading, text: str) -> Element:
    """A document type is skipped unread, so its entities are undefined."""
    return parse(steps, DOCTYPE.sub("", text))


def charset_first(charset: str, octets: bytes) -> str:
    """The charset counts before an 8-bit mark, as RFC 3023 had it."""
    mark = octets.startswith(b"\xef\xbb\xbf")
    if mark and charset and charset.lower() not in ("utf-8", "utf8"):
        return decode(charset, octets[3:])
    return decode(charset, octets)


def plain(target: Target) -> Target:
    return replace(target, content=replace(target.content, xml=PLAIN))


VARIANTS = (
    Variant("V-XML-ordered", "Elements must stand in alphabetical order.", change("content.xml", members_of=in_order)),
    Variant("V-XML-no-comments", "Comments are refused.", change("content.xml", parse=without_comments)),
    Variant("V-XML-skips-doctype", "A document type is skipped.", change("content.xml", parse=doctype_skipped)),
    Variant(
        "V-XML-charset-first",
        "The charset parameter counts before a byte order mark.",
        change("content.xml", decode=charset_first),
    ),
    Variant("V-XML-plain", "Documents have no namespace.", change("installation", xml="plain"), target=plain),
)
