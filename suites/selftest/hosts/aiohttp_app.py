"""The service as an aiohttp application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientError, web
from service import BODY_LIMIT, not_too_large

from relaycheck.reference.received import ClientGone, Received, Refusal
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.reference.service import Service


DECODED = ("gzip", "deflate")
"""Content codings that aiohttp undoes by itself, without taking Content-Encoding away."""


def fields_of(request: web.Request) -> Iterator[tuple[str, str]]:
    for name, value in request.raw_headers:
        if (name.lower(), value.lower()) not in {(b"content-encoding", coding.encode()) for coding in DECODED}:
            yield name.decode("latin-1").lower(), value.decode("latin-1")


def application(service: Service) -> web.Application:
    async def relay_message(request: web.Request) -> web.Response:
        async def read() -> bytes:
            not_too_large(received.fields)
            try:
                return await request.read()
            except web.RequestPayloadError:
                raise Refusal(400, "bad-body", "The body cannot be read.", close=True) from None
            except (ClientError, OSError):
                raise ClientGone from None

        received = Received(
            method=request.method,
            target=request.raw_path,
            path=OPERATION_PATH,
            query=request.rel_url.raw_query_string,
            fields=tuple(fields_of(request)),
            read=read,
        )
        try:
            answer = await service.answer(received)
        except ClientGone:
            return web.Response(status=400)
        response = web.Response(status=answer.status, body=answer.body or None)
        response.headers.clear()
        for name, value in answer.fields:
            if name.lower() != "content-length":
                response.headers.add(name, value)
        return response

    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_post(OPERATION_PATH, relay_message)
    return app
