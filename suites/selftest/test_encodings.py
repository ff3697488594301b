"""The seven encodings: exact bytes for one request, round trips through strict readers for any request and spelling."""

from __future__ import annotations

from typing import Any

import pytest
from decoders import decode, decode_json
from hypothesis import given, settings
from hypothesis import strategies as st

from relaycheck.encodings import (
    MEDIA_TYPES,
    FormSpelling,
    JsonSpelling,
    PatchSpelling,
    XmlSpelling,
    encode,
    encode_members,
    members,
)
from relaycheck.message import Connection, Message
from relaycheck.secret import Secret
from relaycheck.strategies import messages, spellings, texts_of_the_intersection, xml_spellings
from relaycheck.target import Content, XmlDialect
from relaycheck.target.model import PLAIN

TRIES = settings(derandomize=True, database=None, deadline=None, max_examples=25)

VENDOR = XmlDialect(root="Relay", namespace="urn:v", item="To", item_namespace="", ordered=False)
ONE_NAMESPACE = XmlDialect(root="Relay", namespace="urn:v", item="To", item_namespace="urn:v", ordered=True)
ITEMS_ONLY = XmlDialect(root="Relay", namespace="", item="To", item_namespace="urn:i", ordered=False)
CONTENTS = {
    "assumed": Content(),
    "plain-brackets-operations": Content(xml=PLAIN, form="brackets", patch="operations"),
    "vendor-repeated": Content(xml=VENDOR, form="repeated"),
    "one-namespace": Content(xml=ONE_NAMESPACE),
    "items-only": Content(xml=ITEMS_ONLY),
}

SERVER = Connection("mx.test", 25, user_name="u", password=Secret("p", "a&b"), use_ssl=True)
ONE = Message("Subject: é\r\n\r\n<&]]>\r\n", "f@x.test", ("a@x.test", "b@x.test"), SERVER)
BARE = Message("a\tb", "f@x.test", ("a@x.test",))

JSON = (
    '{"ConnectionInfoExtended":{"Port":25,"ServerName":"mx.test","Protocol":"SMTP","UserName":"u","Password":"a&b",'
    '"UseSSL":true},"Rfc822":"Subject: é\\r\\n\\r\\n<&]]>\\r\\n",'
    '"From":"f@x.test","Recipients":["a@x.test","b@x.test"]}'
)
DATACONTRACT_XML = (
    '<?xml version="1.0" encoding="utf-8"?><RelayMessageRequest'
    ' xmlns="http://schemas.datacontract.org/2004/07/SuperOffice.WebApi.v1.Carriers.EMailCarriers"'
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
    "<ConnectionInfoExtended><Password>a&amp;b</Password><Port>25</Port><Protocol>SMTP</Protocol>"
    "<ServerName>mx.test</ServerName><UseSSL>true</UseSSL><UserName>u</UserName></ConnectionInfoExtended>"
    "<From>f@x.test</From>"
    '<Recipients xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays">'
    "<a:string>a@x.test</a:string><a:string>b@x.test</a:string></Recipients>"
    "<Rfc822>Subject: é&#13;\n&#13;\n&lt;&amp;]]&gt;&#13;\n</Rfc822></RelayMessageRequest>"
)
FORM_HEAD = (
    "ConnectionInfoExtended.Port=25&ConnectionInfoExtended.ServerName=mx.test&ConnectionInfoExtended.Protocol=SMTP"
    "&ConnectionInfoExtended.UserName=u&ConnectionInfoExtended.Password=a%26b&ConnectionInfoExtended.UseSSL=true"
    "&Rfc822=Subject%3A+%C3%A9%0D%0A%0D%0A%3C%26%5D%5D%3E%0D%0A&From=f%40x.test"
)
INDEXED_FORM = f"{FORM_HEAD}&Recipients%5B0%5D=a%40x.test&Recipients%5B1%5D=b%40x.test"
GOLDEN = [
    ("application/json", "assumed", JSON),
    ("text/json", "assumed", JSON),
    ("application/xml", "assumed", DATACONTRACT_XML),
    ("text/xml", "assumed", DATACONTRACT_XML),
    ("application/x-www-form-urlencoded", "assumed", INDEXED_FORM),
    ("application/json-patch+json", "assumed", JSON),
    ("application/merge-patch+json", "assumed", JSON),
    (
        "text/xml",
        "plain-brackets-operations",
        '<?xml version="1.0" encoding="utf-8"?>'
        '<RelayMessageRequest xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        "<ConnectionInfoExtended><Port>25</Port><ServerName>mx.test</ServerName><Protocol>SMTP</Protocol>"
        "<UserName>u</UserName><Password>a&amp;b</Password><UseSSL>true</UseSSL></ConnectionInfoExtended>"
        "<Rfc822>Subject: é&#13;\n&#13;\n&lt;&amp;]]&gt;&#13;\n</Rfc822><From>f@x.test</From>"
        "<Recipients><string>a@x.test</string><string>b@x.test</string></Recipients></RelayMessageRequest>",
    ),
    (
        "application/x-www-form-urlencoded",
        "plain-brackets-operations",
        f"{FORM_HEAD}&Recipients%5B%5D=a%40x.test&Recipients%5B%5D=b%40x.test",
    ),
    (
        "application/json-patch+json",
        "plain-brackets-operations",
        '[{"op":"add","path":"/ConnectionInfoExtended","value":{"Port":25,"ServerName":"mx.test","Protocol":"SMTP",'
        '"UserName":"u","Password":"a&b","UseSSL":true}},'
        '{"op":"add","path":"/Rfc822","value":"Subject: é\\r\\n\\r\\n<&]]>\\r\\n"},'
        '{"op":"add","path":"/From","value":"f@x.test"},'
        '{"op":"add","path":"/Recipients","value":["a@x.test","b@x.test"]}]',
    ),
    (
        "application/x-www-form-urlencoded",
        "vendor-repeated",
        f"{FORM_HEAD}&Recipients=a%40x.test&Recipients=b%40x.test",
    ),
]

CONNECTIONS = st.none() | st.builds(
    Connection,
    server_name=st.just("127.0.0.1"),
    port=st.integers(1, 65535),
    user_name=st.none() | texts_of_the_intersection(20),
    password=st.none() | texts_of_the_intersection(20).map(lambda text: Secret("password", text)),
    use_ssl=st.booleans(),
    folder=st.none() | st.just(""),
)


def test_the_media_types_are_the_seven_of_the_page_in_its_order() -> None:
    assert MEDIA_TYPES == (
        "application/json",
        "text/json",
        "application/xml",
        "text/xml",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
        "application/merge-patch+json",
    )


@pytest.mark.parametrize(("media_type", "content", "body"), GOLDEN)
def test_one_message_has_these_exact_bytes(media_type: str, content: str, body: str) -> None:
    assert encode(ONE, media_type, CONTENTS[content]).decode() == body


# What a target declares of XML, forms and patches says nothing of the other types.
DECLARED = {
    "application/xml": list(CONTENTS),
    "text/xml": list(CONTENTS),
    "application/x-www-form-urlencoded": ["assumed", "plain-brackets-operations", "vendor-repeated"],
    "application/json-patch+json": ["assumed", "plain-brackets-operations"],
}


@pytest.mark.parametrize(
    ("media_type", "declared"),
    [(media_type, name) for media_type in MEDIA_TYPES for name in DECLARED.get(media_type, ["assumed"])],
)
@TRIES
@given(data=st.data())
def test_any_spelling_reads_back_as_the_same_request(media_type: str, declared: str, data: st.DataObject) -> None:
    content = CONTENTS[declared]
    text = messages("x.test").map(lambda m: m.rfc822) | texts_of_the_intersection()
    message = data.draw(messages("x.test")).but(rfc822=data.draw(text), connection=data.draw(CONNECTIONS))
    spelling = data.draw(spellings(media_type, content))
    assert decode(encode(message, media_type, content, spelling), media_type, content) == members(message)


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
@TRIES
@given(data=st.data())
def test_comments_and_other_encodings_of_xml_do_not_change_the_request(content: Content, data: st.DataObject) -> None:
    message = Message(data.draw(texts_of_the_intersection()), "f@x.test", ("a@x.test", "b@x.test"))
    spelling = data.draw(xml_spellings(content, encodings=("utf-8", "utf-16", "iso-8859-1"), interruptions=True))
    assert decode(encode(message, "text/xml", content, spelling), "text/xml", content) == members(message)


@pytest.mark.parametrize(
    ("media_type", "spelling"),
    [
        ("text/json", JsonSpelling(charset="utf-16")),
        ("text/json", JsonSpelling(charset="iso-8859-1")),
        ("application/x-www-form-urlencoded", FormSpelling(charset="iso-8859-1")),
    ],
)
def test_a_body_in_another_charset_reads_back_in_that_charset(
    media_type: str, spelling: JsonSpelling | FormSpelling
) -> None:
    body = encode(ONE, media_type, Content(), spelling)
    assert body != encode(ONE, media_type, Content())
    assert decode(body, media_type, Content(), spelling.charset) == members(ONE)


def test_utf_16_has_a_mark_and_is_little_endian_unless_the_mark_is_refused() -> None:
    assert encode_members({}, "text/json", Content(), JsonSpelling(charset="utf-16")) == b"\xff\xfe{\0}\0"
    assert encode_members({}, "text/json", Content(), JsonSpelling(charset="utf-16", bom=False)) == b"\0{\0}"


def test_a_byte_order_mark_stands_in_front_when_asked_for() -> None:
    for media_type, spelling in (("text/json", JsonSpelling(bom=True)), ("text/xml", XmlSpelling(bom=True))):
        plain = encode(BARE, media_type, Content())
        assert encode(BARE, media_type, Content(), spelling) == b"\xef\xbb\xbf" + plain


JSON_WAYS = [
    (JsonSpelling(property_case="camel"), '{"rfc822":"é/😀\\r","useSSL":[]}'),
    (JsonSpelling(short=False, upper_hex=True), '{"Rfc822":"é/😀\\u000D","UseSSL":[]}'),
    (JsonSpelling(escapes="non-ascii"), '{"Rfc822":"\\u00e9/\\ud83d\\ude00\\r","UseSSL":[]}'),
    (JsonSpelling(solidus=True), '{"Rfc822":"é\\/😀\\r","UseSSL":[]}'),
    (
        JsonSpelling(escapes="all"),
        '{"\\u0052\\u0066\\u0063\\u0038\\u0032\\u0032":"\\u00e9\\u002f\\ud83d\\ude00\\u000d",'
        '"\\u0055\\u0073\\u0065\\u0053\\u0053\\u004c":[]}',
    ),
]


@pytest.mark.parametrize(("spelling", "body"), JSON_WAYS)
def test_each_json_freedom_is_written_as_named(spelling: JsonSpelling, body: str) -> None:
    value = {"Rfc822": "é/😀\r", "UseSSL": []}
    assert encode_members(value, "application/json", Content(), spelling).decode() == body


XML_WAYS = [
    (XmlSpelling(declaration=False), '<r><v>a"&amp;]]&gt;&#13;é</v></r>'),
    (XmlSpelling(declaration=False, text="entities"), "<r><v>a&quot;&amp;]]&gt;&#13;é</v></r>"),
    (XmlSpelling(declaration=False, text="decimal"), "<r><v>&#97;&#34;&#38;&#93;&#93;&#62;&#13;&#233;</v></r>"),
    (
        XmlSpelling(declaration=False, text="hexadecimal", upper_hex=True),
        "<r><v>&#x61;&#x22;&#x26;&#x5D;&#x5D;&#x3E;&#xD;&#xE9;</v></r>",
    ),
    (
        XmlSpelling(declaration=False, text="cdata"),
        '<r><v><![CDATA[a"&]]]]><![CDATA[>]]>&#13;<![CDATA[é]]></v></r>',
    ),
    (XmlSpelling(quote="'"), "<?xml version='1.0' encoding='utf-8'?><r><v>a\"&amp;]]&gt;&#13;é</v></r>"),
    (XmlSpelling(label="utf-16"), '<?xml version="1.0" encoding="utf-16"?><r><v>a"&amp;]]&gt;&#13;é</v></r>'),
    (
        XmlSpelling(encoding="us-ascii"),
        '<?xml version="1.0" encoding="us-ascii"?><r><v>a"&amp;]]&gt;&#13;&#233;</v></r>',
    ),
]


@pytest.mark.parametrize(("spelling", "body"), XML_WAYS)
def test_each_xml_freedom_is_written_as_named(spelling: XmlSpelling, body: str) -> None:
    content = Content(xml=XmlDialect(root="r", namespace="", item="i", item_namespace="", ordered=False))
    written = encode_members({"v": 'a"&]]>\ré'}, "text/xml", content, spelling).decode()
    quote = spelling.quote
    assert written.replace(f" xmlns:i={quote}http://www.w3.org/2001/XMLSchema-instance{quote}", "") == body


@pytest.mark.parametrize(
    ("spelling", "root"),
    [
        (XmlSpelling(prefix="m", item_prefix="n"), '<m:Relay xmlns:m="urn:v" '),
        (XmlSpelling(), '<Relay xmlns="urn:v" '),
    ],
)
def test_the_namespace_is_the_default_one_or_has_the_prefix(spelling: XmlSpelling, root: str) -> None:
    assert root in encode(BARE, "text/xml", CONTENTS["vendor-repeated"], spelling).decode()


FORM_WAYS = [
    (FormSpelling(), "K%5B0%5D=a+b%2F*%0A"),
    (FormSpelling(brackets="raw"), "K[0]=a+b%2F*%0A"),
    (FormSpelling(upper_hex=False), "K%5b0%5d=a+b%2f*%0a"),
    (FormSpelling(encoded="all"), "%4B%5B%30%5D=%61+%62%2F%2A%0A"),
    (FormSpelling(encoded="all", space="%20"), "%4B%5B%30%5D=%61%20%62%2F%2A%0A"),
    (FormSpelling(space="%20"), "K%5B0%5D=a%20b%2F*%0A"),
]


@pytest.mark.parametrize(("spelling", "body"), FORM_WAYS)
def test_each_form_freedom_is_written_as_named(spelling: FormSpelling, body: str) -> None:
    form = MEDIA_TYPES[4]
    assert encode_members({"K": ["a b/*\n"]}, form, Content(), spelling).decode() == body


PATCH_WAYS: list[tuple[PatchSpelling, list[tuple[str, str, Any]]]] = [
    (
        PatchSpelling(arrays="append", checked=True),
        [
            ("add", "/a~1b", []),
            ("add", "/a~1b/-", "x"),
            ("add", "/a~1b/-", "y"),
            ("test", "/a~1b", ["x", "y"]),
            ("add", "/o", {"p": 1}),
            ("test", "/o", {"p": 1}),
        ],
    ),
    (
        PatchSpelling(arrays="insert", objects="members"),
        [
            ("add", "/a~1b", []),
            ("add", "/a~1b/0", "y"),
            ("add", "/a~1b/0", "x"),
            ("add", "/o", {}),
            ("add", "/o/p", 1),
        ],
    ),
    (
        PatchSpelling(assignment="replace"),
        [
            ("add", "/a~1b", None),
            ("replace", "/a~1b", ["x", "y"]),
            ("add", "/o", None),
            ("replace", "/o", {"p": 1}),
        ],
    ),
]


@pytest.mark.parametrize(("spelling", "steps"), PATCH_WAYS)
def test_each_way_to_patch_is_written_as_named(spelling: PatchSpelling, steps: list[tuple[str, str, Any]]) -> None:
    body = encode_members(
        {"a/b": ["x", "y"], "o": {"p": 1}}, "application/json-patch+json", Content(patch="operations"), spelling
    )
    assert [(step["op"], step["path"], step["value"]) for step in decode_json(body)] == steps


def test_members_of_an_array_item_return_to_the_namespace_of_the_request() -> None:
    spelling = XmlSpelling(declaration=False, item_prefix="")
    body = encode_members({"A": [{"b": ["c"]}]}, "text/xml", CONTENTS["vendor-repeated"], spelling).decode()
    assert '<A><To xmlns=""><b xmlns="urn:v"><To xmlns="">c</To></b></To></A>' in body


def test_order_seeds_reorder_members_and_keep_the_order_of_recipients() -> None:
    form = MEDIA_TYPES[4]
    content = Content(form="repeated")
    bodies = {encode(ONE, form, content, FormSpelling(order=seed)) for seed in range(8)}
    assert len(bodies) > 1
    assert all(body.index(b"a%40x.test") < body.index(b"b%40x.test") for body in bodies)
    assert len({encode(ONE, "text/json", content, JsonSpelling(order=seed)) for seed in range(8)}) > 1


def test_the_password_is_in_the_body_and_in_no_printed_form_of_the_message() -> None:
    assert members(ONE)["ConnectionInfoExtended"] == {
        "Port": 25,
        "ServerName": "mx.test",
        "Protocol": "SMTP",
        "UserName": "u",
        "Password": "a&b",
        "UseSSL": True,
    }
    assert "a&b" not in repr(ONE)
