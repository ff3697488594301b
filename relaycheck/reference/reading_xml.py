"""XML bodies in the two vocabularies that .NET services use; without DTD, so without entities of one's own (OWASP XXE).

DataContract: namespaced, array items in the Arrays namespace. Plain: no namespace. The order of elements is free, unknown
elements are ignored, `xsi:nil` is null. expat reads the document, so CDATA, references, comments and line ends follow XML 1.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from relaycheck.reference.received import Refusal
from relaycheck.target.model import DATACONTRACT, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.installation import Installation
    from relaycheck.target.model import XmlDialect

NIL = "http://www.w3.org/2001/XMLSchema-instance}nil"
DEEPEST = 200
MOST_ELEMENTS = 20_000
LABEL = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(slots=True)
class Element:
    """One element: name as `{namespace}local` without the first brace, its own text, its children."""

    name: str
    nil: bool = False
    text: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def local(self) -> str:
        return self.name.rpartition("}")[2]

    @property
    def namespace(self) -> str:
        return self.name.rpartition("}")[0]


def bad_xml(sentence: str) -> Refusal:
    return Refusal(400, "bad-xml", sentence)


def encoding_of(charset: str, octets: bytes) -> str:
    """A byte order mark first, then the charset parameter, then the declaration, then UTF-8 (RFC 7303 §3)."""
    for bom, encoding in BOMS:
        if octets.startswith(bom):
            return encoding
    if charset:
        named = charset.lower()
    elif octets.startswith(b"<\0?\0"):
        named = "utf-16le"
    elif octets.startswith(b"\0<\0?"):
        named = "utf-16be"
    else:
        declared = LABEL.match(octets[:200])
        named = declared[1].decode("ascii").lower() if declared else "utf-8"
    if named not in ENCODINGS:
        raise Refusal(415, "unsupported-media-type", "The charset is not supported.")
    return "utf-16-be" if named == "utf-16" else ENCODINGS[named]


def decode(charset: str, octets: bytes) -> str:
    try:
        return octets.decode(encoding_of(charset, octets)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Refusal(400, "bad-text", "The body is not valid text in its charset.") from None


def refuse_doctype(*declaration: object) -> None:
    """No document type at all: nothing is fetched and nothing is expanded."""
    raise bad_xml("A document type declaration is not allowed.")


def parse(steps: XmlReading, text: str) -> Element:
    """The element tree of a well-formed document."""
    parser = expat.ParserCreate("utf-8", namespace_separator="}")
    parser.buffer_text = True
    root = Element("")
    stack = [root]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > DEEPEST or count > MOST_ELEMENTS:
            raise bad_xml("The document is nested too deep or has too many elements.")
        element = Element(name, nil=attributes.get(NIL) in ("true", "1"))
        stack[-1].children.append(element)
        stack.append(element)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    steps.collect_text(parser, stack)
    parser.StartDoctypeDeclHandler = steps.refuse_doctype
    try:
        parser.Parse(text.encode("utf-8"), True)
    except (expat.ExpatError, UnicodeEncodeError):
        raise bad_xml("The body is not well-formed XML.") from None
    return root.children[0]


def collect_text(parser: expat.XMLParserType, stack: list[Element]) -> None:
    """Character data of an element is all of it: CDATA, references, and what comments or instructions interrupt."""

    def text(data: str) -> None:
        stack[-1].text.append(data)

    parser.CharacterDataHandler = text


def dialects(installation: Installation) -> tuple[XmlDialect, ...]:
    return {"both": (DATACONTRACT, PLAIN), "datacontract": (DATACONTRACT,), "plain": (PLAIN,)}[installation.xml]


def check_root(installation: Installation, root: Element) -> XmlDialect:
    for dialect in dialects(installation):
        if (root.namespace, root.local) == (dialect.namespace, dialect.root):
            return dialect
    raise bad_xml("The root element is not RelayMessageRequest in a namespace that is known here.")


def members_of(steps: XmlReading, dialect: XmlDialect, element: Element) -> dict[str, Any]:
    """Children as members; the namespace of a nested object's children does not matter."""
    members: dict[str, Any] = {}
    for child in element.children:
        if child.local in members:
            raise bad_xml("An element occurs twice.")
        members[child.local] = steps.value_of(steps, dialect, child)
    return members


def value_of(steps: XmlReading, dialect: XmlDialect, element: Element) -> Any:
    """null, array, object or text, by the name of the property."""
    if element.nil:
        return None
    if element.local == "Recipients":
        items = [child for child in element.children if (child.namespace, child.local) == _item(dialect)]
        if len(items) != len(element.children) or steps.text_of(element).strip():
            raise bad_xml("Recipients holds something that is not an item.")
        return [None if child.nil else steps.leaf(steps, child) for child in items]
    if element.local == "ConnectionInfoExtended":
        return steps.members_of(steps, dialect, element)
    return steps.leaf(steps, element)


def _item(dialect: XmlDialect) -> tuple[str, str]:
    return (dialect.item_namespace, dialect.item)


def leaf(steps: XmlReading, element: Element) -> Any:
    """The text of an element without children; one with children is an object, which binding refuses where text is due."""
    return {} if element.children else steps.text_of(element)


def text_of(element: Element) -> str:
    return "".join(element.text)


def read_xml(steps: XmlReading, installation: Installation, charset: str, octets: bytes) -> dict[str, Any]:
    root = steps.parse(steps, steps.decode(charset, octets))
    dialect = steps.check_root(installation, root)
    return steps.members_of(steps, dialect, root)


@dataclass(frozen=True, slots=True)
class XmlReading:
    """Steps from XML octets to members."""

    read: Callable[[XmlReading, Installation, str, bytes], dict[str, Any]] = read_xml
    decode: Callable[[str, bytes], str] = decode
    parse: Callable[[XmlReading, str], Element] = parse
    refuse_doctype: Callable[..., None] = refuse_doctype
    collect_text: Callable[[expat.XMLParserType, list[Element]], None] = collect_text
    check_root: Callable[[Installation, Element], XmlDialect] = check_root
    members_of: Callable[[XmlReading, XmlDialect, Element], dict[str, Any]] = members_of
    value_of: Callable[[XmlReading, XmlDialect, Element], Any] = value_of
    leaf: Callable[[XmlReading, Element], Any] = leaf
    text_of: Callable[[Element], str] = text_of
