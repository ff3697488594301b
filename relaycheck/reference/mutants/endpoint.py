"""Faults of method and path: what is served that should not be, and what answers to it forget to say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from relaycheck.reference.answers import options
from relaycheck.reference.authentication import authenticate
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.routing import KNOWN, path_names_operation, refuse_unknown_method
from relaycheck.reference.service import perform, serve
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service

NULL = Answer(200, (("Content-Type", "application/json; charset=utf-8"), ("Content-Length", "4")), b"null")
ACCEPTED = Answer(202, (("Content-Length", "0"),))


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

        async def read() -> bytes:
            return received.query.encode("latin-1")

        form = ("Content-Type", "application/x-www-form-urlencoded")
        received = received.but(read=read, fields=(*received.fields, form))
    return await perform(service, received)


def query_reaches(service: Service) -> Service:
    def reached(received: Received) -> bool:
        return received.method == "POST" or "Rfc822" in received.query

    return replace(service, perform=query_as_body, routing=replace(service.routing, method_reaches_handler=reached))


def form_on_get(received: Received) -> bool:
    form = (received.get("content-type") or "").startswith("application/x-www-form-urlencoded")
    return received.method == "POST" or (received.method in ("GET", "HEAD") and form)


def merge_patch_method(received: Received) -> bool:
    merge = (received.get("content-type") or "").startswith("application/merge-patch+json")
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


def put_is_200(received: Received, answer: Answer) -> Answer:
    return NULL if received.method in ("PUT", "PATCH") and answer.status == 405 else answer


def unknown_is_404(received: Received, answer: Answer) -> Answer:
    return answer.but(status=404) if received.method not in KNOWN else answer


def status_for(media_type: str, other: Answer) -> Callable[[Received, Answer], Answer]:
    def finish(received: Received, answer: Answer) -> Answer:
        same = (received.get("content-type") or "").lower().startswith(media_type)
        return other if answer.status == 204 and same else answer

    return finish


def ok_for_tickets(received: Received, answer: Answer) -> Answer:
    ticket = (received.get("authorization") or "").lower().startswith("soticket")
    return NULL if answer.status == 204 and ticket else answer


def body_after_head(outgoing: Outgoing) -> Iterable[Move]:
    if outgoing.method != "HEAD":
        return (outgoing.raw,)
    return (outgoing.head, b'{"Code": "method-not-allowed", "Message": "This path takes POST."}')


def body_after_a_refused_head(outgoing: Outgoing) -> Iterable[Move]:
    page = b"<html>Log in first.</html>"
    anonymous = not any(name == "authorization" for name, _ in outgoing.request_fields)
    return (outgoing.head, page) if outgoing.method == "HEAD" and anonymous else (outgoing.raw,)


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


def without_date(when: Callable[[int], bool]) -> WireFaults:
    def outgoing(response: Outgoing) -> Iterable[Move]:
        if not when(response.status):
            return (response.raw,)
        lines = response.head.split(b"\r\n")
        return (b"\r\n".join(line for line in lines if not line.lower().startswith(b"date:")) + response.content,)

    return WireFaults(outgoing=outgoing)


def other_date(text: bytes) -> WireFaults:
    def outgoing(response: Outgoing) -> Iterable[Move]:
        lines = response.head.split(b"\r\n")
        changed = [b"Date: " + text if line.lower().startswith(b"date:") else line for line in lines]
        return (b"\r\n".join(changed) + response.content,)

    return WireFaults(outgoing=outgoing)


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


def allow_for(received: Received) -> tuple[tuple[str, str], ...]:
    return () if received.method == "DELETE" else (("Allow", "POST, OPTIONS"),)


def bare_options(received: Received) -> Answer:
    return options(received).without_field("Allow")


def options_of_a_page(received: Received) -> Answer:
    return Answer(200, (("Allow", "GET, HEAD, OPTIONS"), ("Content-Length", "0")))


MUTANTS = (
    Mutant(
        "RM-EP-01-200-null",
        breaks="RM-EP-01",
        fault="Success is 200 with the content null.",
        service=change("answers", accepted=lambda service, received: NULL),
    ),
    Mutant(
        "RM-EP-01-202",
        breaks="RM-EP-01",
        fault="Success is 202 where the body is XML.",
        service=change("answers", finish=status_for("text/xml", ACCEPTED)),
    ),
    Mutant(
        "RM-EP-01-200-for-tickets",
        breaks="RM-EP-01",
        fault="A request with a SoTicket is answered 200 with null.",
        service=change("answers", finish=ok_for_tickets),
    ),
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
        "RM-EP-04-put-200",
        breaks="RM-EP-04",
        fault="PUT is answered 200, although nothing is done.",
        service=change("answers", finish=put_is_200),
    ),
    Mutant(
        "RM-EP-04-unknown-404",
        breaks="RM-EP-04",
        fault="An unknown method is answered 404.",
        service=change("answers", finish=unknown_is_404),
    ),
    Mutant(
        "RM-EP-05-no-allow",
        breaks="RM-EP-05",
        fault="405 comes without Allow.",
        service=change("routing", refused_method_fields=lambda received: ()),
    ),
    Mutant(
        "RM-EP-05-delete-without-allow",
        breaks="RM-EP-05",
        fault="The 405 to DELETE comes without Allow.",
        service=change("routing", refused_method_fields=allow_for),
    ),
    Mutant(
        "RM-EP-05-all-methods",
        breaks="RM-EP-05",
        fault="Allow lists every method, the refused one too.",
        service=change(
            "routing", refused_method_fields=lambda received: (("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE"),)
        ),
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
        "RM-EP-07-body",
        breaks="RM-EP-07",
        fault="A HEAD is answered with the body of the error.",
        wire=WireFaults(outgoing=body_after_head),
    ),
    Mutant(
        "RM-EP-07-anonymous-body",
        breaks="RM-EP-07",
        fault="A HEAD without credentials is answered with a page to log in.",
        wire=WireFaults(outgoing=body_after_a_refused_head),
    ),
    Mutant(
        "RM-EP-08-no-allow",
        breaks="RM-EP-08",
        fault="OPTIONS is answered 200 without Allow.",
        service=change("answers", options=bare_options),
    ),
    Mutant(
        "RM-EP-08-no-post",
        breaks="RM-EP-08",
        fault="The Allow of OPTIONS is that of a page: it does not name POST.",
        service=change("answers", options=options_of_a_page),
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
        "RM-EP-12-204-undated",
        breaks="RM-EP-12",
        fault="Date is missing from 204 responses.",
        wire=without_date(lambda status: status == 204),
    ),
    Mutant(
        "RM-EP-12-415-undated",
        breaks="RM-EP-12",
        fault="Date is missing from 415 responses.",
        wire=without_date(lambda status: status == 415),
    ),
    Mutant(
        "RM-EP-12-iso-date",
        breaks="RM-EP-12",
        fault="Date is in the ISO 8601 form.",
        wire=other_date(b"2026-11-23T12:00:00Z"),
    ),
    Mutant(
        "RM-EP-12-epoch",
        breaks="RM-EP-12",
        fault="The clock was never set: Date is in 1970.",
        wire=other_date(b"Thu, 01 Jan 1970 00:00:42 GMT"),
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
