"""Requests that a client got wrong. Each is answered with a 4xx by a careful service, and breaks a careless one somewhere else."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from relaycheck.encodings import FORM, JSON_PATCH, MEDIA_TYPES

if TYPE_CHECKING:
    from relaycheck.client import Variations

JSON, _, XML, TEXT_XML = MEDIA_TYPES[:4]
DEEP = 20_000
ENTITY = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;&undefined;</r>'


def _body(body: bytes, media_type: str = JSON, coding: str = "") -> Variations:
    headers = (("Content-Encoding", coding),) if coding else ()
    return {"body": body, "media_type": media_type, "headers": headers}


BODIES: dict[str, Variations] = {
    "JSON that breaks off": _body(b'{"Rfc822": "a'),
    "an empty JSON body": _body(b""),
    "a JSON array": _body(b"[1, 2]"),
    "JSON nested too deep": _body(b"[" * DEEP + b"]" * DEEP),
    "objects nested too deep": _body(b'{"Rfc822":' * DEEP + b"1" + b"}" * DEEP),
    "octets that are not UTF-8": _body(b'{"Rfc822": "\xff\xfe\xc3("}'),
    "NUL octets": _body(b"\x00\x00\x00\x00"),
    "numbers for texts": _body(b'{"Rfc822": 1, "From": 2, "Recipients": [3]}'),
    "objects for texts": _body(b'{"Rfc822": {}, "From": [], "Recipients": {"0": {}}}'),
    "a text for a list": _body(b'{"Rfc822": "a", "From": "b", "Recipients": "c"}'),
    "nulls in the list": _body(b'{"Rfc822": "a", "From": "b", "Recipients": [null, [], {}]}'),
    "a number beyond all ranges": _body(b'{"ConnectionInfoExtended": {"Port": 1e400}, "From": 1E+99999}'),
    "a port with 500 digits": _body(b'{"ConnectionInfoExtended": {"Port": ' + b"9" * 5000 + b"}}"),
    "XML that breaks off": _body(b"<RelayMessageRequest><From>", XML),
    "an undefined entity": _body(ENTITY, TEXT_XML),
    "an unknown encoding declared in XML": _body(b'<?xml version="1.0" encoding="klingon"?><r/>', TEXT_XML),
    "half a percent triplet": _body(b"From=%&Rfc822=%zz&Recipients%5B0=%u0041", FORM),
    "a list index beyond all ranges": _body(b"Recipients%5B99999999999999999999%5D=a&Recipients%5B-1%5D=b", FORM),
    "a JSON patch of an unknown operation": _body(b'[{"op": "shred", "path": "/x"}]', JSON_PATCH),
    "gzip that is none": _body(b"not gzip", coding="gzip"),
    "gzip that breaks off": _body(gzip.compress(b"{}" * 100, mtime=0)[:-9], coding="gzip"),
}
"""Contents that cannot be the request."""

HEADERS: dict[str, Variations] = {
    "a Content-Type that is no media type": {"content_type": ";;charset"},
    "a Content-Type of one word": {"content_type": "json"},
    "an unknown charset": {"content_type": f"{JSON}; charset=klingon"},
    "an open quote in Content-Type": {"content_type": f'{JSON}; charset="utf-8'},
    "an unknown content coding": {"headers": (("Content-Encoding", "shrunk"),)},
    "credentials without a scheme": {"auth": None, "headers": (("Authorization", "====%%%"),)},
    "Basic credentials that are no base64": {"auth": None, "headers": (("Authorization", "Basic \u00e9\u00ff=%"),)},
    "a Bearer token of 12000 octets": {"auth": None, "headers": (("Authorization", "Bearer " + "a.%" * 4000),)},
    "cookies that are none": {"auth": None, "headers": (("Cookie", "=;;;=\u00e9; a"), ("X-XSRF-TOKEN", "%"))},
}
"""Header sections that no service can take the request from."""

LINES: dict[str, Variations] = {
    "a broken triplet in the query": {"query": "$select=%&%zz=%"},
    "a NUL in the query": {"query": "$select=%00"},
    "a query that is not UTF-8": {"query": "$select=%ff%fe%c0%af"},
    "$select twice": {"query": "$select=a&$select=b&$select[]=c"},
    "a forwarded chain that is none": {"headers": (("X-Forwarded-For", "\u00e9, 999.1"), ("Forwarded", 'for="'))},
}
"""Oddities beside a valid body: such a request may be served or refused."""


@lru_cache(maxsize=64)
def mangled(body: bytes) -> st.SearchStrategy[bytes]:
    """`body` with a hole in it, one octet changed, its end missing or something put into it."""
    place = st.integers(0, max(0, len(body) - 1))
    some = st.sampled_from(
        (b"\x00", b"\xff", b'"', b"\\", b"{", b"]", b"<", b"&", b"%", b"\r\n", b"\xed\xa0\x80", b"1e999")
    )
    cut = place.map(lambda at: body[:at])
    hole = st.tuples(place, st.integers(1, 30)).map(lambda p: body[: p[0]] + body[p[0] + p[1] :])
    changed = st.tuples(place, some).map(lambda p: body[: p[0]] + p[1] + body[p[0] + 1 :])
    added = st.tuples(place, some).map(lambda p: body[: p[0]] + p[1] + body[p[0] :])
    return st.one_of(cut, hole, changed, added)
