"""Requests at the same time: each on a connection of its own, all let go by one barrier."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.client.client import Client
    from relaycheck.exchange import Exchange, Request


def at_once(
    client: Client, requests: Sequence[Request], timeout: float | None = None, *, fresh: bool = True
) -> tuple[Exchange, ...]:
    """Send every request once, all at the same time, and wait for their mail. In the order of `requests`.

    `timeout` is for each response, in seconds. Raises Halted when the run's budget ends meanwhile.
    """
    together = Barrier(len(requests))

    def send(request: Request) -> Exchange:
        together.wait()
        return client.transmit(request, fresh=fresh, timeout=timeout)

    with ThreadPoolExecutor(len(requests)) as threads:
        seen = list(threads.map(send, requests))
    return tuple(client.await_mail(exchange) for exchange in seen)
