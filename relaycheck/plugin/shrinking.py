"""From a drawn example with which a check fails to the smallest one with which it still does, within a budget of requests.

A test draws, sends and judges in a loop, and knows nothing of this: the test is run again with one example in place of all that it
drew. Nothing of it changes the verdict, which stands already.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from relaycheck.plugin.checks import Example
from relaycheck.strategies.draw import draw, smaller
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

    from relaycheck.plugin.checks import Attempt, Check
    from relaycheck.plugin.run import Run

T = TypeVar("T")
LONGEST = 5.0  # seconds that a check may spend on it
WIDEST = 2000  # characters of an example that are kept
NOTHING: tuple[Any, ...] = ()


class Examples(tuple[T, ...]):
    """Drawn examples that know which of them was taken last."""

    at = -1

    def __iter__(self) -> Iterator[T]:
        for self.at, value in enumerate(super().__iter__()):  # the place is to be seen from outside
            yield value


@dataclass(slots=True)
class Drawing(Generic[T]):
    """One call of `draw` in one attempt."""

    strategy: SearchStrategy[T]
    count: int
    seed: int
    examples: Examples[T]

    def suspects(self) -> list[T]:
        """The example that was taken last; where all were taken at once, then the others too."""
        at = self.examples.at
        values = list(tuple.__iter__(self.examples))
        return [values[at], *(values[:at] if at == len(values) - 1 else ())]


def drawn(attempt: Attempt, strategy: SearchStrategy[T], count: int, seed: int) -> tuple[T, ...]:
    """The examples for this attempt: those that the seed gives, or what it is to be tried with instead."""
    number = len(attempt.drawings)
    values = attempt.instead[number] if attempt.instead and number in attempt.instead else draw(strategy, count, seed)
    examples = Examples(values)
    attempt.drawings.append(Drawing(strategy, count, seed, examples))
    return examples


def smallest(run: Run, check: Check, retry: Callable[[dict[int, tuple[Any, ...]]], Attempt]) -> Example | None:
    """The smallest example of a check that failed; None if no drawn example is to blame. `retry` runs the test with others."""
    failed = check.attempts[-1]
    number = next((n for n in reversed(range(len(failed.drawings))) if failed.drawings[n].examples.at >= 0), None)
    if number is None or not failed.judgements:
        return None
    search = _Search(run, failed, number, retry)
    drawing = failed.drawings[number]
    if search.fails_with(NOTHING):
        return None
    culprit = next((value for value in drawing.suspects() if search.fails_with((value,))), None)
    if culprit is None or search.best is None:
        return None
    limit = run.settings.shrinking
    found = smaller(drawing.strategy, culprit, lambda v: search.fails_with((v,)), limit, drawing.count, drawing.seed)
    return Example(
        value=_shown(repr(found), run),
        minimal=not search.exhausted,
        seed=drawing.seed,
        drawn=len(drawing.examples),
        requests=search.spent,
        attempt=search.best,
    )


def _shown(text: str, run: Run) -> str:
    """The example for a reader; what was made from a secret by an edit is not shown, nearly all of the secret is in it."""
    if any(_resembles(text, secret.reveal()) for secret in run.ledger.redactor.secrets):
        return "‹not shown: it resembles a secret›"
    text = run.ledger.redactor.redact_text(text)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}… ({len(text)} characters)"


def _resembles(text: str, secret: str) -> bool:
    """Whether a third of the secret stands in the text: an edit at any place leaves one half whole."""
    length = max(4, len(secret) // 3)
    return any(secret[at : at + length] in text for at in range(len(secret) - length + 1))


class _Search:
    """Tries other examples and keeps the last attempt that failed as the check did."""

    def __init__(
        self, run: Run, failed: Attempt, number: int, retry: Callable[[dict[int, tuple[Any, ...]]], Attempt]
    ) -> None:
        self.run = run
        self.name = failed.judgements[-1].name
        self.number = number
        self.retry = retry
        self.best: Attempt | None = None
        self.exhausted = False
        self._sent = run.budget.sent
        self._until = time.monotonic() + LONGEST

    @property
    def spent(self) -> int:
        return self.run.budget.sent - self._sent

    def fails_with(self, values: tuple[Any, ...]) -> bool:
        if self.spent >= self.run.settings.shrinking or time.monotonic() > self._until:
            self.exhausted = True
            return False
        attempt = self.retry({self.number: values})
        same = bool(attempt.judgements) and attempt.judgements[-1].name == self.name
        if not same or attempt.verdict(self.run.ledger.view).kind is not Kind.FAIL:
            return False
        self.best = attempt
        return True
