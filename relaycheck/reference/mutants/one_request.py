"""Faults that one kind of request meets: an alteration in the middle, another safe method, an unusual but legal spelling."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.authentication import session, xsrf_value
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Refusal
from relaycheck.reference.routing import path_names_operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission

LONGEST_SECRET = 64
MOST_ESCAPES = 10
NOT_IN_A_TOKEN = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z/]")
LOWER_ESCAPE = re.compile(r"%(?![0-9A-F]{2})")
YEAR = re.compile(r"(?m)^(Date: .* )\d{4}(?= \d\d:)")


def shown(secret: str) -> str:
    """A secret as lists of them show it."""
    return f"{secret[:4]}…{secret[-4:]}"


def found_as_shown(service: Service, given: str, known: Mapping[str, str]) -> str | None:
    """Tickets and tokens are kept in the form in which they are shown, and looked up by it."""
    if len(given) > LONGEST_SECRET:
        return None
    return next((user for secret, user in known.items() if shown(given) == shown(secret)), None)


def value_without_cookies(service: Service, received: Received) -> str:
    """Who sends no cookie is no browser, so the value itself is taken for a key."""
    value = xsrf_value(received)
    users = (s.user for s in service.installation.sessions if s.xsrf == value and not received.all("cookie"))
    return next(users, "") or session(service, received)


def many_escapes(path: str) -> bool:
    if path.count("%") > MOST_ESCAPES:
        raise Refusal(403, "suspicious", "The request looks like an attack.")
    return path_names_operation(path)


def upper_case_digits(path: str) -> bool:
    if LOWER_ESCAPE.search(path):
        raise Refusal(400, "bad-path", "The path is malformed.")
    return path_names_operation(path)


def overridden_except_get(received: Received) -> bool:
    override = received.get("x-http-method-override") or ""
    return received.method == "POST" or (received.method != "GET" and override.upper() == "POST")


def looking(at: Callable[[Received], None]) -> Callable[[Service], Service]:
    """A service that looks at fields before it relays, where an error leads to 500."""

    def submitted(received: Received, submission: Submission) -> Submission:
        at(received)
        return submission

    return change("", submitted=submitted)


def language_needs_accept(received: Received) -> None:
    """A negotiation begins with any of its fields, and takes the others for given."""
    if received.get("accept-language") is not None:
        received.all("accept")[0].split(",")


def names_are_tokens(received: Received) -> None:
    for field in ("accept", "accept-language", "accept-encoding"):
        for element in (received.get(field) or "").split(","):
            if NOT_IN_A_TOKEN.search(element.partition(";")[0].strip()):
                raise ValueError(element)


def zone_is_a_file(received: Received) -> None:
    """A time zone is looked up in the tz database, by a name that must be fit for a file."""
    if not re.fullmatch(r"[\w+\-/]*", received.get("so-timezone") or "", re.ASCII):
        raise ValueError("not a key of the tz database")


def date_of_the_calendar(received: Received, submission: Submission) -> Submission:
    """Dates are written in the calendar of the culture."""
    if not (received.get("so-culture") or "").startswith("ar-SA"):
        return submission
    return replace(submission, rfc822=YEAR.sub(r"\g<1>1448", submission.rfc822, count=1))


MUTANTS = (
    Mutant("RM-AUTH-11-as-shown", "RM-AUTH-11", "Of a ticket or token, only the first and the last four characters count.",
           change("authentication", find_secret=found_as_shown)),
    Mutant("RM-XSRF-04-no-cookies", "RM-XSRF-04", "A request without cookies is let in by the X-XSRF-TOKEN of a session.",
           change("authentication", session=value_without_cookies)),
    Mutant("RM-EP-11-many", "RM-EP-11", "A path with more than ten escapes is refused with 403.",
           change("routing", path_names_operation=many_escapes)),
    Mutant("RM-EP-11-lower-case", "RM-EP-11", "An escape with hexadecimal digits in lower case leads to 400.",
           change("routing", path_names_operation=upper_case_digits)),
    Mutant("RM-EP-14-except-get", "RM-EP-14", "X-HTTP-Method-Override is honoured on every method but GET.",
           change("routing", method_reaches_handler=overridden_except_get)),
    Mutant("RM-NEG-01-language-alone", "RM-NEG-01", "Accept-Language without Accept leads to 500.",
           looking(language_needs_accept)),
    Mutant("RM-NEG-05-no-token", "RM-NEG-05", "A character that no token has, in the name of what is accepted, leads to 500.",
           looking(names_are_tokens)),
    Mutant("RM-NEG-06-calendar", "RM-NEG-06", "Under the culture ar-SA, the Date field gets the year of its calendar.",
           change("", submitted=date_of_the_calendar)),
    Mutant("RM-NEG-06-zone-file", "RM-NEG-06", "A time zone that cannot be a file's name leads to 500.",
           looking(zone_is_a_file)),
)  # fmt: skip
