"""What a stranger can write in place of credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.exchange import Exchange

FORWARDED = (
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Client-IP",
    "X-Originating-IP",
    "X-Remote-Addr",
    "X-Forwarded-Host",
    "True-Client-IP",
)
"""Fields in which a proxy says where a request came from."""
SIGNED_IN = (
    "X-Forwarded-User",
    "X-Remote-User",
    "Remote-User",
    "X-Authenticated-User",
    "X-Authenticated-Userid",
    "X-Auth-Request-User",
    "X-User",
)
"""Fields in which a proxy says who signed in at it."""
PREFLIGHT = (
    ("Origin", "https://relaycheck.test"),
    ("Access-Control-Request-Method", "POST"),
    ("Access-Control-Request-Headers", "authorization, content-type"),
)
"""What a browser asks with before it sends credentials (Fetch, "CORS-preflight request"); it belongs to OPTIONS."""


def cookies_set(exchanges: Iterable[Exchange]) -> str:
    """A Cookie line with the last value of every cookie that 2xx answers set; empty if none did."""
    jar: dict[str, str] = {}
    for exchange in exchanges:
        for value in exchange.response.fields.all("Set-Cookie") if exchange.response and exchange.succeeded else ():
            name, equals, rest = value.partition(";")[0].strip().partition("=")
            if equals and name and rest:
                jar[name] = rest
    return "; ".join(f"{name}={value}" for name, value in jar.items())
