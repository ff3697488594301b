"""The reference target over HTTP/2, asked by httpx, which knows nothing of this suite."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from http_probe import Probe
from reference_fixtures import witness

from relaycheck.reference.embedded import Embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.message import Message
    from relaycheck.witness import Witness

__all__ = ["witness"]


@pytest.fixture(scope="module")
def probe(witness: Witness) -> Iterator[Probe]:
    with Embedded(default_smtp=(witness.main.host, witness.main.port), tls=True, body_limit=300_000) as running:
        yield Probe(running.target, witness)


@pytest.fixture(scope="module")
def client(probe: Probe) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=probe.target.trust)
    with httpx.Client(http2=True, http1=False, verify=context, trust_env=False, timeout=20) as client:
        yield client


def post(client: httpx.Client, probe: Probe, message: Message, **changes: Any) -> httpx.Response:
    account = probe.target.auth.basic[0]
    options: dict[str, Any] = {
        "auth": (account.user, account.password.reveal()),
        "headers": {"Content-Type": "application/json"},
        "content": json.dumps(probe.members(message)),
        **changes,
    }
    return client.post(f"{probe.target.url}/api/v1/Agents/EMail/RelayMessage", **options)


def test_alpn_offers_both_and_the_target_file_says_so(probe: Probe) -> None:
    assert probe.target.http2 is True
    assert probe.post(probe.message()).status == 204


def test_a_message_is_relayed_with_a_204_that_is_nothing_but_a_head(client: httpx.Client, probe: Probe) -> None:
    message = probe.message()
    answer = post(client, probe, message)
    assert (answer.http_version, answer.status_code, answer.content) == ("HTTP/2", 204, b"")
    assert set(answer.headers) == {"date"}
    assert probe.relayed_whole(message)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"auth": None}, 401),
        ({"headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": b"{"}, 400),
        ({"content": b" " * 300_001}, 413),
    ],
    ids=["no credentials", "text/plain", "malformed", "too large"],
)
def test_a_refusal_is_as_over_http_1_without_fields_of_a_connection(
    client: httpx.Client, probe: Probe, changes: dict[str, Any], status: int
) -> None:
    answer = post(client, probe, probe.message(), **changes)
    assert answer.status_code == status
    assert answer.json()["Message"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert not {"connection", "keep-alive", "transfer-encoding", "upgrade"} & set(answer.headers)


def test_a_message_longer_than_the_first_window_arrives_whole(client: httpx.Client, probe: Probe) -> None:
    short = probe.message()
    message = short.but(rfc822=short.rfc822 + "A line.\r\n" * 25_000)
    assert post(client, probe, message).status_code == 204
    assert probe.relayed_whole(message)


def test_a_connection_serves_on_after_a_request_was_refused_unread(client: httpx.Client, probe: Probe) -> None:
    assert post(client, probe, probe.message(), auth=None, content=b"x" * 200_000).status_code == 401
    message = probe.message()
    assert post(client, probe, message).status_code == 204
    assert probe.relayed_whole(message)
