"""Faults in reading the Content-Type field: its spelling, its parameters, the charset and the byte order mark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from relaycheck.reference.content import (
    FORM,
    MEDIA_TYPES,
    XML,
    MediaType,
    decode_text,
    parse_media_type,
    read_members,
    unsupported,
)
from relaycheck.reference.mutants.content_types import parsing
from relaycheck.reference.mutants.model import Mutant, change

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service

# RM-CT-09 to RM-CT-11: the field


def whole_value(*names: str) -> Callable[[Received], MediaType]:
    """With these types, nothing may follow the name."""

    def parse(received: Received) -> MediaType:
        media_type = parse_media_type(received)
        if media_type.name in names and (received.get("content-type") or "").strip().lower() != media_type.name:
            raise unsupported("The media type is unknown.")
        return media_type

    return parse


def spelled(pattern: str) -> Callable[[Received], MediaType]:
    """A value that the pattern does not match is unknown."""

    def parse(received: Received) -> MediaType:
        if not re.fullmatch(pattern, received.get("content-type") or ""):
            raise unsupported("The media type is unknown.")
        return parse_media_type(received)

    return parse


def unknown_parameter_crashes(*names: str) -> Callable[[Received], MediaType]:
    def parse(received: Received) -> MediaType:
        media_type = parse_media_type(received)
        parameters = re.findall(r";\s*([^=;\s]+)=", received.get("content-type") or "")
        if media_type.name in names and any(name.lower() != "charset" for name in parameters):
            raise KeyError(parameters[-1])
        return media_type

    return parse


# RM-CT-12 and RM-CT-13: octets


def charset_ignored(media_type: MediaType, octets: bytes) -> str:
    if media_type.charset.lower() in ("iso-8859-1", "utf-16", "utf-16le"):
        return octets.decode("utf-8", "replace")
    return decode_text(media_type, octets)


def xml_charset_ignored(charset: str, octets: bytes) -> str:
    return octets.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def mark_crashes(media_type: MediaType, octets: bytes) -> str:
    if octets.startswith(b"\xef\xbb\xbf"):
        raise KeyError("\ufeff{")
    return decode_text(media_type, octets)


def xml_mark_crashes(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    if media_type.name in XML and octets.startswith(b"\xef\xbb\xbf"):
        raise UnicodeError("mark")
    return read_members(service, media_type, octets)


MUTANTS = (
    Mutant(
        "RM-CT-09-whole-value",
        "RM-CT-09",
        "The field value is compared as a whole, so the parameter makes it unknown.",
        parsing(whole_value(*MEDIA_TYPES)),
    ),
    Mutant(
        "RM-CT-09-text-xml",
        "RM-CT-09",
        "With text/xml, no parameter is known.",
        parsing(whole_value("text/xml")),
    ),
    Mutant(
        "RM-CT-10-case",
        "RM-CT-10",
        "The media type is compared with regard to case.",
        parsing(spelled(r"[a-z+\-]+/[a-z+\-]+(?:[ \t]*;.*)?")),
    ),
    Mutant(
        "RM-CT-10-quoted",
        "RM-CT-10",
        "A charset in quotes is unknown.",
        parsing(spelled(r'[^"]*')),
    ),
    Mutant(
        "RM-CT-10-space",
        "RM-CT-10",
        "White space before the semicolon is an error.",
        parsing(spelled(r"[^;]*[^; \t](?:;.*)?")),
    ),
    Mutant(
        "RM-CT-10-parameter-case",
        "RM-CT-10",
        "The parameter's name is compared with regard to case.",
        parsing(spelled(r"[^;]*(?:;[ \t]*charset=.*)?")),
    ),
    Mutant(
        "RM-CT-11-crash",
        "RM-CT-11",
        "An unknown parameter leads to 500.",
        parsing(unknown_parameter_crashes(*MEDIA_TYPES)),
    ),
    Mutant(
        "RM-CT-11-form-crash",
        "RM-CT-11",
        "With a form, an unknown parameter leads to 500.",
        parsing(unknown_parameter_crashes(FORM)),
    ),
    Mutant(
        "RM-CT-12-ignored",
        "RM-CT-12",
        "The charset parameter is ignored.",
        change("content", decode_text=charset_ignored),
    ),
    Mutant(
        "RM-CT-12-xml-ignored",
        "RM-CT-12",
        "XML is always taken for UTF-8.",
        change("content.xml", decode=xml_charset_ignored),
    ),
    Mutant(
        "RM-CT-13-crash",
        "RM-CT-13",
        "The byte order mark becomes part of a property name and leads to 500.",
        change("content", decode_text=mark_crashes),
    ),
    Mutant(
        "RM-CT-13-xml-crash",
        "RM-CT-13",
        "A byte order mark before XML leads to 500.",
        change("content", read_members=xml_mark_crashes),
    ),
)
