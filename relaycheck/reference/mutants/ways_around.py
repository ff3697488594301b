"""Ways around the guard and around the mail server: faults that services on other stacks had, not the reference's own."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from relaycheck.reference import authentication as faithful
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.relaying import choose_server, relay, stuff
from relaycheck.reference.service import perform, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import MailServer, Submission

auth = partial(change, "authentication")
FORM = "application/x-www-form-urlencoded"
OVERRIDE = b"_method=POST&"
BUFFER = 65_536


def strangers_with(*names: str, value: str = "") -> Callable[[Service], Service]:
    """Who sends no Authorization is let in with one of these fields."""

    def authenticate(service: Service, received: Received) -> str:
        if not received.get("authorization") and any(
            value in (received.get(name) or "") for name in names if received.all(name)
        ):
            return "guest"
        return faithful.authenticate(service, received)

    return auth(authenticate=authenticate)


def cookie_is_a_login(service: Service) -> Service:
    """Every accepted request starts a session, whose cookie needs no XSRF value."""
    issued: set[str] = set()

    def authenticate(service: Service, received: Received) -> str:
        if not received.get("authorization") and service.authentication.cookies(received).get("relay") in issued:
            return "tim0"
        return faithful.authenticate(service, received)

    def finish(received: Received, answer: Answer) -> Answer:
        if answer.status != 204:
            return answer
        issued.add(value := secrets.token_hex(8))
        return replace(answer, fields=(*answer.fields, ("Set-Cookie", f"relay={value}; HttpOnly")))

    changed = auth(authenticate=authenticate)(service)
    return change("answers", finish=finish)(changed)


def not_looked_at(media_types: tuple[str, ...]) -> Callable[[Service], Service]:
    """With these bodies, the beginning of the secret is enough."""

    def authenticate(service: Service, received: Received) -> str:
        if received.media_type not in media_types:
            return faithful.authenticate(service, received)
        lax = auth(same_secret=lambda given, known: bool(known) and given[:3] == known[:3])(service)
        return faithful.authenticate(lax, received)

    return auth(authenticate=authenticate)


def anybodys_password(service: Service, user: str, password: str) -> str:
    if user in service.installation.accounts and password and password in service.installation.accounts.values():
        return user
    return faithful.check_password(service, user, password)


def as_c_strings(service: Service, user: str, password: str) -> str:
    return faithful.check_password(service, user, password.partition("\0")[0])


def with_controls(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def relayed_later(early: Callable[[Received], bool]) -> Callable[[Service], Service]:
    """204 at once, and the mail when there is time for it."""
    tasks: set[asyncio.Task[None]] = set()

    async def in_time(service: Service, submission: Submission) -> None:
        with suppress(Refusal):
            await relay(service, submission)

    async def in_background(service: Service, submission: Submission) -> None:
        tasks.add(task := asyncio.get_running_loop().create_task(in_time(service, submission)))
        task.add_done_callback(tasks.discard)

    async def answered(service: Service, received: Received) -> Answer:
        return await perform(change("relaying", relay=in_background)(service) if early(received) else service, received)

    return change("", perform=answered)


def credentials_in_trace(received: Received, submission: Submission) -> Submission:
    trace = f"Received: from client (authorization {received.get('authorization')})\r\n by relay; Mon, 23 Nov 2026 12:00:00 +0000\r\n"
    return replace(submission, rfc822=trace + submission.rfc822)


def stuffed_in_buffers(content: bytes) -> bytes:
    """What a line began with is forgotten where a buffer ends."""
    first, *others = [content[at : at + BUFFER] for at in range(0, len(content), BUFFER)] or [b""]
    return stuff(first) + b"".join(part.replace(b"\r\n.", b"\r\n..") for part in others)


def last_named(service: Service) -> Service:
    """A request that names no server goes to the one that the last request named."""
    named: list[MailServer] = []

    def choose(service: Service, submission: Submission) -> MailServer:
        if submission.server is None and named:
            return named[-1]
        server = choose_server(service, submission)
        if submission.server is not None:
            named.append(server)
        return server

    return change("relaying", choose_server=choose)(service)


async def overridden_by_form(service: Service, received: Received) -> Answer:
    """The `_method` of a form, as for browsers that only know GET and POST, counts on a GET too."""
    if received.method != "GET" or received.media_type != FORM:
        return await serve(service, received)
    octets = await received.read()
    method = "POST" if octets.startswith(OVERRIDE) else "GET"
    return await serve(service, received.with_content(octets.replace(OVERRIDE, b"", 1)).but(method=method))


async def query_in_the_form(service: Service, received: Received) -> Answer:
    """The parameters of a form are those of the query too, as `Request.Form` has them in Go."""
    if received.media_type != FORM or not received.query:
        return await perform(service, received)
    joined = await received.read() + b"&" + received.query.encode("latin-1")
    return await perform(service, received.with_content(joined))


MUTANTS = (
    Mutant("RM-EP-14-form", "RM-EP-14", "The _method of a form makes a POST of a GET.",
           change("", serve=overridden_by_form)),
    Mutant("RM-AUTH-05-trusted-proxy", "RM-AUTH-05", "Who says that he comes from 127.0.0.1 needs no credentials.",
           strangers_with("x-forwarded-for", "x-real-ip", value="127.0.0.1")),
    Mutant("RM-AUTH-05-remote-user", "RM-AUTH-05", "X-Remote-User is believed, whoever wrote it.",
           strangers_with("x-remote-user")),
    Mutant("RM-AUTH-05-preflight", "RM-AUTH-05", "What looks like a preflight is not guarded, even if it is a POST.",
           strangers_with("access-control-request-method")),
    Mutant("RM-AUTH-05-chunks", "RM-AUTH-05", "Bodies in chunks are not guarded.", strangers_with("transfer-encoding")),
    Mutant("RM-AUTH-05-gzip", "RM-AUTH-05", "Coded bodies are not guarded.", strangers_with("content-encoding")),
    Mutant("RM-AUTH-05-expect", "RM-AUTH-05", "What waits for a 100 is not guarded.", strangers_with("expect")),
    Mutant("RM-AUTH-05-cookie", "RM-AUTH-05", "An accepted request sets a cookie that is a login of its own.",
           cookie_is_a_login),
    Mutant("RM-AUTH-11-xml-beginning", "RM-AUTH-11", "With XML, the beginning of a secret is enough.",
           not_looked_at(("application/xml", "text/xml"))),
    Mutant("RM-AUTH-11-form-beginning", "RM-AUTH-11", "With a form, the beginning of a secret is enough.",
           not_looked_at((FORM,))),
    Mutant("RM-AUTH-11-anybodys", "RM-AUTH-11", "The password of any user is good for every user.",
           auth(check_password=anybodys_password)),
    Mutant("RM-AUTH-11-nul", "RM-AUTH-11", "A password ends at its first NUL.",
           auth(check_password=as_c_strings, decode_user_pass=with_controls)),
    Mutant("RM-204-06-forms-early", "RM-204-06", "A form is answered with 204 before its mail is tried.",
           relayed_later(lambda received: received.media_type == FORM)),
    Mutant("RM-204-06-bearer-early", "RM-204-06", "Bearer tokens are answered with 204 before the mail is tried.",
           relayed_later(lambda received: (received.get("authorization") or "").lower().startswith("bearer"))),
    Mutant("RM-AUTH-26-trace", "RM-AUTH-26", "The Received field of the mail holds the credentials of the request.",
           change("", submitted=credentials_in_trace)),
    Mutant("RM-REL-06-at-buffer-edges", "RM-REL-06", "A dot at the start of a buffer of 65 536 octets is not stuffed.",
           change("relaying", stuff=stuffed_in_buffers)),
    Mutant("RM-REL-03-query", "RM-REL-03", "Recipients in the query are added to those of a form.",
           change("", perform=query_in_the_form)),
    Mutant("RM-REL-23-last-named", "RM-REL-23", "Without a connection object, the server of the last request is used.",
           last_named),
)  # fmt: skip
