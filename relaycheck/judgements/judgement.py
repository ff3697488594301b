"""What a judgement is: a named, pure function from exchanges to a verdict, with its arguments, ready to be evaluated again.

A judgement sends nothing. It is evaluated when the test asks and once more at the end of the run, when late mail and stray bytes
are known: `refresh` then gives the same exchanges with what has been learned since.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import wraps
from importlib import import_module
from operator import is_
from typing import TYPE_CHECKING, Any, ParamSpec

from relaycheck.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from relaycheck.verdicts import Verdict

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One application of a judgement function. `evaluate` gives the verdict; `exchanges` are what it rests on."""

    name: str
    function: Callable[..., Verdict]
    arguments: tuple[Any, ...]
    named: Mapping[str, Any] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels between processes by the name of its function: the name in the module is the judgement, not the function."""
        return _recalled, (self.function.__module__, self.function.__qualname__, self.arguments, dict(self.named))

    def evaluate(self, refresh: Callable[[Exchange], Exchange] = lambda seen: seen) -> Verdict:
        now = self.refreshed(refresh)
        return now.function(*now.arguments, **now.named)

    def refreshed(self, refresh: Callable[[Exchange], Exchange]) -> Judgement:
        """The same over its exchanges as they are known now; itself when nothing was learned since."""
        arguments = tuple([_mapped(argument, refresh) for argument in self.arguments])
        named = {name: _mapped(argument, refresh) for name, argument in self.named.items()}
        same = all(map(is_, arguments, self.arguments)) and all(map(is_, named.values(), self.named.values()))
        return self if same else replace(self, arguments=arguments, named=named)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        found = (e for argument in (*self.arguments, *self.named.values()) for e in _exchanges(argument))
        return tuple({id(e): e for e in found}.values())

    @property
    def control(self) -> Exchange | None:
        """The exchange passed as `control`, or as the second argument of a probe-control pair."""
        if isinstance(self.named.get("control"), Exchange):
            return self.named["control"]  # type: ignore[no-any-return]
        pair = [a for a in self.arguments if isinstance(a, Exchange)]
        return pair[1] if len(pair) > 1 else None


def _recalled(module: str, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Judgement:
    apply: Callable[..., Judgement] = getattr(import_module(module), name)
    return apply(*arguments, **named)


def judgement(function: Callable[P, Verdict]) -> Callable[P, Judgement]:
    """Make a pure function a judgement: calling it gives a `Judgement`, its plain form stays at `.function`."""

    @wraps(function)
    def apply(*arguments: P.args, **named: P.kwargs) -> Judgement:
        return Judgement(function.__name__, function, arguments, named)

    return apply


def _mapped(argument: Any, refresh: Callable[[Exchange], Exchange]) -> Any:
    if isinstance(argument, Exchange):
        return refresh(argument)
    if isinstance(argument, list | tuple):
        mapped = tuple([_mapped(item, refresh) for item in argument])
        return argument if isinstance(argument, tuple) and all(map(is_, mapped, argument)) else mapped
    return argument


def _exchanges(argument: Any) -> Iterator[Exchange]:
    if isinstance(argument, Exchange):
        yield argument
    elif isinstance(argument, list | tuple):
        for item in argument:
            yield from _exchanges(item)
