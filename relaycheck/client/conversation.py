"""A connection of a test's own: requests byte by byte, responses one by one, each recorded as an exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.exchange import ConnectionUse, Outcome
from relaycheck.wire import Observation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.client.client import Client
    from relaycheck.exchange import Exchange, Request
    from relaycheck.secret import Secret
    from relaycheck.wire import WireConnection


class Conversation:
    """Raw mode on one connection. Bytes go out as given; nothing is added, repeated or reordered."""

    def __init__(self, client: Client, connection: WireConnection) -> None:
        self._client = client
        self.connection = connection

    def write(self, data: bytes) -> int:
        """Put octets on the wire; returns how many were taken before the target closed."""
        return self.connection.write(data)

    def read(
        self, request: Request, timeout: float | None = None, secrets: tuple[Secret, ...] = (), *, spend: bool = True
    ) -> Exchange:
        """Read the next response as the answer to `request`, and record the exchange. Does not wait for mail."""
        if spend:
            self._client.budget.spend(self._client.check)
        seen = self.connection.read_response(request.method, self._client.token(), timeout)
        return self._client.record(request, seen, secrets)

    def send(self, request: Request, timeout: float | None = None) -> Exchange:
        """Write `request` whole, read its response, wait for its mail."""
        self.write(request.raw)
        return self._client.await_mail(self.read(request, timeout))

    def pipeline(self, requests: Sequence[Request], timeout: float | None = None) -> tuple[Exchange, ...]:
        """Write all requests in one go, then read as many responses (RFC 9112 §9.3.2)."""
        self.write(b"".join(request.raw for request in requests))
        answers = [self.read(request, timeout) for request in requests]
        return tuple(self._client.await_mail(answer) for answer in answers)

    def interim(self, timeout: float) -> int | None:
        """The status of the next response head, 100 or final, that comes within `timeout` seconds."""
        return self.connection.read_interim(timeout)

    def quiet(self, exchange: Exchange, seconds: float) -> Exchange:
        """Listen for `seconds` more; what comes is charged to `exchange`."""
        late = self.connection.quiet(seconds)
        if late:
            self._client.ledger.charge(exchange.id, late, closed=False)
        return self._client.ledger.view(exchange)

    def ended(self, exchange: Exchange, seconds: float) -> Exchange:
        """Watch up to `seconds` whether the target ends the connection; that, and what comes before, is charged to `exchange`."""
        over = self.connection.at_eof(seconds)
        late = self.connection.quiet(0.0)
        if late or over:
            self._client.ledger.charge(exchange.id, late, closed=over)
        return self._client.ledger.view(exchange)

    def closed(self, timeout: float) -> bool:
        """Whether the target closes the connection within `timeout` seconds."""
        return self.connection.at_eof(timeout)

    def leave(self, request: Request, *, reset: bool) -> Exchange:
        """Close the connection, or reset it, without reading an answer to `request`, and record the exchange as unanswered."""
        self._client.budget.spend(self._client.check)
        use = ConnectionUse(id=self.connection.id)
        if reset:
            self.connection.reset()
        self.connection.close()
        why = "the suite left without waiting for the answer"
        token = self._client.token()
        return self._client.record(
            request, Observation(token, request.raw, Outcome.UNANSWERED, connection=use, error=why)
        )

    def finish_writing(self) -> None:
        self.connection.shutdown_write()

    def reset(self) -> None:
        self.connection.reset()
