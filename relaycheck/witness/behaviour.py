"""What a listener of the witness offers, and which fault it has. Values only; the session acts on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relaycheck.secret import Secret


class Stage(StrEnum):
    """The point of an SMTP session at which a fault shows itself (RFC 5321 §3.1 to §3.8)."""

    CONNECT = "connect"
    """The connection is accepted, and nothing is said on it."""
    GREETING = "greeting"
    HELLO = "hello"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"
    """Inside the mail data, at its first octets."""
    END_OF_DATA = "end_of_data"
    RSET = "rset"
    QUIT = "quit"


class Action(StrEnum):
    """What happens instead of the usual reply."""

    REPLY = "reply"
    DROP = "drop"
    """The connection is closed."""
    RESET = "reset"
    """The connection is reset (TCP RST)."""
    SILENCE = "silence"
    """No answer; the connection stays open until the client or the listener closes it."""
    PAUSE = "pause"
    """The usual reply, but late."""


class LookAlike(StrEnum):
    """Octets that some servers take for `<CRLF>.<CRLF>`, the end of data (RFC 5321 §4.1.1.4; CERT VU#302671)."""

    LF_LF = "\n.\n"
    LF_CRLF = "\n.\r\n"
    CRLF_LF = "\r\n.\n"
    CR_CR = "\r.\r"
    CR_CRLF = "\r.\r\n"
    CRLF_CR = "\r\n.\r"
    LF_CR = "\n.\r"
    CR_LF = "\r.\n"

    @property
    def octets(self) -> bytes:
        return self.value.encode("ascii")


ADDRESSED = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.CONTENT, Stage.END_OF_DATA)
SPEECHLESS = (Stage.CONNECT, Stage.CONTENT)
SLOW = (Stage.HELLO, Stage.MAIL, Stage.DATA)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Raises ValueError for a combination that no server can show.

    A reply of 421 closes the connection (RFC 5321 §3.8). After any other refusing greeting, everything but QUIT is
    answered 503 (§3.1).
    """

    stage: Stage
    action: Action = Action.REPLY
    code: int = 0
    text: str = "refused by the witness as this test wants it"
    matching: str | None = None
    """Only where an address has this text, in any case: that of MAIL or RCPT, or later any of the transaction."""
    times: int | None = None
    """How often the fault shows on the listener before it is used up. None: always."""
    seconds: float = 0.0
    """How long a pause lasts."""

    def __post_init__(self) -> None:
        if self.action is Action.REPLY and self.stage in SPEECHLESS:
            raise ValueError(
                f"A fault at stage {self.stage} cannot be a reply: no command stands there to be answered."
            )
        if self.action is Action.REPLY and not 200 <= self.code <= 599:
            raise ValueError(f"A fault with a reply needs a code from 200 to 599, not {self.code}.")
        if self.action is Action.PAUSE and self.stage not in SLOW:
            raise ValueError(f"A fault at stage {self.stage} cannot be a pause: only at {', '.join(SLOW)}.")
        if self.matching is not None and self.stage not in ADDRESSED:
            raise ValueError(f"A fault at stage {self.stage} cannot match an address: none is known there.")
        if "\r" in self.text or "\n" in self.text:
            raise ValueError("The text of a reply is one line.")

    @property
    def reply(self) -> bytes:
        return f"{self.code} {self.text}".encode()

    def concerns(self, stage: Stage, addresses: tuple[str, ...]) -> bool:
        """Whether it shows itself at this stage of a transaction with these addresses."""
        if stage is not self.stage:
            return False
        return self.matching is None or any(self.matching.lower() in a.lower() for a in addresses)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A listener's service extensions and faults. The default is a faithful server without TLS and AUTH."""

    eight_bit_mime: bool = True
    smtputf8: bool = True
    pipelining: bool = True
    size: int | None = 0
    """Octets of the largest message (RFC 1870); 0 offers SIZE without a limit, None does not offer it."""
    extended: bool = True
    """False: EHLO is not known (502), only HELO."""
    starttls: bool = False
    implicit_tls: bool = False
    auth: Mapping[str, Secret] | None = None
    """Passwords by user, for PLAIN and LOGIN. None: AUTH is not offered."""
    auth_before_tls: bool = True
    """False: AUTH is offered, and accepted, only on a connection with TLS (RFC 4954 §4)."""
    auth_required: bool = False
    """MAIL without AUTH is answered 530."""
    several_lines: bool = False
    """Every reply that ends a step has two lines (RFC 5321 §4.2.1)."""
    fault: Fault | None = None
    lenient_end_of_data: frozenset[LookAlike] = frozenset()
    """Sequences taken for the end of data beside the true one; what follows them is read as commands."""

    def __post_init__(self) -> None:
        if self.starttls and self.implicit_tls:
            raise ValueError("A listener has either STARTTLS or TLS from the first octet, not both.")
        if self.auth_required and self.auth is None:
            raise ValueError("A listener that requires AUTH needs users to authenticate.")

    def extensions(self, *, tls: bool) -> tuple[str, ...]:
        """The EHLO keywords with their parameters (RFC 5321 §4.1.1.1)."""
        offered = []
        if self.size is not None:
            offered.append(f"SIZE {self.size}" if self.size else "SIZE")
        if self.eight_bit_mime:
            offered.append("8BITMIME")
        if self.smtputf8:
            offered.append("SMTPUTF8")
        if self.pipelining:
            offered.append("PIPELINING")
        if self.starttls and not tls:
            offered.append("STARTTLS")
        if self.auth is not None and (tls or self.auth_before_tls):
            offered.append("AUTH PLAIN LOGIN")
        return tuple(offered)


FAITHFUL = Behaviour()
