"""Exchanges as an HTTP Archive (HAR 1.2), for the developer tools of a browser. Only what HAR can hold: well-formed HTTP."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import harfile

from relaycheck import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relaycheck.exchange import Exchange, Fields
    from relaycheck.target import Url


def har(exchanges: Sequence[Exchange], url: Url, when: Callable[[Exchange], float]) -> str:
    """The archive of those exchanges that were answered; empty if there is none. `when` gives seconds since the epoch."""
    held = [e for e in exchanges if e.answered]
    if not held:
        return ""
    text = io.StringIO()
    with harfile.HarFile(text, creator=harfile.Creator("relaycheck", __version__)) as archive:
        for exchange in held:
            archive.add_entry(
                startedDateTime=datetime.fromtimestamp(when(exchange), UTC).isoformat(timespec="milliseconds"),
                time=round(exchange.seconds * 1000, 3),
                request=_request(exchange, url),
                response=_response(exchange),
                timings=harfile.Timings(send=0, wait=round(exchange.seconds * 1000, 3), receive=0),
                connection=exchange.connection.id,
                comment=exchange.request.note or None,
            )
    return text.getvalue()


def _request(exchange: Exchange, url: Url) -> harfile.Request:
    request = exchange.request
    target = request.target if request.target.startswith("/") else f"/{request.target}"
    place = f"{url.scheme}://{url.authority}{target}"
    try:
        query = parse_qsl(urlsplit(place).query, keep_blank_values=True)
    except ValueError:
        query = []
    post = None
    if request.body:
        post = harfile.PostData(
            mimeType=request.fields.get("Content-Type") or "",
            text=request.body.decode("utf-8", "replace"),
            comment=None if _is_text(request.body) else "not UTF-8: the octets are in the .raw file",
        )
    return harfile.Request(
        method=request.method,
        url=place,
        httpVersion="HTTP/1.1",
        headers=_records(request.fields),
        queryString=[harfile.Record(name, value) for name, value in query],
        postData=post,
        headersSize=max(0, len(request.raw) - len(request.body)),
        bodySize=len(request.body),
    )


def _response(exchange: Exchange) -> harfile.Response:
    response = exchange.response
    assert response is not None
    body = response.body
    content = harfile.Content(size=len(body), mimeType=response.fields.get("Content-Type") or "")
    if body and _is_text(body):
        content.text = body.decode("utf-8")
    elif body:
        content.text, content.encoding = base64.b64encode(body).decode(), "base64"
    return harfile.Response(
        status=response.status,
        statusText=response.reason,
        httpVersion=f"HTTP/{response.version}",
        headers=_records(response.fields),
        content=content,
        redirectURL=response.fields.get("Location") or "",
        headersSize=len(response.head) or -1,
        bodySize=len(body),
    )


def _records(fields: Fields) -> list[harfile.Record]:
    return [harfile.Record(name, value) for name, value in fields]


def _is_text(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
