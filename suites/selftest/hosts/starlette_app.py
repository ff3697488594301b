"""The service as a Starlette application, for ASGI servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service import not_too_large
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from relaycheck.reference.received import ClientGone, Received
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from relaycheck.reference.service import Service


def application(service: Service) -> Starlette:
    async def relay_message(request: Request) -> Response:
        async def read() -> bytes:
            not_too_large(received.fields)
            try:
                return await request.body()
            except ClientDisconnect:
                raise ClientGone from None

        received = Received(
            method=request.method,
            target=request.url.path,
            path=OPERATION_PATH,
            query=request.scope["query_string"].decode("latin-1"),
            fields=tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers.raw),
            read=read,
            version=request.scope["http_version"],
        )
        try:
            answer = await service.answer(received)
        except ClientGone:
            return Response(status_code=400)
        response = Response(answer.body, answer.status)
        response.raw_headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in answer.fields]
        return response

    return Starlette(routes=[Route(OPERATION_PATH, relay_message, methods=["POST"])])
