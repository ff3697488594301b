"""The record of one SMTP session: what was said by whom, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from relaycheck.witness.commands import HIDDEN, without_secrets


class Closed(StrEnum):
    """Who ended a session, and how."""

    OPEN = "open"
    QUIT = "quit"
    CLIENT = "client"
    """The client closed the connection without QUIT."""
    RESET = "reset"
    """The connection was reset under the session."""
    FAULT = "fault"
    """The witness ended it, as the listener's fault wants."""
    TLS = "tls"
    """The TLS handshake failed."""
    TIMEOUT = "timeout"
    WITNESS = "witness"
    """The listener was closed."""


@dataclass(frozen=True, slots=True)
class AuthAttempt:
    """One AUTH command. `user` is None where the exchange ended before the client gave one."""

    mechanism: str
    user: str | None
    right: bool
    tls: bool


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One connection to a listener, as far as it has come.

    `transcript` has every command line and reply in order, "C: " and "S: " before them, octets as they came; of mail
    data it notes the length, AUTH responses are a placeholder. `unfinished` is mail data whose end never came.
    """

    number: int
    listener: str
    opened: float
    hello: str
    commands: tuple[str, ...]
    transcript: bytes
    transactions: int
    tls: bool
    auth: tuple[AuthAttempt, ...]
    unfinished: bytes
    closed: Closed
    error: str
    """A fault of the witness itself, in a sentence; empty as a rule."""

    @property
    def authenticated(self) -> bool:
        return any(attempt.right for attempt in self.auth)

    @property
    def auth_before_tls(self) -> bool:
        """Credentials were offered on a connection without TLS."""
        return any(not attempt.tls for attempt in self.auth)


@dataclass(slots=True)
class SessionLog:
    """A session record while it grows. Only the witness's own thread writes to it."""

    number: int
    listener: str
    opened: float
    hello: str = ""
    transactions: int = 0
    tls: bool = False
    unfinished: bytes = b""
    closed: Closed = Closed.OPEN
    error: str = ""
    _commands: list[str] = field(default_factory=list)
    _auth: list[AuthAttempt] = field(default_factory=list)
    _lines: list[bytes] = field(default_factory=list)

    def command(self, verb: str, line: bytes) -> None:
        self._commands.append(verb)
        self.received(line)

    def received(self, octets: bytes) -> None:
        """Client octets that are no mail data."""
        ended = octets if octets.endswith(b"\n") else octets + b"\r\n"
        self._lines.append(b"C: " + without_secrets(ended))

    def secret_received(self) -> None:
        self._lines.append(b"C: " + HIDDEN + b"\r\n")

    def data_received(self, length: int, *, complete: bool) -> None:
        """Mail data, `length` octets on the wire, end of data included."""
        what = "octets of mail data" if complete else "octets of mail data without their end"
        self._lines.append(f"C: ‹{length} {what}›\r\n".encode())

    def sent(self, reply: bytes) -> None:
        self._lines.append(b"".join(b"S: " + line + b"\r\n" for line in reply.split(b"\r\n")))

    def authenticating(self, attempt: AuthAttempt) -> None:
        self._auth.append(attempt)

    def end(self, closed: Closed) -> None:
        """The first reason is the true one: closing causes others."""
        if self.closed is Closed.OPEN:
            self.closed = closed

    @property
    def user(self) -> str | None:
        """The user whose credentials were right."""
        return next((attempt.user for attempt in self._auth if attempt.right), None)

    def transcript(self) -> bytes:
        return b"".join(self._lines)

    def snapshot(self) -> SessionRecord:
        return SessionRecord(
            number=self.number,
            listener=self.listener,
            opened=self.opened,
            hello=self.hello,
            commands=tuple(self._commands),
            transcript=self.transcript(),
            transactions=self.transactions,
            tls=self.tls,
            auth=tuple(self._auth),
            unfinished=self.unfinished,
            closed=self.closed,
            error=self.error,
        )
