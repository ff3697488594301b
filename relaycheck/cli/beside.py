"""The reference target for a check that names none. It starts in a process of its own while this one imports the suites."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relaycheck.reference.embedded import Embedded
from relaycheck.target import WitnessSettings
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.target import Target

LOOPBACK_WITNESS = WitnessSettings(delivery_timeout=2.0, settle_time=0.3)
"""Seconds that are plenty where target and witness share one machine."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A reference target that runs or is about to, and the witness that is its default mail server."""

    witness: Witness
    embedded: Embedded

    @property
    def target(self) -> Target:
        """Waits until it listens. Raises EmbeddedProblem."""
        return replace(self.embedded.target, witness=LOOPBACK_WITNESS)


@contextmanager
def reference_beside() -> Iterator[Beside]:
    with (
        Witness(LOOPBACK_WITNESS) as witness,
        Embedded(default_smtp=(witness.main.host, witness.main.port)) as embedded,
    ):
        yield Beside(witness, embedded)
