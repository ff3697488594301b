"""Faults in the browser's way in: the session, its XSRF value, and what a foreign site can make a browser send."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from relaycheck.reference import authentication as faithful
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service

auth = partial(change, "authentication")
FORM = "application/x-www-form-urlencoded"


def no_sessions(service: Service, received: Received) -> str:
    raise Unauthorized("Authentication is needed.")


def unguarded(exempt: Callable[[Received], bool]) -> Callable[[Service, Received], str]:
    """The XSRF value is not asked for where `exempt` says so."""

    def session(service: Service, received: Received) -> str:
        given = faithful.cookies(received).get("ASP.NET_SessionId", "")
        known = next((s for s in service.installation.sessions if s.cookie == given), None)
        return known.user if known and exempt(received) else faithful.session(service, received)

    return session


def any_session_of_ours(service: Service, received: Received) -> str:
    """The value need not belong to this session."""
    given = faithful.cookies(received).get("ASP.NET_SessionId", "")
    values = {s.xsrf for s in service.installation.sessions}
    known = next((s for s in service.installation.sessions if s.cookie == given), None)
    if known and faithful.xsrf_value(received) in values:
        return known.user
    return faithful.session(service, received)


def value_is_a_login(service: Service, received: Received) -> str:
    value = faithful.xsrf_value(received)
    return next((s.user for s in service.installation.sessions if s.xsrf == value), "") or faithful.session(
        service, received
    )


def cookie_by_search(service: Service, received: Received) -> str:
    """The session's cookie is looked for in the whole field as text."""
    line = "; ".join(received.all("cookie"))
    for known in service.installation.sessions:
        if f"ASP.NET_SessionId={known.cookie}" in line and faithful.xsrf_value(received) == known.xsrf:
            return known.user
    return faithful.session(service, received)


def some_session(service: Service, received: Received) -> str:
    """There is a session cookie; whose it is says the value."""
    if faithful.cookies(received).get("ASP.NET_SessionId"):
        return value_is_a_login(service, received)
    return faithful.session(service, received)


def first_cookie(received: Received) -> dict[str, str]:
    """Names keep the space that stands before them, so the first cookie alone is found."""
    pairs = [pair.partition("=") for line in received.all("cookie") for pair in line.split(";")]
    return {name: value for name, _, value in pairs}


def double_submit(service: Service, received: Received) -> str:
    """Cookie and header agree: nobody asks whose session it is."""
    value = faithful.xsrf_value(received)
    if value and faithful.cookies(received).get("XSRF-TOKEN") == value:
        return "somebody"
    return faithful.session(service, received)


def exact_name(octets: bytes, memory: dict[str, object]) -> bytes:
    """Any other spelling than the page's becomes a field that nobody knows."""

    def renamed(found: re.Match[bytes]) -> bytes:
        return found[0] if found[0] == b"\r\nX-XSRF-TOKEN:" else b"\r\nX-Unknown:"

    return re.sub(rb"(?i)\r\nx-xsrf-token:", renamed, octets)


def text_xml_without(received: Received) -> bool:
    return received.get("x-xsrf-token") is None and received.media_type == "text/xml"


def simple_request(received: Received) -> bool:
    """ "The value is for scripts": simple types are taken to come from forms of our own."""
    return received.media_type in (FORM, "text/plain", "multipart/form-data", "")


def reflecting(received: Received, answer: Answer) -> Answer:
    origin = received.get("origin")
    if origin is None:
        return answer
    return answer.with_field("Access-Control-Allow-Origin", origin).with_field(
        "Access-Control-Allow-Credentials", "true"
    )


def preflight_granted(received: Received, answer: Answer) -> Answer:
    return reflecting(received, answer) if received.method == "OPTIONS" else answer


def granting_null(received: Received, answer: Answer) -> Answer:
    return reflecting(received, answer) if received.get("origin") == "null" else answer


MUTANTS = (
    Mutant(
        "RM-XSRF-01-no-sessions",
        breaks="RM-XSRF-01",
        fault="Cookie sessions are ignored.",
        service=auth(session=no_sessions),
    ),
    Mutant(
        "RM-XSRF-01-first-cookie",
        breaks="RM-XSRF-01",
        fault="Only the first cookie of the field is found under its name.",
        service=auth(cookies=first_cookie),
    ),
    Mutant(
        "RM-XSRF-02-cookie-alone",
        breaks="RM-XSRF-02",
        fault="The session cookie alone is enough.",
        service=auth(session=unguarded(lambda received: received.get("x-xsrf-token") is None)),
    ),
    Mutant(
        "RM-XSRF-02-text-xml",
        breaks="RM-XSRF-02",
        fault="The value is not asked for with text/xml.",
        service=auth(session=unguarded(text_xml_without)),
    ),
    Mutant(
        "RM-XSRF-03-presence",
        breaks="RM-XSRF-03",
        fault="Only the presence of X-XSRF-TOKEN is checked.",
        service=auth(xsrf_matches=lambda given, known: given is not None),
    ),
    Mutant(
        "RM-XSRF-03-prefix",
        breaks="RM-XSRF-03",
        fault="The value may be cut.",
        service=auth(xsrf_matches=lambda given, known: bool(given) and known.startswith(given or "")),
    ),
    Mutant(
        "RM-XSRF-03-any-case",
        breaks="RM-XSRF-03",
        fault="The value matches in any case.",
        service=auth(xsrf_matches=lambda given, known: (given or "").lower() == known.lower()),
    ),
    Mutant(
        "RM-XSRF-03-anybodys",
        breaks="RM-XSRF-03",
        fault="The value of any session is good for every session.",
        service=auth(session=any_session_of_ours),
    ),
    Mutant(
        "RM-XSRF-04-login",
        breaks="RM-XSRF-04",
        fault="A valid X-XSRF-TOKEN counts as a login.",
        service=auth(session=value_is_a_login),
    ),
    Mutant(
        "RM-XSRF-04-cookie-by-search",
        breaks="RM-XSRF-04",
        fault="The session's cookie is searched for in the text of the field, so another name may end in its own.",
        service=auth(session=cookie_by_search),
    ),
    Mutant(
        "RM-XSRF-04-some-session",
        breaks="RM-XSRF-04",
        fault="With a valid X-XSRF-TOKEN any value of the session's cookie will do.",
        service=auth(session=some_session),
    ),
    Mutant(
        "RM-XSRF-04-double-submit",
        breaks="RM-XSRF-04",
        fault="A cookie that equals the header is a session.",
        service=auth(session=double_submit),
    ),
    Mutant(
        "RM-XSRF-05-forms-exempt",
        breaks="RM-XSRF-05",
        fault="Form posts are exempt from the check.",
        service=auth(session=unguarded(lambda received: received.media_type == FORM)),
    ),
    Mutant(
        "RM-XSRF-05-simple-exempt",
        breaks="RM-XSRF-05",
        fault="All types that need no preflight are exempt.",
        service=auth(session=unguarded(simple_request)),
    ),
    Mutant(
        "RM-XSRF-06-reflects",
        breaks="RM-XSRF-06",
        fault="Any Origin is reflected, with credentials allowed.",
        service=change("answers", finish=preflight_granted),
    ),
    Mutant(
        "RM-XSRF-06-null",
        breaks="RM-XSRF-06",
        fault="The origin null is granted credentials.",
        service=change("answers", finish=granting_null),
    ),
    Mutant(
        "RM-XSRF-07-exact",
        breaks="RM-XSRF-07",
        fault="The field is looked up by one spelling of its name.",
        wire=WireFaults(incoming=exact_name),
    ),
)
