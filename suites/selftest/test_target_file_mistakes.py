"""How each mistake in a target file is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from target_files import HEAD, complaint, load, nowhere

from relaycheck.target.file import load_target
from relaycheck.target.problems import TargetProblem

if TYPE_CHECKING:
    from pathlib import Path

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
    ("[limits]\nfailed_logins = 1", "target.toml:3: limits.failed_logins", "at least 2, and is 1"),
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
