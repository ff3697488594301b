"""Spellings: the freedom that a format leaves to its writer, as data. Two spellings of one request mean the same.

Seeds are integers: the same seed gives the same choice everywhere. `None` for a seed means the plain way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from relaycheck.encodings.members import EncodingError


@dataclass(frozen=True, slots=True)
class JsonSpelling:
    """RFC 8259: member order (§4), insignificant whitespace (§2), string escapes (§7)."""

    order: int | None = None
    """Seed for the order of members, at every level."""
    whitespace: int | None = None
    """Seed for whitespace around every token; None writes none."""
    escapes: Literal["minimal", "non-ascii", "some", "all"] = "minimal"
    """Which characters of strings and names are escaped beyond those that must be. "all" writes only `\\uXXXX`."""
    seed: int = 0
    """Which characters `escapes="some"` picks."""
    solidus: bool = False
    """`/` as `\\/`."""
    short: bool = True
    """`\\r` and its like where they exist; False writes `\\u000d`."""
    upper_hex: bool = False
    property_case: Literal["pascal", "camel"] = "pascal"
    """camel: the first letter of each name in lower case, as the page's vendor's clients write it."""
    charset: str = "utf-8"
    bom: bool | None = None
    """A byte order mark in front; None: only in UTF-16."""


@dataclass(frozen=True, slots=True)
class XmlSpelling:
    """References (§4.1), CDATA (§2.7), comments (§2.5), declaration, encoding (§2.8, §4.3.3) of XML 1.0; prefixes."""

    declaration: bool = True
    text: Literal["plain", "entities", "decimal", "hexadecimal", "cdata", "mixed"] = "plain"
    """How characters of values are written. plain: references only where needed. entities: the five predefined ones
    wherever they fit. decimal, hexadecimal: every character a reference. A CR is always a reference: XML would turn it
    into LF (§2.11)."""
    seed: int = 0
    """Which characters `text="mixed"` writes how, and where an interruption stands."""
    interruption: Literal["none", "comment", "instruction"] = "none"
    """A comment or processing instruction inside each value."""
    quote: Literal['"', "'"] = '"'
    whitespace: int | None = None
    """Seed for whitespace between elements."""
    order: int | None = None
    """Seed for the order of elements, also where the dialect wants alphabetical order: the caller decides."""
    prefix: str = ""
    """Prefix of the dialect's namespace; empty declares it as the default namespace."""
    item_prefix: str = "a"
    """Prefix of the items' namespace; empty declares it on each item."""
    nil_prefix: str = "i"
    """Prefix of the XML Schema instance namespace, which has `nil`."""
    collapse: bool = True
    """`<a/>` rather than `<a></a>` for an empty element."""
    upper_hex: bool = False
    encoding: str = "utf-8"
    label: str | None = None
    """What the declaration calls the encoding, for tests of conflicting labels; None: its name."""
    bom: bool | None = None
    """A byte order mark in front; None: only in UTF-16."""

    def __post_init__(self) -> None:
        prefixes = [p for p in (self.prefix, self.item_prefix, self.nil_prefix) if p]
        if len(set(prefixes)) < len(prefixes) or not self.nil_prefix:
            raise EncodingError(
                f"the prefixes {prefixes} of an XmlSpelling must differ, and nil_prefix must not be empty"
            )


@dataclass(frozen=True, slots=True)
class FormSpelling:
    """The `application/x-www-form-urlencoded` format of the WHATWG URL standard, as parsers must read it."""

    space: Literal["+", "%20"] = "+"
    upper_hex: bool = True
    encoded: Literal["needed", "some", "all"] = "needed"
    """Which octets are percent-encoded beyond those that a browser would encode."""
    seed: int = 0
    """Which octets `encoded="some"` picks."""
    brackets: Literal["encoded", "raw"] = "encoded"
    """`Recipients%5B0%5D`, as a browser writes it, or `Recipients[0]`."""
    order: int | None = None
    """Seed for the order of keys. Equal keys keep their order: it is the order of the array."""
    charset: str = "utf-8"


@dataclass(frozen=True, slots=True)
class PatchSpelling:
    """RFC 6902: the ways to build one object from `{}`. No step names an address that the request does not hold."""

    assignment: Literal["add", "replace", "mixed"] = "add"
    """replace: each member is added as null first, as `replace` needs an existing target (§4.3)."""
    arrays: Literal["whole", "append", "insert"] = "whole"
    """append: items one by one at `/-`. insert: from the last to the first at index 0."""
    objects: Literal["whole", "members"] = "whole"
    """members: a nested object is added empty and then filled."""
    checked: bool = False
    """A `test` operation that succeeds after each member (§4.6)."""
    order: int | None = None
    """Seed for the order in which members are built."""
    seed: int = 0
    """Which members `assignment="mixed"` replaces."""
    json: JsonSpelling = field(default_factory=JsonSpelling)


Spelling: TypeAlias = JsonSpelling | XmlSpelling | FormSpelling | PatchSpelling
