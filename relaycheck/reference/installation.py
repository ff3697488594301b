"""What an administrator configures: accounts, tokens, the default mail server and limits. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A signed-in browser: the value of its session cookie, its XSRF value and its user."""

    cookie: str
    xsrf: str
    user: str


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation of the service. Times are seconds, sizes octets."""

    kind: Literal["onsite", "online"] = "onsite"
    accounts: dict[str, str] = field(default_factory=dict)
    """Passwords by user name."""
    tickets: dict[str, str] = field(default_factory=dict)
    """User names by valid SoTicket."""
    expired_tickets: frozenset[str] = frozenset()
    tokens: dict[str, str] = field(default_factory=dict)
    """User names by valid Bearer token."""
    expired_tokens: frozenset[str] = frozenset()
    sessions: tuple[BrowserSession, ...] = ()
    app_token: str = ""
    default_smtp: tuple[str, int] | None = None
    """Where mail goes when ConnectionInfoExtended is null; None: such requests are refused."""
    smtp_ca: str | None = None
    """PEM file of authorities for mail servers with UseSSL; None: the system's."""
    smtp_verify: bool = True
    smtp_timeout: float = 5.0
    """For each SMTP step, connecting included."""
    ehlo_name: str = "reference.relaycheck.test"
    allow_loopback: bool = True
    """Requests may name a mail server on this machine, as on-site installations do."""
    body_limit: int = 20_000_000
    https_only: bool = False
    """Plain http is refused: credentials in it are in clear (RFC 7617 §4, RFC 6750 §5.3)."""
    xml: Literal["both", "datacontract", "plain"] = "both"
    patch: Literal["body", "operations"] = "body"
