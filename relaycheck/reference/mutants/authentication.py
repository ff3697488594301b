"""Faults in how credentials are read and compared, and in what a refusal says (RM-AUTH-01 to 15)."""

from __future__ import annotations

import base64
import itertools
from functools import partial
from typing import TYPE_CHECKING

from relaycheck.reference import authentication as faithful
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service


auth = partial(change, "authentication")

XML = ("application/xml", "text/xml")


def only(*schemes: str) -> Callable[[Service], Service]:
    return auth(offered_schemes=lambda service: schemes)


def encoded_ticket(service: Service, credentials: str) -> str:
    return faithful.ticket(service, faithful.decode_base64(credentials).decode("latin-1"))


def trimmed_ticket(service: Service, credentials: str) -> str:
    return faithful.ticket(service, credentials.rstrip("="))


def anonymous_when(guest: Callable[[Received], bool]) -> Callable[[Service], Service]:
    """Everybody who sends no Authorization is let in where `guest` says so."""

    def authenticate(service: Service, received: Received) -> str:
        if guest(received) and not received.get("authorization"):
            return "guest"
        return faithful.authenticate(service, received)

    return auth(authenticate=authenticate)


def as_status(status: int, *fields: tuple[str, str]) -> Callable[[Service], Service]:
    """Every 401 becomes another answer."""

    def finish(received: Received, answer: Answer) -> Answer:
        return Answer(status, (*fields, ("Content-Length", "0"))) if answer.status == 401 else answer

    return change("answers", finish=finish)


def challenged(*texts: str) -> Callable[[Service], Service]:
    return auth(challenges=lambda service, refusal: texts)


def prefix_of(length: int) -> Callable[[str, str], bool]:
    return lambda given, known: given[:length] == known[:length] and len(given) >= length


def truncated_to_eight(given: str, known: str) -> bool:
    """As an old crypt() does."""
    return given[:8] == known[:8]


def known_user_is_enough(service: Service, user: str, password: str) -> str:
    if password == user and user in service.installation.accounts:
        return user
    return faithful.check_password(service, user, password)


def starts_with_a_ticket(service: Service, given: str, known: Mapping[str, str]) -> str | None:
    return next((user for secret, user in known.items() if given.startswith(secret)), None)


def ignoring_case(given: str, known: str) -> bool:
    return given.lower() == known.lower()


def last_colon(text: str) -> tuple[str, str]:
    user, _, password = text.rpartition(":")
    return user, password


def all_colons(text: str) -> tuple[str, str]:
    user, password, *_ = [*text.split(":"), ""]
    return user, password


def crash(credentials: str) -> bytes:
    return base64.b64decode(credentials, validate=True)


def unchecked_utf_8(octets: bytes) -> str:
    return octets.decode("utf-8")


def colon_by_index(text: str) -> tuple[str, str]:
    at = text.index(":")
    return text[:at], text[at + 1 :]


def every_nth_password(n: int) -> Callable[[Service], Service]:
    def make(service: Service) -> Service:
        count = itertools.count(1)

        def check(service: Service, user: str, password: str) -> str:
            if user in service.installation.accounts and next(count) % n == 0:
                return user
            return faithful.check_password(service, user, password)

        return auth(check_password=check)(service)

    return make


def served_when_too_long(service: Service, received: Received) -> str:
    """What does not fit the buffer is not compared."""
    line = received.get("authorization") or ""
    return "somebody" if len(line) > faithful.LONGEST else faithful.authenticate(service, received)


MUTANTS = (
    Mutant(
        "RM-AUTH-01-no-basic",
        breaks="RM-AUTH-01",
        fault="Only SoTicket and Bearer are known.",
        service=only("SoTicket", "Bearer"),
    ),
    Mutant(
        "RM-AUTH-02-no-ticket", breaks="RM-AUTH-02", fault="Tickets are not known.", service=only("Basic", "Bearer")
    ),
    Mutant(
        "RM-AUTH-02-decoded",
        breaks="RM-AUTH-02",
        fault="The ticket is base64-decoded before it is compared.",
        service=auth(ticket=encoded_ticket),
    ),
    Mutant(
        "RM-AUTH-02-padding-cut",
        breaks="RM-AUTH-02",
        fault="Equals signs are cut from the end of a ticket.",
        service=auth(ticket=trimmed_ticket),
    ),
    Mutant(
        "RM-AUTH-03-no-bearer", breaks="RM-AUTH-03", fault="Bearer is not known.", service=only("Basic", "SoTicket")
    ),
    Mutant(
        "RM-AUTH-03-as-ticket",
        breaks="RM-AUTH-03",
        fault="A Bearer token is looked up as if it were a ticket.",
        service=auth(bearer=faithful.ticket),
    ),
    Mutant(
        "RM-AUTH-04-nobody",
        breaks="RM-AUTH-04",
        fault="Whoever signs in gets 202, and nothing is relayed.",
        service=change("answers", accepted=lambda service, received: Answer(202, (("Content-Length", "0"),))),
    ),
    Mutant(
        "RM-AUTH-05-xml-anonymous",
        breaks="RM-AUTH-05",
        fault="XML bodies are served without credentials.",
        service=anonymous_when(lambda received: received.media_type in XML),
    ),
    Mutant(
        "RM-AUTH-05-merge-patch-anonymous",
        breaks="RM-AUTH-05",
        fault="merge-patch bodies are served without credentials.",
        service=anonymous_when(lambda received: received.media_type == "application/merge-patch+json"),
    ),
    Mutant(
        "RM-AUTH-05-select-anonymous",
        breaks="RM-AUTH-05",
        fault="A query lets everybody in.",
        service=anonymous_when(lambda received: bool(received.query)),
    ),
    Mutant(
        "RM-AUTH-06-login-page",
        breaks="RM-AUTH-06",
        fault="A redirect to a login page.",
        service=as_status(302, ("Location", "/login")),
    ),
    Mutant("RM-AUTH-06-not-found", breaks="RM-AUTH-06", fault="404 for strangers.", service=as_status(404)),
    Mutant("RM-AUTH-07-empty", breaks="RM-AUTH-07", fault="WWW-Authenticate is empty.", service=challenged("")),
    Mutant(
        "RM-AUTH-07-garbage",
        breaks="RM-AUTH-07",
        fault="WWW-Authenticate holds no challenge.",
        service=challenged('realm="x" Basic'),
    ),
    Mutant(
        "RM-AUTH-07-wrong-password-only",
        breaks="RM-AUTH-07",
        fault="The challenge is missing when credentials were sent.",
        service=change(
            "answers",
            finish=lambda received, answer: (
                answer.without_field("WWW-Authenticate") if received.get("authorization") else answer
            ),
        ),
    ),
    Mutant(
        "RM-AUTH-08-bare-basic",
        breaks="RM-AUTH-08",
        fault="The challenge is the bare word Basic.",
        service=challenged("Basic"),
    ),
    Mutant(
        "RM-AUTH-08-bare-bearer",
        breaks="RM-AUTH-08",
        fault="The Bearer challenge has no parameter.",
        service=challenged('Basic realm="x"', "Bearer"),
    ),
    Mutant(
        "RM-AUTH-09-digest",
        breaks="RM-AUTH-09",
        fault="Only Digest is offered.",
        service=challenged('Digest realm="x", nonce="1"'),
    ),
    Mutant(
        "RM-AUTH-10-bearer-exact",
        breaks="RM-AUTH-10",
        fault="Only Bearer is compared with regard to case.",
        service=change(
            "authentication",
            scheme_matches=lambda given, known: given == known if known == "Bearer" else given.lower() == known.lower(),
        ),
    ),
    Mutant(
        "RM-AUTH-10-title-or-upper",
        breaks="RM-AUTH-10",
        fault="Lower case is not recognised.",
        service=auth(scheme_matches=lambda given, known: given in (known, known.upper())),
    ),
    Mutant(
        "RM-AUTH-11-prefix",
        breaks="RM-AUTH-11",
        fault="Only the first four characters count.",
        service=auth(same_secret=prefix_of(4)),
    ),
    Mutant(
        "RM-AUTH-11-eight",
        breaks="RM-AUTH-11",
        fault="Secrets are cut to eight characters.",
        service=auth(same_secret=truncated_to_eight),
    ),
    Mutant(
        "RM-AUTH-11-any-case",
        breaks="RM-AUTH-11",
        fault="Secrets match in any case.",
        service=auth(same_secret=ignoring_case),
    ),
    Mutant(
        "RM-AUTH-11-user-as-password",
        breaks="RM-AUTH-11",
        fault="The user name is a password too.",
        service=auth(check_password=known_user_is_enough),
    ),
    Mutant(
        "RM-AUTH-11-longer-ticket",
        breaks="RM-AUTH-11",
        fault="Whatever follows a valid ticket or token is ignored.",
        service=auth(find_secret=starts_with_a_ticket),
    ),
    Mutant(
        "RM-AUTH-11-every-third",
        breaks="RM-AUTH-11",
        fault="Every third password is not looked at.",
        service=every_nth_password(3),
    ),
    Mutant(
        "RM-AUTH-12-last-colon",
        breaks="RM-AUTH-12",
        fault="user-pass is split at the last colon.",
        service=auth(split_user_pass=last_colon),
    ),
    Mutant(
        "RM-AUTH-12-all-colons",
        breaks="RM-AUTH-12",
        fault="The password ends at its first colon.",
        service=auth(split_user_pass=all_colons),
    ),
    Mutant(
        "RM-AUTH-13-latin-1",
        breaks="RM-AUTH-13",
        fault="user-pass is decoded as Latin-1.",
        service=auth(decode_user_pass=lambda octets: octets.decode("latin-1")),
    ),
    Mutant(
        "RM-AUTH-15-base64-crash",
        breaks="RM-AUTH-15",
        fault="A base64 error leads to 500.",
        service=auth(decode_base64=crash),
    ),
    Mutant(
        "RM-AUTH-15-utf-8-crash",
        breaks="RM-AUTH-15",
        fault="Octets that are not UTF-8 lead to 500.",
        service=auth(decode_user_pass=unchecked_utf_8),
    ),
    Mutant(
        "RM-AUTH-15-colon-crash",
        breaks="RM-AUTH-15",
        fault="A missing colon leads to 500.",
        service=auth(split_user_pass=colon_by_index),
    ),
    Mutant(
        "RM-AUTH-15-overlong-is-let-in",
        breaks="RM-AUTH-15",
        fault="Credentials beyond 16 KiB are not compared.",
        service=auth(authenticate=served_when_too_long),
    ),
)
