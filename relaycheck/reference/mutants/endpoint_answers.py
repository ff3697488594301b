"""Faults of what the operation answers: its success, and what answers to other methods, HEAD and OPTIONS say; Date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.reference.answers import options
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer
from relaycheck.reference.routing import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Received

NULL = Answer(200, (("Content-Type", "application/json; charset=utf-8"), ("Content-Length", "4")), b"null")
ACCEPTED = Answer(202, (("Content-Length", "0"),))


def put_is_200(received: Received, answer: Answer) -> Answer:
    return NULL if received.method in ("PUT", "PATCH") and answer.status == 405 else answer


def unknown_is_404(received: Received, answer: Answer) -> Answer:
    return answer.but(status=404) if received.method not in KNOWN else answer


def status_for(media_type: str, other: Answer) -> Callable[[Received, Answer], Answer]:
    def finish(received: Received, answer: Answer) -> Answer:
        return other if answer.status == 204 and received.media_type == media_type else answer

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
)
