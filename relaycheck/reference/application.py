"""The ASGI application over the candidates: finds the candidate, reads the body within its limit, sends the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relaycheck.reference.candidates import origin_form
from relaycheck.reference.received import ClientGone, Received, Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relaycheck.reference.candidates import Candidate, Candidates

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

DRAINED = 1_000_000
"""Octets of a refused body that are read and dropped to keep a connection; a larger body closes it."""


class Body:
    """The content of one request, read when it is asked for."""

    def __init__(self, receive: Receive, candidate: Candidate, declared: int | None) -> None:
        self._receive = receive
        self._candidate = candidate
        self._declared = declared
        self.asked = False

    async def read(self) -> bytes:
        """All of it. 413 beyond the limit (RFC 9110 §15.5.14)."""
        limit = self._candidate.service.installation.body_limit
        if self._declared is not None and self._declared > limit:
            raise Refusal(413, "too-large", "The content is too large.", close=True)
        self.asked = True
        octets = bytearray()
        more = True
        while more:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                rest = self._candidate.service.content.from_incomplete(bytes(octets))
                if rest is None:
                    raise ClientGone
                return rest
            octets += event["body"]
            more = event["more_body"]
            if len(octets) > limit:
                raise Refusal(413, "too-large", "The content is too large.", close=True)
        return bytes(octets)


class Application:
    """One server's ASGI callable."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        raw = scope["raw_path"].decode("latin-1")
        candidate = self._candidates.find(raw)
        path = origin_form(raw)
        if candidate.name:
            path = path[len(candidate.name) + 1 :]
        fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        lengths = [value for name, value in fields if name == "content-length"]
        declared = int(lengths[0]) if lengths and lengths[0].isdigit() else None
        body = Body(receive, candidate, declared)
        query = scope["query_string"].decode("latin-1")
        received = Received(
            method=scope["method"],
            target=raw + ("?" + query if query else ""),
            path=path,
            query=query,
            fields=fields,
            read=body.read,
            version=scope["http_version"],
            tls=scope["scheme"] == "https",
            connection=scope["state"].setdefault("connection", {}),
        )
        try:
            answer = await candidate.service.answer(received)
        except ClientGone:
            return
        close = answer.close or (not body.asked and _better_closed(received, declared))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.fields]
        if close and received.version != "2":
            headers.append((b"connection", b"close"))
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        if answer.trailers and received.version == "2":
            start["trailers"] = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.trailers]
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})


def _better_closed(received: Received, declared: int | None) -> bool:
    """Whether an unread body is not worth draining: held back for a 100 that never came, or large (RFC 9110 §10.1.1)."""
    return received.get("expect") is not None or (declared is not None and declared > DRAINED)
