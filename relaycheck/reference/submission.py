"""The request body once it is understood, and the mail that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Submission:
    """The four properties of the page. `server` is None when ConnectionInfoExtended is null or absent."""

    rfc822: str
    sender: str
    recipients: tuple[str, ...]
    server: MailServer | None = None


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where to relay. `secret` never shows in a repr."""

    host: str
    port: int
    use_tls: bool = False
    user: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail transaction to make: envelope, and content with CRLF line ends before dot-stuffing (RFC 5321 §4.5.2)."""

    server: MailServer
    sender: str
    recipients: tuple[str, ...]
    content: bytes
