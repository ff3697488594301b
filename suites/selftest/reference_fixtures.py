"""The embedded reference target with a witness, once for a test module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from http_probe import Probe

from relaycheck.reference.embedded import Embedded
from relaycheck.target import WitnessSettings
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    with Witness(WitnessSettings()) as running:
        yield running


@pytest.fixture(scope="module")
def probe(witness: Witness) -> Iterator[Probe]:
    default = (witness.main.host, witness.main.port)
    with Embedded(default_smtp=default, smtp_timeout=0.5, body_limit=3_000_000) as running:
        yield Probe(running.target, witness)
