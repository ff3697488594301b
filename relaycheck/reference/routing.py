"""Which resource a request names, and whether it may be asked with this method. Faithful steps and the record that holds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.reference.received import Refusal
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Lines, Received
    from relaycheck.reference.service import Service

ALLOWED = ("POST", "OPTIONS")
KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+\]"
    r"|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?"
)


def refuse_unknown_method(method: str) -> None:
    """A method that nobody registered is 501 (RFC 9110 §9.1). Methods are case-sensitive: `post` is not POST."""
    if method not in KNOWN:
        raise Refusal(501, "not-implemented", "This server does not know the method.", fields=(allow(),))


def allow() -> tuple[str, str]:
    """The Allow field (RFC 9110 §10.2.1)."""
    return ("Allow", ", ".join(ALLOWED))


def path_names_operation(path: str) -> bool:
    """Exact comparison after decoding escaped unreserved characters, once (RFC 9110 §4.2.3, RFC 3986 §6.2.2.2)."""
    return ESCAPE.sub(_decode_unreserved, path) == OPERATION_PATH


def _decode_unreserved(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in UNRESERVED else escape[0]


def method_reaches_handler(received: Received) -> bool:
    return received.method == "POST"


def refused_method_fields(received: Received) -> Lines:
    """Every 405 has Allow (RFC 9110 §15.5.6)."""
    return (allow(),)


def host_problem(received: Received) -> str:
    """A missing, repeated or invalid Host is 400 (RFC 9112 §3.2); HTTP/1.0 has none. Empty: no problem."""
    hosts = received.all("host")
    if not hosts:
        return "" if received.version == "1.0" else "The Host field is missing."
    if len(hosts) > 1:
        return "There is more than one Host field."
    return "" if HOST.fullmatch(hosts[0]) else "The Host field is not a host with an optional port."


def length_problem(received: Received) -> str:
    """Content-Length beside Transfer-Encoding looks like smuggling: refused and closed (RFC 9112 §6.1)."""
    both = received.all("content-length") and received.all("transfer-encoding")
    return "Content-Length and Transfer-Encoding do not go together." if both else ""


@dataclass(frozen=True, slots=True)
class Routing:
    """Steps from request line to handler."""

    host_problem: Callable[[Received], str] = host_problem
    length_problem: Callable[[Received], str] = length_problem
    refuse_unknown_method: Callable[[str], None] = refuse_unknown_method
    path_names_operation: Callable[[str], bool] = path_names_operation
    method_reaches_handler: Callable[[Received], bool] = method_reaches_handler
    refused_method_fields: Callable[[Received], Lines] = refused_method_fields


def route(service: Service, received: Received) -> bool:
    """Whether the operation is called; False: OPTIONS is answered. Raises `Refusal` otherwise."""
    steps = service.routing
    if service.installation.https_only and not received.tls:
        raise Refusal(403, "https-only", "This service is used over https only.", close=True)
    for problem in (steps.host_problem(received), steps.length_problem(received)):
        if problem:
            raise Refusal(400, "bad-request", problem, close=True)
    steps.refuse_unknown_method(received.method)
    if received.method == "OPTIONS" and received.target == "*":
        return False
    if not steps.path_names_operation(received.path):
        raise Refusal(404, "not-found", "There is nothing at this path.")
    if steps.method_reaches_handler(received):
        return True
    if received.method == "OPTIONS":
        return False
    fields = steps.refused_method_fields(received)
    raise Refusal(405, "method-not-allowed", "This path takes POST.", fields=fields)
