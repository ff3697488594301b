"""Targets from a URL with options and variables: what is read, what goes first, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaycheck.secret import Secret
from relaycheck.target import BasicAccount, Session, Target, Url
from relaycheck.target.options import Options, target_from
from relaycheck.target.problems import TargetProblem
from relaycheck.target.url import BadUrl, is_loopback, parse_url

if TYPE_CHECKING:
    from pathlib import Path

OPERATION = "/api/v1/Agents/EMail/RelayMessage"


def nowhere(host: str) -> tuple[str, ...]:
    return ()


def target(options: Options, **environ: str) -> Target:
    return target_from(options, environ, nowhere)


def complaint(options: Options, **environ: str) -> str:
    with pytest.raises(TargetProblem) as caught:
        target(options, **environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://staging.example", Url("https", "staging.example", 443)),
        ("HTTP://Staging.Example:80/", Url("http", "staging.example", 80)),
        ("https://staging.example.", Url("https", "staging.example", 443)),
        ("https://staging.example:", Url("https", "staging.example", 443)),
        ("https://x/SuperOffice/", Url("https", "x", 443, "/SuperOffice")),
        (f"https://x/SuperOffice{OPERATION}", Url("https", "x", 443, "/SuperOffice")),
        (f"https://x{OPERATION.lower()}/", Url("https", "x", 443)),
        ("https://x//a/./b/../c d".replace(" ", "%20"), Url("https", "x", 443, "/a/c%20d")),
        ("https://x/%7euser/é%c3%a9", Url("https", "x", 443, "/~user/%C3%A9%C3%A9")),
        ("https://[::1]:8443/x", Url("https", "::1", 8443, "/x")),
        ("https://[2001:DB8:0:0::1]", Url("https", "2001:db8::1", 443)),
        ("https://bücher.example", Url("https", "xn--bcher-kva.example", 443)),
        ("https://BÜCHER.example", Url("https", "xn--bcher-kva.example", 443)),
        ("http://relay_1:8080", Url("http", "relay_1", 8080)),
        ("http://127.0.0.1:1", Url("http", "127.0.0.1", 1)),
    ],
)
def test_a_url_is_read_into_one_form(text: str, url: Url) -> None:
    assert parse_url(text) == url
    assert parse_url(str(url)) == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("staging.example", "no scheme"),
        ("localhost:8080", "no scheme"),
        ("ftp://x", "scheme ftp"),
        ("https://", "host is missing"),
        ("https:///path", "host is missing"),
        ("https://tim0:Tje0@x", "user name or password"),
        ("https://x?$select=a", "a query"),
        ("https://x?", "a query"),
        ("https://x/#top", "a fragment"),
        ("https://x:0", "port"),
        ("https://x:65536", "port"),
        ("https://x:８０", "port"),
        ("https://x:http", "port"),
        ("https://::1", "in brackets"),
        ("https://[::1", "not closed"),
        ("https://[::1]x", "not closed"),
        ("https://[1.2.3.4]", "not an IPv6 address"),
        ("https://[fe80::1%25eth0]", "zone"),
        ("https://[fe80::1%eth0]", "zone"),
        ("https://1.2.3", "looks like an IPv4"),
        ("https://0x7f.0.0.0x1", "looks like an IPv4"),
        ("https://a..b", "not a valid name"),
        ("https://-a", "not a valid name"),
        ("https://a<b", "not a valid name"),
        ("https://" + "a" * 64, "not a valid name"),
        ("https://xn--é.example", "IDNA"),
        ("https://x/%zz", "percent-encoded"),
        ("https://x/a%2Fb", "encoded slash"),
        ("https://x/a%0d%0aX:y", "control character"),
        ("https://x/a\\b", "backslash"),
        ("https://x\\@y", "no scheme|not a valid name|backslash"),
        ("https://x/\r\nX: y", "control character"),
        ("https://x y", "a space"),
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(BadUrl, match=words):
        parse_url(text)


def test_everything_wrong_with_a_url_is_told_at_once_and_the_password_is_not() -> None:
    told = complaint(Options("ftp://tim0:Tje0@x:99999/%zz?a#b"))
    assert told.count("\n") == 5
    assert "Tje0" not in told


@given(st.text(max_size=40) | st.builds("https://{}".format, st.text(max_size=30)))
def test_any_text_is_a_url_or_a_sentence(text: str) -> None:
    try:
        url = parse_url(text)
    except BadUrl as bad:
        told = bad.findings
    else:
        told = ()
        assert parse_url(str(url)) == url
        assert str(url).isascii()
    assert all(what and todo for what, todo in told)


@pytest.mark.parametrize(
    ("host", "found", "local"),
    [
        ("localhost", (), True),
        ("a.localhost", (), True),
        ("127.4.5.6", (), True),
        ("::1", (), True),
        ("alias", ("127.0.0.1", "::1"), True),
        ("mixed", ("127.0.0.1", "192.0.2.1"), False),
        ("unknown", (), False),
        ("192.0.2.1", ("127.0.0.1",), False),
        ("localhost.example", ("192.0.2.1",), False),
    ],
)
def test_a_host_is_loopback_only_if_all_its_addresses_are(host: str, found: tuple[str, ...], local: bool) -> None:
    assert is_loopback(host, lambda name: found) is local


def test_a_url_and_options_make_a_target() -> None:
    made = target(
        Options(
            "http://localhost:8080",
            basic="tim0:Tje0:x",
            soticket="7T:a==",
            bearer="env:TOKEN",
            app_token="app",
            xsrf="x1",
            cookies=("sid=s1", "b=env:TOKEN"),
        ),
        TOKEN="8A:b",
    )
    auth = made.auth
    assert made.url == Url("http", "localhost", 8080)
    assert auth.basic == (BasicAccount("tim0", Secret("basic-password", "Tje0:x")),)
    assert (auth.soticket, auth.bearer) == (Secret("soticket", "7T:a=="), Secret("bearer", "8A:b"))
    assert auth.app == Secret("app-token", "app")
    cookies = (("sid", Secret("cookie-sid", "s1")), ("b", Secret("cookie-b", "8A:b")))
    assert auth.xsrf == Session(Secret("xsrf-token", "x1"), cookies)


def test_variables_give_what_options_do_not() -> None:
    made = target(
        Options("http://localhost", soticket="from-option"),
        RELAYCHECK_BASIC="zoë:pä",
        RELAYCHECK_SOTICKET="from-variable",
        RELAYCHECK_BEARER="file-like",
        RELAYCHECK_APP_TOKEN="app",
        RELAYCHECK_XSRF="x",
        RELAYCHECK_COOKIES="a=1; b=2;",
    )
    assert made.auth.basic[0].user == "zoë"
    assert made.auth.soticket == Secret("soticket", "from-option")
    assert (made.auth.bearer, made.auth.app) == (Secret("bearer", "file-like"), Secret("app-token", "app"))
    assert made.auth.xsrf is not None
    assert [(name, value.reveal()) for name, value in made.auth.xsrf.cookies] == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("given", "password"),
    [("tim0:env:PW", "p:w"), ("env:WHOLE", "env:literal"), ("tim0:a:b", "a:b"), ("file:WHOLE.txt", "from file")],
)
def test_basic_takes_a_reference_for_the_password_or_for_the_whole(
    given: str, password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "WHOLE.txt").write_text("tim0:from file\n")
    monkeypatch.chdir(tmp_path)
    made = target(Options("http://localhost", basic=given), PW="p:w", WHOLE="tim0:env:literal")
    assert made.auth.basic == (BasicAccount("tim0", Secret("basic-password", password)),)


def test_options_go_before_the_file_and_leave_the_rest_of_it(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(
        'url = "http://far.example"\n[auth.basic]\nuser = "a"\npassword = "env:NOT_SET_AND_NOT_NEEDED"\n'
        '[[auth.basic.also]]\nuser = "b"\npassword = "c"\n[auth.bearer]\ntoken = "t"\nexpired = "old"\n'
    )
    made = target(Options(str(path), basic="d:e", bearer="new", allow_plaintext=True))
    assert [(a.user, a.password.reveal()) for a in made.auth.basic] == [("d", "e"), ("b", "c")]
    assert made.auth.bearer == Secret("bearer", "new")
    assert made.auth.expired_bearer == Secret("bearer-expired", "old")
    assert made.allow_plaintext


LOCAL = "http://localhost"


@pytest.mark.parametrize(
    ("options", "environ", "begin", "words"),
    [
        (Options(LOCAL, basic="tim0"), {}, "--basic: ", "USER:PASSWORD"),
        (Options(LOCAL, basic=":x"), {}, "--basic: ", "USER:PASSWORD"),
        (Options(LOCAL, basic="a\nb:x"), {}, "--basic: ", "control character"),
        (Options(LOCAL, basic="a:b\r\nX: y"), {}, "--basic: ", "control character"),
        (Options(LOCAL, soticket="a\0"), {}, "--soticket: ", "control character"),
        (Options(LOCAL, app_token="env:NONE"), {}, "--app-token: ", "NONE is not set"),
        (Options(LOCAL, bearer="env:EMPTY"), {"EMPTY": ""}, "--bearer: ", "EMPTY is empty"),
        (Options(LOCAL, bearer="file:/no/such"), {}, "--bearer: ", "cannot be read"),
        (Options(LOCAL, bearer=""), {}, "--bearer: ", "is empty"),
        (Options(LOCAL), {"RELAYCHECK_BEARER": ""}, "RELAYCHECK_BEARER: ", "is empty"),
        (Options(LOCAL), {"RELAYCHECK_BASIC": "x"}, "RELAYCHECK_BASIC: ", "USER:PASSWORD"),
        (Options(LOCAL, xsrf="x"), {}, "--xsrf: ", "--cookie"),
        (Options(LOCAL, cookies=("a=b",)), {}, "--xsrf: ", "--xsrf"),
        (Options(LOCAL, xsrf="x", cookies=("a",)), {}, "--cookie: ", "NAME=VALUE"),
        (Options(LOCAL, xsrf="x", cookies=("a=b;c=d",)), {}, "--cookie: ", "semicolon"),
        (Options("http://far.example", bearer="x"), {}, "the target: ", "--allow-plaintext"),
        (Options("http://0.0.0.0:80"), {}, "the target: ", "not a place to reach"),
        (Options("staging.example"), {}, "the target: ", "neither a URL nor a file"),
        (Options(""), {}, "the target: ", "neither a URL nor a file"),
        (Options("none.toml"), {}, "none.toml: ", "relaycheck init"),
    ],
)
def test_a_bad_option_is_told_by_its_name(options: Options, environ: dict[str, str], begin: str, words: str) -> None:
    told = complaint(options, **environ)
    assert told.startswith(begin)
    assert words in told


def test_problems_of_file_and_options_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text('url = "https://x.example"\nnmae = "x"\n')
    told = complaint(Options(str(path), basic="x", soticket="env:NONE", cookies=("a",)))
    assert [line.split(": ")[0].removeprefix(f"{tmp_path}/") for line in told.splitlines()] == [
        "--basic",
        "--soticket",
        "--cookie",
        "target.toml:2",
    ]


def test_options_print_no_secret() -> None:
    assert "hunter2" not in repr(
        Options(LOCAL, "a:hunter2", "hunter2", "hunter2", "hunter2", "hunter2", ("a=hunter2",))
    )
