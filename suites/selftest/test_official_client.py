"""The vendor's own client gets its message relayed: as a real program, and as the octets that it sends."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relaycheck.message import plain_message
from relaycheck.reference.embedded import Embedded
from relaycheck.target import Target, WitnessSettings
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.message import Message

CHECKOUT = Path(__file__).parents[2]
NONCE = "rcoffici00001"
MESSAGE = plain_message("relaycheck.test", body="Grüße.\r\n.\r\nA dot stood alone.\r\n").stamped(NONCE)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Target, Witness]]:
    settings = WitnessSettings()
    with Witness(settings) as witness, Embedded(default_smtp=(witness.main.host, witness.main.port)) as embedded:
        yield replace(embedded.target, witness=settings), witness


def arrived_as_sent(witness: Witness, message: Message) -> None:
    """Once, to both, from the sender, octet for octet."""
    (mail,) = witness.wait(NONCE, bool, 10)
    assert mail.accepted_recipients == message.recipients
    assert mail.sender == message.sender
    assert mail.data == message.rfc822.encode()


def test_the_octets_of_the_official_client_are_served(served: tuple[Target, Witness]) -> None:
    """camelCase members, SOTicket, SO-AppToken, SO-Language, SO-Browser-TZ-Offset; ConnectionInfoExtended is null."""
    target, witness = served
    message = MESSAGE
    assert target.auth.soticket
    assert target.auth.app
    body = json.dumps(
        {
            "connectionInfoExtended": None,
            "rfc822": message.rfc822,
            "from": message.sender,
            "recipients": list(message.recipients),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    head = (
        f"POST {target.url.path} HTTP/1.1\r\n"
        "Accept: application/json\r\n"
        "Content-Type: application/json\r\n"
        f"Authorization: SOTicket {target.auth.soticket.reveal()}\r\n"
        f"SO-AppToken: {target.auth.app.reveal()}\r\n"
        "User-Agent: SO-TS-WebApi/1.0\r\n"
        "SO-Browser-TZ-Offset: 0\r\n"
        "SO-Language: en\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Accept-Encoding: gzip, compress, deflate, br\r\n"
        f"Host: {target.url.authority}\r\n"
        "Connection: close\r\n"
        "\r\n"
    )
    with socket.create_connection((target.url.host, target.url.port)) as client:
        client.sendall(head.encode() + body)
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert answer.endswith(b"\r\n\r\n")
    arrived_as_sent(witness, message)


@pytest.mark.skipif(
    shutil.which("npm") is None, reason="the vendor's client is a program for node, and there is no npm"
)
def test_the_official_client_itself_is_served() -> None:
    """Its promise resolves, and the mail goes to the server that its connection names."""
    subprocess.run([CHECKOUT / "ci" / "node-tools"], check=True, capture_output=True)
    with Witness(WitnessSettings()) as witness, Embedded() as embedded:
        target = embedded.target
        assert target.auth.soticket
        assert target.auth.app
        given = {
            "url": str(target.url),
            "ticket": target.auth.soticket.reveal(),
            "appToken": target.auth.app.reveal(),
            "connection": {
                "serverName": witness.main.host,
                "port": witness.main.port,
                "protocol": "SMTP",
                "useSSL": False,
                "useGraphApi": False,
            },
            "rfc822": MESSAGE.rfc822,
            "from": MESSAGE.sender,
            "recipients": MESSAGE.recipients,
        }
        node = subprocess.run(
            ["node", Path(__file__).with_name("official_client.cjs"), json.dumps(given)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "NODE_MODULES": str(CHECKOUT / ".cache" / "node" / "node_modules")},
        )
        assert json.loads(node.stdout) == {"resolved": ""}, node.stderr
        arrived_as_sent(witness, MESSAGE)
