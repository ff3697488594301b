"""Services with other habits of method, path and error."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.answers import compressed, options
from relaycheck.reference.faults import Close, WireFaults
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.routing import KNOWN, path_names_operation
from relaycheck.reference.service import serve
from relaycheck.reference.variants.model import Variant, change
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.target import Target

URI = re.compile(r"([A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})+")
BUFFER = 16_000
PAGE = b"<html><body><h1>POST Agents/EMail/RelayMessage</h1></body></html>"


def without_letter_case(path: str) -> bool:
    """As a file system without letter case does it, and with a trailing slash."""
    return path_names_operation(path) or path.rstrip("/").lower() == OPERATION_PATH.lower()


async def slash_redirected(service: Service, received: Received) -> Answer:
    if received.path.endswith("/") and path_names_operation(received.path.rstrip("/")):
        place = received.target.partition("?")[0].rstrip("/")
        return Answer(307, (("Location", place), ("Content-Length", "0")))
    return await serve(service, received)


async def described(service: Service, received: Received) -> Answer:
    if received.method in ("GET", "HEAD") and path_names_operation(received.path):
        return Answer(200, (("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))), PAGE)
    return await serve(service, received)


def bad_method(method: str) -> None:
    if method not in KNOWN:
        raise Refusal(400, "bad-request", "This is no request.")


def empty_allow(received: Received) -> tuple[tuple[str, str], ...]:
    return (("Allow", ""),)


def preflighted(received: Received) -> Answer:
    return replace(options(received), status=204, fields=(("Allow", "OPTIONS, POST"),))


def exact(path: str) -> bool:
    return path == OPERATION_PATH


def bare(outgoing: Outgoing) -> Iterable[Move]:
    """Errors of the web server have no content."""
    if outgoing.status not in (401, 404, 405, 501):
        return (outgoing.raw,)
    lines = [
        line
        for line in outgoing.head.split(b"\r\n")
        if not line.lower().startswith((b"content-type:", b"content-length:"))
    ]
    return (b"\r\n".join([*lines[:-2], b"Content-Length: 0", b"", b""]),)


async def uris_only(service: Service, received: Received) -> Answer:
    if not URI.fullmatch(received.target):
        refusal = Refusal(400, "bad-request", "This is no request.", close=True)
        return service.answers.refused(service, received, refusal)
    return await serve(service, received)


def below_the_service(outgoing: Outgoing) -> Iterable[Move]:
    """The web server itself refuses a target that is no URI: a bare page, from before its clock."""
    if outgoing.status != 400 or URI.fullmatch(outgoing.target):
        return (outgoing.raw,)
    page = b"<h1>400 Bad Request</h1>"
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    return (head % len(page) + page, Close())


def refused_in_front(outgoing: Outgoing) -> Iterable[Move]:
    """The web server in front refuses TRACE before it asks for what resource."""
    if outgoing.method != "TRACE":
        return (outgoing.raw,)
    lines = [line for line in outgoing.head.split(b"\r\n") if not line.lower().startswith(b"allow:")]
    return (b"\r\n".join(lines) + outgoing.content,)


async def short_heads(service: Service, received: Received) -> Answer:
    if _head_of(received.fields) > BUFFER:
        refusal = Refusal(400, "bad-request", "The header section is too long.", close=True)
        return service.answers.refused(service, received, refusal)
    return await serve(service, received)


async def no_content_with_head(service: Service, received: Received) -> Answer:
    if received.method == "HEAD" and received.get("content-length") not in (None, "0"):
        refusal = Refusal(400, "bad-request", "A HEAD has no content here.", close=True)
        return service.answers.refused(service, received, refusal)
    return await serve(service, received)


def bare_to_a_head(outgoing: Outgoing) -> Iterable[Move]:
    """The cache in front sees a smuggler in a HEAD with content (RFC 9110 §9.3.2), and has a status line for it."""
    if outgoing.status != 400 or outgoing.method != "HEAD":
        return (outgoing.raw,)
    return (b"HTTP/1.1 400 Bad Request\r\n\r\n", Close())


def above_its_limit(outgoing: Outgoing) -> Iterable[Move]:
    """The gateway in front has a page without Date for what its buffer cannot hold, and no 431."""
    if outgoing.status != 400 or _head_of(outgoing.request_fields) <= BUFFER:
        return (outgoing.raw,)
    head = b"HTTP/1.1 400 Bad request\r\nContent-Length: 12\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    return (head + b"Bad request\n", Close())


def _head_of(fields: tuple[tuple[str, str], ...]) -> int:
    return sum(len(name) + len(value) for name, value in fields)


def gone_after_errors(outgoing: Outgoing) -> Iterable[Move]:
    """The connection ends after each error, and says so."""
    if outgoing.status < 400 or b"connection: close" in outgoing.head.lower():
        return (outgoing.raw,)
    return (outgoing.head.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n" + outgoing.content, Close())


def refused_by_tls(outgoing: Outgoing) -> Iterable[Move]:
    """Plain http on the port of https never reaches HTTP: as net/http of Go has it, and others with 400 and no fields."""
    if b"over https only" not in outgoing.content:
        return (outgoing.raw,)
    return (b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", Close())


def typed_204(outgoing: Outgoing) -> Iterable[Move]:
    if outgoing.status != 204:
        return (outgoing.raw,)
    fields = b"Content-Type: application/json; charset=utf-8\r\nETag: W/1\r\nCache-Control: no-store\r\n"
    return (outgoing.head.removesuffix(b"\r\n") + fields + b"\r\n",)


def with_get(target: Target) -> Target:
    return replace(target, get_describes=True)


def plain_text(service: Service, received: Received, refusal: Refusal) -> Answer:
    body = f"{refusal.status}: {refusal.sentence}\n".encode()
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    if refusal.status == 401:
        fields += [("WWW-Authenticate", text) for text in service.authentication.challenges(service, refusal)]
    return Answer(refusal.status, (*fields, *refusal.fields), body, close=refusal.close)


def in_gzip(received: Received, answer: Answer) -> Answer:
    """Content is compressed where no Accept-Encoding says otherwise: any coding is acceptable then (RFC 9110 §12.5.3)."""
    return compressed(received, answer) if received.get("accept-encoding") is None else answer


VARIANTS = (
    Variant(
        "V-EP-letter-case",
        differs="Paths match without letter case, and with a trailing slash.",
        service=change("routing", path_names_operation=without_letter_case),
    ),
    Variant(
        "V-EP-redirect",
        differs="A trailing slash is redirected, on the same origin.",
        service=change("", serve=slash_redirected),
    ),
    Variant(
        "V-EP-get-describes",
        differs="GET answers with a description of the operation.",
        service=change("", serve=described),
        target=with_get,
    ),
    Variant(
        "V-EP-bad-method",
        differs="An unknown method is a bad request.",
        service=change("routing", refuse_unknown_method=bad_method),
    ),
    Variant(
        "V-EP-empty-allow",
        differs="The Allow field of a 405 is empty.",
        service=change("routing", refused_method_fields=empty_allow),
    ),
    Variant("V-EP-options-204", differs="OPTIONS is answered 204.", service=change("answers", options=preflighted)),
    Variant(
        "V-EP-exact-path",
        differs="An encoded letter of the path is another path: 404.",
        service=change("routing", path_names_operation=exact),
    ),
    Variant(
        "V-EP-uris-only",
        differs="The web server answers a request target that is no URI by itself, with neither Date nor JSON.",
        service=change("", serve=uris_only),
        wire=WireFaults(outgoing=below_the_service),
    ),
    Variant(
        "V-EP-trace-in-front",
        differs="TRACE is refused by the web server, with 405 and without Allow.",
        wire=WireFaults(outgoing=refused_in_front),
    ),
    Variant(
        "V-EP-long-heads",
        differs="A header section of more than 16 KiB gets a bare 400 from a gateway.",
        service=change("", serve=short_heads),
        wire=WireFaults(outgoing=above_its_limit),
    ),
    Variant(
        "V-EP-empty-heads",
        differs="A HEAD with content gets a bare 400 from a cache.",
        service=change("", serve=no_content_with_head),
        wire=WireFaults(outgoing=bare_to_a_head),
    ),
    Variant("V-ERR-bare", differs="401, 404, 405 and 501 have no content.", wire=WireFaults(outgoing=bare)),
    Variant(
        "V-ERR-closes", differs="The connection ends after each error.", wire=WireFaults(outgoing=gone_after_errors)
    ),
    Variant(
        "V-ERR-plain-text",
        differs="Errors are plain text, whatever Accept says.",
        service=change("answers", refused=plain_text),
    ),
    Variant("V-ERR-gzip", differs="Errors come in gzip.", service=change("answers", finish=in_gzip)),
    Variant(
        "V-EP-refused-by-tls",
        differs="Plain http on the port of https is answered below HTTP, without any field.",
        wire=WireFaults(outgoing=refused_by_tls),
        tls=True,
    ),
    Variant(
        "V-204-fields", differs="A 204 has Content-Type, ETag and Cache-Control.", wire=WireFaults(outgoing=typed_204)
    ),
)
