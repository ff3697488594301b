"""Recorded requests as lines for a shell: what a shell makes of them is the recorded request again."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from scripted_server import Do, ScriptedServer

from relaycheck.evidence.shell import shell_line
from relaycheck.exchange import Fields, Request
from relaycheck.target import Url

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_CONTENT = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
SECRETS = {
    "RELAYCHECK_BASIC": "tim0:pa ss'w\"ord",
    "RELAYCHECK_SOTICKET": "7T:ti/cket==",
    "RELAYCHECK_XSRF": "xsrf-value",
    "RELAYCHECK_COOKIES": "a=1; b=2",
    "RELAYCHECK_BASIC_ALTERED": "al'tered$(id)",
}
NONE: Mapping[str, str] = {}
BASIC = base64.b64encode(SECRETS["RELAYCHECK_BASIC"].encode()).decode()


def request(
    url: Url, body: bytes = b"", fields: Mapping[str, str] = NONE, *, target: str = "/p", raw: bytes | None = None
) -> Request:
    lines = [("Host", url.authority), *((n.replace("_", "-"), v) for n, v in fields.items())]
    if body:
        lines.append(("Content-Length", str(len(body))))
    head = f"POST {target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in lines) + "\r\n"
    return Request("POST", target, Fields(tuple(lines)), body, head.encode() + body if raw is None else raw, "n")


def arrived(line: str, server: ScriptedServer) -> bytes:
    """What a POSIX shell sends."""
    done = subprocess.run(
        ["sh", "-c", line], env={**os.environ, **SECRETS}, capture_output=True, timeout=20, check=False
    )
    assert server.requests, done.stderr.decode()
    return server.requests[0]


def parts(octets: bytes) -> tuple[str, set[str], bytes]:
    head, _, body = octets.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, set(lines), body


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"a":"b c"}', {"Content_Type": "application/json", "Accept": "*/*", "User_Agent": "me"}),
        (b"it's $HOME `id` \\n 100%", {"Content_Type": "text/plain"}),
        (b"two\r\nlines\x00\xff'%s\\", {"Content_Type": "text/plain"}),
        (b"@file", {}),
        (b"x", {"X_Empty": "", "Accept_Language": "de, en;q=0.5"}),
    ],
)
def test_curl_sends_the_recorded_request(body: bytes, fields: dict[str, str]) -> None:
    with ScriptedServer([Do.READ, NO_CONTENT]) as server:
        sent = request(server.url, body, fields, target="/p/%2e/../q?$select=a,b/c&d=[1]")
        line = shell_line(sent, server.url)
        assert "curl" in line
        got = parts(arrived(line, server))
    wanted = parts(sent.raw.replace(b"X-Empty: \r\n", b"X-Empty:\r\n"))
    assert got == wanted


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Authorization": "Basic ‹secret:basic-password-credentials›"}, f"Authorization: Basic {BASIC}"),
        ({"Authorization": "SoTicket ‹secret:soticket›"}, "Authorization: SoTicket 7T:ti/cket=="),
        ({"Authorization": "Basic ‹secret:basic-altered›"}, "Authorization: Basic al'tered$(id)"),
        ({"Cookie": "a=‹secret:cookie-a›; b=‹secret:xsrf-token›"}, "Cookie: a=1; b=2"),
        ({"X_XSRF_TOKEN": "‹secret:xsrf-token›"}, "X-XSRF-TOKEN: xsrf-value"),
    ],
)
def test_secrets_are_variables_that_the_shell_fills_in(fields: dict[str, str], told: str) -> None:
    with ScriptedServer([Do.READ, NO_CONTENT]) as server:
        line = shell_line(request(server.url, b"x", fields), server.url)
        assert "‹secret" not in line
        assert "$RELAYCHECK_" in line
        assert told in parts(arrived(line, server))[1]


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /p HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST  /p HTTP/1.1\r\n\r\n",
        b"POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"\x00\xff'%s%%\\\t\r\n",
    ],
)
def test_octets_that_curl_cannot_say_go_through_printf(raw: bytes) -> None:
    url = Url("http", "127.0.0.1", 8080)
    line = shell_line(request(url, raw=raw), url)
    printf, _, reach = line.rpartition(" | ")
    assert reach == "nc -w 5 127.0.0.1 8080"
    assert subprocess.run(["sh", "-c", printf], capture_output=True, timeout=20, check=True).stdout == raw


def test_over_tls_the_octets_go_through_openssl() -> None:
    url = Url("https", "host.test", 443)
    line = shell_line(request(url, raw=b"x\r\n"), url)
    assert line == "printf 'x\\r\\n' | openssl s_client -quiet -servername host.test -connect host.test:443"


def test_what_is_too_long_for_a_command_line_has_none() -> None:
    url = Url("http", "127.0.0.1", 8080)
    assert shell_line(request(url, b"x" * 40_000), url) == ""
