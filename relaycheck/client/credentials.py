"""Credentials as the header fields that carry them (page, "Request Headers"; RFC 9110 §11.4, RFC 7617, RFC 6750)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relaycheck.secret import Secret

if TYPE_CHECKING:
    from relaycheck.target import Auth, BasicAccount, Session

SCHEMES = ("basic", "soticket", "bearer", "xsrf")
SPELLED = {"basic": "Basic", "soticket": "SoTicket", "bearer": "Bearer"}


@dataclass(frozen=True, slots=True)
class Credential:
    """What authenticates one request. `scheme` is empty for a session, which has no Authorization field."""

    name: str
    scheme: str = ""
    value: Secret | None = None
    session: Session | None = None
    app: Secret | None = None
    """The application token, which must accompany a ticket online (page, "Request Headers", SO-AppToken)."""

    def fields(self) -> tuple[tuple[str, str], ...]:
        """The header fields with the secrets in clear: for the wire only."""
        lines: list[tuple[str, str]] = []
        if self.value is not None:
            lines.append(
                ("Authorization", f"{self.scheme} {self.value.reveal()}" if self.scheme else self.value.reveal())
            )
        if self.session is not None:
            cookies = "; ".join(f"{name}={value.reveal()}" for name, value in self.session.cookies)
            if cookies:
                lines.append(("Cookie", cookies))
            if self.session.token.reveal():
                lines.append(("X-XSRF-TOKEN", self.session.token.reveal()))
        if self.app is not None:
            lines.append(("SO-AppToken", self.app.reveal()))
        return tuple(lines)

    def secrets(self) -> tuple[Secret, ...]:
        found = [s for s in (self.value, self.app) if s is not None]
        if self.session is not None:
            found += [self.session.token, *(value for _, value in self.session.cookies)]
        return tuple(found)

    def spelled(self, scheme: str) -> Credential:
        """The same credentials under another spelling of the scheme name."""
        return replace(self, scheme=scheme)

    def with_value(self, value: str, name: str = "altered") -> Credential:
        """Other credentials under the same scheme: `name` stands for the value wherever it is shown."""
        return replace(self, value=Secret(f"{self.name}-{name}", value))

    def without_app(self) -> Credential:
        return replace(self, app=None)


def basic_credentials(account: BasicAccount, charset: str = "utf-8") -> Secret:
    """The base64 of `user:password` (RFC 7617 §2)."""
    pair = f"{account.user}:{account.password.reveal()}".encode(charset)
    return Secret(f"{account.password.name}-credentials", base64.b64encode(pair).decode())


def basic(account: BasicAccount) -> Credential:
    return Credential("basic", "Basic", basic_credentials(account))


def declared(auth: Auth) -> dict[str, Credential]:
    """One valid credential for each declared scheme, in the page's order, the XSRF session last."""
    found: dict[str, Credential] = {}
    if auth.basic:
        found["basic"] = basic(auth.basic[0])
    if auth.soticket is not None:
        found["soticket"] = Credential("soticket", "SoTicket", auth.soticket, app=auth.app)
    if auth.bearer is not None:
        found["bearer"] = Credential("bearer", "Bearer", auth.bearer)
    if auth.xsrf is not None:
        found["xsrf"] = Credential("xsrf", session=auth.xsrf)
    return found
