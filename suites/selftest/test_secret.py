"""Secrets: they never print, and no spelling of one survives redaction."""

from __future__ import annotations

import base64
import html
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from relaycheck.secret import Redactor, Secret, spellings
from relaycheck.secret_forms import COMMON_WORDS
from relaycheck.target import Auth, BasicAccount, Target, Url

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = 'Tje0/p+ss"wörd\\ \U0001f511'


def percent_all(value: str) -> bytes:
    return "".join(f"%{octet:02x}" for octet in value.encode()).encode()


def json_all(value: str) -> bytes:
    wide = value.encode("utf-16-be")
    return "".join(f"\\u{wide[n]:02X}{wide[n + 1]:02x}" for n in range(0, len(wide), 2)).encode()


def html_all(value: str) -> bytes:
    return "".join(c if c.isalnum() else f"&#x{ord(c):X};" for c in value).encode("utf-8")


def encoded(value: str, lead: int, tail: int) -> bytes:
    return base64.b64encode(b"u" * lead + value.encode() + b"!" * tail)


SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "UTF-16": lambda v: v.encode("utf-16-le"),
    "hex": lambda v: v.encode().hex().encode(),
    "HEX": lambda v: v.encode().hex().upper().encode(),
    "hEx": lambda v: "".join(c.upper() if n % 3 else c for n, c in enumerate(v.encode().hex())).encode(),
    "percent": lambda v: quote(v, safe="").encode(),
    "percent in lower case": lambda v: percent_all(v),
    "percent in upper case": lambda v: percent_all(v).upper(),
    "form": lambda v: quote_plus(v).encode(),
    "percent twice": lambda v: quote(quote(v, safe=""), safe="").encode(),
    "JSON": lambda v: json.dumps(v)[1:-1].encode(),
    "JSON without escapes": lambda v: json.dumps(v, ensure_ascii=False)[1:-1].encode(),
    "JSON with all escapes": json_all,
    "JSON twice": lambda v: json.dumps(json.dumps(v))[3:-3].encode(),
    "JSON, solidus escaped": lambda v: json.dumps(v)[1:-1].replace("/", "\\/").encode(),
    "JSON in a form": lambda v: quote(json.dumps(v)[1:-1]).encode(),
    "HTML": lambda v: html.escape(v).encode(),
    "HTML with numbers": html_all,
    "base64": lambda v: encoded(v, 0, 0),
    "base64 after one octet": lambda v: encoded(v, 1, 0),
    "base64 after two octets": lambda v: encoded(v, 2, 0),
    "base64 after three octets": lambda v: encoded(v, 3, 0),
    "base64 before one octet": lambda v: encoded(v, 0, 1),
    "base64 between octets": lambda v: encoded(v, 1, 2),
    "base64 in the middle": lambda v: encoded(v, 2, 2),
    "base64url": lambda v: base64.urlsafe_b64encode(b"x" + v.encode()),
    "base64 in a form": lambda v: quote(encoded(v, 1, 1), safe="").encode(),
    "base64 in JSON": lambda v: encoded(v, 2, 0).replace(b"/", b"\\/"),
    "base64 of UTF-8 user-pass": lambda v: base64.b64encode(f"zoë:{v}".encode()),
}


def uncommon(value: str) -> bool:
    return value.lower() not in COMMON_WORDS


values = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=8, max_size=20).filter(
    lambda v: "secret:" not in v and "‹" not in v and "›" not in v
)
typical = st.text(
    st.sampled_from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-_.:~%& \\"'),
    min_size=8,
    max_size=24,
)


@given(
    value=(values | typical).filter(uncommon),
    spelling=st.sampled_from(sorted(SPELLINGS)),
    before=st.binary(max_size=9),
    after=st.binary(max_size=9),
)
@example(value=VALUE, spelling="JSON twice", before=b"\\", after=b"\\")
@example(value="name0name0", spelling="percent", before=b"%2", after=b"5")
def test_any_spelling_inside_any_octets_is_found_and_gone(
    value: str, spelling: str, before: bytes, after: bytes
) -> None:
    redactor = Redactor((Secret("it", value),))
    spelled = SPELLINGS[spelling](value)
    data = before + spelled + after
    redacted = redactor.redact(data)
    assert redactor.found_in(data) == ("it",)
    assert "‹secret:it›".encode() in redacted
    assert redactor.found_in(redacted) == ()
    assert not [form for form in spellings(value) if form in redacted.replace("‹secret:it›".encode(), b"\0")]
    assert redactor.redact(redacted) == redacted


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_leaves_what_stands_around_it(spelling: str) -> None:
    redacted = Redactor((Secret("it", VALUE),)).redact(b"<a> " + SPELLINGS[spelling](VALUE) + b" <b>")
    assert redacted.startswith(b"<a> ")
    assert redacted.endswith(b" <b>")
    assert redacted.count("‹secret:it›".encode()) == 1


@given(
    value=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=16).filter(uncommon),
    choices=st.lists(st.integers(0, 4), min_size=16, max_size=16),
)
def test_characters_escaped_each_in_its_own_way_are_found(value: str, choices: list[int]) -> None:
    ways: list[Callable[[str], bytes]] = [
        str.encode,
        percent_all,
        json_all,
        lambda c: f"&#{ord(c)};".encode(),
        percent_all,
    ]
    spelled = b"".join(ways[choice](c) for c, choice in zip(value, choices, strict=False))
    assert Redactor((Secret("it", value),)).found_in(b"x" + spelled + b"y") == ("it",)


@given(
    secrets=st.lists(st.text(st.sampled_from("ab01:/ "), max_size=9), max_size=4),
    parts=st.lists(st.text(st.sampled_from("ab01:/ %\\‹›"), max_size=9), max_size=6),
)
@example(secrets=["LONGLONG", "Tje0"], parts=["LONGLONGTje0"])
@example(secrets=["secretive", "abcd"], parts=["‹secret:s0›", "abcd"])
def test_redaction_is_idempotent(secrets: list[str], parts: list[str]) -> None:
    redactor = Redactor(tuple(Secret(f"s{n}", value) for n, value in enumerate(secrets)))
    data = "".join(part + (secrets[n % len(secrets)] if secrets else "") for n, part in enumerate(parts))
    once = redactor.redact_text(data)
    assert redactor.redact_text(once) == once
    assert redactor.found_in(once.encode()) == ()


@given(st.binary(max_size=200))
def test_octets_without_a_secret_stay_the_same_object(data: bytes) -> None:
    redactor = Redactor((Secret("a", "Kq8-vBn2-Zx5t"), Secret("b", "zoë:pä:ss wörd")))
    assume(not redactor.found_in(data))
    assert redactor.redact(data) is data


@given(
    st.lists(st.text("ab7%\\\r\nĊ ", min_size=4, max_size=9), min_size=1, max_size=3),
    st.lists(st.sampled_from(["\r\n", "\n", "\r", "%", "a", "7", *SPELLINGS]), max_size=8),
)
@example(["secret\r"], ["as it is", "\n"])
@example(["se\r\ncret"], ["as it is"])
@example(["\nsecret"], ["\r", "as it is"])
def test_what_is_recalled_line_by_line_is_what_the_whole_would_be(values: list[str], parts: list[str]) -> None:
    redactor = Redactor(tuple(Secret(f"n{at}", value) for at, value in enumerate(values)))
    recalling = redactor.recalling()
    spelled = [SPELLINGS[p](values[0]) if p in SPELLINGS else p.encode() for p in parts]
    for data in (b"".join(spelled), b"".join(reversed(spelled))) * 2:
        assert recalling.redact(data) == redactor.redact(data)


@given(st.text(st.characters(), max_size=40))
def test_any_text_can_be_redacted(text: str) -> None:
    redactor = Redactor((Secret("it", "abcé-abcé"),))
    assert redactor.redact_text(text + " abcé-abcé") == text + " ‹secret:it›"


def test_the_authorization_of_the_sample_request_is_one_placeholder() -> None:
    auth = Auth(basic=(BasicAccount("tim0", Secret("basic-password", "Tje0")),))
    redactor = Redactor(Target(Url("http", "localhost", 80), auth=auth).secrets())
    sent = b"Authorization: Basic " + base64.b64encode(b"tim0:Tje0") + b"\r\nAccept: */*\r\n"
    assert redactor.redact(sent).decode() == "Authorization: Basic ‹secret:basic-credentials›\r\nAccept: */*\r\n"
    assert redactor.redact_text("user tim0, password Tje0.") == "user tim0, password ‹secret:basic-password›."


@pytest.mark.parametrize("value", ["abc", "", "é"])
def test_a_value_too_short_to_search_for_is_never_found_and_is_named(value: str) -> None:
    redactor = Redactor((Secret("it", value),))
    assert redactor.redact(value.encode() + b" abc YWJj 616263") == value.encode() + b" abc YWJj 616263"
    assert redactor.not_searched() == (("it",) if value else ())


@pytest.mark.parametrize("value", ["test", "Password", "secret", "relay", "SESSION"])
def test_a_common_word_stays_readable_and_is_named(value: str) -> None:
    redactor = Redactor((Secret("it", value),))
    text = f"the {value} of a {value.lower()}, {quote(value)} and \\u{ord(value[0]):04x}{value[1:]}"
    assert redactor.redact_text(text) == text
    assert redactor.not_searched() == ("it",)
    assert redactor.found_in(base64.b64encode(b"tim0:" + value.encode() * 2)) == ("it",)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("latest rates", "latest rates"),
        ("rate", "‹secret:it›"),
        ("a=rate;", "a=‹secret:it›;"),
        ("%3Drate%26", "%3D‹secret:it›%26"),
        ("\\nrate\\n", "\\n‹secret:it›\\n"),
        ("prate \\u0072ate", "prate ‹secret:it›"),
    ],
)
def test_a_short_value_is_found_only_as_a_whole_word(text: str, redacted: str) -> None:
    assert Redactor((Secret("it", "rate"),)).redact_text(text) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Kq8vBn2Zx5t-more", "‹secret:long›"),
        ("Kq8vBn2Zx5t-les", "‹secret:short›-les"),
        ("Kq8vBn2Zx5tKq8vBn2Zx5t", "‹secret:short›‹secret:short›"),
        ("‹secret:short› ‹secret:other›", "‹secret:short› ‹secret:other›"),
    ],
)
def test_the_longest_secret_names_what_overlaps(text: str, redacted: str) -> None:
    redactor = Redactor((Secret("short", "Kq8vBn2Zx5t"), Secret("long", "Kq8vBn2Zx5t-more")))
    assert redactor.redact_text(text) == redacted


def test_secrets_are_named_in_the_order_they_were_given_and_once() -> None:
    redactor = Redactor((Secret("a", "Kq8vBn2Zx5t"),)).with_secrets(
        Secret("b", "7T:abc123=="), Secret("a", "Kq8vBn2Zx5t")
    )
    assert len(redactor.secrets) == 2
    assert redactor.found_in(b"7T:abc123== Kq8vBn2Zx5t Kq8vBn2Zx5t") == ("a", "b")


def test_a_secret_never_prints() -> None:
    secret = Secret("it", "hunter22")
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} {(secret,)!s} {BasicAccount('u', secret)}"
    assert "hunter22" not in shown
    assert shown.count("‹secret:it›") == 6


def test_looking_costs_less_than_a_search_for_each_form() -> None:
    secrets = tuple(Secret(f"s{n}", f"{n}-Kq8vBn2Zx5t:{n * 7919}") for n in range(15))
    redactor = Redactor(secrets)
    data = b'{"Rfc822":"Date: Mon, 23 Nov 2026\\r\\nFrom: a@b.test"}' * 10
    forms = [form for secret in secrets for form in spellings(secret.value)]

    def quickest(work: Callable[[], object]) -> float:
        best = float("inf")
        for _ in range(30):
            start = time.perf_counter()
            work()
            best = min(best, time.perf_counter() - start)
        return best

    assert redactor.redact(data) is data
    assert quickest(lambda: redactor.redact(data)) < quickest(lambda: [form in data for form in forms])


def test_long_runs_of_escapes_do_not_slow_the_search() -> None:
    redactor = Redactor((Secret("it", 'a\\\\b"/%&c d\\'),))

    def cost(length: int) -> float:
        data = b"\\" * length + b"%25" * length + b"&amp;" * length
        start = time.perf_counter()
        redactor.redact(data)
        return time.perf_counter() - start

    cost(10)
    assert cost(4000) < 100 * max(cost(400), 1e-4)
