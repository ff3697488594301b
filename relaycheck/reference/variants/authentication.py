"""Other legitimate ways to ask who is there and to say no."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from relaycheck.reference import authentication as faithful
from relaycheck.reference.received import Answer, Unauthorized
from relaycheck.reference.variants.model import Variant, change
from relaycheck.target import Auth

if TYPE_CHECKING:
    from relaycheck.reference.received import Received, Refusal
    from relaycheck.reference.service import Service
    from relaycheck.target import Target

auth = partial(change, "authentication")
LOCKED_AFTER = 3


def forbidden(received: Received, answer: Answer) -> Answer:
    """403 in place of 401, as gateways say."""
    return replace(answer, status=403).without_field("WWW-Authenticate") if answer.status == 401 else answer


def first_line(lines: tuple[str, ...]) -> str:
    return lines[0]


def last_line(lines: tuple[str, ...]) -> str:
    return lines[-1]


def one_line_of_challenges(service: Service, refusal: Refusal) -> tuple[str, ...]:
    return (", ".join(faithful.challenges(service, refusal)),)


def with_negotiate(service: Service, refusal: Refusal) -> tuple[str, ...]:
    return ("Negotiate", "NTLM", *faithful.challenges(service, refusal))


def negotiating(target: Target) -> Target:
    return replace(target, auth=replace(target.auth, negotiate=True))


def basic_only(target: Target) -> Target:
    """Accounts only: no tickets, tokens or sessions."""
    return replace(
        target,
        auth=replace(
            target.auth,
            basic=target.auth.basic[:1],
            soticket=None,
            expired_soticket=None,
            bearer=None,
            expired_bearer=None,
            xsrf=None,
            other_xsrf=None,
            app=None,
        ),
    )


def no_session(service: Service, received: Received) -> str:
    raise Unauthorized("Authentication is needed.")


def latin_1(octets: bytes) -> str:
    return octets.decode("latin-1")


def without_charset(service: Service, refusal: Refusal) -> tuple[str, ...]:
    return tuple(c.replace(', charset="UTF-8"', "") for c in faithful.challenges(service, refusal))


def online(service: Service) -> Service:
    return replace(service, installation=replace(service.installation, kind="online"))


def as_online(target: Target) -> Target:
    return replace(target, installation="online", auth=replace(target.auth, basic=()))


def after_the_body(service: Service) -> Service:
    """Malformed bodies are noticed before the credentials are."""
    perform = service.perform

    async def late(service: Service, received: Received) -> Answer:
        buffered = received.with_content(await received.read())
        await service.content.read_content(service, buffered)
        return await perform(service, buffered)

    return replace(service, perform=late)


def locking(service: Service) -> Service:
    """Three wrong passwords in a row lock an account until it is opened by hand; a right one starts the count anew."""
    failed: Counter[str] = Counter()

    def checked(service: Service, user: str, password: str) -> str:
        if failed[user] >= LOCKED_AFTER:
            raise Unauthorized("The account is locked.")
        failed[user] += 1
        faithful.check_password(service, user, password)
        failed[user] = 0
        return user

    return auth(check_password=checked)(service)


def as_locking(target: Target) -> Target:
    return replace(basic_only(target), limits=replace(target.limits, failed_logins=LOCKED_AFTER))


def session_challenge(service: Service, refusal: Refusal) -> tuple[str, ...]:
    return ('Session realm="sign in with a browser"',)


def session_only(target: Target) -> Target:
    """Browsers only: no accounts, tickets or tokens."""
    sessions = Auth(xsrf=target.auth.xsrf, other_xsrf=target.auth.other_xsrf)
    return replace(target, auth=sessions)


VARIANTS = (
    Variant("V-AUTH-403", "403 for strangers, without a challenge.", service=change("answers", finish=forbidden)),
    Variant(
        "V-AUTH-first-line", "Of several Authorization lines the first counts.", service=auth(pick_line=first_line)
    ),
    Variant("V-AUTH-last-line", "Of several Authorization lines the last counts.", service=auth(pick_line=last_line)),
    Variant(
        "V-AUTH-one-line",
        "All challenges stand in one field line.",
        service=auth(challenges=one_line_of_challenges),
    ),
    Variant(
        "V-AUTH-negotiate", "Negotiate is offered too.", service=auth(challenges=with_negotiate), target=negotiating
    ),
    Variant(
        "V-AUTH-basic-only",
        "Nothing but Basic is installed, with one account.",
        service=auth(offered_schemes=lambda service: ("Basic",), session=no_session),
        target=basic_only,
    ),
    Variant(
        "V-AUTH-session-only",
        "Only browser sessions are installed.",
        service=auth(offered_schemes=lambda service: (), challenges=session_challenge),
        target=session_only,
    ),
    Variant("V-AUTH-locks", "Three wrong passwords lock the account, as declared.", service=locking, target=as_locking),
    Variant(
        "V-AUTH-locks-unsaid", "Three wrong passwords lock the account, undeclared.", service=locking, target=basic_only
    ),
    Variant(
        "V-AUTH-latin-1",
        "user-pass is Latin-1, and no challenge announces UTF-8.",
        service=auth(decode_user_pass=latin_1, challenges=without_charset),
    ),
    Variant(
        "V-AUTH-online", "An online installation: no Basic, tickets need SO-AppToken.", service=online, target=as_online
    ),
    Variant("V-AUTH-after-the-body", "Bodies are parsed before credentials are checked.", service=after_the_body),
)
