"""When a failure counts: how often it must be seen again, and when the way to the target may be to blame.

A finding that one sighting proves (existence) counts at once. Any other must happen in further attempts. Where no whole answer of the
target came (a reset, a gateway's 502, throttling), the way to it may be to blame: then valid requests must be accepted before, between
and after the attempts, the same exchange of the test must be hit each time, and on a way that is known to be unsteady it must be hit
so often that chance is out of the question. A fault of the target itself passes all of this. Where the target turns a valid message
away for who sent it (401, 403), a plain one must still be accepted: wrong credentials may have locked the account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.judgements.state import UNAUTHORIZED, answer_known, described, red
from relaycheck.verdicts import Cause, Kind, Verdict, inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.plugin.checks import Attempt, Check
    from relaycheck.plugin.run import Run

CONFIRMATIONS = 2
"""A failure that one sighting does not prove must happen in so many further attempts."""
CONFIRMATIONS_IF_UNSTEADY = 6
"""The same where exchanges are known to get lost: at one lost in eight, chance then fools one run in a thousand."""


def certain(run: Run, check: Check, attempt: Callable[[], Verdict]) -> Verdict:
    """Make attempts until the verdict is certain."""
    verdict = attempt()
    places = _lost_places(check.attempts[-1]) if verdict.kind is Kind.FAIL else frozenset()
    while verdict.kind is Kind.FAIL and not verdict.decisive:
        check.blames_the_way = bool(places)
        if places and (bad := _vouch(run)):
            return bad
        if _turned_away(check.attempts[-1]) and (bad := red(run.fresh_control())):
            return bad
        if check.confirmed >= (CONFIRMATIONS_IF_UNSTEADY if places and run.unsteady else CONFIRMATIONS):
            return verdict
        again = attempt()
        if again.kind is not Kind.FAIL:
            return _not_confirmed(run, verdict, again, lost=bool(places))
        if again.decisive:
            return again
        if places and not (places := places & _lost_places(check.attempts[-1])):
            run.unsteady = run.unsteady or verdict.reason
            return inconclusive(
                Cause.NOT_REPRODUCIBLE,
                f"seen at another exchange each time, so the way to the target may be to blame: {verdict.reason}",
            )
        check.confirmed += 1
        verdict = again
    return verdict


def still_certain(run: Run, check: Check, verdict: Verdict) -> Verdict:
    """At the end of the run: a failure that may be the way's, confirmed before it was known how unsteady the way is."""
    if not (check.blames_the_way and run.unsteady and check.confirmed < CONFIRMATIONS_IF_UNSTEADY) or verdict.decisive:
        return verdict
    return inconclusive(
        Cause.NOT_REPRODUCIBLE,
        f"the way to the target is unsteady ({run.unsteady}), and this may come of it: {verdict.reason}",
    )


def _lost_places(attempt: Attempt) -> frozenset[tuple[int, int]]:
    """Which exchanges of the judgement that ended the attempt have no answer that is surely the target's: places in the test."""
    number = len(attempt.judgements)
    if not number:
        return frozenset()
    return frozenset((number, place) for place, e in enumerate(attempt.judgements[-1].exchanges) if not answer_known(e))


def _turned_away(attempt: Attempt) -> bool:
    """Whether a valid message was refused for who sent it: then its account may be locked, and no other message would be served."""
    judged = attempt.judgements[-1].exchanges if attempt.judgements else ()
    return any(e.status in UNAUTHORIZED and e.request.message is not None for e in judged)


def _vouch(run: Run) -> Verdict | None:
    """A fresh valid request, now: None if it is accepted, else why nothing can be said."""
    bad = red(exchange := run.fresh_control())
    if bad is None:
        return None
    run.unsteady = run.unsteady or f"{exchange.id} got {described(exchange)}"
    return bad


def _not_confirmed(run: Run, first: Verdict, again: Verdict, *, lost: bool) -> Verdict:
    if lost:
        run.unsteady = run.unsteady or first.reason
    if again.kind is Kind.PASS:
        return inconclusive(Cause.NOT_REPRODUCIBLE, f"seen once and not again: {first.reason}")
    return again
