"""XML documents (XML 1.0, Namespaces in XML 1.0) in the dialect that the target declares."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from relaycheck.encodings.charsets import octets, unfit
from relaycheck.encodings.members import EncodingError, Pairs, pairs_of, scalar, shuffled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from relaycheck.encodings.members import JsonValue
    from relaycheck.encodings.spellings import XmlSpelling
    from relaycheck.target import XmlDialect

XSI = "http://www.w3.org/2001/XMLSchema-instance"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
_WHITESPACE = ("", "\n", "\n  ", "\t", "\r\n", " ")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def write_xml(value: Mapping[str, JsonValue] | Pairs, dialect: XmlDialect, spelling: XmlSpelling) -> bytes:
    """The properties as child elements of the dialect's root, null as the dialect has it, array items too.

    Raises `EncodingError` for a character that XML 1.0 excludes, even as a reference (§2.2), and for no XML name.
    """
    document = _Writer(dialect, spelling).document(value)
    return octets(document, spelling.encoding, bom=spelling.bom)


class _Writer:
    """One document, with its sources of chance. The argument `default` is the default namespace in scope."""

    def __init__(self, dialect: XmlDialect, spelling: XmlSpelling) -> None:
        self.dialect = dialect
        self.spelling = spelling
        self.gaps = random.Random(f"whitespace {spelling.whitespace}")
        self.rng = random.Random(f"text {spelling.seed}")

    def document(self, value: Mapping[str, JsonValue] | Pairs) -> str:
        dialect, spelling = self.dialect, self.spelling
        head = ""
        if spelling.declaration:
            label = spelling.label or spelling.encoding
            head = f"<?xml version={self.quoted('1.0')} encoding={self.quoted(label)}?>{self.gap()}"
        declared = [(f"xmlns:{spelling.nil_prefix}", XSI)]
        default = ""
        if dialect.namespace:
            declared.insert(0, (f"xmlns:{spelling.prefix}" if spelling.prefix else "xmlns", dialect.namespace))
            default = "" if spelling.prefix else dialect.namespace
        root = self.element(self.tag(dialect.root), declared, self.children(value, default))
        return head + root + (self.gap() if spelling.whitespace is not None else "")

    def children(self, value: Mapping[str, JsonValue] | Pairs, default: str) -> str:
        pairs = pairs_of(value)
        if self.dialect.ordered:
            pairs = sorted(pairs, key=lambda pair: pair[0])  # by code point, as the DataContractSerializer does
        pairs = shuffled(pairs, self.spelling.order)
        namespace = self.dialect.namespace
        own: list[tuple[str, str]] = []
        if default != namespace and not (self.spelling.prefix and namespace):  # inside an item that declared its own
            own, default = [("xmlns", namespace)], namespace
        return self.spaced(self.value(self.tag(name), own, item, default) for name, item in self.said(pairs))

    def said(self, pairs: Iterable[tuple[str, JsonValue]]) -> Iterator[tuple[str, JsonValue]]:
        """Without null where the dialect has no word for it, and a list without items' names as so many elements."""
        for name, value in pairs:
            flat = isinstance(value, Sequence) and not isinstance(value, str) and not self.dialect.item
            for item in self.known(cast("Sequence[JsonValue]", value) if flat else (value,)):
                yield name, item

    def known(self, values: Iterable[JsonValue]) -> Iterable[JsonValue]:
        return (value for value in values if value is not None or self.dialect.nil)

    def value(self, tag: str, declared: list[tuple[str, str]], value: JsonValue, default: str) -> str:
        """One element with its value. `default` is the default namespace inside it."""
        if value is None:
            return self.element(tag, [*declared, (f"{self.spelling.nil_prefix}:nil", "true")], "")
        if isinstance(value, (str, bool, int, float)):
            return self.element(tag, declared, self.text(scalar(value)))
        if isinstance(value, (Mapping, Pairs)):
            return self.element(tag, declared, self.children(value, default))
        return self.array(tag, declared, list(value), default)

    def array(self, tag: str, declared: list[tuple[str, str]], items: list[JsonValue], default: str) -> str:
        namespace, prefix, name = (
            self.dialect.item_namespace,
            self.spelling.item_prefix,
            self.checked(self.dialect.item),
        )
        own: list[tuple[str, str]] = []
        inside = default
        if namespace == self.dialect.namespace:
            name = self.tag(name)
        elif namespace and prefix:
            declared = [*declared, (f"xmlns:{prefix}", namespace)]
            name = f"{prefix}:{name}"
        elif namespace != default:
            own, inside = [("xmlns", namespace)], namespace
        return self.element(
            tag, declared, self.spaced(self.value(name, own, item, inside) for item in self.known(items))
        )

    def element(self, tag: str, attributes: list[tuple[str, str]], content: str) -> str:
        start = tag + "".join(f" {name}={self.quoted(value)}" for name, value in attributes)
        return f"<{start}/>" if not content and self.spelling.collapse else f"<{start}>{content}</{tag}>"

    def tag(self, name: str) -> str:
        prefix = self.spelling.prefix if self.dialect.namespace else ""
        return f"{prefix}:{self.checked(name)}" if prefix else self.checked(name)

    @staticmethod
    def checked(name: str) -> str:
        if not _NAME.fullmatch(name):
            raise EncodingError(f"{name!r} cannot be the name of an XML element; use letters, digits, '.', '_' and '-'")
        return name

    def quoted(self, value: str) -> str:
        mark = self.spelling.quote
        for char in ("&", "<", mark):
            value = value.replace(char, _ENTITIES[char])
        return f"{mark}{value}{mark}"

    def gap(self) -> str:
        return self.gaps.choice(_WHITESPACE) if self.spelling.whitespace is not None else ""

    def spaced(self, elements: Iterable[str]) -> str:
        written = [self.gap() + element for element in elements]
        return "".join(written) + self.gap() if written else ""

    def text(self, text: str) -> str:
        if found := _NOT_XML.search(text):
            raise EncodingError(f"U+{ord(found[0]):04X} cannot stand in XML 1.0, not even as a reference (§2.2)")
        if self.spelling.interruption == "none" or not text:
            return self.run(text, self.spelling.text)
        at = self.rng.randrange(len(text) + 1)
        break_ = "<!--x-->" if self.spelling.interruption == "comment" else "<?relaycheck x?>"
        return self.run(text[:at], self.spelling.text) + break_ + self.run(text[at:], self.spelling.text)

    def run(self, text: str, way: str) -> str:
        match way:
            case "decimal" | "hexadecimal":
                return "".join(self.reference(c, way) for c in text)
            case "cdata":
                return self.cdata(text)
            case "mixed":
                return self.mixed(text)
            case _:
                return self.plain(text, _ENTITIES if way == "entities" else {c: _ENTITIES[c] for c in "&<>"})

    def plain(self, text: str, entities: dict[str, str]) -> str:
        references = unfit(text, self.spelling.encoding) | {"\r"}
        table = {ord(c): self.reference(c, "decimal") for c in references}
        return text.translate(table | {ord(c): entity for c, entity in entities.items()})

    def cdata(self, text: str) -> str:
        """CDATA sections with what cannot stand in one (CR, and what the encoding lacks) as references between them."""
        outside = re.escape("".join(sorted(unfit(text, self.spelling.encoding) | {"\r"})))
        written = []
        for part in re.split(f"([{outside}])", text):
            if re.fullmatch(f"[{outside}]", part):
                written.append(self.reference(part, "decimal"))
            elif part:
                written.append(f"<![CDATA[{part.replace(']]>', ']]]]><![CDATA[>')}]]>")
        return "".join(written)

    def mixed(self, text: str) -> str:
        written, at = [], 0
        while at < len(text):
            end = at + self.rng.randint(1, 12)
            way = self.rng.choice(("plain", "plain", "entities", "decimal", "hexadecimal", "cdata"))
            written.append(self.run(text[at:end], way))
            at = end
        return "".join(written)

    def reference(self, char: str, way: str) -> str:
        if way == "decimal":
            return f"&#{ord(char)};"
        return f"&#x{ord(char):X};" if self.spelling.upper_hex else f"&#x{ord(char):x};"
