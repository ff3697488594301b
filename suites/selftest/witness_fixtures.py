"""What the self-tests of the witness share: one running, a nonce, and a mail sent octet for octet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smtp_dialogue import Dialogue

from relaycheck.target.model import WitnessSettings
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.exchange import Delivery

NONCE = "rc12345abcdef"


@pytest.fixture
def witness() -> Iterator[Witness]:
    with Witness(WitnessSettings()) as running:
        yield running


def only(deliveries: tuple[Delivery, ...]) -> Delivery:
    assert len(deliveries) == 1
    return deliveries[0]


def send_raw(witness: Witness, wire: bytes, nonce: str = NONCE) -> Delivery:
    with Dialogue(witness.main) as client:
        client.begin(nonce.encode())
        client.send(wire)
        assert client.reply() == 250
        return only(witness.deliveries(nonce))
