"""The services that one server offers side by side, each on its own base path; the bare path is the faithful one."""

from __future__ import annotations

from dataclasses import dataclass, field

from relaycheck.reference.faults import FAITHFUL_WIRE, WireFaults
from relaycheck.reference.service import Service


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service with the wire under it. `name` is one path segment; empty for the faithful one."""

    name: str = ""
    service: Service = field(default_factory=Service)
    wire: WireFaults = FAITHFUL_WIRE


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates by name."""

    faithful: Candidate
    others: dict[str, Candidate] = field(default_factory=dict)

    def find(self, target: str) -> Candidate:
        """The candidate that a request target names by its first path segment, in origin or absolute form."""
        return self.others.get(origin_form(target)[1:].partition("/")[0], self.faithful)


def origin_form(target: str) -> str:
    """The path and query of a request target; absolute-form is accepted (RFC 9112 §3.2.2). `*` stays."""
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in ("http", "https") and "/" not in scheme:
        cut = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
        rest = rest[cut:]
        return rest if rest.startswith("/") else "/" + rest
    return target
