"""Requests to the reference target as raw octets over real sockets, and the mail that they caused. For self-tests only."""

from __future__ import annotations

import base64
import itertools
import json
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relaycheck.message import plain_message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.exchange import Delivery
    from relaycheck.message import Message
    from relaycheck.target import Target
    from relaycheck.witness import Witness

DEADLINE = 20.0  # seconds; only a hanging test reaches it
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """One parsed response."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(v for k, v in self.fields if k.lower() == name.lower())

    def get(self, name: str) -> str:
        return ", ".join(self.all(name))


class Conversation:
    """One connection."""

    def __init__(self, target: Target) -> None:
        self.socket = socket.create_connection((target.url.host, target.url.port), DEADLINE)
        if target.url.scheme == "https":
            context = ssl.create_default_context(cafile=target.trust)
            self.socket = context.wrap_socket(self.socket, server_hostname=target.url.host)
        self._held = b""

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def finish_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def reply(self, method: str = "POST") -> Reply:
        """The next response, interim ones included. AssertionError if the connection ends before it."""
        while b"\r\n\r\n" not in self._held:
            assert self._more(), f"the connection ended after {self._held!r}"
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        fields = tuple((k, v.strip()) for k, _, v in (text.partition(":") for text in lines))
        status = int(line.split(" ")[1])
        length = next((int(v) for k, v in fields if k.lower() == "content-length"), 0)
        wanted = 0 if method == "HEAD" or status in (100, 204) else length
        while len(self._held) < wanted:
            assert self._more(), "the connection ended inside the content"
        body, self._held = self._held[:wanted], self._held[wanted:]
        return Reply(status, fields, body)

    def rest(self) -> bytes:
        """What comes until the connection ends."""
        while self._more():
            pass
        return self._held

    def _more(self) -> bool:
        try:
            octets = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self._held += octets
        return bool(octets)


@dataclass(slots=True)
class Probe:
    """A target with its witness."""

    target: Target
    witness: Witness

    def message(self, **changes: object) -> Message:
        """A message with a nonce of its own."""
        return plain_message("relaycheck.test").stamped(self.nonce()).but(**changes)

    def nonce(self) -> str:
        return f"rc{next(_numbers):011d}"

    def basic(self, number: int = 0) -> str:
        account = self.target.auth.basic[number]
        return basic(account.user, account.password.reveal())

    def members(self, message: Message, connection: object = None) -> dict[str, Any]:
        return {
            "ConnectionInfoExtended": connection,
            "Rfc822": message.rfc822,
            "From": message.sender,
            "Recipients": list(message.recipients),
        }

    def request(
        self,
        body: bytes | Message,
        *,
        method: str = "POST",
        target: str | None = None,
        query: str = "",
        content_type: str | None = "application/json",
        authorization: str | None = "",
        fields: Iterable[str] = (),
        host: str | None = "relaycheck.test",
        length: bool = True,
        version: str = "1.1",
        close: bool = True,
    ) -> bytes:
        """The octets of a request. `authorization` empty: the first Basic account; None: no field."""
        octets = body if isinstance(body, bytes) else json.dumps(self.members(body)).encode()
        lines = [f"{method} {target or self.target.url.path + query} HTTP/{version}"]
        lines += [f"Host: {host}"] if host is not None else []
        lines += [f"Authorization: {authorization or self.basic()}"] if authorization is not None else []
        lines += [f"Content-Type: {content_type}"] if content_type is not None else []
        lines += [f"Content-Length: {len(octets)}"] if length else []
        lines += ["Connection: close"] if close else []
        return "\r\n".join([*lines, *fields, "", ""]).encode("latin-1") + octets

    def ask(self, octets: bytes, method: str = "POST") -> Reply:
        """One request on a connection of its own; nothing may follow the response."""
        with Conversation(self.target) as conversation:
            conversation.send(octets)
            reply = conversation.reply(method)
            assert conversation.rest() == b""
            return reply

    def post(self, body: bytes | Message, **how: Any) -> Reply:
        return self.ask(self.request(body, **how), how.get("method", "POST"))

    def mails(self, message: Message) -> tuple[Delivery, ...]:
        """What the witness has of a message; synchronous relaying means that it is there when the answer is."""
        nonce = message.sender.removeprefix("from-").partition("@")[0]
        return tuple(d for d in self.witness.deliveries(nonce) if d.accepted)

    def relayed_whole(self, message: Message) -> bool:
        """Exactly one mail, with this envelope and these octets."""
        mails = self.mails(message)
        return (
            len(mails) == 1
            and mails[0].sender == message.sender
            and mails[0].accepted_recipients == message.recipients
            and mails[0].data == message.rfc822.encode()
        )


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
