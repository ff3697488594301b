"""Faults of errors: their lengths and their times, what they repeat, and services that do not survive what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from relaycheck.reference.binding import bind
from relaycheck.reference.content import read_octets
from relaycheck.reference.faults import Close, WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_json import parse
from relaycheck.reference.received import Answer, ClientGone, Refusal
from relaycheck.reference.relaying import failure
from relaycheck.reference.service import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from relaycheck.reference.binding import Binding
    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.installation import Installation
    from relaycheck.reference.reading_json import JsonReading
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission

PAGE = b"<!DOCTYPE html><html><body><h1>Error</h1><p>Something went wrong.</p></body></html>"
DEAD_FOR = 8
"""Requests that a poisoned service fails, before it is restarted by whatever watches it."""


def page(status: int, body: bytes = PAGE) -> Answer:
    return Answer(status, (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))), body)


def crash_on_size(service: Service) -> Callable[[Received], Any]:
    async def read(received: Received) -> bytes:
        length = int(received.get("content-length") or "0")
        if length > service.installation.body_limit:
            raise MemoryError(length)
        return await read_octets(received)

    return read


def memory_exhausted(service: Service) -> Service:
    return replace(service, content=replace(service.content, read_octets=crash_on_size(service)))


def large_fields(limit: int, answer: Answer) -> Callable[[Service, Received], Any]:
    async def steps(service: Service, received: Received) -> Answer:
        size = sum(len(name) + len(value) for name, value in received.fields)
        return answer if size > limit else await serve(service, received)

    return steps


def long_target(limit: int) -> Callable[[str], None]:
    def select(query: str) -> None:
        if len(query) > limit:
            raise OverflowError("the query does not fit its column")

    return select


def retry(value: str, *statuses: int) -> Callable[[Received, Answer], Answer]:
    def finish(received: Received, answer: Answer) -> Answer:
        return answer.with_field("Retry-After", value) if answer.status in statuses else answer

    return finish


def length_of_a_page(outgoing: Outgoing) -> Iterable[Move]:
    """The length of the page that was made first, with the JSON that replaced it, where the connection ends after it."""
    last = ("connection", "close") in outgoing.request_fields
    if outgoing.status < 400 or outgoing.method == "HEAD" or not last:
        return (outgoing.raw,)
    lines = outgoing.head.split(b"\r\n")
    longer = b"Content-Length: " + str(len(outgoing.content) + 40).encode()
    changed = [longer if line.lower().startswith(b"content-length:") else line for line in lines]
    return (b"\r\n".join(changed) + outgoing.content, Close())


def a_line_more(outgoing: Outgoing) -> Iterable[Move]:
    """A line end after the content that the length does not count."""
    more = b"\r\n" if outgoing.status == 415 else b""
    return (outgoing.raw + more,)


def length_in_characters(outgoing: Outgoing) -> Iterable[Move]:
    """XML errors have a sentence with letters of two octets, and the length counts letters."""
    if not outgoing.content.startswith(b"<?xml"):
        return (outgoing.raw,)
    return (outgoing.head + outgoing.content.replace(b"</Message>", "\u2026\u00e9</Message>".encode()),)


def echoing_binder(steps: Binding, installation: Installation, members: Mapping[str, Any]) -> Submission:
    try:
        return bind(steps, installation, members)
    except Refusal as refusal:
        raise Refusal(refusal.status, refusal.code, f"{refusal.sentence} Got: {json.dumps(dict(members))}") from None


def echoing_json(steps: JsonReading, given: str) -> Any:
    try:
        return parse(steps, given)
    except Refusal as refusal:
        raise Refusal(refusal.status, refusal.code, f"{refusal.sentence} Near: {given}") from None


def naming_the_sender(service: Service) -> Service:
    """The refusal of the mail server is told with the envelope."""

    async def transact(inner: Service, mail: Any) -> None:
        try:
            await service.relaying.transact(inner, mail)
        except Exception as error:
            told = failure(error)
            raise Refusal(told.status, told.code, f"{told.sentence} The sender was {mail.sender}.") from error

    return replace(service, relaying=replace(service.relaying, transact=transact))


def poisoned(by: Callable[[Answer], bool]) -> Callable[[Service], Service]:
    """After one request that `by` knows by its answer, the next ones fail."""

    def apply(service: Service) -> Service:
        left = [0]

        async def poison(inner: Service, received: Received) -> Answer:
            if left[0] > 0:
                left[0] -= 1
                return inner.answers.crashed(received, RuntimeError("the worker is gone"))
            answer = await serve(inner, received)
            if by(answer):
                left[0] = DEAD_FOR
            return answer

        return replace(service, serve=poison)

    return apply


def half_read(service: Service) -> Service:
    """The reader of a body that breaks off is not given back until the watchdog restarts the service."""
    left = [0]

    async def step(inner: Service, received: Received) -> Answer:
        if left[0] > 0:
            left[0] -= 1
            return inner.answers.crashed(received, RuntimeError("the reader is taken"))
        try:
            return await serve(inner, received)
        except ClientGone:
            left[0] = DEAD_FOR
            raise

    return replace(service, serve=step)


MUTANTS = (
    Mutant(
        "RM-ERR-06-memory",
        breaks="RM-ERR-06",
        fault="A body beyond the limit exhausts the memory and leads to 500.",
        service=memory_exhausted,
    ),
    Mutant(
        "RM-ERR-06-unwell",
        breaks="RM-ERR-06",
        fault="After a body beyond the limit the service fails.",
        service=poisoned(lambda answer: answer.status == 413),
    ),
    Mutant(
        "RM-ERR-07-header",
        breaks="RM-ERR-07",
        fault="A large header section leads to 500.",
        service=change("", serve=large_fields(32_768, page(500))),
    ),
    Mutant(
        "RM-ERR-07-target",
        breaks="RM-ERR-07",
        fault="A query of more than 32 KiB leads to 500.",
        service=change("", select=long_target(32_768)),
    ),
    Mutant(
        "RM-ERR-08-soon",
        breaks="RM-ERR-08",
        fault="Retry-After holds the word soon.",
        service=change("answers", finish=retry("soon", 503)),
    ),
    Mutant(
        "RM-ERR-08-fraction",
        breaks="RM-ERR-08",
        fault="After a wrong login, Retry-After holds a fraction of a second.",
        service=change("answers", finish=retry("0.5", 401)),
    ),
    Mutant(
        "RM-ERR-08-iso",
        breaks="RM-ERR-08",
        fault="Retry-After is a date in the ISO 8601 form.",
        service=change("answers", finish=retry("2026-11-24T06:00:00Z", 503)),
    ),
    Mutant(
        "RM-ERR-10-page-length",
        breaks="RM-ERR-10",
        fault="The Content-Length of the last error on a connection is that of an HTML page, while the body is JSON.",
        wire=WireFaults(outgoing=length_of_a_page),
    ),
    Mutant(
        "RM-ERR-10-line-end",
        breaks="RM-ERR-10",
        fault="A 415 ends in a line end that its length does not count.",
        wire=WireFaults(outgoing=a_line_more),
    ),
    Mutant(
        "RM-ERR-10-characters",
        breaks="RM-ERR-10",
        fault="The length of an XML error counts letters, not octets.",
        wire=WireFaults(outgoing=length_in_characters),
    ),
    Mutant(
        "RM-ERR-11-members",
        breaks="RM-ERR-11",
        fault="The error for a wrong member holds the whole request.",
        service=change("binding", bind=echoing_binder),
    ),
    Mutant(
        "RM-ERR-11-text",
        breaks="RM-ERR-11",
        fault="The error for what is no JSON holds the text.",
        service=change("content.json", parse=echoing_json),
    ),
    Mutant(
        "RM-ERR-11-sender",
        breaks="RM-ERR-11",
        fault="The error of the mail server is told with the sender.",
        service=naming_the_sender,
    ),
    Mutant(
        "RM-ERR-12-poison",
        breaks="RM-ERR-12",
        fault="A body that is no JSON makes the next requests fail.",
        service=poisoned(lambda answer: answer.status == 400 and b"bad-json" in answer.body),
    ),
    Mutant(
        "RM-ERR-12-coding",
        breaks="RM-ERR-12",
        fault="What is no gzip makes the next requests fail.",
        service=poisoned(lambda answer: b"bad-coding" in answer.body),
    ),
    Mutant(
        "RM-ERR-12-half-read",
        breaks="RM-ERR-12",
        fault="A body that breaks off with its connection makes the next requests fail.",
        service=half_read,
    ),
)
