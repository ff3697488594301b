"""Faults in where credentials may stand, how long they count, and what is judged before them (RM-AUTH-27 to 29)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from relaycheck.reference import authentication as faithful
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service


auth = partial(change, "authentication")

XML = ("application/xml", "text/xml")


def from_the_query(*names: str) -> Callable[[Service, Received], str]:
    def authenticate(service: Service, received: Received) -> str:
        given = parse_qs(received.query.replace("+", "%2B"))
        value = next((given[name][0] for name in names if name in given), None)
        if value is None:
            return faithful.authenticate(service, received)
        known = {**service.installation.tickets, **service.installation.tokens}
        return faithful.find_secret(service, value, known) or faithful.authenticate(service, received)

    return authenticate


def remembered(service: Service, received: Received) -> str:
    """The first user of a connection stays."""
    if not received.get("authorization") and "user" in received.connection:
        return str(received.connection["user"])
    received.connection["user"] = user = faithful.authenticate(service, received)
    return user


def remembered_even_when_wrong(service: Service, received: Received) -> str:
    if "user" in received.connection:
        return str(received.connection["user"])
    received.connection["user"] = user = faithful.authenticate(service, received)
    return user


def remembered_sessions(service: Service, received: Received) -> str:
    """A session once proven needs no proof again on its connection."""
    if not received.get("authorization") and received.connection.get("session"):
        return "session"
    user = faithful.authenticate(service, received)
    if not received.get("authorization"):
        received.connection["session"] = True
    return user


def body_first(*types: str) -> Callable[[Service], Service]:
    """Bodies of these types are judged before the user is."""

    def make(service: Service) -> Service:
        perform = service.perform

        async def early(service: Service, received: Received) -> Answer:
            if received.media_type not in types:
                return await perform(service, received)
            buffered = received.with_content(await received.read())
            await service.content.read_content(service, buffered)
            return await perform(service, buffered)

        return replace(service, perform=early)

    return make


def type_first(service: Service, received: Received) -> str:
    if received.media_type == "text/plain":
        raise Refusal(415, "unsupported", "The media type is not supported.")
    return faithful.authenticate(service, received)


def from_the_form(*names: str) -> Callable[[Service], Service]:
    """Credentials in fields of a form body count (RFC 6750 §2.2, which the page does not offer)."""

    def make(service: Service) -> Service:
        perform = service.perform

        async def reading(service: Service, received: Received) -> Answer:
            if received.get("authorization") or received.media_type != "application/x-www-form-urlencoded":
                return await perform(service, received)
            octets = await received.read()
            given = parse_qs(octets.decode("latin-1").replace("+", "%2B"))
            known = {**service.installation.tickets, **service.installation.tokens}
            value = next((given[name][0] for name in names if name in given), "")
            if faithful.find_secret(service, value, known) is None:
                return await perform(service, received.with_content(octets))
            trusting = auth(authenticate=lambda service, received: "form")(service)
            return await perform(trusting, received.with_content(octets))

        return replace(service, perform=reading)

    return make


MUTANTS = (
    Mutant(
        "RM-AUTH-27-access-token",
        breaks="RM-AUTH-27",
        fault="access_token in the query is a Bearer token.",
        service=auth(authenticate=from_the_query("access_token")),
    ),
    Mutant(
        "RM-AUTH-27-ticket",
        breaks="RM-AUTH-27",
        fault="ticket in the query is a ticket.",
        service=auth(authenticate=from_the_query("ticket", "SoTicket")),
    ),
    Mutant(
        "RM-AUTH-28-remembered",
        breaks="RM-AUTH-28",
        fault="The first user of a connection stays for requests without credentials.",
        service=auth(authenticate=remembered),
    ),
    Mutant(
        "RM-AUTH-28-remembered-wrong",
        breaks="RM-AUTH-28",
        fault="The first user of a connection stays whatever is sent later.",
        service=auth(authenticate=remembered_even_when_wrong),
    ),
    Mutant(
        "RM-AUTH-28-session",
        breaks="RM-AUTH-28",
        fault="A session stays on its connection.",
        service=auth(authenticate=remembered_sessions),
    ),
    Mutant(
        "RM-AUTH-29-xml-first",
        breaks="RM-AUTH-29",
        fault="XML is parsed before the credentials are checked.",
        service=body_first(*XML),
    ),
    Mutant(
        "RM-AUTH-29-json-first",
        breaks="RM-AUTH-29",
        fault="JSON is parsed before the credentials are checked.",
        service=body_first("application/json"),
    ),
    Mutant(
        "RM-AUTH-29-type-first",
        breaks="RM-AUTH-29",
        fault="The media type is judged first.",
        service=auth(authenticate=type_first),
    ),
    Mutant(
        "RM-AUTH-27-in-the-form",
        breaks="RM-AUTH-27",
        fault="access_token in a form body is a Bearer token.",
        service=from_the_form("access_token"),
    ),
)
