"""The reference target understands seven media types, and refuses what is not one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from http_probe import Probe
from reference_fixtures import probe, witness

from relaycheck.encodings import MEDIA_TYPES, FormSpelling, JsonSpelling, XmlSpelling, encode, encode_members
from relaycheck.message import Connection
from relaycheck.reference.embedded import Embedded
from relaycheck.target import Content
from relaycheck.target.model import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.encodings import Spelling
    from relaycheck.witness import Witness

__all__ = ["probe", "witness"]

JSON_TYPES = ("application/json", "text/json", "application/json-patch+json", "application/merge-patch+json")
FORM = "application/x-www-form-urlencoded"
DATACONTRACT_CONTENT = Content()
PLAIN_CONTENT = Content(xml=PLAIN, form="brackets")
REPEATED_CONTENT = Content(form="repeated")
TEXT = "a+b %41 & <c> ]]> \"q\" 'p' \\u0041 \t end \r\n.\r\n..x\r\n\r\n"


@pytest.fixture(scope="module")
def operations(witness: Witness) -> Iterator[Probe]:
    with Embedded(default_smtp=(witness.main.host, witness.main.port), patch="operations") as running:
        yield Probe(running.target, witness)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize("content", [DATACONTRACT_CONTENT, PLAIN_CONTENT, REPEATED_CONTENT], ids=str)
@pytest.mark.parametrize("named", [False, True], ids=["default", "named server"])
def test_every_type_carries_the_same_mail(probe: Probe, media_type: str, content: Content, named: bool) -> None:
    connection = Connection("127.0.0.1", probe.witness.main.port) if named else None
    message = probe.message(connection=connection)
    message = message.but(rfc822=message.rfc822 + TEXT)
    for parameters in ("", "; charset=utf-8", ' ;\tCHARSET="UTF-8"; unknown=1'):
        again = message.but(sender=probe.message().sender)
        body = encode(again, media_type, content)
        assert probe.post(body, content_type=media_type.swapcase() + parameters).status == 204
        assert probe.relayed_whole(again)


SPELLINGS: list[tuple[str, Spelling]] = [
    *(("application/json", JsonSpelling(order=n, whitespace=n, escapes="some", seed=n)) for n in range(4)),
    ("text/json", JsonSpelling(escapes="all", upper_hex=True, short=False)),
    ("application/json", JsonSpelling(property_case="camel", solidus=True)),
    ("application/json", JsonSpelling(bom=True)),
    *(("text/xml", XmlSpelling(text="mixed", seed=n, whitespace=n, order=n)) for n in range(4)),
    ("application/xml", XmlSpelling(text="cdata", declaration=False)),
    ("application/xml", XmlSpelling(text="hexadecimal", upper_hex=True, prefix="p", item_prefix="", collapse=False)),
    ("application/xml", XmlSpelling(text="decimal", quote="'")),
    ("text/xml", XmlSpelling(interruption="comment", seed=3)),
    ("text/xml", XmlSpelling(interruption="instruction", seed=5)),
    ("text/xml", XmlSpelling(encoding="utf-16")),
    ("text/xml", XmlSpelling(bom=True)),
    (FORM, FormSpelling(space="%20", upper_hex=False)),
    (FORM, FormSpelling(encoded="all", brackets="raw")),
]


@pytest.mark.parametrize(("media_type", "spelling"), SPELLINGS, ids=lambda value: str(value)[:60])
def test_spelling_does_not_matter(probe: Probe, media_type: str, spelling: Spelling) -> None:
    message = probe.message()
    header, _, body = message.rfc822.partition("\r\n\r\n")
    message = message.but(rfc822=f"{header}\r\n\r\n{body}{TEXT}Grüße € 𝄞\r\n")
    octets = encode(message, media_type, DATACONTRACT_CONTENT, spelling)
    assert probe.post(octets, content_type=media_type).status == 204
    assert probe.relayed_whole(message)


@pytest.mark.parametrize(
    ("charset", "codec"), [("utf-16", "utf-16"), ("UTF-16LE", "utf-16-le"), ("utf-16be", "utf-16-be")]
)
@pytest.mark.parametrize("content_type", ["application/json", "application/xml"])
def test_a_declared_charset_is_decoded(probe: Probe, charset: str, codec: str, content_type: str) -> None:
    message = probe.message()
    message = message.but(rfc822=message.rfc822 + "Grüße €\r\n")
    spelling = XmlSpelling(declaration=False) if "xml" in content_type else JsonSpelling()
    body = encode(message, content_type, DATACONTRACT_CONTENT, spelling).decode().encode(codec)
    assert probe.post(body, content_type=f"{content_type}; charset={charset}").status == 204
    assert probe.relayed_whole(message)


def test_latin_1_is_decoded_and_an_unknown_charset_is_415(probe: Probe) -> None:
    message = probe.message()
    message = message.but(rfc822=message.rfc822 + "Grüße\r\n")
    body = json.dumps(probe.members(message), ensure_ascii=False).encode("latin-1")
    assert probe.post(body, content_type="application/json; charset=ISO-8859-1").status == 204
    assert probe.relayed_whole(message)
    assert probe.post(body, content_type="application/json; charset=koi8-r").status == 415
    assert probe.post(body, content_type="application/json").status == 400


TYPES = ["text/plain", "application/octet-stream", "multipart/form-data; boundary=x", "application/vnd.x+json"]
TYPES += ["application/jsonx", "application", "application/json/x", "application/json; =", "application/json x", ""]
TYPES += ["application/json, application/xml", "application /json", "*/*"]


@pytest.mark.parametrize("content_type", [*TYPES, None])
def test_another_type_is_415_and_says_which_are_served(probe: Probe, content_type: str | None) -> None:
    message = probe.message()
    reply = probe.post(message, content_type=content_type)
    assert reply.status == 415
    assert reply.get("accept") == ", ".join(MEDIA_TYPES)
    assert not probe.mails(message)


def test_two_content_types_are_415(probe: Probe) -> None:
    message = probe.message()
    assert probe.post(message, fields=["Content-Type: application/json"]).status == 415
    assert not probe.mails(message)


@pytest.mark.parametrize("said", MEDIA_TYPES)
@pytest.mark.parametrize("sent", ["application/json", "application/xml", FORM])
def test_a_body_that_is_not_of_its_type_is_refused(probe: Probe, said: str, sent: str) -> None:
    if said == sent or {said, sent} <= set(JSON_TYPES) or {said, sent} <= {"application/xml", "text/xml"}:
        return
    message = probe.message()
    assert probe.post(encode(message, sent, DATACONTRACT_CONTENT), content_type=said).status == 400
    assert not probe.mails(message)


NOT_JSON = [b"", b" ", b"{", b'{"a":1}x', b"{}{}", b"{'a':1}", b'{"a":1,}', b"{a:1}", b"//c\n{}", b'{"a":NaN}']
NOT_JSON += [b'{"a":Infinity}', b'{"a":01}', b'{"a":"\x01"}', b'{"a":"\\x"}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}']
NOT_JSON += [b'{"a":1,"a":2}', b"[" * 100_000, b'{"a":' * 2_000 + b"1" + b"}" * 2_000, b'{"a":' + b"1" * 5_000 + b"}"]
NOT_OBJECTS = [b"[]", b"null", b"true", b'"x"', b"1", b'[{"op":"add","path":"/From","value":"a@x.test"}]']


@pytest.mark.parametrize("body", NOT_JSON + NOT_OBJECTS, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_what_is_not_a_json_object_is_400(probe: Probe, body: bytes, content_type: str) -> None:
    assert probe.post(body, content_type=content_type).status == 400


def test_damaged_json_around_a_valid_message_is_400(probe: Probe) -> None:
    message = probe.message()
    whole = json.dumps(probe.members(message))
    for body in (whole[:-1], whole + "]", whole[1:], whole.replace(":", ";", 1), whole[:-1] + ',"From":"x@y.test"}'):
        assert probe.post(body.encode()).status == 400
    for extra in ('"deep":' + "[" * 100_000, '"deep":' + "[" * 100 + "]" * 99, '"from":"a@x.test"'):
        assert probe.post((whole[:-1] + "," + extra + "}").encode()).status == 400
    assert not probe.mails(message)


def changed(probe: Probe, name: str, value: Any) -> bytes:
    members = {**probe.members(probe.message()), name: value}
    return json.dumps({k: v for k, v in members.items() if v != "absent"}).encode()


BAD_VALUES: list[Any] = ["absent", None, 5, 1.5, True, {}, {"a": 1}, [None], [5], [[]], ["a@x.test", None]]
WRONG: list[tuple[str, Any]] = [(name, value) for name in ("Rfc822", "From", "Recipients") for value in BAD_VALUES]
WRONG += [("Recipients", []), ("Recipients", "a@x.test"), ("Rfc822", "a\0b"), ("From", "a\0@x.test")]
WRONG += [("Rfc822", "a\ud800b"), ("From", "\udc00@x.test"), ("From", ""), ("Recipients", [""])]
BAD_CONNECTIONS: list[Any] = [5, "x", [], True, {}, {"ServerName": ""}]
WRONG += [("ConnectionInfoExtended", value) for value in BAD_CONNECTIONS]
PORTS: list[dict[str, Any]] = [
    {"Port": -1},
    {"Port": 65536},
    {"Port": 2.5},
    {"Port": 1e400},
    {"Port": True},
    {"UseSSL": "maybe"},
]
WRONG += [("ConnectionInfoExtended", {"ServerName": "127.0.0.1", **more}) for more in PORTS]
WRONG += [
    ("ConnectionInfoExtended", {"ServerName": name})
    for name in ("::1]:25", "a:99999", "a:x", "a b", "a\nb", "[::1", "a:-1", "a:0x19", ":25", "a:")
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=repr)
def test_a_wrong_property_is_400(probe: Probe, name: str, value: Any) -> None:
    assert probe.post(changed(probe, name, value)).status == 400


def test_unknown_members_are_ignored(probe: Probe) -> None:
    message = probe.message()
    members = probe.members(
        message, {"ServerName": "127.0.0.1", "Port": probe.witness.main.port, "New": [1], "FOLDER": None}
    )
    for media_type in MEDIA_TYPES:
        again = message.but(sender=probe.message().sender)
        body = encode_members({**members, "From": again.sender, "Extra": "x"}, media_type, DATACONTRACT_CONTENT)
        assert probe.post(body, content_type=media_type).status == 204
        assert probe.relayed_whole(again)


def test_names_match_in_any_case(probe: Probe) -> None:
    message = probe.message()
    body = json.dumps({name.swapcase(): value for name, value in probe.members(message).items()}).encode()
    assert probe.post(body).status == 204
    assert probe.relayed_whole(message)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_an_absent_connection_is_a_null_one(probe: Probe, media_type: str) -> None:
    message = probe.message()
    members = probe.members(message)
    del members["ConnectionInfoExtended"]
    assert probe.post(encode_members(members, media_type, DATACONTRACT_CONTENT), content_type=media_type).status == 204
    assert probe.relayed_whole(message)


ENTITY = '<!DOCTYPE RelayMessageRequest [<!ENTITY x "y">]>'
EXTERNAL = '<!DOCTYPE RelayMessageRequest SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml"])
def test_xml_that_is_damaged_or_has_a_dtd_is_400(probe: Probe, media_type: str) -> None:
    message = probe.message()
    whole = encode(message, media_type, PLAIN_CONTENT, XmlSpelling(declaration=False)).decode()
    bodies = [
        ENTITY + whole,
        EXTERNAL + whole,
        ENTITY + whole.replace("relaycheck rc", "&x;rc"),
        whole + whole,
        whole[:-1],
    ]
    bodies += [whole.replace("RelayMessageRequest", "Request"), whole.replace("<From>", "<From>&unknown;"), "", "<a/>"]
    bodies += [whole.replace("<From>", "<From>&#0;"), whole.replace("<From>", "<From><b/>"), "<a>" * 10_000]
    bodies += [whole.replace("<From>", "<From>x@y.test</From><From>"), whole.replace("<string>", "<text>")]
    bodies += [whole.replace("<RelayMessageRequest", '<RelayMessageRequest xmlns="urn:other"')]
    for body in bodies:
        assert probe.post(body.encode(), content_type=media_type).status == 400, body
    assert not probe.mails(message)


def test_a_bom_wins_over_the_xml_declaration(probe: Probe) -> None:
    message = probe.message()
    spelling = XmlSpelling(encoding="utf-16", label="utf-8")
    assert (
        probe.post(encode(message, "text/xml", DATACONTRACT_CONTENT, spelling), content_type="text/xml").status == 204
    )
    assert probe.relayed_whole(message)


def test_odd_forms_are_refused_or_read_but_never_fail(probe: Probe) -> None:
    valid = encode(probe.message(), FORM, DATACONTRACT_CONTENT).decode()
    sparse = "&".join(p for p in valid.split("&") if not p.startswith("Recipients"))
    refused = [
        sparse,
        sparse + "&Recipients[2147483647]=a@x.test",
        sparse + "&Recipients[1]=a@x.test",
        valid + "&Recipients[=x",
    ]
    refused += [
        sparse + "&Recipients[0]=a@x.test&Recipients[0]=b@x.test",
        sparse + "&Recipients[0]=a@x.test&Recipients=b@x.test",
    ]
    refused += [
        "%zz",
        "&&&",
        "=",
        "From=%ff",
        valid + "&From=b@x.test",
        valid + "&" + "k=v&" * 10_000,
        valid.replace("&", ";"),
    ]
    for body in refused:
        assert probe.post(body.encode(), content_type=FORM).status == 400, body[:200]
    for extra in ("&%zz=%", "&=", "&&", "&a[b][c]=d", "&x;y=1"):
        assert probe.post((valid + extra).encode(), content_type=FORM).status == 204, extra


def test_merge_patch_takes_null_for_absent_and_requires_what_is_required(probe: Probe) -> None:
    message = probe.message()
    members = {**probe.members(message, {"ServerName": "127.0.0.1", "Port": probe.witness.main.port, "UserName": None})}
    merge = "application/merge-patch+json"
    assert probe.post(json.dumps(members).encode(), content_type=merge).status == 204
    assert probe.relayed_whole(message)
    assert probe.post(json.dumps({**members, "From": None}).encode(), content_type=merge).status == 400


def test_operations_build_the_request(operations: Probe) -> None:
    patch = "application/json-patch+json"
    content = replace(DATACONTRACT_CONTENT, patch="operations")
    message = operations.message()
    assert operations.post(encode(message, patch, content), content_type=patch).status == 204
    assert operations.relayed_whole(message)
    longer = operations.message()
    first, second = longer.recipients
    steps: list[dict[str, Any]] = [
        {"op": "add", "path": "", "value": {"Rfc822": longer.rfc822, "Recipients": [second], "a/b~c": "x"}},
        {"op": "add", "path": "/Recipients/0", "value": first},
        {"op": "copy", "from": "/a~1b~0c", "path": "/Old"},
        {"op": "replace", "path": "/Old", "value": longer.sender},
        {"op": "move", "from": "/Old", "path": "/From"},
        {"op": "add", "path": "/Recipients/-", "value": "gone@x.test"},
        {"op": "remove", "path": "/Recipients/2"},
        {"op": "test", "path": "/From", "value": longer.sender},
    ]
    assert operations.post(json.dumps(steps).encode(), content_type=patch).status == 204
    assert operations.relayed_whole(longer)
    wrong: list[Any] = [
        {"op": "test", "path": "/From", "value": "other"},
        {"op": "frob", "path": "/From"},
        {"op": "add", "path": "From", "value": "x"},
        {"op": "add", "path": "/Recipients/9", "value": "x"},
        {"op": "add", "path": "/Recipients/01", "value": "x"},
        {"op": "remove", "path": "/None"},
        {"op": "replace", "path": "/None", "value": 1},
        {"op": "add", "path": "/New"},
        {"op": "move", "from": "/From", "path": "/From/x"},
        {"op": "copy", "from": "/~2", "path": "/x"},
        {"path": "/x", "value": 1},
        "x",
    ]
    for fault in wrong:
        assert operations.post(json.dumps([*steps, fault]).encode(), content_type=patch).status == 400, fault
    assert operations.post(operations.message(), content_type=patch).status == 400
    assert len(operations.mails(longer)) == 1


@pytest.mark.parametrize("depth", [10, 100, 300, 500, 700, 900, 1_100, 10_000])
@pytest.mark.parametrize("media_type", JSON_TYPES)
def test_no_depth_of_an_ignored_member_breaks_the_service(probe: Probe, depth: int, media_type: str) -> None:
    message = probe.message()
    body = json.dumps(probe.members(message))[:-1] + ',"Deep":' + '{"a":[' * (depth // 2) + "]}" * (depth // 2) + "}"
    status = probe.post(body.encode(), content_type=media_type).status
    assert status in (204, 400)
    assert probe.relayed_whole(message) == (status == 204)


def test_no_depth_of_an_operation_breaks_the_service(operations: Probe) -> None:
    for depth in (10, 300, 900, 10_000):
        value = "[" * depth + "]" * depth
        body = f'[{{"op":"add","path":"/x","value":{value}}},{{"op":"test","path":"/x","value":{value}}}]'
        assert operations.post(body.encode(), content_type="application/json-patch+json").status == 400
