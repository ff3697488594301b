"""Damage is real: no strict parser reads what it leaves."""

from __future__ import annotations

import json
import re
from xml.parsers import expat

import pytest

from relaycheck.encodings import MEDIA_TYPES, XmlSpelling, encode
from relaycheck.message import Connection, plain_message
from relaycheck.strategies.damage import JSON_TAILS, XML_TAILS, Damage, damage
from relaycheck.strategies.draw import draw
from relaycheck.target import Content

MESSAGE = plain_message("relaycheck.test", 3, 'a "quoted" \\ {text}, [with]: <marks> / and > more\r\n').but(
    connection=Connection("127.0.0.1", 2525)
)
JSON_BODY = encode(MESSAGE, MEDIA_TYPES[0], Content())
XML_BODY = encode(MESSAGE, MEDIA_TYPES[2], Content())
PLACES = [Damage("unbalanced", at) for at in range(0, 1000, 3)] + [Damage("cut", at) for at in range(0, 1000, 7)]


def test_no_damaged_text_is_json() -> None:
    for fault in (*PLACES, *draw(damage(JSON_TAILS), 60, 0)):
        with pytest.raises(ValueError, match=r"."):
            json.loads(fault.of_json(JSON_BODY))


@pytest.mark.parametrize("message", [MESSAGE, MESSAGE.but(connection=None)], ids=["connection", "nil"])
def test_no_damaged_document_is_well_formed(message: object) -> None:
    assert isinstance(message, type(MESSAGE))
    body = encode(message, MEDIA_TYPES[2], Content(), XmlSpelling(prefix="p"))
    for fault in (*PLACES, *draw(damage(XML_TAILS), 60, 0)):
        with pytest.raises(expat.ExpatError):
            expat.ParserCreate().Parse(fault.of_xml(body), True)


def test_no_cut_leaves_the_beginning_of_a_domain() -> None:
    """It might be a stranger's: the guard of the client would not send it."""
    for at in range(1000):
        for left in (Damage("cut", at).of_json(JSON_BODY), Damage("cut", at).of_xml(XML_BODY)):
            assert re.search(rb"@[a-z.]*$", left) is None
    assert Damage("cut", 500).of_json(b'{"From":"a@b.test","Recipients":[]}') == b'{"From":"a@b.test'[:10]


def test_undamaged_bodies_are_read() -> None:
    assert json.loads(JSON_BODY)["From"] == MESSAGE.sender
    expat.ParserCreate().Parse(XML_BODY, True)
