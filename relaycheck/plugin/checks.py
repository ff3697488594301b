"""A check: one test case of one requirement, with its judgements, its attempts and its verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from relaycheck.rollup import worst
from relaycheck.verdicts import Kind, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.catalogue import Requirement
    from relaycheck.exchange import Exchange
    from relaycheck.judgements import Judgement
    from relaycheck.plugin.shrinking import Drawing


@dataclass(slots=True)
class Attempt:
    """One execution of the test function: what it judged, and what ended it early."""

    judgements: list[Judgement] = field(default_factory=list)
    said: list[Verdict] = field(default_factory=list)
    """What each of them gave at the time."""
    ended: Verdict | None = None
    """A verdict that no judgement gave: not applicable, or no observation possible."""
    drawings: list[Drawing[Any]] = field(default_factory=list)
    """What was drawn, in the order of the calls."""
    instead: Mapping[int, tuple[Any, ...]] | None = None
    """Examples to give in place of those drawn, by the number of the call."""

    def judge(self, judgement: Judgement, refresh: Callable[[Exchange], Exchange]) -> Verdict:
        now = judgement.refreshed(refresh)
        self.judgements.append(now)
        self.said.append(now.evaluate())
        return self.said[-1]

    def verdict(self, refresh: Callable[[Exchange], Exchange]) -> Verdict:
        if self.ended is not None:
            return self.ended
        if not self.judgements:
            return Verdict(Kind.ERROR, "the test ended without judging anything")
        return worst([self._again(*judged, refresh) for judged in zip(self.judgements, self.said, strict=True)])

    @staticmethod
    def _again(judgement: Judgement, said: Verdict, refresh: Callable[[Exchange], Exchange]) -> Verdict:
        now = judgement.refreshed(refresh)
        return said if now is judgement else now.evaluate()


@dataclass(frozen=True, slots=True)
class Example:
    """The drawn example with which a check fails, made as small as the budget allowed."""

    value: str
    minimal: bool
    """No smaller one was left to try."""
    seed: int
    drawn: int
    requests: int
    """What it cost to find."""
    attempt: Attempt


@dataclass(slots=True)
class Check:
    """A running or finished check. `final` is set when the run is settled."""

    id: str
    name: str
    requirement: Requirement
    about: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    provisional: Verdict | None = None
    final: Verdict | None = None
    exchange_ids: list[str] = field(default_factory=list)
    seconds: float = 0.0
    example: Example | None = None
    confirmed: int = 0
    """In how many further attempts its failure was seen again."""
    watches: bool = False
    """It looks at what reaches the mail server while it runs, not only at the mails of its exchanges."""
    has_sent: bool = False
    """It had an exchange of its own: what it asks for after that is to be seen after that."""
    blames_the_way: bool = False
    """What failed may be the way to the target: some answer was lost."""

    @property
    def may_share(self) -> bool:
        """Whether an exchange of another check can be as good as one of its own: not for a confirmation."""
        return len(self.attempts) == 1 and not self.watches

    @property
    def test(self) -> str:
        """The name of the test function."""
        return self.id.partition("[")[0]

    @property
    def verdict(self) -> Verdict:
        return self.final or self.provisional or Verdict(Kind.NOT_RUN, "not run")

    @property
    def deciding(self) -> Judgement | None:
        """The judgement that the verdict rests on: of the last attempt, the last made."""
        made = [j for attempt in self.attempts for j in attempt.judgements[-1:]]
        return made[-1] if made else None


class Ended(Exception):
    """Leaves a test at its first verdict that is not pass. `judged`: a judgement gave it, so it can be given again later."""

    def __init__(self, verdict: Verdict, *, judged: bool = False) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict
        self.judged = judged


class CheckFailed(AssertionError):
    """A confirmed finding about the target: no fault of the suite, so no traceback."""


class CheckInconclusive(Exception):
    """Nothing can be said; Allure calls it broken."""
