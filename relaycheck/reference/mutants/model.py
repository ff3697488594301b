"""What a mutant is, and the one helper that its declaration needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from relaycheck.reference.candidates import Candidate
from relaycheck.reference.faults import FAITHFUL_WIRE, WireFaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.service import Service
    from relaycheck.target import Target


def unchanged(service: Service) -> Service:
    return service


def as_described(target: Target) -> Target:
    return target


@dataclass(frozen=True, slots=True)
class Mutant:
    """A service with one fault. `breaks` is the catalogue row that must notice; `fault` says in a sentence what is wrong.

    `service` makes the faulty service from the faithful one, `wire` the faults below it. State of the whole server belongs in the
    closure of `service`, which is called once for each server. A row that applies only to some installations needs one: `service` makes
    it (`installation` is a part of the service), `target` describes it, and `tls` has it served over https.
    """

    id: str
    breaks: str
    fault: str
    service: Callable[[Service], Service] = unchanged
    wire: WireFaults = FAITHFUL_WIRE
    target: Callable[[Target], Target] = as_described
    tls: bool = False

    def candidate(self, faithful: Service) -> Candidate:
        return Candidate(self.id, self.service(faithful), self.wire)


def change(part: str, **steps: object) -> Callable[[Service], Service]:
    """Replaces steps of one part: `change("authentication", scheme_matches=…)`, or of a part's part: `"content.json"`;
    the empty part is the service itself.

    Raises TypeError or AttributeError when the server starts if there is no such part or step.
    """

    def apply(service: Service) -> Service:
        changed: Service = _replaced(service, part.split(".") if part else [], steps)
        return changed

    return apply


def _replaced(record: Any, path: list[str], steps: dict[str, object]) -> Any:
    if not path:
        return replace(record, **steps)
    name, *rest = path
    return replace(record, **{name: _replaced(getattr(record, name), rest, steps)})
