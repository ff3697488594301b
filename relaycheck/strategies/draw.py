"""Distinct examples of a strategy, the same for the same seed everywhere; and a minimiser that knows its budget.

`draw` is what a check uses in place of `@given`: the number of examples is fixed beforehand and nothing is shrunk, so nothing
is sent that was not planned. `smaller` makes an example that failed smaller afterwards, within a budget.
"""

from __future__ import annotations

import random
import warnings
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisWarning, Unsatisfiable
from hypothesis.internal.conjecture.choice import choice_constraints_key, choice_permitted
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, GLOBAL_CONSTANTS, HypothesisProvider
from hypothesis.vendor.pretty import pretty

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
BARREN_ROUNDS = 5  # each twice as long as the one before: then the strategy counts as exhausted
BACKEND = "relaycheck"

_pools: dict[Hashable, tuple[Any, ...]] = {}


class SeededProvider(HypothesisProvider):
    """Hypothesis' own generator without the constants it collects from imported modules.

    Those constants depend on which modules are loaded at the moment of drawing, so the same seed would give other examples in
    another process. The fixed list of well-known troublemakers stays.
    """

    def _maybe_draw_constant(self, choice_type: Any, constraints: Any, *, p: float = 0.05) -> Any:
        assert self._random is not None
        if self._random.random() > p:
            return None
        key = (choice_type, choice_constraints_key(choice_type, constraints))
        pool = _pools.get(key)
        if pool is None:
            pool = tuple(c for c in GLOBAL_CONSTANTS.set_for_type(choice_type) if choice_permitted(c, constraints))
            if len(_pools) < 4096:
                _pools[key] = pool
        return self._random.choice(pool) if pool else None


AVAILABLE_PROVIDERS[BACKEND] = SeededProvider


@lru_cache(maxsize=64)
def _settings(count: int) -> settings:
    """Every setting that could depend on a profile or on the machine, pinned."""
    return settings(
        max_examples=count,
        backend=BACKEND,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate,),
        print_blob=False,
        report_multiple_bugs=False,
        stateful_step_count=50,
        suppress_health_check=tuple(HealthCheck),
        verbosity=Verbosity.quiet,
    )


def draw(strategy: SearchStrategy[T], count: int, seed: int) -> tuple[T, ...]:
    """Exactly `count` distinct examples, or fewer when the strategy seems to have no more.

    The same strategy, count and seed give the same examples in every process. Two examples are the same when their `repr` is:
    values that equal each other but are written differently (1 and True, members in another order) count as two.

    Raises ValueError when `count` is negative.
    """
    if count < 0:
        raise ValueError(f"draw: count is {count}; ask for 0 or more examples")
    drawn: tuple[T, ...] = _drawn(strategy, count, seed)
    return drawn


@lru_cache(maxsize=1024)  # checks of several media types ask for the same, and a process may check many targets
def _drawn(strategy: SearchStrategy[Any], count: int, seed: int) -> tuple[Any, ...]:
    found: dict[str, Any] = {}
    for _, _, values in _rounds(strategy, count, seed):
        for value in values:
            if len(found) < count:
                found.setdefault(_identity(value), value)
    return tuple(found.values())


def forget_examples() -> None:
    """Draw everything anew from here on: for who measures what drawing costs."""
    _drawn.cache_clear()


def _rounds(strategy: SearchStrategy[T], count: int, seed: int) -> Iterator[tuple[int, str, list[T]]]:
    """Until there are `count` distinct values or no new ones come: how many were asked for, the seed, and the values."""
    found: set[str] = set()
    number = barren = 0
    while len(found) < count and barren < BARREN_ROUNDS:
        before = len(found)
        size, word = max(count - before, 10 << barren), f"{seed}:{number}"
        values = _round(strategy, size, word, found, count)
        yield size, word, values
        number += 1
        barren = 0 if len(found) > before else barren + 1


def _round(strategy: SearchStrategy[T], size: int, word: str, found: set[str], enough: int) -> list[T]:
    """At most `size` values, and none after the one with which `enough` distinct ones are `found`."""
    values: list[T] = []

    @seeded(int.from_bytes(random.Random(word).randbytes(8)))
    @_settings(size)
    @given(strategy)
    def collect(value: T) -> None:
        values.append(value)
        found.add(_identity(value))
        if len(found) >= enough:
            raise _NoMoreCalls

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        with suppress(_NoMoreCalls, Unsatisfiable):
            collect()
    return values


def _identity(value: object) -> str:
    """The value as text: `repr`, except that sets, whose order depends on the process, are written sorted."""
    return pretty(value) if isinstance(value, set | frozenset) else repr(value)


class _NoMoreCalls(BaseException):
    """Leaves Hypothesis at once, which holds any Exception for a failure of the test."""


class _Failing(AssertionError):
    """What Hypothesis is to make smaller."""


def smaller(
    strategy: SearchStrategy[T], example: T, predicate: Callable[[T], bool], budget: int, count: int, seed: int
) -> T:
    """The smallest value found from `example` on for which `predicate` holds, with at most `budget` calls of it.

    `example` is one of `draw(strategy, count, seed)`, and `predicate` is taken to hold for it without asking. Every distinct value
    costs one call.
    """
    wanted = _identity(example)
    for size, word, values in _rounds(strategy, count, seed):
        if wanted in map(_identity, values):
            return _smaller(strategy, example, predicate, budget, size, word)
    return example


def _smaller(
    strategy: SearchStrategy[T], example: T, predicate: Callable[[T], bool], budget: int, size: int, word: str
) -> T:
    """The same round again: nothing fails until it comes to `example`, and from there on the predicate decides."""
    said: dict[str, bool] = {}
    best = [example]
    wanted = _identity(example)

    @seeded(int.from_bytes(random.Random(word).randbytes(8)))
    @settings(_settings(size), phases=(Phase.generate, Phase.shrink))
    @given(strategy)
    def fail(value: T) -> None:
        key = _identity(value)
        if key == wanted:
            said[key] = True
        elif not said:
            return
        elif key not in said:
            if len(said) > budget:
                raise _NoMoreCalls
            said[key] = predicate(value)
        if said[key]:
            best[:] = [value]
            raise _Failing

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        with suppress(_Failing, _NoMoreCalls, Unsatisfiable):
            fail()
    return best[0]
