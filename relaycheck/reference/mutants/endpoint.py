"""Faults of method and path: what is served that should not be, or not served that should."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from relaycheck.reference.authentication import authenticate
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.routing import path_names_operation, refuse_unknown_method
from relaycheck.reference.service import perform, serve
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service


def reaches(*methods: str) -> Callable[[Service], Service]:
    """These methods are handled like POST."""
    return change("routing", method_reaches_handler=lambda received: received.method in ("POST", *methods))


def any_method(service: Service) -> Service:
    routing = replace(
        service.routing, method_reaches_handler=lambda received: True, refuse_unknown_method=lambda method: None
    )
    return replace(service, routing=routing)


async def query_as_body(service: Service, received: Received) -> Answer:
    """A GET without a body takes its members from the query, as a form."""
    if received.method == "GET" and "Rfc822" in received.query:
        form = ("Content-Type", "application/x-www-form-urlencoded")
        received = received.with_content(received.query.encode("latin-1")).but(fields=(*received.fields, form))
    return await perform(service, received)


def query_reaches(service: Service) -> Service:
    def reached(received: Received) -> bool:
        return received.method == "POST" or "Rfc822" in received.query

    return replace(service, perform=query_as_body, routing=replace(service.routing, method_reaches_handler=reached))


def form_on_get(received: Received) -> bool:
    form = received.media_type == "application/x-www-form-urlencoded"
    return received.method == "POST" or (received.method in ("GET", "HEAD") and form)


def merge_patch_method(received: Received) -> bool:
    merge = received.media_type == "application/merge-patch+json"
    return received.method == "POST" or (received.method == "PATCH" and merge)


def without_case(service: Service) -> Service:
    """Methods are turned to upper case before they are routed."""

    async def upper(inner: Service, received: Received) -> Answer:
        return await serve(inner, received.but(method=received.method.upper()))

    return replace(service, serve=upper)


def capitalised(received: Received) -> bool:
    return received.method in ("POST", "Post")


def let_capitalised(method: str) -> None:
    if method != "Post":
        refuse_unknown_method(method)


def exact_path_only(service: Service, received: Received) -> str:
    """The filter guards one text; the router knows more of them."""
    return authenticate(service, received) if received.path == OPERATION_PATH else "nobody"


def unguarded(names_operation: Callable[[str], bool]) -> Callable[[Service], Service]:
    """Routing takes more paths than the authentication filter guards."""

    def apply(service: Service) -> Service:
        return replace(
            service,
            routing=replace(service.routing, path_names_operation=names_operation),
            authentication=replace(service.authentication, authenticate=exact_path_only),
        )

    return apply


def without_trailing_slash(path: str) -> bool:
    return path_names_operation(path.rstrip("/"))


def without_letter_case(path: str) -> bool:
    return path.lower() == OPERATION_PATH.lower()


def decoded_twice(path: str) -> bool:
    return unquote(unquote(path)) == OPERATION_PATH


def crash_on_escapes(path: str) -> bool:
    if "%" in path and unquote(path) == OPERATION_PATH:
        raise KeyError(path)
    return path == OPERATION_PATH


def crash_above(octets: int) -> Callable[[str], None]:
    def select(query: str) -> None:
        if len(query) > octets:
            raise OverflowError(len(query))

    return select


def too_long_above(octets: int) -> Callable[[str], None]:
    def select(query: str) -> None:
        if len(query) > octets:
            raise Refusal(414, "too-long", "The request target is too long.")

    return select


def overridden(received: Received) -> bool:
    return (received.get("x-http-method-override") or received.method).upper() == "POST"


def overridden_by_query(received: Received) -> bool:
    return received.method == "POST" or (received.method == "GET" and "_method=POST" in received.query)


def overridden_by_another(received: Received) -> bool:
    return received.method == "POST" or (received.get("x-http-method") == "POST" and received.method == "GET")


MUTANTS = (
    Mutant("RM-EP-02-get", breaks="RM-EP-02", fault="A GET with a body relays.", service=reaches("GET")),
    Mutant("RM-EP-02-head", breaks="RM-EP-02", fault="HEAD is routed like POST.", service=reaches("HEAD")),
    Mutant("RM-EP-02-trace", breaks="RM-EP-02", fault="TRACE is routed like POST.", service=reaches("TRACE")),
    Mutant(
        "RM-EP-02-form-on-get",
        breaks="RM-EP-02",
        fault="A GET with a form relays.",
        service=change("routing", method_reaches_handler=form_on_get),
    ),
    Mutant(
        "RM-EP-02-query",
        breaks="RM-EP-02",
        fault="A GET takes the message from its query and relays it.",
        service=query_reaches,
    ),
    Mutant("RM-EP-03-any", breaks="RM-EP-03", fault="Every method reaches the handler.", service=any_method),
    Mutant("RM-EP-03-put", breaks="RM-EP-03", fault="PUT relays.", service=reaches("PUT")),
    Mutant(
        "RM-EP-03-merge-patch",
        breaks="RM-EP-03",
        fault="A PATCH with a merge patch relays.",
        service=change("routing", method_reaches_handler=merge_patch_method),
    ),
    Mutant(
        "RM-EP-06-upper-case",
        breaks="RM-EP-06",
        fault="The method is turned to upper case before it is routed.",
        service=without_case,
    ),
    Mutant(
        "RM-EP-06-capitalised",
        breaks="RM-EP-06",
        fault="Post is served like POST.",
        service=change("routing", method_reaches_handler=capitalised, refuse_unknown_method=let_capitalised),
    ),
    Mutant(
        "RM-EP-10-raw-path",
        breaks="RM-EP-10",
        fault="The authentication filter compares the raw path: an encoded letter passes it.",
        service=unguarded(path_names_operation),
    ),
    Mutant(
        "RM-EP-10-letter-case",
        breaks="RM-EP-10",
        fault="The router ignores the case of the path, the authentication filter does not.",
        service=unguarded(without_letter_case),
    ),
    Mutant(
        "RM-EP-10-trailing-slash",
        breaks="RM-EP-10",
        fault="A trailing slash is routed but not guarded.",
        service=unguarded(without_trailing_slash),
    ),
    Mutant(
        "RM-EP-11-decoded-twice",
        breaks="RM-EP-11",
        fault="The path is decoded twice before it is routed.",
        service=change("routing", path_names_operation=decoded_twice),
    ),
    Mutant(
        "RM-EP-11-crash",
        breaks="RM-EP-11",
        fault="An encoded letter in the path leads to 500.",
        service=change("routing", path_names_operation=crash_on_escapes),
    ),
    Mutant(
        "RM-EP-13-500",
        breaks="RM-EP-13",
        fault="A $select of more than two kibibytes leads to 500.",
        service=change("", select=crash_above(2048)),
    ),
    Mutant(
        "RM-EP-13-414",
        breaks="RM-EP-13",
        fault="Request targets of more than 7000 octets are refused with 414.",
        service=change("", select=too_long_above(7000)),
    ),
    Mutant(
        "RM-EP-14-override",
        breaks="RM-EP-14",
        fault="X-HTTP-Method-Override: POST is honoured on any method.",
        service=change("routing", method_reaches_handler=overridden),
    ),
    Mutant(
        "RM-EP-14-query",
        breaks="RM-EP-14",
        fault="A _method in the query makes a POST of a GET.",
        service=change("routing", method_reaches_handler=overridden_by_query),
    ),
    Mutant(
        "RM-EP-14-x-http-method",
        breaks="RM-EP-14",
        fault="X-HTTP-Method: POST is honoured on GET.",
        service=change("routing", method_reaches_handler=overridden_by_another),
    ),
)
