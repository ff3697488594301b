"""Values that no relay expects, in every notation, and what a notation cannot say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relaycheck.encodings import (
    MEDIA_TYPES,
    EncodingError,
    FormSpelling,
    JsonSpelling,
    Pairs,
    XmlSpelling,
    encode_members,
)
from relaycheck.target import Content
from relaycheck.target.model import PLAIN

ODD_VALUES = [
    ({"From": None}, '{"From":null}', '<From i:nil="true"/>', ""),
    ({"Recipients": 5}, '{"Recipients":5}', "<Recipients>5</Recipients>", "Recipients=5"),
    ({"Recipients": 0.5}, '{"Recipients":0.5}', "<Recipients>0.5</Recipients>", "Recipients=0.5"),
    ({"Recipients": []}, '{"Recipients":[]}', "<Recipients/>", ""),
    (
        {"Recipients": [None, True]},
        '{"Recipients":[null,true]}',
        '<Recipients><string i:nil="true"/><string>true</string></Recipients>',
        "Recipients[0]=true",
    ),
    (
        {"From": {"a": ["b", {"c": "d"}]}},
        '{"From":{"a":["b",{"c":"d"}]}}',
        "<From><a><string>b</string><string><c>d</c></string></a></From>",
        "From.a[0]=b&From.a[1].c=d",
    ),
    ({"Extra": ""}, '{"Extra":""}', "<Extra/>", "Extra="),
    (
        Pairs((("From", "a"), ("From", "b"))),
        '{"From":"a","From":"b"}',
        "<From>a</From><From>b</From>",
        "From=a&From=b",
    ),
]


@pytest.mark.parametrize(("value", "json", "xml", "form"), ODD_VALUES)
def test_any_members_are_said_in_every_notation(value: Any, json: str, xml: str, form: str) -> None:
    content = Content(xml=replace(PLAIN, nil=True))
    head = '<RelayMessageRequest xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
    bare = XmlSpelling(declaration=False)
    assert encode_members(value, "application/json", content).decode() == json
    assert encode_members(value, "text/xml", content, bare).decode() == f"{head}{xml}</RelayMessageRequest>"
    assert encode_members(value, MEDIA_TYPES[4], content, FormSpelling(brackets="raw")).decode() == form


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        ({"From": None, "Rfc822": "a"}, "<Rfc822>a</Rfc822>"),
        ({"Recipients": ["a", None, "b"]}, "<Recipients>a</Recipients><Recipients>b</Recipients>"),
        ({"Recipients": [], "From": "a"}, "<From>a</From>"),
        ({"Recipients": [{"a": "b"}]}, "<Recipients><a>b</a></Recipients>"),
    ],
)
def test_null_and_items_may_have_no_element_of_their_own(value: Any, xml: str) -> None:
    content = Content(xml=replace(PLAIN, item=""))
    head = '<RelayMessageRequest xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
    written = encode_members(value, "text/xml", content, XmlSpelling(declaration=False)).decode()
    assert written == f"{head}{xml}</RelayMessageRequest>"


def test_a_lone_surrogate_is_an_escape_in_json() -> None:
    assert encode_members({"From": "\ud800\0"}, "text/json", Content()) == b'{"From":"\\ud800\\u0000"}'


REFUSED = [
    ({"From": "\0"}, "text/xml", None, "U+0000 cannot stand in XML"),
    ({"From": "\ufffe"}, "text/xml", None, "U+FFFE cannot stand in XML"),
    ({"a b": 1}, "text/xml", None, "'a b' cannot be the name"),
    ({"From": "\ud800"}, MEDIA_TYPES[4], None, "U+D800 cannot be written in utf-8"),
    ({"From": "€"}, MEDIA_TYPES[4], FormSpelling(charset="iso-8859-1"), "U+20AC cannot be written in iso-8859-1"),
    ({"From": "é"}, "text/json", JsonSpelling(charset="klingon"), "no charset"),
    ({"From": ""}, "text/json", JsonSpelling(charset="ascii", bom=True), "a byte order mark cannot be written"),
    ({"Port": float("nan")}, "text/json", None, "nan is not a JSON number"),
    ({}, "text/plain", None, "'text/plain' is not one of the seven"),
    ({}, "text/json", XmlSpelling(), "a XmlSpelling does not fit text/json"),
]


@pytest.mark.parametrize(("value", "media_type", "spelling", "sentence"), REFUSED)
def test_what_a_type_cannot_say_is_refused_with_a_sentence(
    value: Any, media_type: str, spelling: Any, sentence: str
) -> None:
    with pytest.raises(EncodingError) as caught:
        encode_members(value, media_type, Content(), spelling)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("media_type", ["text/json", "text/xml", MEDIA_TYPES[4]])
def test_a_value_nested_beyond_reason_is_refused_with_a_sentence(media_type: str) -> None:
    value: Any = 1
    for _ in range(10_000):
        value = [value]
    with pytest.raises(EncodingError, match="nested too deeply"):
        encode_members({"x": value}, media_type, Content())


def test_prefixes_that_clash_are_refused() -> None:
    with pytest.raises(EncodingError, match="must differ"):
        XmlSpelling(prefix="a", item_prefix="a")
