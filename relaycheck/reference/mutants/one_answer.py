"""Faults that show in one kind of answer only: the first on a connection, a success, one refusal among several."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import aiosmtplib

from relaycheck.reference.answers import refused
from relaycheck.reference.authentication import bearer
from relaycheck.reference.content import MERGE_PATCH
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.mutants.transport import keep_target
from relaycheck.reference.received import Answer, Refusal, Unauthorized
from relaycheck.reference.relaying import OPENING, SmtpFailure, open_session
from relaycheck.reference.routing import refused_method_fields
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, MailServer, Submission

TICK = 0.05
"""Seconds between two looks at a queue."""


# What an answer says.


def only_expired_is_told(service: Service, credentials: str) -> str:
    """The store of tokens knows what has expired; of what it never had, it says nothing."""
    try:
        return bearer(service, credentials)
    except Unauthorized as refusal:
        if credentials in service.installation.expired_tokens:
            raise
        raise Unauthorized(refusal.sentence) from None


def success_with_credentials(received: Received, answer: Answer) -> Answer:
    given = received.get("authorization")
    return answer.with_field("X-Debug-Authorization", given) if answer.status == 204 and given else answer


def challenged_after_a_try(received: Received, answer: Answer) -> Answer:
    """Only the code that judges credentials knows how to challenge."""
    return answer if received.get("authorization") else answer.without_field("WWW-Authenticate")


def router_shows_the_request(service: Service, received: Received, refusal: Refusal) -> Answer:
    """The service writes its refusals with care; the router before it has pages for developers."""
    answer = refused(service, received, refusal)
    if refusal.status not in (404, 405):
        return answer
    return answer.with_field("X-Debug-Request", f"{received.method} {received.get('authorization')}")


async def open_and_tell(service: Service, server: MailServer) -> Any:
    """A mail server that cannot be used is described by all that is known of it."""
    try:
        return await open_session(service, server)
    except (aiosmtplib.SMTPException, OSError) as error:
        login = f"{server.user}:{server.secret}@{server.host}:{server.port}"
        raise Refusal(503, "mail-server-unavailable", f"No session with smtp://{login}.") from error


def allow_for_users(received: Received) -> tuple[tuple[str, str], ...]:
    """Strangers are not told what there is."""
    return refused_method_fields(received) if received.get("authorization") else ()


def page_after_an_unknown_head(outgoing: Outgoing) -> Iterable[Move]:
    """The page for a 404 is a file that is sent whatever the method."""
    if (outgoing.method, outgoing.status) != ("HEAD", 404):
        return (outgoing.raw,)
    return (outgoing.head, b"<html>There is no such page.</html>")


def undated(when: Callable[[Outgoing], bool]) -> WireFaults:
    def outgoing(response: Outgoing) -> Iterable[Move]:
        return (without_date(response),) if when(response) else (response.raw,)

    return WireFaults(event=keep_target, outgoing=outgoing)


def without_date(outgoing: Outgoing) -> bytes:
    lines = outgoing.head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"date:")) + outgoing.content


def fast_path(outgoing: Outgoing) -> bool:
    """The bare URL of the operation is matched before the router, and success has nothing more to say."""
    return outgoing.status == 204 and "?" not in str(outgoing.memory.get("target", ""))


def before_the_clock(outgoing: Outgoing) -> bool:
    """A timer of the connection sets the text of Date, and has not yet run at its first answer."""
    return outgoing.memory.setdefault("first", outgoing) is outgoing


def login_with_return_url(outgoing: Outgoing) -> Iterable[Move]:
    """A stranger is told where to log in and where to come back to."""
    if outgoing.status != 401:
        return (outgoing.raw,)
    query = str(outgoing.memory.get("target", "")).partition("?")[2]
    link = f"Link: </login?{unquote(query)}>; rel=login\r\n\r\n".encode("latin-1", "replace")
    return (outgoing.head.removesuffix(b"\r\n") + link + outgoing.content,)


async def bare_types_only(service: Service, received: Received) -> Answer:
    """Content-Type is compared whole, so the page's own `application/json; charset=utf-8` is none of the seven."""
    if ";" in (received.get("content-type") or ""):
        raise Refusal(415, "unsupported-media-type", "The media type is not supported.")
    return await perform(service, received)


# What a success is worth.


async def taken_for_later(service: Service, received: Received) -> Answer:
    """The mail that a server did not take is said to be in a queue, and there is none."""
    try:
        return await perform(service, received)
    except Refusal as refusal:
        if refusal.status < 500:
            raise
        return Answer(202, (("Content-Length", "0"),))


def first_of_a_merge_patch(received: Received, submission: Submission) -> Submission:
    """A merge patch has no lists to append to: the handler takes the first element."""
    if received.media_type != MERGE_PATCH:
        return submission
    return replace(submission, recipients=submission.recipients[:1])


async def content_afterwards(service: Service, mail: Mail) -> None:
    """Returns once the server has taken the envelope; the content follows at the next tick."""
    steps = service.relaying
    try:
        client = await steps.open_session(service, mail.server)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise SmtpFailure(OPENING) from error
    try:
        await steps.envelope(service, client, mail)
    except BaseException:
        steps.in_background(steps.abandon(client))
        raise

    async def rest() -> None:
        await asyncio.sleep(TICK)
        with suppress(aiosmtplib.SMTPException, SmtpFailure, OSError):
            await steps.data(service, client, mail)
        await steps.leave(client)

    steps.in_background(rest())


async def xml_after_its_envelope(service: Service, received: Received) -> Answer:
    if received.media_type == "text/xml":
        service = change("relaying", transact=content_afterwards)(service)
    return await perform(service, received)


MUTANTS = (
    Mutant("RM-AUTH-07-strangers", "RM-AUTH-07", "The challenge is missing where no credentials were sent.",
           change("answers", finish=challenged_after_a_try)),
    Mutant("RM-AUTH-17-never-issued", "RM-AUTH-17", "Only an expired token is told invalid_token, not an unknown one.",
           change("authentication", bearer=only_expired_is_told)),
    Mutant("RM-AUTH-26-in-a-success", "RM-AUTH-26", "A 204 repeats the Authorization field in a field for debugging.",
           change("answers", finish=success_with_credentials)),
    Mutant("RM-AUTH-26-router", "RM-AUTH-26", "A 404 or 405 repeats the credentials in a field for debugging.",
           change("answers", refused=router_shows_the_request)),
    Mutant("RM-AUTH-26-connection", "RM-AUTH-26", "An error tells with which user and password the mail server was tried.",
           change("relaying", open_session=open_and_tell)),
    Mutant("RM-EP-01-bare-types", "RM-EP-01", "A Content-Type with a charset, as in the page's sample, leads to 415.",
           change("", perform=bare_types_only)),
    Mutant("RM-EP-05-strangers", "RM-EP-05", "A 405 without credentials has no Allow.",
           change("routing", refused_method_fields=allow_for_users)),
    Mutant("RM-EP-07-unknown", "RM-EP-07", "A HEAD for an unknown path is answered with a page.",
           wire=WireFaults(outgoing=page_after_an_unknown_head)),
    Mutant("RM-EP-12-first-undated", "RM-EP-12", "The first answer on a connection has no Date.",
           wire=undated(before_the_clock)),
    Mutant("RM-EP-12-404-undated", "RM-EP-12", "A 404 has no Date.", wire=undated(lambda o: o.status == 404)),
    Mutant("RM-EP-12-fast-path", "RM-EP-12", "A 204 has no Date where the URL has no query.", wire=undated(fast_path)),
    Mutant("RM-SEC-07-login", "RM-SEC-07", "A 401 has a link to the login, with the decoded query in it.",
           wire=WireFaults(event=keep_target, outgoing=login_with_return_url)),
    Mutant("RM-204-06-202", "RM-204-06", "A mail that its server refuses is answered 202, and never tried again.",
           change("", perform=taken_for_later)),
    Mutant("RM-204-06-first-recipient", "RM-204-06", "With a merge patch, only the first recipient gets the mail.",
           change("", submitted=first_of_a_merge_patch)),
    Mutant("RM-204-06-envelope", "RM-204-06", "text/xml is answered 204 once the mail server has taken the envelope.",
           change("", perform=xml_after_its_envelope)),
)  # fmt: skip
