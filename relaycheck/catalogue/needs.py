"""What a requirement may need, in one place. A row's `needs` hold for every check of it; a check may need more.

A capability that the target declares absent makes a row not applicable. A fact of the environment that is missing, or a
parameter that the target file does not give, makes it inconclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NeedKind(StrEnum):
    CAPABILITY = "capability"
    """The target's statement of what it supports (ICS of ISO/IEC 9646)."""
    ENVIRONMENT = "environment"
    """What the run has around it."""
    PARAMETER = "parameter"
    """A value that a test needs (IXIT of ISO/IEC 9646)."""


@dataclass(frozen=True, slots=True)
class Need:
    """One word of the vocabulary and what it means."""

    name: str
    kind: NeedKind
    meaning: str


_CAPABILITIES = {
    "auth.any": "at least one of Basic, SoTicket, Bearer and the XSRF session",
    "auth.basic": "the Basic scheme",
    "auth.soticket": "the SoTicket scheme",
    "auth.bearer": "the Bearer scheme",
    "auth.xsrf": "a cookie session with its XSRF value",
    "auth.app": "an application token",
    "auth.negotiate": "Negotiate or NTLM, which authenticate connections",
    "installation.online": "an Online installation",
    "installation.onsite": "an installation on site",
    "connection.default": "a place for mail whose ConnectionInfoExtended is null",
    "connection.object": "an object for ConnectionInfoExtended is honoured",
    "relay.sync": "the answer comes after the mail server's",
    "relay.queued": "the answer comes before the mail is sent",
    "patch.body": "a JSON patch body is the request object",
    "patch.operations": "a JSON patch body is a list of operations",
    "tls": "an https URL",
    "http2": "HTTP/2",
}
_ENVIRONMENT = {
    "witness": "a mail server of the suite that the target reaches",
    "witness.control": "a witness whose answers the suite decides",
    "raw": "a direct connection, with no proxy in between",
    "intrusive": "leave to send large, slow and hostile input",
    "listener": "a listener of the suite that the target could call",
}
_PARAMETERS = {
    "auth.basic.colon": "a Basic account with a colon in its password",
    "auth.basic.nonascii": "a Basic account with non-ASCII characters",
    "auth.basic.empty": "a Basic account with an empty password",
    "auth.expired": "an expired ticket or token",
    "auth.xsrf.other": "a second cookie session",
    "limits.body": "the largest body that the target takes, in octets",
    "limits.recipients": "the largest number of recipients that the target takes",
    "dialect.xml": "the XML vocabulary",
    "dialect.form": "the spelling of lists in forms",
    "dialect.patch": "the reading of a JSON patch",
}

NEEDS: dict[str, Need] = {
    name: Need(name, kind, meaning)
    for kind, words in (
        (NeedKind.CAPABILITY, _CAPABILITIES),
        (NeedKind.ENVIRONMENT, _ENVIRONMENT),
        (NeedKind.PARAMETER, _PARAMETERS),
    )
    for name, meaning in words.items()
}
