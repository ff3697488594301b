"""A target file with every key, and loading one from its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.target.file import load_target
from relaycheck.target.problems import TargetProblem

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.target import Target

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
failed_logins = 4
response_timeout = 5

[safety]
domain = "mail.test"
"""


HEAD = 'url = "https://x.example"\n'
"""Line 1 of a file in which what matters comes after the URL."""


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
