"""Target files: what they load as, and that what is rendered loads as the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_files import FULL, HEAD, load

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
from relaycheck.target.model import PLAIN
from relaycheck.target.render import target_file, variables

if TYPE_CHECKING:
    from pathlib import Path


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
        limits=Limits(20, 1_000_000, 100, 5, 4),
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


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_from_a_file_loses_one_line_end(tmp_path: Path, ending: str) -> None:
    (tmp_path / "t").write_bytes(f"7T:x {ending}".replace(" ", "").encode())
    auth = load(tmp_path, HEAD + '[auth.soticket]\nticket = "file:t"').auth
    assert auth.soticket == Secret("soticket", "7T:x")


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
