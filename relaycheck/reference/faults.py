"""Faults below HTTP: what a wire does to the octets of requests and responses. Faithful: nothing.

A connection keeps one `memory` for its faults. The candidate is known from the request line, so a hook sees only requests that
name its candidate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import h11


@dataclass(frozen=True, slots=True)
class Pause:
    """Waits before the next octets."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """Ends the connection, with a TCP FIN or a reset; it need not have said so."""

    reset: bool = False


Move = bytes | Pause | Close


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One complete final response, about to be written. `head` and `content` are its octets as the faithful layer made them."""

    method: str
    target: str
    request_fields: tuple[tuple[str, str], ...]
    status: int
    head: bytes
    content: bytes
    memory: dict[str, object] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        return self.head + self.content


def as_it_came(octets: bytes, memory: dict[str, object]) -> bytes:
    return octets


def as_parsed(event: h11.Event, memory: dict[str, object]) -> h11.Event:
    return event


def answered_still(memory: dict[str, object]) -> bool:
    return True


def as_made(outgoing: Outgoing) -> Iterable[Move]:
    return (outgoing.raw,)


def interim_as_made(octets: bytes, memory: dict[str, object]) -> bytes:
    return octets


@dataclass(frozen=True, slots=True)
class WireFaults:
    """Hooks of the wire, in the order in which a request meets them."""

    incoming: Callable[[bytes, dict[str, object]], bytes] = as_it_came
    """Octets as they are read, before they are parsed; the first ones hold the whole request line."""
    event: Callable[[h11.Event, dict[str, object]], h11.Event] = as_parsed
    """Request, Data and EndOfMessage events of the parser."""
    half_close: Callable[[dict[str, object]], bool] = answered_still
    """Whether a client that ends its side while it waits gets its answer; else its connection is dropped."""
    interim: Callable[[bytes, dict[str, object]], bytes] = interim_as_made
    """An interim response (100)."""
    outgoing: Callable[[Outgoing], Iterable[Move]] = as_made
    """The final response: what is written in its place."""


FAITHFUL_WIRE = WireFaults()
