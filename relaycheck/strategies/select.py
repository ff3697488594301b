"""Values of `$select` (page, "Query String Parameters"), as they stand in the request target after `$select=`."""

from __future__ import annotations

import string
from functools import lru_cache

from hypothesis import strategies as st

PAGE_EXAMPLE = "name,department,category/id"

_FIRST = string.ascii_letters + "_"
_MORE = _FIRST + string.digits
_KNOWN = ("From", "Recipients", "Rfc822", "ConnectionInfoExtended", "ConnectionInfoExtended/Port", "Name", "name")

_FIELD = "X-Relaycheck-Injected:%201"
"""What shows in a response whose header was made from the value."""

HOSTILE: dict[str, tuple[str, ...]] = {
    "line ends": (
        f"%0d%0a{_FIELD}",
        f"name%0a{_FIELD}",
        f"name%0d{_FIELD}",
        f"name%0d%0a%0d%0a{_FIELD}",
        f"%e5%98%8d%e5%98%8a{_FIELD}",
        f"%250d%250a{_FIELD}",
    ),
    "NUL": ("%00", "name%00.department"),
    "quotes and markup": ("'", "%22", "';%20DROP%20TABLE%20contact--", "%3Cscript%3Ealert(1)%3C/script%3E"),
    "paths": ("../../../../etc/passwd", "..%2f..%2fweb.config", "%252e%252e%252f", "a//b/"),
    "expressions": (
        "$expand=Recipients",
        "name%20eq%20'x'%20or%201%20eq%201",
        "contains(name,'a')",
        "*",
        "%24%7Bjndi:ldap://127.0.0.1/x%7D",
        "%7B%7B7*7%7D%7D",
    ),
    "broken encodings": ("%ff%fe", "%c0%af", "%ed%a0%80", "%zz", "%"),
    "great length": ("x" * 8192, "a/" * 500, "(" * 500),
    "all at once": (
        f"name',%22;%20DROP%20TABLE%20x--%3Cscript%3E,../../etc/passwd,..%2fweb.config,*,%e5%98%8d%e5%98%8a{_FIELD},{'x' * 8192}",
        f"%ff%fe,%c0%af,%ed%a0%80%0d%0a{_FIELD}",
    ),
}
"""By kind. All are ASCII without spaces and controls, so that the request line itself stays one (RFC 9112 §3)."""

_HOSTILE = tuple(value for values in HOSTILE.values() for value in values)


@lru_cache(maxsize=64)
def select_values() -> st.SearchStrategy[str]:
    """Well-formed: property names, nested by `/`, parted by `,`. Some name the request's own properties."""
    name = st.builds(str.__add__, st.sampled_from(_FIRST), st.text(_MORE, max_size=15))
    path = st.sampled_from(_KNOWN) | st.lists(name, min_size=1, max_size=3).map("/".join)
    return st.just(PAGE_EXAMPLE) | st.lists(path, min_size=1, max_size=6).map(",".join)


@lru_cache(maxsize=64)
def hostile_selects() -> st.SearchStrategy[str]:
    """Not well-formed: injection, traversal, expressions, broken encodings, great length.

    ASCII without spaces and controls, so that the request line itself stays one (RFC 9112 §3).
    """
    embedded = st.tuples(st.sampled_from(_HOSTILE), select_values()).map(lambda pair: f"{pair[1]},{pair[0]}")
    return st.sampled_from(_HOSTILE) | embedded
