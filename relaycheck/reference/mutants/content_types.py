"""Faults of telling media types apart."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from relaycheck.reference.content import (
    FORM,
    JSON,
    JSON_PATCH,
    MEDIA_TYPES,
    MERGE_PATCH,
    XML,
    MediaType,
    parse_media_type,
    read_content,
    read_members,
    unsupported,
)
from relaycheck.reference.mutants.json import under
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_xml import text_of
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relaycheck.reference.reading_xml import Element
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission

JSON_LIKE = (*JSON, JSON_PATCH, MERGE_PATCH)


def without(*names: str) -> Callable[[Service], Service]:
    """These types are refused with 415."""
    return change("content", supports=lambda name: name in MEDIA_TYPES and name not in names)


def also(matches: Callable[[str], bool]) -> Callable[[Service], Service]:
    return change("content", supports=lambda name: name in MEDIA_TYPES or matches(name))


def parsing(parse: Callable[[Received], MediaType]) -> Callable[[Service], Service]:
    return change("content", parse_media_type=parse)


def nothing_done_for(*names: str) -> Callable[[Service, Received], Awaitable[Answer]]:
    """Bodies of these types bind to an empty object, and nothing is done for it."""

    async def performed(service: Service, received: Received) -> Answer:
        service.authentication.authenticate(service, received)
        if received.media_type in names:
            await received.read()
            return service.answers.accepted(service, received)
        return await perform(service, received)

    return performed


def first_form_recipient(received: Received, submission: Submission) -> Submission:
    form = received.media_type == FORM
    return replace(submission, recipients=submission.recipients[:1]) if form else submission


# RM-CT-08: the same mail


def trimmed(element: Element) -> str:
    return text_of(element).strip()


def spaces_collapsed(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    members = read_members(service, media_type, octets)
    for name, value in members.items():
        if isinstance(value, str):
            members[name] = re.sub(r"[ \t]+(?=\r?\n)", "", value)
    return members


def recipients_sorted(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    """Keeps the recipients as keys, and loses what is behind the fourth."""
    members = read_members(service, media_type, octets)
    return {name: value[:4] if isinstance(value, list) else value for name, value in members.items()}


# RM-CT-15 to RM-CT-18: which type it is


def lists_too_much(received: Received, answer: Answer) -> Answer:
    if answer.status != 415:
        return answer
    return replace(answer, fields=tuple((n, f"{v}, text/plain" if n == "Accept" else v) for n, v in answer.fields))


def missing_crashes(received: Received) -> MediaType:
    if not received.all("content-type"):
        raise TypeError("None is not a media type")
    return parse_media_type(received)


def empty_crashes(received: Received) -> MediaType:
    value = received.get("content-type")
    if value is not None and "/" not in value:
        raise IndexError(value)
    return parse_media_type(received)


async def missing_is_fine(service: Service, received: Received) -> Answer:
    service.authentication.authenticate(service, received)
    if not received.all("content-type"):
        return service.answers.accepted(service, received)
    return await perform(service, received)


async def sniffed(service: Service, received: Received) -> dict[str, Any]:
    """Looks at the body instead of its type."""
    octets = (await received.read()).lstrip(b"\xef\xbb\xbf \r\n\t")
    kind = {b"{": JSON[0], b"<": XML[0]}.get(octets[:1], FORM)
    declared = parse_media_type(received)
    name = declared.name if (declared.name in JSON_LIKE and kind == JSON[0]) else kind
    fields = tuple((n, v) for n, v in received.fields if n.lower() != "content-type")
    changed = replace(received.with_content(octets), fields=(*fields, ("content-type", name)))
    members: dict[str, Any] = await read_content(service, changed)
    return members


def xml_within_json(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    """Tries XML where JSON fails."""
    try:
        return read_members(service, media_type, octets)
    except Refusal:
        if media_type.name in JSON and octets.lstrip().startswith(b"<"):
            return read_members(service, MediaType(XML[0]), octets)
        raise


def json_within_form(service: Service, media_type: MediaType, octets: bytes) -> dict[str, Any]:
    name = JSON[0] if octets.lstrip().startswith(b"{") else media_type.name
    return read_members(service, MediaType(name, media_type.charset), octets)


def checked_and_read(received: Received) -> MediaType:
    """The first line must name a type that is served; the body is read by the last, or as JSON where that one is unknown."""
    lines = received.all("content-type")
    if len(lines) < 2:
        return parse_media_type(received)
    first = lines[0].partition(";")[0].strip().lower()
    if first not in MEDIA_TYPES:
        raise unsupported("The media type is not served.")
    last = lines[-1].partition(";")[0].strip().lower()
    return MediaType(last if last in MEDIA_TYPES else JSON[0])


def any_line(received: Received) -> MediaType:
    """Whichever line names JSON counts, else the first."""
    names = [line.partition(";")[0].strip().lower() for line in received.all("content-type")]
    if len(names) < 2:
        return parse_media_type(received)
    return MediaType(next((name for name in names if name in JSON), names[0]))


MUTANTS = (
    Mutant("RM-CT-01-415", "RM-CT-01", "application/json is answered with 415.", without(JSON[0])),
    Mutant(
        "RM-CT-02-application-only",
        "RM-CT-02",
        "Only types that begin with application/ are known.",
        without("text/json", "text/xml"),
    ),
    Mutant(
        "RM-CT-03-empty-object",
        "RM-CT-03",
        "An XML body binds to an empty object, and the answer is 204.",
        change("", perform=nothing_done_for("application/xml")),
    ),
    Mutant("RM-CT-03-415", "RM-CT-03", "application/xml is answered with 415.", without("application/xml")),
    Mutant("RM-CT-04-no-text-xml", "RM-CT-04", "text/xml is refused with 415.", without("text/xml")),
    Mutant(
        "RM-CT-05-first-recipient",
        "RM-CT-05",
        "Only the first recipient of a form is relayed to.",
        change("", submitted=first_form_recipient),
    ),
    Mutant("RM-CT-06-415", "RM-CT-06", "application/json-patch+json is answered with 415.", without(JSON_PATCH)),
    Mutant(
        "RM-CT-06-nothing",
        "RM-CT-06",
        "A JSON patch is answered with 204 and relays nothing.",
        change("", perform=nothing_done_for(JSON_PATCH)),
    ),
    Mutant("RM-CT-07-415", "RM-CT-07", "application/merge-patch+json is answered with 415.", without(MERGE_PATCH)),
    Mutant(
        "RM-CT-08-xml-trims",
        "RM-CT-08",
        "The XML binding trims the white space at the ends of Rfc822.",
        change("content.xml", text_of=trimmed),
    ),
    Mutant(
        "RM-CT-08-form-trims-lines",
        "RM-CT-08",
        "The form binding drops white space at the ends of lines.",
        change("content", read_members=under(FORM, spaces_collapsed)),
    ),
    Mutant(
        "RM-CT-08-merge-four",
        "RM-CT-08",
        "Under application/merge-patch+json, four recipients are kept.",
        change("content", read_members=under(MERGE_PATCH, recipients_sorted)),
    ),
    Mutant("RM-CT-14-text-plain", "RM-CT-14", "A text/plain body is parsed as JSON.", also("text/plain".__eq__)),
    Mutant(
        "RM-CT-14-octets",
        "RM-CT-14",
        "application/octet-stream is parsed as JSON.",
        also("application/octet-stream".__eq__),
    ),
    Mutant(
        "RM-CT-14-prefix",
        "RM-CT-14",
        "A type that begins like application/json is taken for it.",
        also(lambda name: name.startswith("application/json")),
    ),
    Mutant("RM-CT-14-any", "RM-CT-14", "Every type with a slash is parsed as JSON.", also(lambda name: True)),
    Mutant(
        "RM-CT-15-wrong-list",
        "RM-CT-15",
        "The list names types that are answered with 415 themselves.",
        change("answers", finish=lists_too_much),
    ),
    Mutant("RM-CT-16-crash", "RM-CT-16", "A missing Content-Type leads to 500.", parsing(missing_crashes)),
    Mutant("RM-CT-16-empty-crash", "RM-CT-16", "A Content-Type without a slash leads to 500.", parsing(empty_crashes)),
    Mutant(
        "RM-CT-16-nothing",
        "RM-CT-16",
        "A body without Content-Type is answered with 204 and relays nothing.",
        change("", perform=missing_is_fine),
    ),
    Mutant(
        "RM-CT-17-sniffed",
        "RM-CT-17",
        "The format is guessed from the body, whatever the type says.",
        change("content", read_content=sniffed),
    ),
    Mutant(
        "RM-CT-17-xml-as-json",
        "RM-CT-17",
        "A body that is no JSON is tried as XML.",
        change("content", read_members=xml_within_json),
    ),
    Mutant(
        "RM-CT-17-json-as-form",
        "RM-CT-17",
        "A form that begins with a brace is read as JSON.",
        change("content", read_members=under(FORM, json_within_form)),
    ),
    Mutant(
        "RM-CT-18-checked-and-read",
        "RM-CT-18",
        "One line is used for the checks and the other for parsing.",
        parsing(checked_and_read),
    ),
    Mutant("RM-CT-18-any-line", "RM-CT-18", "Whichever line names JSON counts.", parsing(any_line)),
)
