"""Who asks: Basic, SoTicket, Bearer, or a browser session with its XSRF value. Faithful steps and the record that holds them.

Sources: page "Request Headers"; RFC 9110 §11, RFC 7617, RFC 6750. Every request is judged by itself; nothing is remembered.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.reference.received import Refusal, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service

REALM = "relaycheck reference"
LONGEST = 16_384


def authorization_lines(received: Received) -> tuple[str, ...]:
    """The credentials that came; only from the Authorization field, never from the query or the body (RFC 6750 §5.3)."""
    return received.all("authorization")


def pick_line(lines: tuple[str, ...]) -> str:
    """Authorization is a singleton field: two lines are refused, whichever is right (RFC 9110 §5.3)."""
    if len(lines) > 1:
        raise Refusal(400, "bad-authorization", "There is more than one Authorization field.")
    return lines[0]


def split_scheme(line: str) -> tuple[str, str]:
    """Scheme and credentials, one or more spaces apart (RFC 9110 §11.4)."""
    if len(line) > LONGEST:
        raise Unauthorized("The credentials are too long.")
    scheme, _, rest = line.strip(" \t").partition(" ")
    return scheme, rest.lstrip(" ")


def scheme_matches(given: str, known: str) -> bool:
    """Scheme names match without case (RFC 9110 §11.1)."""
    return given.lower() == known.lower()


def offered_schemes(service: Service) -> tuple[str, ...]:
    """The schemes "depending on installation type" (page): Online knows no Basic."""
    online = service.installation.kind == "online"
    return ("SoTicket", "Bearer") if online else ("Basic", "SoTicket", "Bearer")


def decode_base64(text: str) -> bytes:
    """Strict base64 (RFC 4648 §4). Other characters and wrong padding are an error, not skipped."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Unauthorized("The Basic credentials are not base64.") from None


def decode_user_pass(octets: bytes) -> str:
    """UTF-8, as the challenge announces (RFC 7617 §2.1); control characters are not allowed (RFC 7617 §2)."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Unauthorized("The Basic credentials are not UTF-8.") from None
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise Unauthorized("The Basic credentials hold a control character.")
    return text


def split_user_pass(text: str) -> tuple[str, str]:
    """At the first colon: a password may hold further ones (RFC 7617 §2)."""
    user, colon, password = text.partition(":")
    if not colon:
        raise Unauthorized("The Basic credentials have no colon.")
    return user, password


def same_secret(given: str, known: str) -> bool:
    """Whole values, in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), known.encode("utf-8", "surrogatepass"))


def check_password(service: Service, user: str, password: str) -> str:
    known = service.installation.accounts.get(user)
    right = service.authentication.same_secret(password, known if known is not None else "\0")
    if known is None or not right:
        raise Unauthorized("The user name or the password is wrong.")
    return user


def basic(service: Service, credentials: str) -> str:
    steps = service.authentication
    user, password = steps.split_user_pass(steps.decode_user_pass(steps.decode_base64(credentials)))
    return steps.check_password(service, user, password)


def find_secret(service: Service, given: str, known: Mapping[str, str]) -> str | None:
    """The user that `known` has for a secret; every entry is compared, so that time tells nothing."""
    users = [user for secret, user in known.items() if service.authentication.same_secret(given, secret)]
    return users[0] if users else None


def ticket(service: Service, credentials: str) -> str:
    """The ticket is the credentials as they stand: it holds colons and is not encoded again."""
    user = service.authentication.find_secret(service, credentials, service.installation.tickets)
    if user is None:
        raise Unauthorized("The ticket is not valid, or no longer.")
    return user


def bearer(service: Service, credentials: str) -> str:
    user = service.authentication.find_secret(service, credentials, service.installation.tokens)
    if user is None:
        raise Unauthorized("The access token is not valid, or no longer.", error="invalid_token")
    return user


def unknown_scheme(service: Service, received: Received) -> str:
    """Never a fall-back: an Authorization that cannot be judged is refused."""
    raise Unauthorized("The authentication scheme is not offered here.")


def app_token(service: Service, received: Received, scheme: str) -> None:
    """Online, a ticket needs the token of its app (page: "when calling Online WebAPI from a server")."""
    if service.installation.kind != "online" or scheme != "SoTicket":
        return
    given = received.get("so-apptoken") or ""
    if not service.authentication.same_secret(given, service.installation.app_token):
        raise Unauthorized("SO-AppToken is missing or wrong.")


def cookies(received: Received) -> dict[str, str]:
    """Cookie pairs by name; the first of a name counts (RFC 6265 §5.4)."""
    found: dict[str, str] = {}
    for line in received.all("cookie"):
        for pair in line.split(";"):
            name, equals, value = pair.strip().partition("=")
            if equals:
                found.setdefault(name, value.strip('"'))
    return found


def xsrf_value(received: Received) -> str | None:
    values = received.all("x-xsrf-token")
    return values[0] if len(values) == 1 else None


def xsrf_matches(given: str | None, known: str) -> bool:
    """The header must repeat the session's own value; a cookie alone is what a foreign site can make a browser send."""
    return given is not None and same_secret(given, known)


def session(service: Service, received: Received) -> str:
    """The user of the browser session, if its XSRF value came with it."""
    steps = service.authentication
    given = steps.cookies(received).get("ASP.NET_SessionId", "")
    for known in service.installation.sessions:
        if steps.same_secret(given, known.cookie):
            if steps.xsrf_matches(steps.xsrf_value(received), known.xsrf):
                return known.user
            raise Unauthorized("X-XSRF-TOKEN is missing or does not belong to the session.")
    raise Unauthorized("Authentication is needed.")


def authenticate(service: Service, received: Received) -> str:
    """The user that asks. Authorization decides if it is there; only without it does a session count."""
    steps = service.authentication
    lines = steps.authorization_lines(received)
    if not lines:
        return steps.session(service, received)
    given, credentials = steps.split_scheme(steps.pick_line(lines))
    readers = {"Basic": steps.basic, "SoTicket": steps.ticket, "Bearer": steps.bearer}
    for scheme in steps.offered_schemes(service):
        if steps.scheme_matches(given, scheme):
            user = readers[scheme](service, credentials)
            steps.app_token(service, received, scheme)
            return user
    return steps.unknown_scheme(service, received)


def challenges(service: Service, refusal: Refusal) -> tuple[str, ...]:
    """One challenge for each offered scheme (RFC 9110 §11.6.1), the error code only if a token came (RFC 6750 §3.1)."""
    error = refusal.error if isinstance(refusal, Unauthorized) else ""
    spelled = {
        "Basic": f'Basic realm="{REALM}", charset="UTF-8"',
        "SoTicket": f'SoTicket realm="{REALM}"',
        "Bearer": f'Bearer realm="{REALM}"' + (f', error="{error}"' if error else ""),
    }
    return tuple(spelled[scheme] for scheme in service.authentication.offered_schemes(service))


@dataclass(frozen=True, slots=True)
class Authentication:
    """Steps from request to user."""

    authenticate: Callable[[Service, Received], str] = authenticate
    authorization_lines: Callable[[Received], tuple[str, ...]] = authorization_lines
    pick_line: Callable[[tuple[str, ...]], str] = pick_line
    split_scheme: Callable[[str], tuple[str, str]] = split_scheme
    scheme_matches: Callable[[str, str], bool] = scheme_matches
    offered_schemes: Callable[[Service], tuple[str, ...]] = offered_schemes
    decode_base64: Callable[[str], bytes] = decode_base64
    decode_user_pass: Callable[[bytes], str] = decode_user_pass
    split_user_pass: Callable[[str], tuple[str, str]] = split_user_pass
    same_secret: Callable[[str, str], bool] = same_secret
    check_password: Callable[[Service, str, str], str] = check_password
    find_secret: Callable[[Service, str, Mapping[str, str]], str | None] = find_secret
    basic: Callable[[Service, str], str] = basic
    ticket: Callable[[Service, str], str] = ticket
    bearer: Callable[[Service, str], str] = bearer
    unknown_scheme: Callable[[Service, Received], str] = unknown_scheme
    app_token: Callable[[Service, Received, str], None] = app_token
    cookies: Callable[[Received], dict[str, str]] = cookies
    xsrf_value: Callable[[Received], str | None] = xsrf_value
    xsrf_matches: Callable[[str | None, str], bool] = xsrf_matches
    session: Callable[[Service, Received], str] = session
    challenges: Callable[[Service, Refusal], tuple[str, ...]] = challenges
