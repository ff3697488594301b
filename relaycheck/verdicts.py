"""What an observation means: verdicts of checks, rows, classes and runs, levels and exit codes. Pure.

The vocabulary is that of ISO/IEC 9646-1 (pass, fail, inconclusive), with `not applicable` and `error` beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """The verdict of one check, or of a requirement over its checks."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    """A SHOULD that is not met: only after roll-up."""
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"
    NOT_RUN = "not_run"


class Cause(StrEnum):
    """Why a check is inconclusive."""

    CONTROL_RED = "control-red"
    UNREACHABLE = "target-unreachable"
    UNANSWERED = "unanswered"
    RATE_LIMITED = "rate-limited"
    GATEWAY = "gateway"
    NO_WITNESS = "no-witness"
    WITNESS_UNREACHABLE = "witness-unreachable"
    NOT_DECLARED = "not-declared"
    """A parameter that the test needs is not in the target file (IXIT missing)."""
    NOT_REPRODUCIBLE = "not-reproducible"
    VACUOUS = "vacuous"
    PROXY_IN_PATH = "proxy-in-path"
    BUDGET = "budget"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict with its reason. `decisive`: one sighting proves it, so it needs no confirmation (existence, not absence)."""

    kind: Kind
    reason: str = ""
    cause: Cause | None = None
    capability: str = ""
    decisive: bool = False

    @property
    def passed(self) -> bool:
        return self.kind is Kind.PASS


def passed(reason: str = "") -> Verdict:
    return Verdict(Kind.PASS, reason)


def failed(reason: str, *, decisive: bool = False) -> Verdict:
    return Verdict(Kind.FAIL, reason, decisive=decisive)


def inconclusive(cause: Cause, reason: str) -> Verdict:
    return Verdict(Kind.INCONCLUSIVE, reason, cause=cause)


def not_applicable(capability: str, reason: str = "") -> Verdict:
    return Verdict(Kind.NOT_APPLICABLE, reason or f"the target declares no {capability}", capability=capability)


class ExitCode(IntEnum):
    """How a run ends; 0 to 5 agree with pytest's own."""

    CONFORMANT = 0
    NONCONFORMANT = 1
    INTERRUPTED = 2
    ERROR = 3
    USAGE = 4
    NOTHING_APPLICABLE = 5
    INCONCLUSIVE = 6
    WAIVER = 7
    INVALID_BUNDLE = 8
