"""What a variant is: a service that differs from the reference and is nevertheless right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.reference.candidates import Candidate
from relaycheck.reference.faults import FAITHFUL_WIRE, WireFaults
from relaycheck.reference.mutants.model import as_described, change, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.service import Service
    from relaycheck.target import Target

__all__ = ["Variant", "change"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A legitimately different service: no row may fail on it. `differs` says in a sentence how.

    `service` and `wire` are as in a mutant. `target` makes what this vendor would write in a target file from what describes the
    faithful service; a difference that nobody need declare leaves it alone. Ids begin with `V-`.
    """

    id: str
    differs: str
    service: Callable[[Service], Service] = unchanged
    wire: WireFaults = FAITHFUL_WIRE
    target: Callable[[Target], Target] = as_described
    tls: bool = False
    """Served over https."""

    def candidate(self, faithful: Service) -> Candidate:
        return Candidate(self.id, self.service(faithful), self.wire)
