"""Requests that several checks need: what another check has just sent is not sent again, unless a run explores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from relaycheck.message import NONCE

if TYPE_CHECKING:
    from relaycheck.client import Client, Variations
    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.checks import Check


class Sharing:
    """The exchanges of checks that are over, by what was sent but for the nonce. One answers for at most `span` exchanges."""

    def __init__(self, client: Client, span: int) -> None:
        self.client = client
        self.span = span
        self._known: dict[tuple[bytes, Message | None], tuple[Exchange, int]] = {}

    def send(
        self,
        check: Check | None,
        message: Message,
        *,
        vouches: bool = False,
        fresh: bool = False,
        timeout: float | None = None,
        **variations: Unpack[Variations],
    ) -> Exchange:
        """`Client.send`, or the exchange that another check had with the same request.

        A check sends for itself what it sends to confirm, on a connection of its own, a second time, or after a probe of its own,
        unless that only vouches for the target; and all, when it watches the mail server.
        """
        if check is None or fresh:
            return self.client.send(message, fresh=fresh, timeout=timeout, **variations)
        composed = self.client.composer.request(NONCE, message, variations)
        key = (composed.raw, composed.message)
        age = len(self.client.ledger)
        known = self._known.get(key)
        if known is not None and check.may_share and age - known[1] <= self.span:
            again = check.has_sent or known[0].id in check.exchange_ids
            if vouches or not again:
                return self.client.ledger.view(known[0])
        exchange = self.client.send(message, timeout=timeout, **variations)
        if exchange.answered:
            self._known[key] = (exchange, age)
        return exchange
