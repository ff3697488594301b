"""One logical RelayMessage request, before any of the seven encodings.

Every text may hold `NONCE`, a placeholder that is replaced when the message is sent, so that each mail at the witness can be
traced to the one request that carried it. `NONCE` has the length of a real nonce: lengths measured on a draft hold on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.secret import Secret

NONCE = "rc00000000000"


@dataclass(frozen=True, slots=True)
class Connection:
    """EMailConnectionInfoExtended (page, "Request Body"): the mail server that a request names. `None` leaves a member out."""

    server_name: str
    port: int
    protocol: str = "SMTP"
    user_name: str | None = None
    password: Secret | None = None
    use_ssl: bool = False
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """The four properties of the request body. `rfc822` is text; the octets relayed are its UTF-8 (or the declared charset)."""

    rfc822: str
    sender: str
    recipients: tuple[str, ...]
    connection: Connection | None = None

    def stamped(self, nonce: str) -> Message:
        """The same message with `nonce` in place of every `NONCE`."""
        return replace(
            self,
            rfc822=self.rfc822.replace(NONCE, nonce),
            sender=self.sender.replace(NONCE, nonce),
            recipients=tuple(r.replace(NONCE, nonce) for r in self.recipients),
        )

    def but(self, **changes: object) -> Message:
        """The same message with some properties changed: `message.but(sender="…")`."""
        return replace(self, **changes)  # type: ignore[arg-type]


def plain_message(domain: str, recipients: int = 2, body: str = "A line of text.\r\n") -> Message:
    """A message that any relay can carry: 7-bit, CRLF, short lines, complete header, all addresses in `domain`."""
    to = tuple(f"to{n}-{NONCE}@{domain}" for n in range(1, recipients + 1))
    head = (
        f"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
        f"From: Relaycheck <from-{NONCE}@{domain}>\r\n"
        f"To: undisclosed-recipients:;\r\n"
        f"Subject: relaycheck {NONCE}\r\n"
        f"Message-ID: <{NONCE}@{domain}>\r\n"
        f"\r\n"
    )
    return Message(rfc822=f"{head}{NONCE}\r\n{body}", sender=f"from-{NONCE}@{domain}", recipients=to)
