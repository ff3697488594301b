"""Field values of RFC 9110: spellings that mean the same, well-formed negotiation, and negotiation that is not."""

from __future__ import annotations

import string
from functools import lru_cache

from hypothesis import strategies as st

TCHAR = "!#$%&'*+-.^_`|~" + string.digits + string.ascii_letters  # RFC 9110 §5.6.2

_OWS = st.text(" \t", max_size=2)
_TOKENS = st.text(TCHAR, min_size=1, max_size=10)
_KNOWN_RANGES = (
    "*/*",
    "application/*",
    "text/*",
    "application/json",
    "application/xml",
    "text/xml",
    "text/html",
    "image/png",
)

_MALFORMED_ACCEPTS = (
    "application",
    "/",
    "application/",
    "/json",
    "application/json/xml",
    "application json",
    "application/json;q=",
    "application/json;q=2",
    "application/json;q=-1",
    "application/json;q=0.1234",
    "application/json;q=high",
    "application/json;q=1e-1",
    "application/json;=1",
    'application/json;a="unclosed',
    "application/json, text/<html>",
    "(application/json)",
    "@",
    '"',
    "{}",
)
_MALFORMED_LANGUAGES = (
    "en_US",
    "-",
    "en-",
    "-en",
    "en;q=2",
    "en;q=",
    "english-languages",
    "en;q=0,5",
    "e n",
    "*-*-*-",
    "<en>",
)
_MALFORMED_CODINGS = (
    "gzip;q=2",
    "gzip;q=",
    "gzip deflate",
    "gzip;level",
    ";q=1",
    "(gzip)",
    '"gzip"',
    "gz ip;q=1",
    "gzip;q=1;q",
)


@lru_cache(maxsize=64)
def case_masks(text: str) -> st.SearchStrategy[str]:
    """`text` with each ASCII letter in either case; others have no case that a protocol element could ignore."""
    return st.lists(st.booleans(), min_size=len(text), max_size=len(text)).map(
        lambda mask: "".join(_cased(c, upper) for c, upper in zip(text, mask, strict=True))
    )


def _cased(char: str, upper: bool) -> str:
    if not char.isascii():
        return char
    return char.upper() if upper else char.lower()


@lru_cache(maxsize=64)
def media_type_spellings(media_type: str, charset: str | None = "utf-8") -> st.SearchStrategy[str]:
    """Content-Type values that mean `media_type`: any case, OWS around `;`, the parameter absent, a token or quoted.

    RFC 9110 §8.3.1, §5.6.6: the type, the parameter's name and the value of charset match without regard to case, and a
    quoted value equals the token. `charset` None leaves the parameter out.
    """
    plain = case_masks(media_type)
    if charset is None:
        return plain
    value = case_masks(charset)
    parameter = st.builds(
        lambda before, after, name, value: f"{before};{after}{name}={value}",
        _OWS,
        _OWS,
        case_masks("charset"),
        value | value.map(lambda text: f'"{text}"'),
    )
    return st.builds(str.__add__, plain, st.just("") | parameter)


@lru_cache(maxsize=64)
def well_formed_accepts() -> st.SearchStrategy[str]:
    """Accept values by the grammar of RFC 9110 §12.5.1: ranges, parameters, weights, OWS, empty list elements."""
    ranges = st.sampled_from(_KNOWN_RANGES) | st.builds(lambda a, b: f"{a}/{b}", _TOKENS, _TOKENS)
    values = _TOKENS | st.text(string.printable[:94].translate({34: None, 92: None}) + " ", max_size=8).map(
        lambda text: f'"{text}"'
    )
    parameter = st.builds(lambda name, value: f"{name}={value}", _TOKENS.filter(lambda t: t.lower() != "q"), values)
    weight = st.integers(0, 1000).map(lambda n: f"q={n / 1000:.3f}") | st.sampled_from(("q=0", "q=1", "Q=0.5", "q=1."))
    parts = st.tuples(
        ranges, st.lists(parameter, max_size=2), st.lists(weight, max_size=1), st.lists(_OWS, min_size=6, max_size=6)
    )
    element = parts.map(_element)
    elements = st.lists(element | st.just(""), min_size=1, max_size=5).filter(any)
    return st.builds(lambda found, ows: f"{ows},{ows}".join(found).strip(" \t"), elements, _OWS)


def _element(parts: tuple[str, list[str], list[str], list[str]]) -> str:
    media_range, parameters, weights, ows = parts
    written = media_range
    for index, parameter in enumerate((*parameters, *weights)):
        written += f"{ows[2 * index]};{ows[2 * index + 1]}{parameter}"
    return written


@lru_cache(maxsize=64)
def malformed_headers() -> st.SearchStrategy[tuple[str, str]]:
    """Name and value of a negotiation field that its grammar forbids (RFC 9110 §12.5): still a valid field value.

    A parameter `q` counts as the weight, as §12.5.1 asks of recipients.
    """
    return st.one_of(
        _named("Accept", _MALFORMED_ACCEPTS, "application/json"),
        _named("Accept-Language", _MALFORMED_LANGUAGES, "en"),
        _named("Accept-Encoding", _MALFORMED_CODINGS, "gzip"),
    )


def _named(name: str, values: tuple[str, ...], good: str) -> st.SearchStrategy[tuple[str, str]]:
    """Each malformed value alone, and after a good list element."""
    bad = st.sampled_from(values)
    return (bad | bad.map(lambda value: f"{good}, {value}")).map(lambda value: (name, value))
