"""A bare SMTP client for self-tests: sends exactly the octets it is given, and reads one reply at a time."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from relaycheck.witness import Listener

DEADLINE = 20.0  # seconds; only a hanging test reaches it


class Dialogue:
    """A connection as a context manager. A reply is its code; 0 is the end of the connection."""

    def __init__(self, listener: Listener, *, greeted: bool = True) -> None:
        self._host = listener.host
        self._socket = socket.create_connection((listener.host, listener.port), timeout=DEADLINE)
        self._replies = self._socket.makefile("rb")
        if greeted:
            assert self.reply() == 220

    def say(self, *lines: bytes) -> int:
        """Each line with CRLF, each after the reply to the one before; the last reply's code."""
        code = 0
        for line in lines:
            self.send(line + b"\r\n")
            code = self.reply()
        return code

    def begin(self, nonce: bytes = b"nobody", to: tuple[bytes, ...] = (b"to",)) -> None:
        """A transaction up to the point where mail data are awaited."""
        mail = (b"EHLO client.test", b"MAIL FROM:<from-%s@x.test>" % nonce)
        assert self.say(*mail, *(b"RCPT TO:<%s-%s@x.test>" % (name, nonce) for name in to)) == 250
        assert self.say(b"DATA") == 354

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def reply(self) -> int:
        try:
            while line := self._replies.readline():
                if line[3:4] != b"-":
                    return int(line[:3])
        except ConnectionResetError:
            return 0
        return 0

    def secure(self, context: ssl.SSLContext) -> None:
        """The TLS handshake, as client."""
        self._replies.close()
        self._socket = context.wrap_socket(self._socket, server_hostname=self._host)
        self._replies = self._socket.makefile("rb")

    def end_writing(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def was_reset(self) -> bool:
        """Whether the connection ends with a reset, after whatever was said."""
        try:
            while self._replies.read(4096):
                pass
        except ConnectionResetError:
            return True
        return False

    def close(self) -> None:
        self._replies.close()
        self._socket.close()

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
