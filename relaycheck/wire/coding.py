"""The content of a response before its content coding. Pure."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.exchange import Response

LARGEST = 1 << 22
"""Octets that are opened of one content; the rest of it stays unread."""
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""How zlib is to read each coding; "deflate" comes in zlib's format and, from some, without it (RFC 9110 §8.4.1.2)."""


def opened(response: Response) -> Response:
    """The response with its content as it was before gzip or deflate; itself where there is nothing that can be undone.

    Where a request has no Accept-Encoding any coding is acceptable (RFC 9110 §12.5.3), and what is inside counts.
    """
    content = response.body
    for coding in reversed([c.strip().lower() for c in (response.fields.get("Content-Encoding") or "").split(",")]):
        if coding not in _WINDOWS:
            break
        inside = _inflated(content, _WINDOWS[coding])
        if inside is None:
            break
        content = inside
    return response if content is response.body else replace(response, body=content)


def _inflated(content: bytes, windows: tuple[int, ...]) -> bytes | None:
    for window in windows:
        reader = zlib.decompressobj(window)
        try:
            inside = reader.decompress(content, LARGEST)
        except zlib.error:
            continue
        if reader.eof or reader.unconsumed_tail:
            return inside
    return None
