"""Services that take media types more strictly or more freely than the reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.content import (
    FORM,
    JSON,
    MEDIA_TYPES,
    MediaType,
    decode_text,
    parse_media_type,
    unsupported,
)
from relaycheck.reference.received import Refusal
from relaycheck.reference.variants.model import Variant, change

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Answer, Received
    from relaycheck.reference.service import Service


def parsing(parse: Callable[[Received], MediaType]) -> Callable[[Service], Service]:
    return change("content", parse_media_type=parse)


def json_when_missing(received: Received) -> MediaType:
    return parse_media_type(received) if received.all("content-type") else MediaType(JSON[0])


def utf_8_alone(received: Received) -> MediaType:
    """No parameter but charset, and no charset but UTF-8."""
    value = (received.get("content-type") or "").lower()
    media_type = parse_media_type(received)
    if media_type.charset.lower() not in ("", "utf-8") or value.count(";") > value.count("charset="):
        raise unsupported("The charset or a parameter is not supported.")
    return media_type


def no_charset_for_forms(received: Received) -> MediaType:
    media_type = parse_media_type(received)
    if media_type.name == FORM and media_type.charset:
        raise unsupported("Forms have no charset.")
    return media_type


def first_line(received: Received) -> MediaType:
    return parse_media_type(_with_one(received, 0))


def last_line(received: Received) -> MediaType:
    return parse_media_type(_with_one(received, -1))


def _with_one(received: Received, which: int) -> Received:
    lines = received.all("content-type")[which:][:1]
    rest = tuple(field for field in received.fields if field[0].lower() != "content-type")
    return replace(received, fields=(*rest, *(("content-type", line) for line in lines)))


def no_mark(media_type: MediaType, octets: bytes) -> str:
    if octets.startswith(b"\xef\xbb\xbf"):
        raise Refusal(400, "bad-text", "The body begins with a byte order mark.")
    return decode_text(media_type, octets)


def plain_400(received: Received, answer: Answer) -> Answer:
    """415 is not used, and no types are listed."""
    if answer.status != 415:
        return answer
    return replace(answer, status=400, fields=tuple(f for f in answer.fields if f[0] != "Accept"))


VARIANTS = (
    Variant("V-CT-json-when-missing", "Without a type, a body is JSON.", parsing(json_when_missing)),
    Variant("V-CT-utf-8-alone", "Other charsets and parameters are refused.", parsing(utf_8_alone)),
    Variant("V-CT-no-form-charset", "A form with a charset is refused.", parsing(no_charset_for_forms)),
    Variant("V-CT-first-line", "Of two lines the first counts.", parsing(first_line)),
    Variant("V-CT-last-line", "Of two lines the last counts.", parsing(last_line)),
    Variant("V-CT-no-mark", "A byte order mark is refused.", change("content", decode_text=no_mark)),
    Variant("V-CT-400", "An unknown type is 400.", change("answers", finish=plain_400)),
    Variant(
        "V-CT-suffixes",
        "Every type that ends in +json is JSON.",
        change("content", supports=lambda name: name in MEDIA_TYPES or name.endswith("+json")),
    ),
)
