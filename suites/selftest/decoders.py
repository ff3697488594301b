"""Strict readers of the seven notations, for self-tests. They share no code with the writers.

Each takes a body and gives JSON-like values, or raises `ValueError` (or the parser's own error) for anything that a
strict reader refuses.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from relaycheck.target import Content, XmlDialect

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
INTEGERS = {"Port"}
BOOLEANS = {"UseSSL"}
ARRAYS = {"Recipients"}
OBJECTS = {"ConnectionInfoExtended"}
PROPERTIES = {
    "ConnectionInfoExtended": {"Port", "ServerName", "Protocol", "UserName", "Password", "UseSSL", "Folder"},
    "": {"ConnectionInfoExtended", "Rfc822", "From", "Recipients"},
}


def decode(body: bytes, media_type: str, content: Content, charset: str = "utf-8") -> dict[str, Any]:
    """The four properties as the page names them, with null for an absent connection."""
    if media_type == "application/x-www-form-urlencoded":
        found = decode_form(body, content.form, charset)
    elif media_type in ("application/xml", "text/xml"):
        found = decode_xml(body, content.xml)
    elif media_type == "application/json-patch+json" and content.patch == "operations":
        found = apply_patch(decode_json(body, charset))
    else:
        found = decode_json(body, charset)
    return {"ConnectionInfoExtended": None, **found}


def decode_json(body: bytes, charset: str = "utf-8") -> Any:
    """RFC 8259 without extensions: no duplicate names, NaN, byte order mark in UTF-8, or half surrogate pairs."""
    value = json.loads(body.decode(charset, "strict"), object_pairs_hook=_unique, parse_constant=_refuse)
    json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair fails here
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"a name stands twice among {[name for name, _ in pairs]}")
    return dict(pairs)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def decode_xml(body: bytes, dialect: XmlDialect) -> dict[str, Any]:
    """The dialect to the letter: root, namespaces, known elements only, each once, in order if asked for."""
    root = fromstring(body, forbid_dtd=True)
    _expect(root.tag, _clark(dialect.namespace, dialect.root))
    return _object(root, "", dialect)


def _object(element: Element, name: str, dialect: XmlDialect) -> dict[str, Any]:
    _blank(element)
    tags = [child.tag for child in element]
    if len(set(tags)) < len(tags) or (dialect.ordered and tags != sorted(tags)):
        raise ValueError(f"elements repeat or stand in the wrong order: {tags}")
    known = {_clark(dialect.namespace, known): known for known in PROPERTIES[name]}
    return {known[child.tag]: _value(child, known[child.tag], dialect) for child in element}


def _value(element: Element, name: str, dialect: XmlDialect) -> Any:
    if element.attrib == {NIL: "true"} and not element.text and not len(element):
        return None
    if element.attrib:
        raise ValueError(f"{name} has attributes {element.attrib}")
    if name in OBJECTS:
        return _object(element, name, dialect)
    if name in ARRAYS:
        _blank(element)
        for child in element:
            _expect(child.tag, _clark(dialect.item_namespace, dialect.item))
        return [_value(child, "item", dialect) for child in element]
    if len(element):
        raise ValueError(f"{name} has child elements")
    return _typed(name, element.text or "")


def _blank(element: Element) -> None:
    if ((element.text or "") + "".join(child.tail or "" for child in element)).strip():
        raise ValueError(f"text between the elements of {element.tag}")


def _clark(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}" if namespace else name


def _expect(found: str, wanted: str) -> None:
    if found != wanted:
        raise ValueError(f"{found} stands where {wanted} should")


def _typed(name: str, text: str) -> Any:
    if name in INTEGERS:
        return int(text)
    return {"true": True, "false": False}[text] if name in BOOLEANS else text


def decode_form(body: bytes, style: str, charset: str = "utf-8") -> dict[str, Any]:
    """The declared array style and dotted nested names, nothing else."""
    if re.search(rb"%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]", body):
        raise ValueError("a percent sign without two hexadecimal digits, or an octet that cannot stand in a form body")
    found: dict[str, Any] = {}
    items: list[tuple[int, str]] = []
    fields = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, strict_parsing=True, encoding=charset, errors="strict"
    )
    for key, text in fields:
        name, index = _array_key(key, style)
        if name in ARRAYS:
            items.append((len(items) if index is None else index, text))
            continue
        parent, _, leaf = key.rpartition(".")
        place = found.setdefault(parent, {}) if parent else found
        if leaf not in PROPERTIES[parent] - OBJECTS - ARRAYS or leaf in place:
            raise ValueError(f"unknown or repeated key {key}")
        place[leaf] = _typed(leaf, text)
    if [index for index, _ in sorted(items)] != list(range(len(items))):
        raise ValueError(f"the indexes of Recipients have gaps: {items}")
    return {**found, "Recipients": [text for _, text in sorted(items)]}


def _array_key(key: str, style: str) -> tuple[str, int | None]:
    pattern = {"indexed": r"(\w+)\[(0|[1-9][0-9]*)\]", "brackets": r"(\w+)\[\]", "repeated": r"(\w+)"}[style]
    match = re.fullmatch(pattern, key)
    if not match:
        return "", None
    return match[1], int(match[2]) if style == "indexed" else None


def apply_patch(operations: Any) -> dict[str, Any]:
    """RFC 6902 `add`, `replace` and `test` onto `{}`. A failing operation fails the whole."""
    root: dict[str, Any] = {}
    for operation in operations:
        if set(operation) != {"op", "path", "value"}:
            raise ValueError(f"members of {operation}")
        first, *tokens = operation["path"].split("/")
        names = [token.replace("~1", "/").replace("~0", "~") for token in tokens]
        if first or not names:
            raise ValueError(f"pointer {operation['path']!r}")
        place: Any = root
        for name in names[:-1]:
            place = place[int(name) if isinstance(place, list) else name]
        _apply(operation["op"], place, names[-1], operation["value"])
    return root


def _apply(op: str, place: Any, name: str, value: Any) -> None:
    if op == "add" and isinstance(place, list):
        index = len(place) if name == "-" else int(name)
        if index > len(place):
            raise ValueError(f"index {index} is beyond the end")
        place.insert(index, value)
        return
    key = int(name) if isinstance(place, list) else name
    if op == "add":
        place[key] = value
        return
    present = place[key]  # `replace` and `test` need an existing target
    if op == "replace":
        place[key] = value
    elif op != "test" or present != value:
        raise ValueError(f"{op} at {name} fails")
