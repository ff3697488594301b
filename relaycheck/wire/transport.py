"""The wire as an httpx transport: what the request says goes out in that order and spelling, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from relaycheck.exchange import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.wire.observation import Observation
    from relaycheck.wire.pool import Wire


class Unanswered(httpx.TransportError):
    """There is no whole response. `observation` holds what there is; its `outcome` and `error` say why."""

    def __init__(self, observation: Observation, request: httpx.Request) -> None:
        super().__init__(observation.error, request=request)
        self.observation = observation


class HttpxTransport(httpx.BaseTransport):
    """Carries httpx requests over a Wire, always to the wire's own origin.

    Request extensions: `token` (str, names the exchange), `fresh` (bool), `response_timeout` (seconds), `target` (request target as
    bytes or str), `framing` ("chunked"), `chunks` (sizes; what remains is the last chunk) and `raw` (the whole request as octets,
    which then go out as they are, whatever else the request says). The response has the extension `observation`. Raises Unanswered
    for every outcome but an answer.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        extensions = request.extensions
        observation = self._wire.exchange(
            extensions["raw"] if "raw" in extensions else serialise(request),
            method=request.method,
            token=extensions.get("token", ""),
            fresh=extensions.get("fresh", False),
            response_timeout=extensions.get("response_timeout"),
        )
        response = observation.response
        if response is None or observation.outcome is not Outcome.ANSWERED:
            raise Unanswered(observation, request)
        return httpx.Response(
            response.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.fields],
            stream=httpx.ByteStream(response.body),
            extensions={
                "http_version": b"HTTP/" + response.version.encode("ascii"),
                "reason_phrase": response.reason.encode("latin-1"),
                "observation": observation,
            },
        )

    def close(self) -> None:
        self._wire.close()


def serialise(request: httpx.Request) -> bytes:
    """The octets of `request` (RFC 9112 §3). With `framing` "chunked", Transfer-Encoding stands where Content-Length stood."""
    extensions = request.extensions
    target = extensions.get("target", request.url.raw_path)
    if isinstance(target, str):
        target = target.encode("utf-8")
    lines = request.headers.raw
    coded = any(name.lower() == b"transfer-encoding" for name, _ in lines)
    if extensions.get("framing") == "chunked" and not coded:
        lines = _chunked_fields(lines)
        coded = True
    body = request.read()
    if coded:
        body = chunked(body, extensions.get("chunks", ()))
    head = [b"%b %b HTTP/1.1\r\n" % (request.method.encode("ascii"), target)]
    head += [b"%b: %b\r\n" % line for line in lines]
    return b"".join([*head, b"\r\n", body])


def chunked(body: bytes, sizes: Sequence[int] = (), extension: bytes = b"") -> bytes:
    """`body` in the chunked coding (RFC 9112 §7.1): chunks of the given sizes, then one with what remains.

    `extension` is put behind each size, its semicolon included (RFC 9112 §7.1.1).
    """
    parts = []
    start = 0
    for size in (*sizes, len(body)):
        if chunk := body[start : start + size]:
            parts.append(b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk))
            start += size
    return b"".join([*parts, b"0\r\n\r\n"])


def _chunked_fields(lines: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    out: list[tuple[bytes, bytes]] = []
    placed = False
    for name, value in lines:
        if name.lower() != b"content-length":
            out.append((name, value))
        elif not placed:
            out.append((b"Transfer-Encoding", b"chunked"))
            placed = True
    return out if placed else [*out, (b"Transfer-Encoding", b"chunked")]
