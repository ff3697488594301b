"""The demo credentials of the reference target. They open nothing but a reference target on this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.installation import BrowserSession, Installation
from relaycheck.secret import Secret
from relaycheck.target import Auth, BasicAccount, Session

if TYPE_CHECKING:
    from typing import Literal

ACCOUNTS = {
    "tim0": "demo-Passw0rd",
    "colon": "de:mo::pass:word:",
    "zoë": "pä$swörd-✓",
    "adm0": "",
}
TICKET = "7T:cmVsYXljaGVjazpkZW1vOnRpY2tldA=="
EXPIRED_TICKET = "7T:cmVsYXljaGVjazpleHBpcmVkOnRpY2tldA=="
TOKEN = "8A:Cust12345.relaycheck-demo-access-token"
EXPIRED_TOKEN = "8A:Cust12345.relaycheck-expired-access-token"
APP_TOKEN = "relaycheck-demo-app-token"
SESSIONS = (
    BrowserSession("relaycheck0session0one", "relaycheck-xsrf-value-one", "tim0"),
    BrowserSession("relaycheck0session0two", "relaycheck-xsrf-value-two", "zoë"),
)


def demo_installation(kind: Literal["onsite", "online"] = "onsite", **settings: object) -> Installation:
    """An installation with the demo credentials; other settings as in `Installation`."""
    installation = Installation(
        kind=kind,
        accounts=dict(ACCOUNTS),
        tickets={TICKET: "tim0"},
        expired_tickets=frozenset({EXPIRED_TICKET}),
        tokens={TOKEN: "tim0"},
        expired_tokens=frozenset({EXPIRED_TOKEN}),
        sessions=SESSIONS,
        app_token=APP_TOKEN,
    )
    return replace(installation, **settings)  # type: ignore[arg-type]


def demo_auth(kind: Literal["onsite", "online"] = "onsite") -> Auth:
    """The same credentials as a target declares them. Online knows no Basic (page: "depending on installation type")."""
    names = ("basic-password", "basic-password-2", "basic-password-3", "basic-password-4")
    accounts = tuple(
        BasicAccount(user, Secret(name, password))
        for name, (user, password) in zip(names, ACCOUNTS.items(), strict=True)
    )
    first, second = (_session(session, suffix) for session, suffix in zip(SESSIONS, ("", "-2"), strict=True))
    return Auth(
        basic=accounts if kind == "onsite" else (),
        soticket=Secret("soticket", TICKET),
        expired_soticket=Secret("soticket-expired", EXPIRED_TICKET),
        bearer=Secret("bearer", TOKEN),
        expired_bearer=Secret("bearer-expired", EXPIRED_TOKEN),
        xsrf=first,
        other_xsrf=second,
        app=Secret("app-token", APP_TOKEN),
    )


def _session(session: BrowserSession, suffix: str) -> Session:
    token = Secret(f"xsrf-token{suffix}", session.xsrf)
    cookie = Secret(f"cookie-ASP.NET_SessionId{suffix}", session.cookie)
    return Session(token=token, cookies=(("ASP.NET_SessionId", cookie), ("XSRF-TOKEN", token)))
