"""The strict readers refuse what a strict reader must; without that the round trips would show nothing."""

from __future__ import annotations

from typing import Any

import pytest
from decoders import apply_patch, decode_form, decode_json, decode_xml

from relaycheck.target.model import DATACONTRACT, PLAIN

ARRAYS = DATACONTRACT.item_namespace
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b"\xef\xbb\xbf{}",
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"{'a':1}",
        b'{"a":1,}',
        b"{} {}",
        b'{"a":"\t"}',
        b"",
    ],
)
def test_json_with_extensions_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        decode_json(body)


PLAIN_BAD = [
    "<Other/>",
    "<RelayMessageRequest xmlns='urn:x'/>",
    "<RelayMessageRequest><from>a</from></RelayMessageRequest>",
    "<RelayMessageRequest><From>a</From><From>a</From></RelayMessageRequest>",
    "<RelayMessageRequest>text<From>a</From></RelayMessageRequest>",
    "<RelayMessageRequest><From>a</From>text</RelayMessageRequest>",
    "<RelayMessageRequest><From><b/></From></RelayMessageRequest>",
    "<RelayMessageRequest><From x='y'>a</From></RelayMessageRequest>",
    f"<RelayMessageRequest xmlns:i='{XSI}'><From i:nil='true'>a</From></RelayMessageRequest>",
    "<RelayMessageRequest><Recipients><item>a</item></Recipients></RelayMessageRequest>",
    "<!DOCTYPE x []><RelayMessageRequest/>",
    "<RelayMessageRequest>&#0;</RelayMessageRequest>",
    "<RelayMessageRequest/><RelayMessageRequest/>",
]
DATACONTRACT_BAD = [
    "<Rfc822>a</Rfc822><From>a</From>",
    "<Recipients><string>a</string></Recipients>",
    f"<Recipients><x:item xmlns:x='{ARRAYS}'>a</x:item></Recipients>",
    "<From xmlns=''>a</From>",
]


@pytest.mark.parametrize("body", PLAIN_BAD)
def test_xml_outside_the_plain_dialect_is_refused(body: str) -> None:
    with pytest.raises((ValueError, KeyError, SyntaxError)):
        decode_xml(body.encode(), PLAIN)


@pytest.mark.parametrize("inside", DATACONTRACT_BAD)
def test_xml_outside_the_datacontract_dialect_is_refused(inside: str) -> None:
    body = f"<RelayMessageRequest xmlns='{DATACONTRACT.namespace}'>{inside}</RelayMessageRequest>"
    with pytest.raises((ValueError, KeyError)):
        decode_xml(body.encode(), DATACONTRACT)


@pytest.mark.parametrize(
    ("body", "style"),
    [
        (b"From=%zz", "indexed"),
        (b"From=a b", "indexed"),
        (b"From", "indexed"),
        (b"From=a&From=b", "indexed"),
        (b"Other=a", "indexed"),
        (b"From=%ff", "indexed"),
        (b"Recipients=a", "indexed"),
        (b"Recipients[]=a", "indexed"),
        (b"Recipients[1]=a", "indexed"),
        (b"Recipients[0]=a&Recipients[0]=b", "indexed"),
        (b"Recipients[0]=a", "brackets"),
        (b"Recipients[]=a", "repeated"),
    ],
)
def test_forms_outside_the_declared_style_are_refused(body: bytes, style: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        decode_form(body, style)


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "replace", "path": "/a", "value": 1}],
        [{"op": "add", "path": "/a", "value": 1}, {"op": "test", "path": "/a", "value": 2}],
        [{"op": "add", "path": "/a", "value": []}, {"op": "add", "path": "/a/1", "value": 2}],
        [{"op": "add", "path": "/a/b", "value": 1}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "add", "path": "", "value": {}}],
        [{"op": "add", "path": "/a"}],
        [{"op": "frob", "path": "/a", "value": 1}],
    ],
)
def test_operations_that_fail_are_refused(operations: list[dict[str, Any]]) -> None:
    with pytest.raises((ValueError, KeyError)):
        apply_patch(operations)
