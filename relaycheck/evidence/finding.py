"""What a verdict rests on: the judgement that gave it, the exchange that shows it, and the control it is compared with. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from relaycheck.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from relaycheck.judgements import Judgement
    from relaycheck.plugin.checks import Check
    from relaycheck.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """`exchanges` are all that the judgement rests on, as they are known at the end of the run."""

    judgement: Judgement | None
    verdict: Verdict
    """What the judgement says; of a check whose example was made smaller, what it says of the smallest."""
    control: Exchange | None
    probe: Exchange | None
    exchanges: tuple[Exchange, ...]


def finding(check: Check, refresh: Callable[[Exchange], Exchange]) -> Finding:
    """The finding of a check whose verdict is final."""
    deciding, said = _deciding(check, refresh)
    if deciding is None:
        return Finding(None, said, None, None, ())
    control = refresh(deciding.control) if deciding.control else None
    seen = tuple(refresh(e) for e in deciding.exchanges)
    probe = _culprit(deciding, said, refresh) or next(
        (e for e in seen if control is None or e.id != control.id), control
    )
    return Finding(deciding, said, control, probe, seen)


def _deciding(check: Check, refresh: Callable[[Exchange], Exchange]) -> tuple[Judgement | None, Verdict]:
    """The judgement that says what the check says; mail that came late may have made it another than the last."""
    wanted = check.verdict
    if check.example is not None:
        judgement = check.example.attempt.judgements[-1]
        if (said := judgement.evaluate(refresh)).kind is wanted.kind:
            return judgement, said
    made = [j for attempt in reversed(check.attempts) for j in reversed(attempt.judgements)]
    for judgement in made if not wanted.passed else ():
        said = judgement.evaluate(refresh)
        if (said.kind, said.reason) == (wanted.kind, wanted.reason):
            return judgement, wanted
    return check.deciding, wanted


def _culprit(judgement: Judgement, verdict: Verdict, refresh: Callable[[Exchange], Exchange]) -> Exchange | None:
    """Of a judgement over many exchanges, the one that alone gets the same verdict."""
    places = list(_sequences(judgement))
    if verdict.passed or len(places) != 1 or len(places[0][1]) < 2:
        return None
    place, many = places[0]
    for one in many:
        try:
            said = _narrowed(judgement, place, one).evaluate(refresh)
        except (LookupError, ValueError, AssertionError):  # it cannot be asked about one exchange alone
            return None
        if (said.kind, said.reason) == (verdict.kind, verdict.reason):
            return refresh(one)
    return None


def _sequences(judgement: Judgement) -> Iterator[tuple[int | str, Sequence[Exchange]]]:
    arguments: list[tuple[int | str, Any]] = [*enumerate(judgement.arguments), *judgement.named.items()]
    for place, value in arguments:
        if isinstance(value, list | tuple) and value and all(isinstance(item, Exchange) for item in value):
            yield place, value


def _narrowed(judgement: Judgement, place: int | str, one: Exchange) -> Judgement:
    if isinstance(place, str):
        return replace(judgement, named={**judgement.named, place: (one,)})
    arguments = (*judgement.arguments[:place], (one,), *judgement.arguments[place + 1 :])
    return replace(judgement, arguments=arguments)
