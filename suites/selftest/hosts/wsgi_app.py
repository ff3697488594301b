"""The service as a WSGI application (PEP 3333). Its coroutines run in one thread with an event loop."""

from __future__ import annotations

import asyncio
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from service import not_too_large

from relaycheck.reference.received import Answer, ClientGone, Received
from relaycheck.target.model import OPERATION_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.service import Service

    Environ = dict[str, Any]
    Start = Callable[[str, list[tuple[str, str]]], object]

ALLOW = ("Allow", "POST")


def fields_of(environ: Environ) -> tuple[tuple[str, str], ...]:
    lines = [(key[5:].replace("_", "-").lower(), value) for key, value in environ.items() if key.startswith("HTTP_")]
    named = {"content-type": environ.get("CONTENT_TYPE"), "content-length": environ.get("CONTENT_LENGTH")}
    return (*lines, *((name, value) for name, value in named.items() if value))


def whole_body(environ: Environ) -> bytes:
    """What the server gives; it may give less than was declared when the client leaves."""
    length = environ.get("CONTENT_LENGTH")
    body: bytes = environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read()
    if length and len(body) < int(length):
        raise ClientGone
    return body


def application(service: Service) -> Callable[[Environ, Start], Iterable[bytes]]:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="service", daemon=True).start()

    def answer(environ: Environ) -> Answer:
        if environ["PATH_INFO"] != OPERATION_PATH:
            return Answer(404, (("Content-Type", "text/plain"),), b"There is nothing at this path.\n")
        if environ["REQUEST_METHOD"] != "POST":
            return Answer(405, (ALLOW, ("Content-Type", "text/plain")), b"This path takes POST.\n")

        async def read() -> bytes:
            not_too_large(received.fields)
            return await asyncio.to_thread(whole_body, environ)

        received = Received(
            method="POST",
            target=OPERATION_PATH,
            path=OPERATION_PATH,
            query=environ.get("QUERY_STRING", ""),
            fields=fields_of(environ),
            read=read,
        )
        try:
            return asyncio.run_coroutine_threadsafe(service.answer(received), loop).result()
        except ClientGone:
            return Answer(400, (("Content-Type", "text/plain"),), b"The request broke off.\n")

    def call(environ: Environ, start: Start) -> Iterable[bytes]:
        found = answer(environ)
        fields = list(found.fields)
        if found.body and not any(name.lower() == "content-length" for name, _ in fields):
            fields.append(("Content-Length", str(len(found.body))))
        start(f"{found.status} {HTTPStatus(found.status).phrase}", fields)
        return [found.body] if found.body and environ["REQUEST_METHOD"] != "HEAD" else []

    return call
