"""From Content-Type, Content-Encoding and octets to the members of the request body."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from relaycheck.reference.reading_form import FormReading
from relaycheck.reference.reading_json import JsonReading
from relaycheck.reference.reading_patch import PatchReading
from relaycheck.reference.reading_xml import XmlReading
from relaycheck.reference.received import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service

JSON = ("application/json", "text/json")
XML = ("application/xml", "text/xml")
FORM = "application/x-www-form-urlencoded"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
MEDIA_TYPES = (*JSON, *XML, FORM, JSON_PATCH, MERGE_PATCH)

TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
TYPE = re.compile(rf"({TOKEN}/{TOKEN})[ \t]*")
PARAMETER = re.compile(rf';[ \t]*(?:({TOKEN})=(?:({TOKEN})|"((?:[^"\\]|\\.)*)")[ \t]*)?')
CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "iso-8859-1": "latin-1",
}
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class MediaType:
    """A parsed Content-Type; names in lower case, the charset as it was given."""

    name: str
    charset: str = ""


def unsupported(sentence: str) -> Refusal:
    """415 that says which types are served, so that a client can mend its request (RFC 9110 §15.5.16)."""
    return Refusal(415, "unsupported-media-type", sentence, fields=(("Accept", ", ".join(MEDIA_TYPES)),))


def parse_media_type(received: Received) -> MediaType:
    """RFC 9110 §8.3.1: type, subtype and parameter names without regard to case, quoted values equal to tokens."""
    values = received.all("content-type")
    if len(values) != 1:
        raise unsupported("Exactly one Content-Type is needed.")
    value = values[0].strip(" \t")
    found = TYPE.match(value)
    if not found:
        raise unsupported("The Content-Type is not a media type.")
    charset, position = "", found.end()
    while position < len(value):
        parameter = PARAMETER.match(value, position)
        if not parameter:
            raise unsupported("The Content-Type has a malformed parameter.")
        if (parameter[1] or "").lower() == "charset":
            quoted = re.sub(r"\\(.)", r"\1", parameter[3]) if parameter[3] is not None else None
            charset = charset or (quoted if quoted is not None else parameter[2])
        position = parameter.end()
    return MediaType(found[1].lower(), charset)


def supports(name: str) -> bool:
    return name in MEDIA_TYPES


def decode_coding(received: Received, octets: bytes, limit: int) -> bytes:
    """gzip or nothing (RFC 9110 §8.4); another coding is 415 that names the served ones (§12.5.3)."""
    codings = [c.strip().lower() for c in (received.get("content-encoding") or "").split(",") if c.strip()]
    codings = [c for c in codings if c != "identity"]
    if not codings:
        return octets
    if codings not in (["gzip"], ["x-gzip"]):
        sentence = "The content coding is not supported."
        raise Refusal(415, "unsupported-coding", sentence, fields=(("Accept-Encoding", "gzip, identity"),))
    return gunzip(octets, limit)


def gunzip(octets: bytes, limit: int) -> bytes:
    """One whole gzip member of at most `limit` octets."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(octets, limit + 1)
    except zlib.error:
        raise Refusal(400, "bad-coding", "The content is not gzip, although Content-Encoding says so.") from None
    if len(plain) > limit:
        raise Refusal(413, "too-large", "The content is too large.")
    if not inflate.eof or inflate.unused_data:
        raise Refusal(400, "bad-coding", "The gzip content is cut short or has something after it.")
    return plain


def decode_text(media_type: MediaType, octets: bytes) -> str:
    """The text in the declared charset, UTF-8 without one. A byte order mark is a mark, never data."""
    label = media_type.charset.lower()
    encoding = CHARSETS.get(label) if label else "utf-8"
    if encoding is None:
        raise unsupported("The charset is not supported.")
    for bom, marked in BOMS:
        if octets.startswith(bom) and (encoding == marked or (encoding == "utf-16" and marked.startswith("utf-16"))):
            octets, encoding = octets[len(bom) :], marked
            break
    if encoding == "utf-16":
        encoding = "utf-16-be"  # without a mark, big endian (RFC 2781 §4.3)
    try:
        return octets.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal(400, "bad-text", "The body is not valid text in its charset.") from None


def read_members(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    """The members of the body, whatever its type. XML decides its charset by itself (RFC 7303 §3)."""
    steps = service.content
    if media_type.name in XML:
        return steps.xml.read(steps.xml, service.installation, media_type.charset, octets)
    text = steps.decode_text(media_type, octets)
    if media_type.name == FORM:
        return steps.form.read(steps.form, text)
    if media_type.name == JSON_PATCH:
        return steps.patch.read_json_patch(steps.patch, steps.json, service.installation, text)
    if media_type.name == MERGE_PATCH:
        return steps.patch.read_merge_patch(steps.patch, steps.json, text)
    return steps.json.read(steps.json, text)


async def read_content(service: Service, received: Received) -> dict[str, Any]:
    """Content-Type is judged before the body is read, the body before it is understood."""
    steps = service.content
    media_type = steps.parse_media_type(received)
    if not steps.supports(media_type.name):
        raise unsupported("The media type is not one of those that are served here.")
    octets = await steps.read_octets(received)
    octets = steps.decode_coding(received, octets, service.installation.body_limit)
    return steps.read_members(service, media_type, octets)


async def read_octets(received: Received) -> bytes:
    return await received.read()


def nothing_from_incomplete(octets: bytes) -> bytes | None:
    """A body that does not end is no body (RFC 9112 §8)."""
    return None


@dataclass(frozen=True, slots=True)
class Content:
    """Steps from octets to members."""

    read_content: Callable[..., Any] = read_content
    parse_media_type: Callable[[Received], MediaType] = parse_media_type
    supports: Callable[[str], bool] = supports
    read_octets: Callable[..., Any] = read_octets
    from_incomplete: Callable[[bytes], bytes | None] = nothing_from_incomplete
    decode_coding: Callable[[Received, bytes, int], bytes] = decode_coding
    decode_text: Callable[[MediaType, bytes], str] = decode_text
    read_members: Callable[[Service, MediaType, bytes], dict[str, Any]] = read_members
    json: JsonReading = field(default_factory=JsonReading)
    xml: XmlReading = field(default_factory=XmlReading)
    form: FormReading = field(default_factory=FormReading)
    patch: PatchReading = field(default_factory=PatchReading)
