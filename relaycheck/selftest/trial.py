"""One candidate met by the suite: what was asked for, and what came of it. Plain values that go between processes and into files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from relaycheck.plugin.settings import Depth
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(StrEnum):
    """What a candidate is there to show."""

    REFERENCE = "reference"
    """Every row that applies passes."""
    MUTANT = "mutant"
    """Its row fails."""
    NULL = "null"
    """It reaches no level."""
    VARIANT = "variant"
    """No row fails."""
    CHAOS = "chaos"
    """No row fails although the way to the target is disturbed."""


@dataclass(frozen=True, slots=True)
class Job:
    """A candidate and the rows that it meets; no rows: all of them, at level hardened."""

    role: Role
    candidate: str
    rows: tuple[str, ...] = ()
    depth: Depth = Depth.STANDARD
    unjudged: str = ""
    """A test function whose judgements are taken out; empty: none."""
    every_check: bool = False
    """Also the checks that the depth leaves out."""

    @property
    def key(self) -> str:
        """The same for the same question: a finished job is found again by it."""
        question = " ".join((self.role, self.candidate, self.depth, ",".join(self.rows) or "all"))
        question += " every check" if self.every_check else ""
        return f"{question} without {self.unjudged}" if self.unjudged else question


@dataclass(frozen=True, slots=True)
class RowSeen:
    """The weighed verdict of one row, with its reason when it is no plain pass."""

    id: str
    kind: Kind
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CheckSeen:
    """The verdict of one check; `test` is its function, `id` says the parameters too."""

    id: str
    row: str
    kind: Kind

    @property
    def test(self) -> str:
        return self.id.partition("[")[0]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a job came to. `trouble`: the run itself went wrong, in a sentence; then there are no verdicts."""

    job: Job
    verdict: str = ""
    reached: str = ""
    """The certificate level reached; empty for none, and always empty for a selection of rows."""
    rows: tuple[RowSeen, ...] = ()
    """Rows that were tried."""
    checks: tuple[CheckSeen, ...] = ()
    reason: str = ""
    """Why the run's verdict is what it is."""
    sent: int = 0
    seconds: float = 0.0
    obstacle: str = ""
    trouble: str = ""

    def row(self, id: str) -> RowSeen | None:
        return next((row for row in self.rows if row.id == id), None)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Trial:
        """The inverse of `as_json`. Raises KeyError, TypeError or ValueError for anything else."""
        job = data["job"]
        return cls(
            **{
                **data,
                "job": Job(
                    **{**job, "role": Role(job["role"]), "rows": tuple(job["rows"]), "depth": Depth(job["depth"])}
                ),
                "rows": tuple(RowSeen(r["id"], Kind(r["kind"]), r["reason"]) for r in data["rows"]),
                "checks": tuple(CheckSeen(c["id"], c["row"], Kind(c["kind"])) for c in data["checks"]),
            }
        )
