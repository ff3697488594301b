"""Requests that several checks need: at quick depth, what another check has just sent is not sent again."""

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
        self._known: dict[tuple[bytes, Message | None], tuple[Exchange, Check, int]] = {}

    def send(
        self,
        check: Check | None,
        message: Message,
        *,
        fresh: bool = False,
        timeout: float | None = None,
        **variations: Unpack[Variations],
    ) -> Exchange:
        """`Client.send`, or the exchange that another check had with the same request.

        A check that confirms what it saw, that watches the mail server, or that asks for a connection of its own sends for itself.
        """
        if check is None or fresh:
            return self.client.send(message, fresh=fresh, timeout=timeout, **variations)
        composed = self.client.composer.request(NONCE, message, variations)
        key = (composed.raw, composed.message)
        age = len(self.client.ledger)
        known = self._known.get(key)
        if known is not None and check.may_share and known[1] is not check and age - known[2] <= self.span:
            return self.client.ledger.view(known[0])
        exchange = self.client.send(message, timeout=timeout, **variations)
        if exchange.answered:
            self._known[key] = (exchange, check, age)
        return exchange
