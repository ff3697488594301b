"""One logical request in, one body out: the seven media types of the page (RelayMessage page, "Request Headers").

`encode` gives the body of a `Message`; `encode_members` gives the body of any properties, for tests that leave one
out, null it, retype it or add one. A *spelling* says how, within what the format leaves free; it never changes what is
said. Everything is pure: the same arguments give the same bytes. What a format cannot say raises `EncodingError` with a
sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from relaycheck.encodings.form import write_form
from relaycheck.encodings.json import write_json
from relaycheck.encodings.members import EncodingError, JsonValue, Pairs, members
from relaycheck.encodings.patch import operations
from relaycheck.encodings.spellings import FormSpelling, JsonSpelling, PatchSpelling, Spelling, XmlSpelling
from relaycheck.encodings.xml import write_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relaycheck.message import Message
    from relaycheck.target import Content

__all__ = [
    "FORM",
    "JSON_PATCH",
    "MEDIA_TYPES",
    "EncodingError",
    "FormSpelling",
    "JsonSpelling",
    "JsonValue",
    "Pairs",
    "PatchSpelling",
    "Spelling",
    "XmlSpelling",
    "encode",
    "encode_members",
    "family",
    "members",
    "operations",
    "write_json",
]

FORM = "application/x-www-form-urlencoded"
JSON_PATCH = "application/json-patch+json"

MEDIA_TYPES: tuple[str, ...] = (
    "application/json",
    "text/json",
    "application/xml",
    "text/xml",
    FORM,
    JSON_PATCH,
    "application/merge-patch+json",
)
"""The seven, in the order of the page."""

Family = Literal["json", "xml", "form", "operations"]


def family(media_type: str, content: Content) -> Family:
    """Which of the four notations `media_type` means for a target with this `content`.

    `application/json-patch+json` is a plain object in the reading "body", RFC 6902 operations in "operations".
    """
    if media_type not in MEDIA_TYPES:
        raise EncodingError(f"{media_type!r} is not one of the seven media types of the page: {', '.join(MEDIA_TYPES)}")
    if media_type == FORM:
        return "form"
    if media_type.endswith("/xml"):
        return "xml"
    return "operations" if media_type == JSON_PATCH and content.patch == "operations" else "json"


def encode(message: Message, media_type: str, content: Content, spelling: Spelling | None = None) -> bytes:
    """The body that says `message` in `media_type`, in the dialect that the target declares.

    Raises `EncodingError` if the type cannot carry it (a NUL in XML) or the spelling belongs to another type.
    The body holds the connection's password in the clear: it goes to the target and nowhere else.
    """
    return encode_members(members(message), media_type, content, spelling)


def encode_members(
    properties: Mapping[str, JsonValue] | Pairs, media_type: str, content: Content, spelling: Spelling | None = None
) -> bytes:
    """The body that says these properties, whatever they are: `{**members(message), "Recipients": 5}`.

    XML and form say any JSON value by the rules of the same dialect. A form has no null, no empty array and no empty
    object: they are left out. Raises `EncodingError` as `encode` does.
    """
    try:
        return _write(properties, family(media_type, content), media_type, content, spelling)
    except RecursionError:
        raise EncodingError("the value is nested too deeply to be written; compose the bytes in the test") from None


def _write(
    properties: Mapping[str, JsonValue] | Pairs,
    kind: Family,
    media_type: str,
    content: Content,
    spelling: Spelling | None,
) -> bytes:
    match kind, spelling:
        case "json", None | JsonSpelling():
            return write_json(properties, spelling or JsonSpelling())
        case "xml", None | XmlSpelling():
            return write_xml(properties, content.xml, spelling or XmlSpelling())
        case "form", None | FormSpelling():
            return write_form(properties, content.form, spelling or FormSpelling())
        case "operations", None | PatchSpelling():
            patch = spelling or PatchSpelling()
            return write_json(operations(properties, patch), patch.json)
        case _:
            raise EncodingError(f"a {type(spelling).__name__} does not fit {media_type}, which is written as {kind}")
