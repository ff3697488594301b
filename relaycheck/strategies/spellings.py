"""Spellings as strategies: each value says the same request in another way that the format allows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from hypothesis import strategies as st

from relaycheck.encodings import FormSpelling, JsonSpelling, PatchSpelling, XmlSpelling, family

if TYPE_CHECKING:
    from relaycheck.encodings import Spelling
    from relaycheck.target import Content

_SEEDS = st.integers(0, 2**16)
_MAYBE = st.none() | _SEEDS
_PREFIXES = (("", "a", "i"), ("", "", "xsi"), ("m", "a", "i"), ("relay", "", "nil"), ("ns0", "ns1", "ns2"))


@lru_cache(maxsize=64)
def json_spellings(property_case: Literal["pascal", "camel"] = "pascal") -> st.SearchStrategy[JsonSpelling]:
    """Member order, whitespace and escapes, in UTF-8. The page promises no other property case."""
    return st.builds(
        JsonSpelling,
        order=_MAYBE,
        whitespace=_MAYBE,
        escapes=st.sampled_from(("minimal", "non-ascii", "some", "all")),
        seed=_SEEDS,
        solidus=st.booleans(),
        short=st.booleans(),
        upper_hex=st.booleans(),
        property_case=st.just(property_case),
    )


@lru_cache(maxsize=64)
def xml_spellings(
    content: Content, *, encodings: tuple[str, ...] = ("utf-8",), interruptions: bool = False
) -> st.SearchStrategy[XmlSpelling]:
    """References, CDATA, quotes, prefixes, whitespace and, where the dialect is not ordered, element order.

    Tests about them ask for other `encodings` and for `interruptions` (a comment or instruction inside a value).
    """
    prefixes = st.sampled_from(_PREFIXES)
    return st.tuples(
        prefixes,
        st.none() if content.xml.ordered else _MAYBE,
        st.sampled_from(("none", "comment", "instruction") if interruptions else ("none",)),
        st.sampled_from(encodings),
    ).flatmap(
        lambda drawn: st.builds(
            XmlSpelling,
            declaration=st.booleans() if drawn[3] == "utf-8" else st.just(True),
            text=st.sampled_from(("plain", "entities", "decimal", "hexadecimal", "cdata", "mixed")),
            seed=_SEEDS,
            interruption=st.just(drawn[2]),
            quote=st.sampled_from(('"', "'")),
            whitespace=_MAYBE,
            order=st.just(drawn[1]),
            prefix=st.just(drawn[0][0]),
            item_prefix=st.just(drawn[0][1]),
            nil_prefix=st.just(drawn[0][2]),
            collapse=st.booleans(),
            upper_hex=st.booleans(),
            encoding=st.just(drawn[3]),
        )
    )


@lru_cache(maxsize=64)
def form_spellings() -> st.SearchStrategy[FormSpelling]:
    """`+` or `%20`, hex case, over-encoding, key order, brackets raw or encoded, in UTF-8."""
    return st.builds(
        FormSpelling,
        space=st.sampled_from(("+", "%20")),
        upper_hex=st.booleans(),
        encoded=st.sampled_from(("needed", "some", "all")),
        seed=_SEEDS,
        brackets=st.sampled_from(("encoded", "raw")),
        order=_MAYBE,
    )


@lru_cache(maxsize=64)
def patch_spellings() -> st.SearchStrategy[PatchSpelling]:
    """Sequences of `add`, `replace` and `test` that build the same request."""
    return st.builds(
        PatchSpelling,
        assignment=st.sampled_from(("add", "replace", "mixed")),
        arrays=st.sampled_from(("whole", "append", "insert")),
        objects=st.sampled_from(("whole", "members")),
        checked=st.booleans(),
        order=_MAYBE,
        seed=_SEEDS,
        json=json_spellings(),
    )


@lru_cache(maxsize=64)
def spellings(media_type: str, content: Content) -> st.SearchStrategy[Spelling]:
    """The spellings that `encode(…, media_type, content, …)` takes and that must not change the outcome."""
    match family(media_type, content):
        case "json":
            return json_spellings()
        case "xml":
            return xml_spellings(content)
        case "form":
            return form_spellings()
        case "operations":
            return patch_spellings()
