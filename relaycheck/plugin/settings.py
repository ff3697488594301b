"""What a run was asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from relaycheck.rollup import CertificateLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.target import Target
    from relaycheck.witness import Witness


SHRINKING = 60
"""Requests that one finding may spend on its smallest example when a reader is to act on it."""


class Depth(StrEnum):
    """How many examples: `quick` for every push, `standard` to certify, `thorough` to explore."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings. The same seed, depth and run id give the same requests."""

    target: Target
    source: str = field(default="", kw_only=True)
    """What the tester gave as TARGET, a URL or a file; empty for the embedded reference target."""
    level: CertificateLevel = CertificateLevel.RELAY
    depth: Depth = Depth.STANDARD
    seed: int = 0
    run_id: str = ""
    output: Path | None = None
    """Where results are written; None: nowhere."""
    views: tuple[tuple[str, Path], ...] = ()
    """Views that were asked for by name, and the file of each."""
    select: tuple[str, ...] = ()
    """Requirement ids or patterns; empty: all of the claimed level."""
    only: tuple[str, ...] = ()
    """Ids of checks; empty: all of the selected rows."""
    every_check: bool = False
    """Also the checks that the depth leaves out, each with as many examples as the depth gives, and what they share is shared by
    all of them: how the list for quick is made."""
    budget: int | None = None
    shrinking: int = 0
    """Requests that a check that failed may spend on making its drawn example smaller."""
    witness: Witness | None = None
    """A witness that is open already and stays so: the embedded target must know its address before the run begins."""
    rehearsal: bool = False
    """Compose and count every request, send none: how `plan` knows the numbers."""
    share: tuple[int, int] = (0, 1)
    """Which share of the checks this process runs, of how many. The first one also tells the whole."""
    others: Callable[[], Sequence[RunOutcome]] | None = None
    """What the other shares came to; waits for them."""
    notes: tuple[str, ...] = field(default_factory=tuple)
    """Sentences for the report about how the run was set up."""
    unjudged: str = ""
    """The test function whose judgements all pass, whatever came: to see whether anything but it notices a fault."""
