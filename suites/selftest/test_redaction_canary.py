"""No secret is in anything that a run writes or prints, of a service that repeats everything it is told."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from echoing_service import EchoingService

from relaycheck.evidence import write_record
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.secret import Redactor
from relaycheck.target.options import Options, target_from
from relaycheck.views.draw import VIEWS, write_view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARIES = {
    "basic-password": 'k4n4ry"pass\\wörd/+=',
    "basic-password-2": "k4n4ry:of:the:colons",
    "basic-password-3": "k4n4ry-ünd-naïve",
    "soticket": "7T:k4n4ry/ticket+of=the==row",
    "soticket-expired": "7T:k4n4ry/expired+ticket==",
    "bearer": "8A:k4n4ry.bearer~token",
    "bearer-expired": "8A:k4n4ry.expired~token",
    "xsrf-token": "k4n4ry-xsrf-value-{one}",
    "cookie-ASP.NET_SessionId": "k4n4ry0session0one",
    "cookie-XSRF-TOKEN": "k4n4ry-xsrf-cookie-one",
    "xsrf-token-other": "k4n4ry-xsrf-value-{two}",
    "cookie-ASP.NET_SessionId-other": "k4n4ry0session0two",
    "app-token": "k4n4ry-application<token>&'1'",
}
FRAGMENT = b"k4n4ry"
"""In every one of them: a secret with one character changed must not be shown either."""
OF_THE_SUITE = {"connection-password": "c0nnection-Passw0rd-9"}
"""ConnectionInfoExtended.Password, which the suite makes up itself."""
TARGET = """
url = "{url}"
[auth.basic]
user = "zoë"
password = "env:C0"
[[auth.basic.also]]
user = "colon"
password = "env:C1"
[[auth.basic.also]]
user = "naïve"
password = "env:C2"
[auth.soticket]
ticket = "env:C3"
expired = "env:C4"
[auth.bearer]
token = "env:C5"
expired = "env:C6"
[auth.xsrf]
token = "env:C7"
cookies = {{ "ASP.NET_SessionId" = "env:C8", "XSRF-TOKEN" = "env:C9" }}
[auth.xsrf_other]
token = "env:C10"
cookies = {{ "ASP.NET_SessionId" = "env:C11" }}
[auth.app]
token = "env:C12"
[witness]
delivery_timeout = 0.5
settle_time = 0.1
"""
VARIABLES = {f"C{number}": value for number, value in enumerate(CANARIES.values())}
PATTERNS = ("RM-AUTH-0[1-3]", "RM-AUTH-11", "RM-AUTH-2[0-6]", "RM-XSRF-0[1-4]", "RM-204-01", "RM-FR-0[68]")
ROWS = tuple(word for pattern in PATTERNS for word in ("--select", pattern))
TELLING_ROWS = ("RM-AUTH-26", "RM-204-01")


@pytest.fixture(scope="module")
def service() -> Iterator[EchoingService]:
    with EchoingService() as running:
        yield running


@pytest.fixture
def target_file(service: EchoingService, tmp_path: Path) -> Path:
    path = tmp_path / "target.toml"
    path.write_text(TARGET.format(url=service.url), "utf-8")
    return path


def spelled(value: str) -> set[bytes]:
    """The value as it is, percent-encoded, JSON-escaped, and what is certain of its base64 wherever it begins."""
    octets = value.encode()
    found = {octets, FRAGMENT, quote(value, safe="").encode(), quote(value).encode(), json.dumps(value)[1:-1].encode()}
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + octets)
        certain = encoded[-(-lead * 8 // 6) : len(encoded) - 4]
        found |= {certain, certain.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def leaks(said: dict[str, bytes]) -> list[str]:
    """Which secret is where, of artefacts and output by name."""
    secrets = {**CANARIES, **OF_THE_SUITE}
    return [
        f"{name} in {place}"
        for place, octets in said.items()
        for name, value in secrets.items()
        if any(spelling in octets for spelling in spelled(value))
    ]


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def commanded(folder: Path, *arguments: str, **environment: str) -> dict[str, bytes]:
    """What a command of relaycheck prints."""
    done = subprocess.run(
        [sys.executable, "-m", "relaycheck", *arguments],
        cwd=folder,
        env={**os.environ, **VARIABLES, **environment},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1, 6), done.stderr.decode()
    return {f"{arguments[0]}: stdout": done.stdout, f"{arguments[0]}: stderr": done.stderr}


def test_no_artefact_and_no_line_of_output_holds_a_secret(target_file: Path, tmp_path: Path) -> None:
    output, summary = tmp_path / "report", tmp_path / "summary.md"
    ci = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    options = ("--level", "hardened", "--output", str(output), *ROWS)
    said = commanded(tmp_path, "check", str(target_file), *options, **ci)
    said |= {"step summary": summary.read_bytes(), **written(output)}
    said |= commanded(tmp_path, "replay", "RM-AUTH-26", str(output), "--output", str(tmp_path / "again"))
    said |= commanded(tmp_path, "compare", str(output), str(tmp_path / "again"))
    said |= commanded(tmp_path, "report", str(output))
    said |= {f"again/{name}": octets for name, octets in written(tmp_path / "again").items()}
    assert leaks(said) == []
    everything = b"".join(said.values()).decode("utf-8", "replace")
    hidden = {name for name in (*CANARIES, *OF_THE_SUITE) if f"‹secret:{name}" in everything}
    assert hidden >= {
        "soticket",
        "bearer",
        "xsrf-token",
        "app-token",
        "connection-password",
        "cookie-ASP.NET_SessionId",
    }
    assert {"report.html", "junit.xml", "result.json", "ctrf.json", "badge.json", "summary.md"} <= set(said)
    assert any(name.startswith("evidence/") for name in said)
    assert any(name.startswith("allure-results/") for name in said)


def run_and_draw(target_file: Path, output: Path) -> dict[str, bytes]:
    """A run in this process, everything it writes."""
    settings = Settings(
        target=target_from(Options(str(target_file)), VARIABLES),
        depth=Depth.STANDARD,
        select=TELLING_ROWS,
        shrinking=10,
        output=output,
    )
    outcome = launch_for_outcome(settings)
    assert outcome is not None
    result = write_record(outcome, output)
    for name, view in VIEWS.items():
        write_view(result, name, output / view.file)
    return written(output)


def test_the_telling_rows_leak_nothing_while_redaction_is_whole(target_file: Path, tmp_path: Path) -> None:
    assert leaks(run_and_draw(target_file, tmp_path / "out")) == []


def as_it_is(value: Any, *_: object) -> Any:
    return value


SWITCHED_OFF = {
    "requests": ("relaycheck.client.ledger._redacted_request", as_it_is),
    "responses": ("relaycheck.client.ledger._redacted_response", as_it_is),
    "mail": ("relaycheck.client.ledger.Ledger._hidden", lambda ledger, delivery, nonce: delivery),
    "text": ("relaycheck.secret.Redactor.redact_text", lambda redactor, text: text),
    "octets": ("relaycheck.secret.Redactor.redact", lambda redactor, octets: octets),
    "one secret left out": ("relaycheck.secret.Redactor.with_secrets", lambda redactor, *more: Redactor()),
}


@pytest.mark.parametrize("place", SWITCHED_OFF)
def test_redaction_switched_off_in_one_place_is_noticed(
    place: str, target_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*SWITCHED_OFF[place])
    assert leaks(run_and_draw(target_file, tmp_path / "out")) != []


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("lead", range(3))
def test_the_search_finds_a_secret_in_every_spelling(name: str, lead: int) -> None:
    value = CANARIES[name]
    octets = b"u" * lead + value.encode() + b":x"
    for spelling in (octets, base64.b64encode(octets), quote(value, safe="").encode(), json.dumps(value).encode()):
        assert any(leak.startswith(f"{name} in") for leak in leaks({"here": b"<p>" + spelling + b"</p>"}))
