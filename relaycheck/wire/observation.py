"""What the wire saw of one exchange, before anything is redacted or judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from relaycheck.exchange import ConnectionUse, Outcome, Response

LateReport = Callable[[str, bytes, bool], None]
"""Called with the token of an exchange, the bytes that came after its end was recorded, and whether the target then closed.

Any thread that uses the wire may call it. It must not use the wire itself."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One request and everything that came back for it, as bytes.

    `received` is every octet of the answer: interim responses, head, framing and body, then `stray`. A response whose head came
    but whose body did not end is in `response` as far as it came; only `outcome` says that it is whole.
    """

    token: str
    sent: bytes
    """The octets that were handed to the network: fewer than the request has if the target stopped it."""
    outcome: Outcome
    response: Response | None = None
    received: bytes = b""
    stray: bytes = b""
    """Octets after the end of the response, seen so far; later ones are reported as late."""
    connection: ConnectionUse = field(default_factory=ConnectionUse)
    error: str = ""
    """Why there is no whole answer, in a sentence."""
    started: float = 0.0
    """What the wire's clock showed at the start."""
    seconds: float = 0.0
