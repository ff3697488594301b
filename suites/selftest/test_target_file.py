"""Target files: what they load as, and how each mistake in one is told."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaycheck.secret import Secret
from relaycheck.target import (
    Auth,
    BasicAccount,
    Content,
    Limits,
    Relay,
    Session,
    Target,
    Url,
    WitnessSettings,
    XmlDialect,
)
from relaycheck.target.file import load_target
from relaycheck.target.model import PLAIN
from relaycheck.target.positions import KeyPath, key_lines
from relaycheck.target.problems import TargetProblem
from relaycheck.target.render import target_file, variables
from relaycheck.target.schema import known_keys, nearest_key, target_schema

if TYPE_CHECKING:
    from pathlib import Path

ENVIRON = {
    "PASSWORD": "Tje0-Tje0",
    "TICKET": "7T:abc123==",
    "TOKEN": "8A:Cust1.xyz",
    "XSRF": "abc1234",
    "SESSION": "s3ss10n",
}

FULL = """\
name = "Contoso relay"
version = "4.2"
contact = "relay@contoso.example"
url = "https://staging.example/SuperOffice/"
installation = "onsite"
http2 = false
get_describes = true
allow_plaintext = true

[auth]
negotiate = true
[auth.basic]
user = "tim0"
password = "env:PASSWORD"
[[auth.basic.also]]
user = "zoë"
password = "pä:ss"
[[auth.basic.also]]
user = "nobody"
password = ""
[auth.soticket]
ticket = "env:TICKET"
expired = "7T:old"
[auth.bearer]
token = "env:TOKEN"
expired = "8A:old"
[auth.xsrf]
token = "env:XSRF"
cookies = { "ASP.NET_SessionId" = "env:SESSION", "XSRF-TOKEN" = "env:XSRF" }
[auth.xsrf_other]
token = "other"
cookies = { sid = "else" }
[auth.app]
token = "file:app.txt"

[content]
xml = { root = "Request", namespace = "urn:x", item = "to", ordered = true }
form = "brackets"
patch = "operations"
property_case = "exact"
charset = "iso-8859-1"

[relay]
mode = "queued"
default_connection = false
connection_object = true
protocol = "Smtp"
adds_headers = true
rewrites_sender = true
deduplicates = true
splits = false
smtp_timeout = 7.5

[witness]
listen = "0.0.0.0:2525-2527"
address = ["runner.example:3525", "runner.example:3530", "runner.example:3531"]
settle_time = 1.5

[limits]
requests_per_second = 20
body_bytes = 1_000_000
recipients = 100
response_timeout = 5

[safety]
domain = "mail.test"
"""


def nowhere(host: str) -> tuple[str, ...]:
    return ()


def load(folder: Path, text: str | bytes, environ: dict[str, str] = ENVIRON) -> Target:
    path = folder / "target.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_target(path, environ, nowhere)


def complaint(folder: Path, text: str | bytes) -> str:
    """What the loader says of `text`, without the folder's name."""
    with pytest.raises(TargetProblem) as caught:
        load(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_full_file_loads_as_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "app.txt").write_text("app-secret\n")
    target = load(tmp_path, FULL)
    assert target == Target(
        url=Url("https", "staging.example", 443, "/SuperOffice"),
        name="Contoso relay",
        version="4.2",
        contact="relay@contoso.example",
        auth=Auth(
            basic=(
                BasicAccount("tim0", Secret("basic-password", "Tje0-Tje0")),
                BasicAccount("zoë", Secret("basic-password-2", "pä:ss")),
                BasicAccount("nobody", Secret("basic-password-3", "")),
            ),
            soticket=Secret("soticket", "7T:abc123=="),
            expired_soticket=Secret("soticket-expired", "7T:old"),
            bearer=Secret("bearer", "8A:Cust1.xyz"),
            expired_bearer=Secret("bearer-expired", "8A:old"),
            xsrf=Session(
                Secret("xsrf-token", "abc1234"),
                (
                    ("ASP.NET_SessionId", Secret("cookie-ASP.NET_SessionId", "s3ss10n")),
                    ("XSRF-TOKEN", Secret("cookie-XSRF-TOKEN", "abc1234")),
                ),
            ),
            other_xsrf=Session(Secret("xsrf-token-other", "other"), (("sid", Secret("cookie-sid-other", "else")),)),
            app=Secret("app-token", "app-secret"),
            negotiate=True,
        ),
        content=Content(
            xml=XmlDialect("Request", "urn:x", "to", "", True),
            form="brackets",
            patch="operations",
            property_case="exact",
            charset="iso-8859-1",
            declared=frozenset({"xml", "form", "patch", "property_case", "charset"}),
        ),
        relay=Relay("queued", False, True, "Smtp", True, True, True, False, 7.5),
        witness=WitnessSettings(
            "smtp",
            "0.0.0.0",
            (2525, 2526, 2527),
            "runner.example",
            (3525, 3530, 3531),
            delivery_timeout=120,
            settle_time=1.5,
        ),
        limits=Limits(20, 1_000_000, 100, 5),
        safety_domain="mail.test",
        allow_plaintext=True,
        http2=False,
        get_describes=True,
    )


def test_a_url_alone_is_a_target_with_everything_else_by_default(tmp_path: Path) -> None:
    assert load(tmp_path, 'url = "http://127.0.0.1:8080"') == Target(Url("http", "127.0.0.1", 8080))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_byte_order_mark_and_crlf_do_no_harm(tmp_path: Path, mark: bytes) -> None:
    assert load(tmp_path, mark + b'name = "a"\r\nurl = "https://x.example"\r\n').name == "a"


def test_the_default_timeout_follows_the_mode(tmp_path: Path) -> None:
    queued = load(tmp_path, 'url = "http://localhost"\n[relay]\nmode = "queued"')
    assert (queued.witness.delivery_timeout, Target(queued.url).witness.delivery_timeout) == (120, 10)


def test_a_distant_target_without_a_witness_table_has_none_and_says_why(tmp_path: Path) -> None:
    witness = load(tmp_path, 'url = "https://staging.example"').witness
    assert witness.kind == "none"
    assert "witness.listen" in witness.note


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.8.9.1", "[::1]"])
def test_a_loopback_target_has_a_witness_without_asking(tmp_path: Path, host: str) -> None:
    assert load(tmp_path, f'url = "http://{host}:81"').witness == WitnessSettings()


@pytest.mark.parametrize(
    ("listen", "url", "reached"),
    [
        ('"127.0.0.1:2525"', "http://localhost", ("127.0.0.1", (2525,))),
        ('"0.0.0.0:2525"', "http://localhost", ("127.0.0.1", (2525,))),
        ('"[::]:25-26"', "http://localhost", ("::1", (25, 26))),
        ('["runner:25", "runner:27-28"]', "https://far.example", ("runner", (25, 27, 28))),
    ],
)
def test_an_address_left_out_is_where_the_suite_listens(
    tmp_path: Path, listen: str, url: str, reached: tuple[str, tuple[int, ...]]
) -> None:
    witness = load(tmp_path, f'url = "{url}"\n[witness]\nlisten = {listen}').witness
    assert (witness.address_host, witness.address_ports) == reached


@pytest.mark.parametrize(
    ("xml", "root"), [('"plain"', PLAIN), ('{ root = "A" }', XmlDialect("A", "", "string", "", False))]
)
def test_an_xml_dialect_is_a_name_or_a_table(tmp_path: Path, xml: str, root: XmlDialect) -> None:
    content = load(tmp_path, f'url = "http://localhost"\n[content]\nxml = {xml}').content
    assert (content.xml, content.declared) == (root, frozenset({"xml"}))


HEAD = 'url = "https://x.example"\n'

MISTAKES = [
    # (what follows the url on line 1, where and which key, words that must be there)
    ('nmae = "x"', "target.toml:2: nmae", "nearest known key is name"),
    ('[auht.basic]\nuser = "a"', "target.toml:2: auht", "nearest known key is auth"),
    (
        '[auth.basic]\nuser = "a"\npasword = "b"',
        "target.toml:4: auth.basic.pasword",
        "nearest known key is auth.basic.password",
    ),
    ('[auth.basic]\nuser = "a"', "target.toml:2: auth.basic.password", "is missing. The value, env:NAME or file:PATH"),
    (
        "[safety]\nallow_plaintext = true",
        "target.toml:3: safety.allow_plaintext",
        "nearest known key is allow_plaintext",
    ),
    ('installation = "cloud"', "target.toml:2: installation", 'must be "onsite" or "online", and is "cloud"'),
    ("version = 4.2", "target.toml:2: version", "must be a string, and is a number"),
    ("name = 1979-05-27 07:32:00", "target.toml:2: name", "must be a string, and is a date or time"),
    ("[limits]\nrecipients = 0", "target.toml:3: limits.recipients", "at least 1, and is 0"),
    ("[limits]\nrequests_per_second = nan", "target.toml:3: limits.requests_per_second", "not a finite number"),
    ("[limits]\nbody_bytes = true", "target.toml:3: limits.body_bytes", "whole number, and is true"),
    (
        '[content]\nxml = "soap"',
        "target.toml:3: content.xml",
        'must be "datacontract" or "plain", and is "soap". "datacontract"',
    ),
    ('[content]\nxml = { namespace = "x" }', "target.toml:3: content.xml.root", "is missing"),
    ('[content.xml]\nroot = "a b"', "target.toml:3: content.xml.root", "XML name"),
    ('[content]\ncharset = "utf-99"', "target.toml:3: content.charset", "not a charset"),
    ('[content]\ncharset = "rot13"', "target.toml:3: content.charset", "not a charset"),
    (
        "[relay]\ndefault_connection = false\nconnection_object = false",
        "target.toml:4: relay.connection_object",
        "both false",
    ),
    ('[witness]\nkind = "imap"', "target.toml:3: witness.kind", 'must be "smtp" or "none"'),
    ("[witness]\nsettle_time = 1", "target.toml:2: witness", "has no listen"),
    ('[witness]\naddress = "a:1"', "target.toml:3: witness.address", "no listen beside it"),
    ('[witness]\nlisten = "0.0.0.0:25"', "target.toml:3: witness.listen", "Add witness.address"),
    (
        '[witness]\nlisten = "a:25-26"\naddress = "b:25"',
        "target.toml:4: witness.address",
        "has 1 ports and witness.listen has 2",
    ),
    ('[witness]\nlisten = "a:26-25"', "target.toml:3: witness.listen", "runs backwards"),
    ('[witness]\nlisten = "a:1-65535"', "target.toml:3: witness.listen", "longer than 64 ports"),
    ('[witness]\nlisten = "a"', "target.toml:3: witness.listen", "port is missing"),
    ('[witness]\nlisten = ["a:1", "b:2"]', "target.toml:3: witness.listen", "more than one host"),
    ('[witness]\nlisten = ["a:1",\n "a:1"]', "target.toml:3: witness.listen", "twice"),
    ('[witness]\nlisten = "::1:25"', "target.toml:3: witness.listen", "in brackets"),
    ('[witness]\nlisten = ["a:1",\n\n 7]', "target.toml:5: witness.listen[2]", "must be a string"),
    ('[witness]\nlisten = "a:1"\naddress = "0.0.0.0:1"', "target.toml:4: witness.address", "not a place to reach"),
    ('[safety]\ndomain = "a b"', "target.toml:3: safety.domain", "the domain is not a valid name"),
    ('[safety]\ndomain = "127.0.0.1"', "target.toml:3: safety.domain", "not a mail domain"),
    ('trust = "none.pem"', "target.toml:2: trust", "cannot be read"),
    ('trust = "target.toml"', "target.toml:2: trust", "no PEM certificate"),
    ('[auth.bearer]\ntoken = "env:UNSET"', "target.toml:3: auth.bearer.token", "variable UNSET is not set"),
    ('[auth.bearer]\ntoken = "env:no name"', "target.toml:3: auth.bearer.token", "Write it as env:NAME"),
    ('[auth.bearer]\ntoken = "file:none.txt"', "target.toml:3: auth.bearer.token", "file none.txt cannot be read"),
    ('[auth.bearer]\ntoken = "file:."', "target.toml:3: auth.bearer.token", "cannot be read"),
    ('[auth.bearer]\ntoken = ""', "target.toml:3: auth.bearer.token", "is empty"),
    ('[auth.bearer]\ntoken = "a\\r\\nX: y"', "target.toml:3: auth.bearer.token", "control character"),
    ('[auth.bearer]\ntoken = "a “quoted” one"', "target.toml:3: auth.bearer.token", "outside ASCII"),
    ('[auth.bearer]\ntoken = " a"', "target.toml:3: auth.bearer.token", "begins or ends with a space"),
    ('[auth.basic]\nuser = "a:b"\npassword = "c"', "target.toml:3: auth.basic.user", "without a colon"),
    ('[auth.basic]\nuser = "a"\npassword = "b\\u0000"', "target.toml:4: auth.basic.password", "control character"),
    ('[auth.xsrf]\ntoken = "t"\ncookies = {}', "target.toml:4: auth.xsrf.cookies", "is empty"),
    (
        '[auth.xsrf]\ntoken = "t"\ncookies = { "a b" = "c" }',
        'target.toml:4: auth.xsrf.cookies."a b"',
        "name of a cookie",
    ),
    ('[auth.xsrf]\ntoken = "t"\ncookies = { a = "c;d=e" }', "target.toml:4: auth.xsrf.cookies.a", "semicolon"),
    ('[[auth.basic]]\nuser = "a"', "target.toml:2: auth.basic", "must be a table, and is an array"),
    ('[auth.basic]\nuser = "a"\npassword = "b"\nalso = [1]', "target.toml:5: auth.basic.also[1]", "must be a table"),
]


@pytest.mark.parametrize(("text", "place", "words"), MISTAKES, ids=[text.replace("\n", " ") for text, _, _ in MISTAKES])
def test_a_mistake_is_told_with_its_line_its_key_and_what_to_do(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    told = complaint(tmp_path, HEAD + text)
    line = next(line for line in told.splitlines() if words in line)
    assert line.startswith(f"{place}: ")
    assert line.endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("url = https://x", "target.toml:1:7: "),
        ('a = 1\nurl = "x', "target.toml:2:9: "),
        ("a = 1\na = 2", "target.toml:2:6: "),
        ("a" + "=" + "[" * 20_000, "target.toml: "),
        (b'name = "\xff"', "target.toml:1: "),
        ("a = [", "target.toml:1:6: "),
    ],
    ids=["bare value", "open string", "key twice", "deep", "not UTF-8", "open array"],
)
def test_what_is_not_toml_is_told_with_line_and_column(tmp_path: Path, text: str | bytes, place: str) -> None:
    told = complaint(tmp_path, text)
    assert told.startswith(place)
    assert "Traceback" not in told


@pytest.mark.parametrize("name", ["absent.toml", "", "nul\0.toml"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(TargetProblem, match="the target file cannot be read"):
        load_target(tmp_path / name, {}, nowhere)


def test_every_problem_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    told = complaint(
        tmp_path,
        'nmae = "x"\nurl = "ftp://a:b@x.example?q"\n[auth.basic]\nuser = 7\n'
        'password = "env:UNSET"\n[auth.app]\ntoken = "é"\n'
        '[relay]\nmode = "slow"\n[limits]\nrecipients = 0\n[safety]\ndomain = "-"\n',
    )
    lines = [int(found) for found in re.findall(r"^target\.toml:(\d+): ", told, re.MULTILINE)]
    assert lines == [1, 2, 2, 2, 4, 5, 7, 9, 11, 13]


def test_no_secret_is_in_a_problem(tmp_path: Path) -> None:
    told = complaint(
        tmp_path,
        'url = "https://tim0:hunter22@x.example"\n[auth.bearer]\ntoken = ["hunter22"]\n'
        '[auth.app]\ntoken = "hunter22\\n"\n'
        '[auth.basic]\nuser = "a"\npassword = 22222222\n',
    )
    assert told.count("\n") == 3
    assert "hunter22" not in told
    assert "22222222" not in told


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_from_a_file_loses_one_line_end(tmp_path: Path, ending: str) -> None:
    (tmp_path / "t").write_bytes(f"7T:x {ending}".replace(" ", "").encode())
    auth = load(tmp_path, HEAD + '[auth.soticket]\nticket = "file:t"').auth
    assert auth.soticket == Secret("soticket", "7T:x")


@pytest.mark.parametrize("content", [b"", b"\n", b"a\n\n", b"\xff", b"x" * 70_000])
def test_a_secret_file_that_holds_no_single_line_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t").write_bytes(content)
    assert "target.toml:3: auth.soticket.ticket" in complaint(tmp_path, HEAD + '[auth.soticket]\nticket = "file:t"')


def test_plain_http_with_credentials_needs_leave_unless_it_stays_on_this_machine(tmp_path: Path) -> None:
    secret = '[auth.bearer]\ntoken = "8A:x"'
    assert "plain http" in complaint(tmp_path, f'url = "http://x.example"\n{secret}')
    assert load(tmp_path, f'url = "http://x.example"\nallow_plaintext = true\n{secret}').allow_plaintext
    assert load(tmp_path, f'url = "http://localhost"\n{secret}').auth.bearer
    assert load(tmp_path, 'url = "http://x.example"').url.scheme == "http"


def test_a_rendered_target_loads_as_the_same_target_and_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "app.txt").write_text("app-secret")
    target = load(tmp_path, FULL)
    text = target_file(target)
    assert load(tmp_path, text, {name: secret.reveal() for name, secret in variables(target).items()}) == target
    assert not [s.name for s in target.secrets() if len(s.reveal()) > 5 and s.reveal() in text]


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
tokens = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";"), min_size=1, max_size=12)
cookies = st.dictionaries(st.from_regex(r"[A-Za-z.-]{1,6}", fullmatch=True), tokens, min_size=1, max_size=3)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    number = draw(st.integers(0, 2))
    passwords = [draw(names.filter(bool)), *(draw(names) for _ in range(number))]
    basic = tuple(
        BasicAccount(
            draw(names.filter(lambda n: n and ":" not in n)), Secret(f"basic-password{f'-{n}' if n > 1 else ''}", p)
        )
        for n, p in enumerate(passwords, 1)
    )
    session = Session(
        Secret("xsrf-token", draw(tokens)), tuple((n, Secret(f"cookie-{n}", v)) for n, v in draw(cookies).items())
    )
    ports = tuple(draw(st.lists(st.integers(1, 65535), min_size=1, max_size=4, unique=True)))
    return Target(
        Url("https", draw(st.sampled_from(["x.example", "::1", "10.0.0.1"])), draw(st.integers(1, 65535)), "/a%20b"),
        name=draw(st.text(st.characters(exclude_categories=["Cs"]))),
        auth=Auth(basic=basic, soticket=Secret("soticket", draw(tokens)), xsrf=session, negotiate=draw(st.booleans())),
        content=Content(xml=PLAIN, declared=frozenset({"xml"})),
        relay=Relay(deduplicates=draw(st.booleans()), smtp_timeout=draw(st.none() | st.floats(0.1, 3600))),
        witness=WitnessSettings("smtp", "::", ports, "runner.example", ports, draw(st.floats(0.1, 3600))),
        limits=Limits(draw(st.none() | st.floats(0.001, 1e300))),
        http2=draw(st.none() | st.booleans()),
    )


@given(target=targets())
def test_any_target_survives_the_way_through_its_file(tmp_path_factory: pytest.TempPathFactory, target: Target) -> None:
    environ = {name: secret.reveal() for name, secret in variables(target).items()}
    assert load(tmp_path_factory.getbasetemp(), target_file(target), environ) == target


def test_the_schema_is_valid_and_knows_every_key_of_the_full_file() -> None:
    jsonschema.Draft202012Validator.check_schema(target_schema())
    jsonschema.validate(tomllib.loads(FULL), target_schema())
    free = re.compile(r"auth\.(xsrf|xsrf_other)\.cookies\..*")
    used = {
        ".".join(str(part) for part in path if isinstance(part, str))
        for path in key_lines(FULL)
        if not free.match(".".join(map(str, path)))
    }
    assert set(known_keys()) - used == {
        "trust",
        "witness.kind",
        "witness.delivery_timeout",
        "content.xml.item_namespace",
    }
    assert used <= set(known_keys())


@pytest.mark.parametrize(
    ("unknown", "known"),
    [
        (("Url",), "url"),
        (("auth", "soticket", "token"), "auth.soticket.ticket"),
        (("witness", "listens"), "witness.listen"),
        (("domain",), "safety.domain"),
        (("auth", "basic", "also", 1, "username"), "auth.basic.also.user"),
    ],
)
def test_an_unknown_key_is_near_a_known_one(unknown: KeyPath, known: str) -> None:
    found = nearest_key(unknown)
    assert found == known
    assert found in known_keys()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a = 1\n\n b = 2 # x = 1\n", {("a",): 1, ("b",): 3}),
        ('a."b.c" = 1\na.d = "x # y"\n', {("a",): 1, ("a", "b.c"): 1, ("a", "d"): 2}),
        ("[t]\nk = 1\n[t.u]\nk = 2\n", {("t",): 1, ("t", "k"): 2, ("t", "u"): 3, ("t", "u", "k"): 4}),
        ("[t.u]\n[t]\n", {("t", "u"): 1, ("t",): 2}),
        (
            "[[t]]\nk = 1\n[[t]]\nk = 2\n[t.u]\nv = 3\n",
            {
                ("t",): 1,
                ("t", 0): 1,
                ("t", 0, "k"): 2,
                ("t", 1): 3,
                ("t", 1, "k"): 4,
                ("t", 1, "u"): 5,
                ("t", 1, "u", "v"): 6,
            },
        ),
        ("a = { b = 1, c = { d = 2 } }\n", {("a",): 1, ("a", "b"): 1, ("a", "c"): 1, ("a", "c", "d"): 1}),
        (
            "a = [ # [\n 1,\n  {b = ']'}, # x\n]\nc = 1",
            {("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 1, "b"): 3, ("c",): 5},
        ),
        ('a = """\nb = 1\n"" \\""""""\nc = \'\'\'\n[x]\n\'\'\'\'\nd = 1', {("a",): 1, ("c",): 4, ("d",): 7}),
        (
            "a = 1979-05-27 07:32:00\r\nb = [1979-05-27 07:32:00, 2]\r\n",
            {("a",): 1, ("b",): 2, ("b", 0): 2, ("b", 1): 2},
        ),
    ],
)
def test_each_key_of_a_toml_text_has_its_line(text: str, lines: dict[KeyPath, int]) -> None:
    tomllib.loads(text)
    assert dict(key_lines(text)) == lines


def paths(data: Any, before: KeyPath = ()) -> set[KeyPath]:
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {path for key, value in entries for path in ({(*before, key)} | paths(value, (*before, key)))}


def test_no_key_of_a_file_is_without_a_line() -> None:
    assert paths(tomllib.loads(FULL)) == set(key_lines(FULL))
