"""Services whose XML reader is stricter or older than the reference's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.reading_xml import bad_xml, decode, leaf, members_of, parse, value_of
from relaycheck.reference.variants.model import Variant, change
from relaycheck.target.model import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from relaycheck.reference.reading_xml import Element, XmlReading
    from relaycheck.reference.service import Service
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


def nil_unknown(steps: XmlReading, dialect: XmlDialect, element: Element) -> Any:
    """An attribute says nothing, as to encoding/xml of Go: a null object is an empty one."""
    return value_of(steps, dialect, replace(element, nil=False))


def repeated(steps: XmlReading, dialect: XmlDialect, element: Element) -> dict[str, Any]:
    """A list is its element as often as it has items, as encoding/xml of Go and JAXB have it by default."""
    items = [child for child in element.children if child.local == "Recipients"]
    others = [child for child in element.children if child.local != "Recipients"]
    found = members_of(steps, dialect, replace(element, children=others))
    return {**found, "Recipients": [leaf(steps, item) for item in items]} if items else found


def spelled(dialect: XmlDialect) -> Callable[[Target], Target]:
    return lambda target: replace(target, content=replace(target.content, xml=dialect))


def plain_with(**steps: object) -> Callable[[Service], Service]:
    return lambda service: change("content.xml", **steps)(change("installation", xml="plain")(service))


plain = spelled(PLAIN)


VARIANTS = (
    Variant("V-XML-ordered", "Elements must stand in alphabetical order.", change("content.xml", members_of=in_order)),
    Variant("V-XML-no-comments", "Comments are refused.", change("content.xml", parse=without_comments)),
    Variant("V-XML-skips-doctype", "A document type is skipped.", change("content.xml", parse=doctype_skipped)),
    Variant(
        "V-XML-charset-first",
        "The charset parameter counts before a byte order mark.",
        change("content.xml", decode=charset_first),
    ),
    Variant(
        "V-XML-no-nil",
        "xsi:nil is an attribute like any other; null is left out.",
        plain_with(value_of=nil_unknown),
        target=plain,
    ),
    Variant(
        "V-XML-repeated",
        "A list is a repeated element, without one around its items.",
        plain_with(members_of=repeated),
        target=spelled(replace(PLAIN, item="")),
    ),
    Variant("V-XML-plain", "Documents have no namespace.", change("installation", xml="plain"), target=plain),
)
