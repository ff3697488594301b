"""What was seen: requests, responses, connections and deliveries as frozen values. Nothing here does I/O.

All bytes in these objects are already redacted: the client replaces secrets when it records, and notes in `leaks` which secrets
the response held. Lengths and framing are judged before that, by the wire, and recorded as fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from relaycheck.target.model import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.message import Message


class Outcome(StrEnum):
    """How an exchange ended, before anybody judges it."""

    ANSWERED = "answered"
    MALFORMED = "malformed"
    """Bytes came back that are not an HTTP response."""
    CUT = "cut"
    """A response began and did not end: the connection closed or the deadline passed inside it."""
    UNANSWERED = "unanswered"
    """Bytes were sent and nothing came back: a reset, a close or a deadline. The request may have been carried out."""
    NOT_SENT = "not-sent"
    """No connection, or no TLS: the target has seen nothing of the request."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Header or trailer fields in wire order. Names match without case (RFC 9110 §5.1)."""

    lines: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        wanted = name.lower()
        return tuple(value for key, value in self.lines if key.lower() == wanted)

    def get(self, name: str) -> str | None:
        """The combined value, joined by comma (RFC 9110 §5.3), or None."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes on the wire. `raw` is every octet of it; `body` the content before any transfer coding."""

    method: str
    target: str
    fields: Fields
    body: bytes
    raw: bytes
    nonce: str
    message: Message | None = None
    """The logical message it carries, stamped: what must arrive if the request is accepted. None: nothing may arrive."""
    assumes: tuple[str, ...] = ()
    """Keys of the target file that it rests on and that the tester did not declare, such as content.xml."""
    plain: bool = False
    """Its content was written from a message that holds no secret, so there is none to look for in it."""
    note: str = ""
    """What is special about it, in a few words, for the reader of a report."""
    by_hand: bool = False
    """A test wrote its content itself, so that what it says may be a matter of opinion."""


@dataclass(frozen=True, slots=True)
class Response:
    """A final response. `framing` says how its end was found (RFC 9112 §6.3): none, length, chunked, close, or h2."""

    status: int
    reason: str
    fields: Fields
    body: bytes
    version: str = "1.1"
    trailers: Fields = field(default_factory=Fields)
    interim: tuple[int, ...] = ()
    framing: str = "none"
    head: bytes = b""
    """The status line and header section, exactly as they came."""


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """Which connection carried the exchange, the how-manieth on it, and what became of the connection."""

    id: str = ""
    ordinal: int = 1
    tls: bool = False
    closed_after: bool = False
    """The target closed the connection after this exchange (seen so far)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT command that the witness answered."""

    address: str
    parameters: tuple[str, ...]
    reply: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One SMTP mail transaction at the witness that reached its end of data (RFC 5321 §3.3)."""

    id: str
    listener: str
    session: int
    transaction: int
    hello: str
    sender: str
    sender_parameters: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    data: bytes
    """The message after dot-unstuffing, up to and with its last line end."""
    wire: bytes
    """The same as it crossed the wire, dots stuffed, with the end-of-data line."""
    reply: int
    """What the witness said to the end of data."""
    tls: bool = False
    auth: str | None = None
    """The user that AUTH gave on this session; never the password."""
    at: float = 0.0
    transcript: bytes = b""
    """The session's command lines and replies up to and with this transaction, secrets replaced."""

    @property
    def accepted(self) -> bool:
        return 200 <= self.reply < 300

    @property
    def accepted_recipients(self) -> tuple[str, ...]:
        return tuple(r.address for r in self.recipients if 200 <= r.reply < 300)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its response, its connection and the mail that it caused."""

    id: str
    check: str
    request: Request
    outcome: Outcome
    response: Response | None = None
    received: bytes = b""
    """Every octet that came back for this request, whether or not it parses."""
    stray: bytes = b""
    """Octets that came after the response was complete."""
    connection: ConnectionUse = field(default_factory=ConnectionUse)
    error: str = ""
    """Why there is no answer, in a sentence."""
    started: float = 0.0
    """Seconds since the run began."""
    seconds: float = 0.0
    leaks: tuple[str, ...] = ()
    """The names of the secrets that the response held, in any spelling."""
    deliveries: tuple[Delivery, ...] = ()
    witnessed: bool = False
    """Whether a witness was there to see mail: without one, no delivery says nothing."""
    relay: Relay = field(default_factory=Relay)
    """What the target is declared to do to mail: the tolerance of the byte oracle."""
    charset: str = "utf-8"
    """The declared charset in which the text of Rfc822 becomes octets."""

    @property
    def status(self) -> int | None:
        return self.response.status if self.response and self.outcome is Outcome.ANSWERED else None

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ANSWERED

    @property
    def accepted(self) -> bool:
        """Answered with 204: the claim, not yet the fact."""
        return self.status == 204

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500
