"""Sends what a test says, records what came, and waits for the mail. Every octet to the target goes through here."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import httpx

from relaycheck.client.conversation import Conversation
from relaycheck.client.credentials import Credential
from relaycheck.client.nonce import Nonces
from relaycheck.client.patience import Patience
from relaycheck.client.safety import guard
from relaycheck.exchange import Fields, Outcome
from relaycheck.judgements.dates import imf_seconds
from relaycheck.judgements.mail import fate
from relaycheck.judgements.state import throttled
from relaycheck.wire import HttpxTransport, NotOffered, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relaycheck.client.budget import Budget
    from relaycheck.client.compose import Composer, Variations
    from relaycheck.client.ledger import Ledger
    from relaycheck.exchange import Delivery, Exchange, Request
    from relaycheck.message import Message
    from relaycheck.secret import Redactor, Secret
    from relaycheck.wire import Http2Wire, Observation, Wire
    from relaycheck.witness import Witness

LONGEST_THROTTLE = 60.0  # seconds of Retry-After that are honoured
LOGIN_FAILED = frozenset({401, 403})
ATTEMPTS = 3
RESTARTING = (
    0.1,
    0.4,
    1.6,
    3.2,
    4.7,
)  # seconds between attempts while nobody listens, ten in all: a service may be started again


class Client:
    """One per run. `send` is for whole requests; `converse` for a connection of one's own, byte by byte."""

    def __init__(
        self,
        composer: Composer,
        wire: Wire,
        ledger: Ledger,
        budget: Budget,
        witness: Witness | None,
        *,
        share: int = 0,
    ) -> None:
        self.composer = composer
        self.wire = wire
        self.ledger = ledger
        self.budget = budget
        self.witness = witness
        self.check = ""
        """The id of the check on whose behalf requests are sent."""
        self.fresh = False
        """Use a new connection for every request: set when the target closes connections without saying so."""
        self.on_transmitted: Callable[[Exchange], None] | None = None
        """Told of every exchange on a pooled connection; not of those in conversations, which may mean to break theirs."""
        self.log_in: Callable[[], object] | None = None
        """Sends something valid: called between wrong credentials where so many in a row lock an account."""
        self._failed_logins = 0
        self.patience = Patience(composer.target.witness.delivery_timeout)
        self.slowest = 0.0
        """Seconds that the slowest answer of the run took."""
        self.nonces = Nonces(composer.run_id, share)
        self._prefix = f"X{share}-" if share else "X"
        self._http2: Http2Wire | None = None
        self._count = itertools.count(1)
        self._lock = threading.Lock()
        self._http = httpx.Client(transport=HttpxTransport(wire), trust_env=False, follow_redirects=False, timeout=None)
        self._http.headers.clear()
        self._url = httpx.URL(f"{composer.target.url.scheme}://{composer.target.url.authority}/")

    def request(self, message: Message, **variations: Unpack[Variations]) -> Request:
        """Compose a request without sending it; safe or not at all."""
        request = self.composer.request(self.nonces.next(), message, variations)
        guard(request, self.composer.target.safety_domain)
        return request

    def send(
        self, message: Message, *, fresh: bool = False, timeout: float | None = None, **variations: Unpack[Variations]
    ) -> Exchange:
        """Send one request and record the exchange; after a 2xx, wait for the mail.

        A throttled or never-sent request is sent again with a new nonce; one that may have been seen is not.
        """
        for attempt in itertools.count():
            request = self.request(message, **variations)
            exchange = self.transmit(request, fresh=fresh, timeout=timeout, secrets=_secrets(message, variations))
            if not self._again(exchange, attempt):
                break
        return self.await_mail(exchange)

    def transmit(
        self, request: Request, *, fresh: bool = False, timeout: float | None = None, secrets: tuple[Secret, ...] = ()
    ) -> Exchange:
        """Send a composed request once, on a pooled connection unless `fresh`."""
        self._keep_the_account_open()
        self.budget.spend(self.check)
        token = self.token()
        seen = self._over_httpx(request, token, fresh or self.fresh, timeout)
        exchange = self.record(request, seen, secrets)
        self.budget.note(exchange)
        if self.on_transmitted is not None:
            self.on_transmitted(exchange)
        return exchange

    def send_http2(
        self, message: Message, *, timeout: float | None = None, **variations: Unpack[Variations]
    ) -> Exchange:
        """Send one request over HTTP/2 and record the exchange; after a 2xx, wait for the mail. Raises NotOffered."""
        target = self.composer.target
        if not target.capabilities()["http2"]:
            raise NotOffered("the target is declared to have no HTTP/2")
        if self._http2 is None:
            self._http2 = self.wire.http2()
        self._http2.connect()
        request = self.request(message, **variations)
        self._keep_the_account_open()
        self.budget.spend(self.check)
        seen = self._http2.exchange(
            request.method, request.target, request.fields, request.body, token=self.token(), response_timeout=timeout
        )
        exchange = self.record(replace(request, raw=seen.sent), seen, _secrets(message, variations))
        self.budget.note(exchange)
        return self.await_mail(exchange)

    def token(self) -> str:
        with self._lock:
            return f"{self._prefix}{next(self._count):05d}"

    def record(self, request: Request, seen: Observation, secrets: tuple[Secret, ...] = ()) -> Exchange:
        self.budget.carried(request)
        if seen.outcome is Outcome.ANSWERED:
            self.slowest = max(self.slowest, seen.seconds)
        exchange = self.ledger.record(self.check, request, seen, self._redactor(secrets))
        if exchange.status in LOGIN_FAILED and "Authorization" in request.fields:
            self._failed_logins += 1
        elif exchange.succeeded:
            self._failed_logins = 0
        return exchange

    def _keep_the_account_open(self) -> None:
        """A right login before the wrong one that would lock an account, where the target declares how many do."""
        limit = self.composer.target.limits.failed_logins
        if limit is not None and self._failed_logins >= limit - 1 and self.log_in is not None:
            self._failed_logins = 0
            self.log_in()

    def await_mail(self, exchange: Exchange) -> Exchange:
        """`exchange` with its deliveries: waits for every recipient's mail if the answer was 2xx, within the run's patience."""
        if self.witness is None or exchange.request.message is None or not exchange.succeeded:
            return self.ledger.view(exchange)
        if self._complete(exchange):
            self.patience.arrived(0.0)
            return self.ledger.view(exchange)
        began = time.perf_counter()
        wanted = set(exchange.request.message.recipients)
        self.witness.wait(exchange.request.nonce, lambda found: wanted <= _reached(found), self.patience.seconds())
        if self._complete(exchange):
            self.patience.arrived(time.perf_counter() - began)
        else:
            self.patience.missed()
        return self.ledger.view(exchange)

    def _complete(self, exchange: Exchange) -> bool:
        return fate(self.ledger.view(exchange)).complete

    @contextmanager
    def converse(self) -> Iterator[Conversation]:
        """A connection of one's own, closed at the end."""
        self._keep_the_account_open()
        with self.wire.open() as connection:
            yield Conversation(self, connection)

    def close(self) -> None:
        self._http.close()
        if self._http2 is not None:
            self._http2.close()
        self.wire.close()

    def _over_httpx(self, request: Request, token: str, fresh: bool, timeout: float | None) -> Observation:
        message = httpx.Request(
            request.method,
            self._url,
            stream=httpx.ByteStream(request.body),
            extensions={"raw": request.raw, "token": token, "fresh": fresh, "response_timeout": timeout},
        )
        try:
            response = self._http.send(message, stream=True)
        except Unanswered as silence:
            return silence.observation
        observation: Observation = response.extensions["observation"]
        return observation

    def _redactor(self, secrets: tuple[Secret, ...]) -> Redactor:
        return self.ledger.redactor.with_secrets(*secrets) if secrets else self.ledger.redactor

    def _again(self, exchange: Exchange, attempt: int) -> bool:
        if exchange.outcome is Outcome.NOT_SENT:
            waits = self.budget.reached and attempt < len(RESTARTING)
            return waits and self.budget.pause(RESTARTING[attempt])
        if throttled(exchange) and attempt + 1 < ATTEMPTS:
            return self.budget.pause(min(retry_after(exchange), LONGEST_THROTTLE))
        return False


def _secrets(message: Message, variations: Variations) -> tuple[Secret, ...]:
    """What this request holds that the target's description does not: altered credentials, the connection's password."""
    auth = variations.get("auth")
    found = auth.secrets() if isinstance(auth, Credential) else ()
    password = message.connection.password if message.connection else None
    return (*found, password) if password else found


def _reached(found: tuple[Delivery, ...]) -> set[str]:
    return {address for delivery in found if delivery.accepted for address in delivery.accepted_recipients}


def retry_after(exchange: Exchange) -> float:
    """Seconds that Retry-After asks for, a date by the clock of the target; 1 when it is absent or unreadable."""
    fields = exchange.response.fields if exchange.response else Fields()
    value = (fields.get("Retry-After") or "").strip()
    if value.isdigit():
        return float(value)
    until = imf_seconds(value)
    return 1.0 if until is None else max(1.0, until - (imf_seconds(fields.get("Date") or "") or time.time()))
