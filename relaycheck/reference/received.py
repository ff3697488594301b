"""What a step of the service sees: the request as received, the answer it gives, and the refusal that ends a request early."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Lines = tuple[tuple[str, str], ...]
"""Field lines in order; octets as Latin-1 characters, because a field value has no charset (RFC 9110 §5.5)."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request. `path` and `query` are raw: not yet percent-decoded, without the prefix that named the candidate."""

    method: str
    target: str
    path: str
    query: str
    fields: Lines
    read: Callable[[], Awaitable[bytes]]
    """Reads the whole content; raises `Refusal` when it is too large and `ClientGone` when it does not end."""
    version: str = "1.1"
    tls: bool = False
    connection: dict[str, object] = field(default_factory=dict)
    """Lives as long as the connection. The faithful service keeps nothing here; faulty ones do."""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field, names compared without case (RFC 9110 §5.1)."""
        wanted = name.lower()
        return tuple(value for key, value in self.fields if key.lower() == wanted)

    def get(self, name: str) -> str | None:
        """The combined value (RFC 9110 §5.3), or None."""
        values = self.all(name)
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """Type and subtype of Content-Type in lower case, without parameters; "" without the field. Checks nothing."""
        return (self.get("content-type") or "").partition(";")[0].strip().lower()

    def but(self, **changes: object) -> Received:
        """The same request with some parts changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def with_content(self, octets: bytes) -> Received:
        """The same request with this content, which is read already."""

        async def read() -> bytes:
            return octets

        return replace(self, read=read)


@dataclass(frozen=True, slots=True)
class Answer:
    """A final response. `close`: the connection ends after it."""

    status: int
    fields: Lines = ()
    body: bytes = b""
    close: bool = False
    trailers: Lines = ()
    """Written over HTTP/2 only. The faithful service has none."""

    def but(self, **changes: object) -> Answer:
        """The same answer with some parts changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def with_field(self, name: str, value: str) -> Answer:
        return replace(self, fields=(*self.fields, (name, value)))

    def without_field(self, name: str) -> Answer:
        return replace(self, fields=tuple(f for f in self.fields if f[0].lower() != name.lower()))


class Refusal(Exception):
    """The request is not carried out. The sentence goes to the client, so it quotes nothing that the client sent."""

    def __init__(self, status: int, code: str, sentence: str, *, fields: Lines = (), close: bool = False) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.fields = fields
        self.close = close


class Unauthorized(Refusal):
    """401. `error` is the code of RFC 6750 §3.1 for the Bearer challenge, empty when no token came."""

    def __init__(self, sentence: str, *, error: str = "") -> None:
        super().__init__(401, "unauthorized", sentence)
        self.error = error


class ClientGone(Exception):
    """The client left before its request was complete: nothing is done and nobody is answered."""
