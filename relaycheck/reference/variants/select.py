"""Services that take `$select` and other queries more strictly than the reference."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from relaycheck.reference.received import Refusal
from relaycheck.reference.variants.model import Variant, change

WELL_FORMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*")


def well_formed_only(query: str) -> None:
    """A malformed `$select` is 400; names that nobody knows are as good as others."""
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if unquote_plus(name) == "$select":
            for path in unquote_plus(value).split(","):
                if not WELL_FORMED.fullmatch(path):
                    raise Refusal(400, "bad-select", "$select must hold property names.")


def short_queries(query: str) -> None:
    if len(query) > 2000:
        raise Refusal(414, "uri-too-long", "The query is too long.")


VARIANTS = (
    Variant("V-SEL-well-formed", "A malformed $select is refused.", change("", select=well_formed_only)),
    Variant("V-SEL-short", "A query of more than 2000 octets is refused with 414.", change("", select=short_queries)),
)
