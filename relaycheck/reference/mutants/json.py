"""Faults of reading JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from relaycheck.reference.binding import text as checked_text
from relaycheck.reference.content import MERGE_PATCH, decode_text, read_members
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_json import parse, read_json, top_level
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relaycheck.reference.content import MediaType
    from relaycheck.reference.reading_json import JsonReading, Members
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service

HIGH, LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
PAIR = re.compile(rf"(?<!\\)({HIGH})({LOW})")
UNPAIRED = "\uffff"


def not_json() -> Refusal:
    return Refusal(400, "bad-json", "The body is not JSON.")


def under(
    name: str, reads: Callable[[Service, MediaType, bytes], Members]
) -> Callable[[Service, MediaType, bytes], Members]:
    """A reader of one media type only."""

    def read(service: Service, media_type: MediaType, octets: bytes) -> Members:
        return (
            reads(service, media_type, octets) if media_type.name == name else read_members(service, media_type, octets)
        )

    return read


# RM-JSON-01


def rfc822_early(steps: JsonReading, text: str) -> Members:
    members = read_json(steps, text)
    names = [name.lower() for name in members]
    if "rfc822" in names and "recipients" in names and names.index("rfc822") > names.index("recipients"):
        raise not_json()
    return members


def no_space_around(steps: JsonReading, text: str) -> Members:
    if text != text.strip():
        raise not_json()
    return read_json(steps, text)


def solidus_kept(steps: JsonReading, text: str) -> Members:
    return read_json(steps, text.replace("\\/", "\\\\/"))


def lower_hex_only(service: Service, media_type: MediaType, octets: bytes) -> Members:
    if re.search(rb"\\u[0-9a-fA-F]*[A-F]", octets):
        raise not_json()
    return read_members(service, media_type, octets)


# RM-JSON-02


def halves(steps: JsonReading, text: str) -> Any:
    """Each escape becomes a character of its own."""
    return _joined(parse(steps, PAIR.sub(rf"\1{UNPAIRED}\2", text)))


def _joined(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(UNPAIRED, "")
    if isinstance(value, list):
        return [_joined(item) for item in value]
    if isinstance(value, dict):
        return {name: _joined(item) for name, item in value.items()}
    return value


def any_text(name: str, value: Any) -> str:
    return value if isinstance(value, str) else checked_text(name, value)


def cesu_8(service: Service) -> Service:
    service = change("content.json", parse=halves)(service)
    service = change("binding", text=any_text)(service)
    return change("relaying", octets_of=lambda rfc822: rfc822.encode("utf-8", "surrogatepass"))(service)


def pair_is_one_mark(service: Service, media_type: MediaType, octets: bytes) -> Members:
    return read_members(service, media_type, PAIR.sub("?", octets.decode("utf-8", "replace")).encode())


# RM-JSON-03


def completed(steps: JsonReading, text: str) -> Any:
    """Closes what is open, as readers of streams do."""
    for tail in ("", "}", "]}", '"]}', '"}', "null}"):
        try:
            return json.loads(text + tail)
        except (ValueError, RecursionError):
            continue
    return parse(steps, text)


def rest_ignored(steps: JsonReading, text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text.lstrip())[0]
    except (ValueError, RecursionError):
        return parse(steps, text)


def merge_rest_ignored(service: Service, media_type: MediaType, octets: bytes) -> Members:
    text = decode_text(media_type, octets)
    return top_level(rest_ignored(service.content.json, text))


def answered_204(bodies: tuple[bytes, ...]) -> Callable[[Service, Received], Awaitable[Answer]]:
    """These bodies bind to nothing, and nothing is done for them."""

    async def performed(service: Service, received: Received) -> Answer:
        service.authentication.authenticate(service, received)
        octets = await received.read()
        if octets.strip() in bodies and "json" in (received.get("content-type") or ""):
            return service.answers.accepted(service, received)
        return await perform(service, received.with_content(octets))

    return performed


# RM-JSON-04


def crashes_at(pattern: str) -> Callable[[JsonReading, str], Any]:
    def read(steps: JsonReading, text: str) -> Any:
        if re.search(pattern, text):
            raise AssertionError("unexpected token")
        return parse(steps, text)

    return read


def constant_crashes(name: str) -> float:
    raise ArithmeticError(name)


def members_after_a_comment_lost(steps: JsonReading, text: str) -> Any:
    """A block comment ends at the end of the line in which it stands."""
    value = parse(steps, re.sub(r"/\*.*?\*/", "", text))
    if "/*" in text and isinstance(value, dict) and isinstance(value.get("Recipients"), list):
        value["Recipients"] = value["Recipients"][:1]
    return value


def joined_lines(service: Service, media_type: MediaType, octets: bytes) -> Members:
    """Read line by line, and the line ends are not put back."""
    return read_members(service, media_type, b"".join(octets.splitlines()))


# RM-JSON-05


def first_of_array(value: Any) -> Members:
    return top_level(value[0] if isinstance(value, list) and value else value)


def string_read_again(value: Any) -> Members:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise not_json() from None
    return top_level(value)


MUTANTS = (
    Mutant(
        "RM-JSON-01-rfc822-early",
        breaks="RM-JSON-01",
        fault="Rfc822 must come before Recipients.",
        service=change("content.json", read=rfc822_early),
    ),
    Mutant(
        "RM-JSON-01-no-space",
        breaks="RM-JSON-01",
        fault="White space around the text is an error.",
        service=change("content.json", read=no_space_around),
    ),
    Mutant(
        "RM-JSON-01-solidus",
        breaks="RM-JSON-01",
        fault="An escaped solidus keeps its backslash.",
        service=change("content.json", read=solidus_kept),
    ),
    Mutant(
        "RM-JSON-01-lower-hex",
        breaks="RM-JSON-01",
        fault="Under application/merge-patch+json, escapes with capital hexadecimal digits are an error.",
        service=change("content", read_members=under(MERGE_PATCH, lower_hex_only)),
    ),
    Mutant(
        "RM-JSON-02-cesu-8",
        breaks="RM-JSON-02",
        fault="Escaped surrogate pairs reach the mail as two sequences of three octets each.",
        service=cesu_8,
    ),
    Mutant(
        "RM-JSON-02-question-mark",
        breaks="RM-JSON-02",
        fault="Under text/json, an escaped surrogate pair becomes a question mark.",
        service=change("content", read_members=under("text/json", pair_is_one_mark)),
    ),
    Mutant(
        "RM-JSON-03-completed",
        breaks="RM-JSON-03",
        fault="A body that is cut short is completed and used.",
        service=change("content.json", parse=completed),
    ),
    Mutant(
        "RM-JSON-03-rest-ignored",
        breaks="RM-JSON-03",
        fault="What follows the first value is ignored.",
        service=change("content.json", parse=rest_ignored),
    ),
    Mutant(
        "RM-JSON-03-merge-rest-ignored",
        breaks="RM-JSON-03",
        fault="Under application/merge-patch+json, what follows the first value is ignored.",
        service=change("content", read_members=under(MERGE_PATCH, merge_rest_ignored)),
    ),
    Mutant(
        "RM-JSON-03-empty",
        breaks="RM-JSON-03",
        fault="An empty body is answered with 204 and relays nothing.",
        service=change("", perform=answered_204((b"",))),
    ),
    Mutant(
        "RM-JSON-04-trailing-comma",
        breaks="RM-JSON-04",
        fault="A trailing comma leads to 500.",
        service=change("content.json", parse=crashes_at(r",\s*[}\]]")),
    ),
    Mutant(
        "RM-JSON-04-nan",
        breaks="RM-JSON-04",
        fault="NaN and the infinities lead to 500.",
        service=change("content.json", refuse_constant=constant_crashes),
    ),
    Mutant(
        "RM-JSON-04-joined-lines",
        breaks="RM-JSON-04",
        fault="The body is read line by line, so line ends in a string, which JSON forbids, are lost in silence.",
        service=change("content", read_members=under("application/json", joined_lines)),
    ),
    Mutant(
        "RM-JSON-04-comment",
        breaks="RM-JSON-04",
        fault="With a comment in the body, only the first recipient gets the mail.",
        service=change("content.json", parse=members_after_a_comment_lost),
    ),
    Mutant(
        "RM-JSON-05-null",
        breaks="RM-JSON-05",
        fault="A body of null is answered with 204 and relays nothing.",
        service=change("", perform=answered_204((b"null",))),
    ),
    Mutant(
        "RM-JSON-05-first-of-array",
        breaks="RM-JSON-05",
        fault="Of an array, the first element is taken for the request.",
        service=change("content.json", top_level=first_of_array),
    ),
    Mutant(
        "RM-JSON-05-string",
        breaks="RM-JSON-05",
        fault="A string is read as JSON once more.",
        service=change("content.json", top_level=string_read_again),
    ),
)
