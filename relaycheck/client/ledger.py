"""The record of a run: every exchange in order, redacted as it is written down, and what was learned about it afterwards."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from relaycheck.exchange import Exchange, Fields, Request, Response
from relaycheck.judgements.mail import is_notification
from relaycheck.wire.coding import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.exchange import Delivery
    from relaycheck.secret import Redactor
    from relaycheck.target import Target
    from relaycheck.wire import Observation


END_OF_HEAD = b"\r\n\r\n"


class Witnessing(Protocol):
    """What the ledger asks of a witness."""

    def deliveries(self, nonce: str) -> tuple[Delivery, ...]: ...


@dataclass(slots=True)
class Ledger:
    """Exchanges by id. `view` gives one with all that is known by now; thread-safe."""

    target: Target
    redactor: Redactor
    witness: Witnessing | None = None
    on_record: Callable[[Exchange], None] | None = None
    _exchanges: dict[str, Exchange] = field(default_factory=dict)
    _late: dict[str, tuple[bytes, bool]] = field(default_factory=dict)
    _deliveries: dict[str, Delivery] = field(default_factory=dict)
    _redactors: dict[str, Redactor] = field(default_factory=dict)
    """By the id and the nonce of an exchange that held secrets of its own: what comes of it later may hold them too."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self._exchanges)

    def record(self, check: str, request: Request, seen: Observation, redactor: Redactor) -> Exchange:
        received = redactor.redact(seen.received)
        response = opened(seen.response) if seen.response else None
        coded = response is not seen.response
        content = response.body if response and (coded or response.framing == "chunked") else b""
        hidden = redactor.redact(content)
        clean = received == seen.received and hidden == content
        if coded and hidden != content:  # what is compressed cannot be hidden in part
            received = received.partition(END_OF_HEAD)[0] + END_OF_HEAD + hidden
        exchange = Exchange(
            id=seen.token,
            check=check,
            request=_redacted_request(request, redactor),
            outcome=seen.outcome,
            response=response if clean or response is None else _redacted_response(response, redactor),
            received=received,
            stray=redactor.redact(seen.stray),
            connection=seen.connection,
            error=redactor.redact_text(seen.error),
            started=seen.started,
            seconds=seen.seconds,
            leaks=() if clean else redactor.found_in(_without_set_cookie(seen.received) + content),
            witnessed=self.witness is not None,
            relay=self.target.relay,
            charset=self.target.content.charset,
        )
        with self._lock:
            self._exchanges[exchange.id] = _with_late(exchange, *self._late.pop(exchange.id, (b"", False)))
            if redactor is not self.redactor:
                self._redactors[exchange.id] = self._redactors[request.nonce] = redactor
        exchange = self.view(exchange)
        if self.on_record:
            self.on_record(exchange)
        return exchange

    def charge(self, token: str, stray: bytes, closed: bool) -> None:
        """Octets or a close that came after the exchange `token` was recorded."""
        late = self.redactor.redact(stray)
        with self._lock:
            if token in self._exchanges:
                self._exchanges[token] = _with_late(self._exchanges[token], late, closed)
            else:
                before, was_closed = self._late.get(token, (b"", False))
                self._late[token] = (before + late, was_closed or closed)

    def view(self, exchange: Exchange) -> Exchange:
        """`exchange` as it is known now: with late octets and the mail that has arrived."""
        known = self._exchanges.get(exchange.id, exchange)
        if self.witness is None:
            return known
        found = self._mails(known.request.nonce)
        if len(found) == len(known.deliveries):
            return known
        hidden = tuple(self._hidden(d, known.request.nonce) for d in found)
        with self._lock:
            known = replace(self._exchanges.get(exchange.id, exchange), deliveries=hidden)
            self._exchanges[exchange.id] = known
        return known

    def _mails(self, nonce: str) -> tuple[Delivery, ...]:
        """What came of a request; where a queue is declared, its reports to senders are no mail of the request."""
        found = self.witness.deliveries(nonce) if self.witness else ()
        return tuple(d for d in found if not is_notification(d)) if self.target.relay.mode == "queued" else found

    def _hidden(self, delivery: Delivery, nonce: str) -> Delivery:
        """A delivery with the secrets in it replaced: a mail that holds one shows the placeholder."""
        if delivery.id not in self._deliveries:
            redactor = self._redactor(nonce)
            redact, redact_text = redactor.redact, redactor.redact_text
            self._deliveries[delivery.id] = replace(
                delivery,
                hello=redact_text(delivery.hello),
                sender=redact_text(delivery.sender),
                recipients=tuple(replace(r, address=redact_text(r.address)) for r in delivery.recipients),
                data=redact(delivery.data),
                wire=redact(delivery.wire),
                transcript=redact(delivery.transcript),
            )
        return self._deliveries[delivery.id]

    def _redactor(self, key: str) -> Redactor:
        """Of an exchange by its id or nonce."""
        return self._redactors.get(key, self.redactor)

    def all(self) -> tuple[Exchange, ...]:
        """Every exchange of the run in the order it was recorded, as known now."""
        with self._lock:
            known = list(self._exchanges.values())
        return tuple(self.view(exchange) for exchange in known)


def _with_late(exchange: Exchange, late: bytes, closed: bool) -> Exchange:
    if not late and not closed:
        return exchange
    use = replace(exchange.connection, closed_after=exchange.connection.closed_after or closed)
    return replace(exchange, stray=exchange.stray + late, connection=use)


def _redacted_request(request: Request, redactor: Redactor) -> Request:
    head, end, payload = request.raw.partition(END_OF_HEAD)
    hidden = redactor.redact(head)
    framed = payload != request.body  # in chunks, or other octets than the body of which it was made
    if hidden == head and request.plain and not framed:
        return request
    body = request.body if request.plain else redactor.redact(request.body)
    # Chunks may cut a secret in two: then the body stands for what was framed.
    payload = redactor.redact(payload) if framed and body == request.body else body
    return replace(
        request,
        target=redactor.redact_text(request.target),
        fields=_redacted_fields(request.fields, redactor),
        body=body,
        raw=hidden + end + payload if end else hidden,
    )


def _redacted_response(response: Response, redactor: Redactor) -> Response:
    return replace(
        response,
        reason=redactor.redact_text(response.reason),
        fields=_redacted_fields(response.fields, redactor),
        trailers=_redacted_fields(response.trailers, redactor),
        body=redactor.redact(response.body),
        head=redactor.redact(response.head),
    )


def _redacted_fields(fields: Fields, redactor: Redactor) -> Fields:
    hide = redactor.redact_text
    return Fields(tuple((hide(name), hide(value)) for name, value in fields))


def _without_set_cookie(received: bytes) -> bytes:
    """A cookie that the target sets (again) is its own, no echo: the catalogue excepts it (RM-AUTH-26)."""
    if b"set-cookie" not in received.lower():
        return received
    return b"\r\n".join(line for line in received.split(b"\r\n") if not line.lower().startswith(b"set-cookie:"))
