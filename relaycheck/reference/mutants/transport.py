"""Faults around the operation: redirects, reflected line ends, talkative ports, plain http, old TLS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import h11

from relaycheck.reference.door import OLD_TLS_NAME
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.relaying import open_session
from relaycheck.reference.service import serve
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import MailServer
    from relaycheck.target import Target

ELSEWHERE = "https://elsewhere.relaycheck.test"


def moved(location: str) -> Answer:
    return Answer(307, (("Location", location), ("Content-Length", "0")))


def redirecting(when: Callable[[Received], str]) -> Callable[[Service], Service]:
    """Requests for which `when` gives a location are redirected to it."""

    async def redirect(service: Service, received: Received) -> Answer:
        location = when(received)
        return moved(location) if location else await serve(service, received)

    return change("", serve=redirect)


def for_select(received: Received) -> str:
    return f"{ELSEWHERE}{OPERATION_PATH}" if "select" in received.query else ""


def for_bearer(received: Received) -> str:
    token = (received.get("authorization") or "").lower().startswith("bearer")
    return f"//elsewhere.relaycheck.test{OPERATION_PATH}" if token else ""


def trailing_slash(received: Received) -> str:
    """The slash is taken away, and what is left of `//host/…/` names a host."""
    return received.path.rstrip("/") if received.path.endswith("/") else ""


def return_url(received: Received) -> str:
    _, found, value = received.query.partition("returnUrl=")
    return unquote(value.partition("&")[0]) if found else ""


def keep_target(event: h11.Event, memory: dict[str, object]) -> h11.Event:
    if isinstance(event, h11.Request):
        memory["target"] = event.target.decode("latin-1")
    return event


def with_line(outgoing: Outgoing, line: str) -> bytes:
    return outgoing.head.removesuffix(b"\r\n") + line.encode("latin-1", "replace") + b"\r\n\r\n" + outgoing.content


def reflect_query(outgoing: Outgoing) -> Iterable[Move]:
    query = str(outgoing.memory.get("target", "")).partition("?")[2]
    return (with_line(outgoing, f"Location: /?{unquote(query)}"),) if query else (outgoing.raw,)


def reflect_path(outgoing: Outgoing) -> Iterable[Move]:
    if outgoing.status != 404:
        return (outgoing.raw,)
    return (with_line(outgoing, f"Content-Location: {unquote(outgoing.target)}"),)


def reflect_request_id(outgoing: Outgoing) -> Iterable[Move]:
    given = next((value for name, value in outgoing.request_fields if name == "x-request-id"), "")
    return (with_line(outgoing, f"X-Request-Id: {unquote(given)}"),) if given else (outgoing.raw,)


def cut_to_octets(outgoing: Outgoing) -> Iterable[Move]:
    """Characters are cut to their lower octet, which makes U+560D U+560A a line end."""
    query = unquote(str(outgoing.memory.get("target", "")).partition("?")[2])
    cut = "".join(chr(ord(c) & 0xFF) for c in query if ord(c) > 0xFF or c.isprintable())
    return (with_line(outgoing, f"X-Query: {cut}"),) if query else (outgoing.raw,)


def telling(sentence: Callable[[BaseException], str]) -> Callable[[Service], Service]:
    """The refusal says why no session came about."""

    async def opened(service: Service, server: MailServer) -> Any:
        try:
            return await open_session(service, server)
        except Exception as error:
            raise Refusal(503, "mail-server-unavailable", sentence(error)) from error

    return change("relaying", open_session=opened)


def kind_of(error: BaseException) -> str:
    return "The mail server refused the connection." if "onnect" in str(error) else "The mail server is no SMTP server."


async def plain_for_tokens(service: Service, received: Received) -> Answer:
    """Plain http is refused to passwords only."""
    token = (received.get("authorization") or "").lower().startswith("bearer")
    if token and not received.tls:
        received = received.but(tls=True)
    return await serve(service, received)


def by_name(target: Target) -> Target:
    """Asked for by its name, the server negotiates what it should not."""
    return replace(target, url=replace(target.url, host=OLD_TLS_NAME))


MUTANTS = (
    Mutant(
        "RM-SEC-01-plain-too",
        breaks="RM-SEC-01",
        fault="Plain http is served as well.",
        service=change("installation", https_only=False),
        tls=True,
    ),
    Mutant(
        "RM-SEC-01-plain-for-tokens",
        breaks="RM-SEC-01",
        fault="Plain http is served to Bearer tokens.",
        service=change("", serve=plain_for_tokens),
        tls=True,
    ),
    Mutant(
        "RM-SEC-04-old-tls",
        breaks="RM-SEC-04",
        fault="The server negotiates TLS 1.0.",
        target=by_name,
        tls=True,
    ),
    Mutant(
        "RM-SEC-03-select-elsewhere",
        breaks="RM-SEC-03",
        fault="A request with $select is redirected to another host.",
        service=redirecting(for_select),
    ),
    Mutant(
        "RM-SEC-03-bearer-elsewhere",
        breaks="RM-SEC-03",
        fault="A Bearer token is redirected to the host of another tenant.",
        service=redirecting(for_bearer),
    ),
    Mutant(
        "RM-SEC-03-slash",
        breaks="RM-SEC-03",
        fault="The redirect that takes a trailing slash away takes a part of the path for a host.",
        service=redirecting(trailing_slash),
    ),
    Mutant(
        "RM-SEC-03-return-url",
        breaks="RM-SEC-03",
        fault="A returnUrl in the query decides where to.",
        service=redirecting(return_url),
    ),
    Mutant(
        "RM-SEC-05-banner",
        breaks="RM-SEC-05",
        fault="The error holds the banner that the port sent.",
        service=telling(lambda error: f"The mail server said: {error}"),
    ),
    Mutant(
        "RM-SEC-05-kind",
        breaks="RM-SEC-05",
        fault="The error tells a closed port from an open one.",
        service=telling(kind_of),
    ),
    Mutant(
        "RM-SEC-07-location",
        breaks="RM-SEC-07",
        fault="The query is reflected into Location with its line ends.",
        wire=WireFaults(event=keep_target, outgoing=reflect_query),
    ),
    Mutant(
        "RM-SEC-07-path",
        breaks="RM-SEC-07",
        fault="A 404 repeats the decoded path in Content-Location.",
        wire=WireFaults(outgoing=reflect_path),
    ),
    Mutant(
        "RM-SEC-07-request-id",
        breaks="RM-SEC-07",
        fault="X-Request-Id is decoded and echoed.",
        wire=WireFaults(outgoing=reflect_request_id),
    ),
    Mutant(
        "RM-SEC-07-cut-letters",
        breaks="RM-SEC-07",
        fault="A field made from the query cuts its letters to octets.",
        wire=WireFaults(event=keep_target, outgoing=cut_to_octets),
    ),
)
