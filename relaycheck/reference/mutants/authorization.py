"""Faults in what counts as being let in (RM-AUTH-16 to 26)."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from relaycheck.reference import authentication as faithful
from relaycheck.reference.answers import compressed
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Refusal, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.target import Target


auth = partial(change, "authentication")


def first_known_secret(service: Service, received: Received) -> str:
    """An unknown scheme is looked up everywhere."""
    _, credentials = faithful.split_scheme(received.all("authorization")[0])
    known = {**service.installation.tickets, **service.installation.tokens}
    return faithful.find_secret(service, credentials, known) or faithful.basic(service, credentials)


def matches_the_end(given: str, known: str) -> bool:
    return bool(given) and (given.lower() == known.lower() or given.lower().endswith(known.lower()))


def expired_is_bad_request(service: Service, credentials: str) -> str:
    if credentials in service.installation.expired_tokens:
        raise Refusal(400, "expired", "The access token has expired.")
    return faithful.bearer(service, credentials)


def bearer_without_code(service: Service, credentials: str) -> str:
    try:
        return faithful.bearer(service, credentials)
    except Unauthorized as refusal:
        raise Unauthorized(refusal.sentence) from None


def always_invalid_token(service: Service, refusal: Refusal) -> tuple[str, ...]:
    return faithful.challenges(service, Unauthorized("", error="invalid_token"))


def any_line(service: Service, received: Received) -> str:
    lines = received.all("authorization")
    for line in lines:
        one = received.but(fields=tuple(f for f in received.fields if f[0].lower() != "authorization" or f[1] == line))
        try:
            return faithful.authenticate(service, one)
        except Refusal:
            continue
    return faithful.authenticate(service, received)


def both_demanded(service: Service, received: Received) -> str:
    if received.get("authorization") and not received.get("x-xsrf-token"):
        raise Unauthorized("X-XSRF-TOKEN is missing.")
    return faithful.authenticate(service, received)


def falling_back(service: Service, received: Received) -> str:
    try:
        return faithful.authenticate(service, received)
    except Unauthorized:
        return faithful.session(service, received)


def falling_back_for(scheme: str) -> Callable[[Service, Received], str]:
    def authenticate(service: Service, received: Received) -> str:
        if (received.get("authorization") or "").lower().startswith(scheme):
            return falling_back(service, received)
        return faithful.authenticate(service, received)

    return authenticate


def unknown_field(service: Service, received: Received) -> str:
    if received.get("so-apptoken") is not None:
        raise Refusal(400, "unknown-field", "A field is not known.")
    return faithful.authenticate(service, received)


def app_token_checked_for_all(service: Service, received: Received, scheme: str) -> None:
    if received.get("so-apptoken") is not None and scheme != "SoTicket":
        raise Unauthorized("SO-AppToken is for tickets.")


def app_is_a_login(service: Service, received: Received) -> str:
    if not received.get("authorization") and received.get("so-apptoken") == service.installation.app_token:
        return "app"
    return faithful.authenticate(service, received)


def any_app_is_a_login(service: Service, received: Received) -> str:
    if not received.get("authorization") and received.get("so-apptoken"):
        return "app"
    return faithful.authenticate(service, received)


def quoting(field: str) -> Callable[[Service], Service]:
    """Error texts quote a field of the request."""

    def refused(service: Service, received: Received, refusal: Refusal) -> Answer:
        quoted = f"{refusal.sentence} Got {received.get(field)}."
        told = (
            Unauthorized(quoted)
            if isinstance(refusal, Unauthorized)
            else Refusal(refusal.status, refusal.code, quoted, fields=refusal.fields, close=refusal.close)
        )
        from relaycheck.reference.answers import refused as answer

        return answer(service, received, told)

    return change("answers", refused=refused)


def quoting_in_gzip(service: Service) -> Service:
    """The same, and the text is compressed, though nobody asked for it."""
    return change("answers", finish=compressed)(quoting("authorization")(service))


def decoded_user_pass_in_a_field(received: Received, answer: Answer) -> Answer:
    line = received.get("authorization") or ""
    if answer.status != 401 or not line.lower().startswith("basic "):
        return answer
    return answer.with_field("X-Debug-User", base64.b64decode(line[6:] + "==").decode("latin-1").replace("\n", ""))


def online(**steps: object) -> Callable[[Service], Service]:
    """An online installation with some steps of authentication replaced."""

    def make(service: Service) -> Service:
        installed = replace(service, installation=replace(service.installation, kind="online"))
        return auth(**steps)(installed)

    return make


def as_online(target: Target) -> Target:
    """Online, Basic is not offered (page: "depending on installation type")."""
    return replace(target, installation="online", auth=replace(target.auth, basic=()))


def app_token_present(service: Service, received: Received, scheme: str) -> None:
    if scheme == "SoTicket" and not received.get("so-apptoken"):
        raise Unauthorized("SO-AppToken is missing.")


def bare_secret(service: Service, received: Received) -> str:
    """An Authorization that is a known secret as it stands needs no scheme."""
    line = received.get("authorization") or ""
    known = {**service.installation.tickets, **service.installation.tokens}
    return faithful.find_secret(service, line, known) or faithful.authenticate(service, received)


MUTANTS = (
    Mutant(
        "RM-AUTH-16-falls-through",
        breaks="RM-AUTH-16",
        fault="The secrets of an unknown scheme are looked up everywhere.",
        service=auth(unknown_scheme=first_known_secret),
    ),
    Mutant(
        "RM-AUTH-16-ends-with",
        breaks="RM-AUTH-16",
        fault="A scheme that ends like a known one counts as it.",
        service=auth(scheme_matches=matches_the_end),
    ),
    Mutant(
        "RM-AUTH-17-bad-request",
        breaks="RM-AUTH-17",
        fault="An expired token gets 400.",
        service=auth(bearer=expired_is_bad_request),
    ),
    Mutant(
        "RM-AUTH-17-no-code",
        breaks="RM-AUTH-17",
        fault="The challenge has no error code.",
        service=auth(bearer=bearer_without_code),
    ),
    Mutant(
        "RM-AUTH-18-always",
        breaks="RM-AUTH-18",
        fault="Every challenge says invalid_token.",
        service=auth(challenges=always_invalid_token),
    ),
    Mutant(
        "RM-AUTH-19-any-line",
        breaks="RM-AUTH-19",
        fault="One valid line of several is enough.",
        service=auth(authenticate=any_line),
    ),
    Mutant(
        "RM-AUTH-20-both",
        breaks="RM-AUTH-20",
        fault="Authorization and X-XSRF-TOKEN are both demanded.",
        service=auth(authenticate=both_demanded),
    ),
    Mutant(
        "RM-AUTH-21-fallback",
        breaks="RM-AUTH-21",
        fault="An invalid Authorization falls back to the session.",
        service=auth(authenticate=falling_back),
    ),
    Mutant(
        "RM-AUTH-21-bearer-fallback",
        breaks="RM-AUTH-21",
        fault="An invalid Bearer token falls back to the session.",
        service=auth(authenticate=falling_back_for("bearer")),
    ),
    Mutant(
        "RM-AUTH-23-unknown-field",
        breaks="RM-AUTH-23",
        fault="SO-AppToken is an unknown field: 400.",
        service=auth(authenticate=unknown_field),
    ),
    Mutant(
        "RM-AUTH-23-tickets-only",
        breaks="RM-AUTH-23",
        fault="SO-AppToken beside another scheme is refused.",
        service=auth(app_token=app_token_checked_for_all),
    ),
    Mutant(
        "RM-AUTH-25-login",
        breaks="RM-AUTH-25",
        fault="The right SO-AppToken is a login.",
        service=auth(authenticate=app_is_a_login),
    ),
    Mutant(
        "RM-AUTH-25-any-login",
        breaks="RM-AUTH-25",
        fault="Any SO-AppToken is a login.",
        service=auth(authenticate=any_app_is_a_login),
    ),
    Mutant(
        "RM-AUTH-26-quotes",
        breaks="RM-AUTH-26",
        fault="Errors quote the Authorization field.",
        service=quoting("authorization"),
    ),
    Mutant(
        "RM-AUTH-26-compressed",
        breaks="RM-AUTH-26",
        fault="Errors quote the Authorization field, and come in gzip.",
        service=quoting_in_gzip,
    ),
    Mutant(
        "RM-AUTH-26-decoded",
        breaks="RM-AUTH-26",
        fault="A debugging field shows the decoded user-pass.",
        service=change("answers", finish=decoded_user_pass_in_a_field),
    ),
    Mutant(
        "RM-AUTH-24-never-checked",
        breaks="RM-AUTH-24",
        fault="SO-AppToken is never checked, though the installation is online.",
        service=online(app_token=lambda service, received, scheme: None),
        target=as_online,
    ),
    Mutant(
        "RM-AUTH-24-presence",
        breaks="RM-AUTH-24",
        fault="Any SO-AppToken will do.",
        service=online(app_token=app_token_present),
        target=as_online,
    ),
    Mutant(
        "RM-AUTH-16-bare-secret",
        breaks="RM-AUTH-16",
        fault="A known ticket or token needs no scheme in front.",
        service=auth(authenticate=bare_secret),
    ),
)
