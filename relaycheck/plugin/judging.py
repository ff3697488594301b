"""`requirement` and `judge`, the two words of a test; and how a check is executed, confirmed and settled."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from relaycheck.client import Halted
from relaycheck.plugin.checks import Attempt, Check, Ended
from relaycheck.plugin.confirming import certain, still_certain
from relaycheck.plugin.shrinking import smallest
from relaycheck.verdicts import Cause, Kind, Verdict, inconclusive, not_applicable, passed
from relaycheck.wire import NotConnected, NotOffered
from relaycheck.witness import NoListener, WitnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.exchange import Exchange
    from relaycheck.judgements import Judgement
    from relaycheck.plugin.run import Run

_running: ContextVar[tuple[Run, Attempt]] = ContextVar("_running")


def requirement(id: str) -> pytest.MarkDecorator:
    """The row that a test tries: `@requirement("RM-AUTH-10")`. An unknown id is an error at collection."""
    return pytest.mark.requirement(id)


thorough = pytest.mark.thorough
"""For a test, or one of its parameters, that only a run at thorough depth makes."""


def judge(judgement: Judgement) -> None:
    """Evaluate a judgement over what was seen. The test goes on after a pass and ends at anything else.

    It is evaluated again when the run is settled, so a pass may yet become a failure: late mail is evidence.
    """
    run, attempt = _running.get()
    if run.settings.unjudged and run.current is not None and run.current.test == run.settings.unjudged:
        judgement = replace(judgement, function=_pass)
    if run.settings.rehearsal:
        return
    verdict = attempt.judge(judgement, run.ledger.view)
    if not verdict.passed:
        raise Ended(verdict, judged=True)


def _pass(*_: object, **__: object) -> Verdict:
    return passed("not judged")


def lacking(capability: str, reason: str = "") -> Ended:
    """To raise when a test needs what the target declares absent."""
    return Ended(not_applicable(capability, reason))


def unobservable(cause: Cause, reason: str) -> Ended:
    """To raise when a test cannot observe what it is about."""
    return Ended(inconclusive(cause, reason))


def execute(run: Run, check: Check, test: Callable[[], Any]) -> Verdict:
    """Run a test until its verdict is certain: a failure by absence is confirmed with fresh requests before it counts."""
    run.current, run.client.check = check, check.id
    try:
        verdict = _undeclared(check, _certain(run, check, test))
        if verdict.kind is Kind.FAIL and run.settings.shrinking:
            check.example = smallest(run, check, lambda instead: _retried(run, test, instead))
        return verdict
    finally:
        run.current, run.client.check = None, ""


def _certain(run: Run, check: Check, test: Callable[[], Any]) -> Verdict:
    if run.settings.rehearsal:
        _attempt(run, check, test)
        return passed("rehearsed")
    try:
        return certain(run, check, lambda: _attempt(run, check, test))
    except Halted as halt:
        return inconclusive(Cause.ABORTED, str(halt))


def _undeclared(check: Check, verdict: Verdict) -> Verdict:
    """A refusal of a body in a dialect that nobody declared says nothing, unless its control spoke the same dialect."""
    deciding = check.deciding
    if verdict.kind is not Kind.FAIL or verdict.decisive or deciding is None:
        return verdict
    vouched = deciding.control.request.assumes if deciding.control else ()
    open_keys = {key for e in deciding.exchanges if not e.accepted for key in e.request.assumes if key not in vouched}
    if not open_keys:
        return verdict
    keys = ", ".join(sorted(open_keys))
    return inconclusive(
        Cause.NOT_DECLARED, f"{keys} is assumed, not declared, and {verdict.reason}: declare it in the target file"
    )


def _attempt(run: Run, check: Check, test: Callable[[], Any]) -> Verdict:
    attempt = Attempt()
    check.attempts.append(attempt)
    return _tried(run, attempt, test)


def _retried(run: Run, test: Callable[[], Any], instead: Mapping[int, tuple[Any, ...]]) -> Attempt:
    """An attempt with other examples, which counts for no verdict."""
    attempt = Attempt(instead=instead)
    _tried(run, attempt, test)
    return attempt


def running_attempt() -> Attempt:
    """The attempt that the running test belongs to."""
    return _running.get()[1]


def _tried(run: Run, attempt: Attempt, test: Callable[[], Any]) -> Verdict:
    token = _running.set((run, attempt))
    try:
        test()
    except Ended as end:
        if not end.judged:
            attempt.ended = end.verdict
        return end.verdict
    except Halted as halt:
        attempt.ended = inconclusive(Cause.ABORTED, str(halt))
        return attempt.ended
    except NotConnected as fault:
        attempt.ended = inconclusive(Cause.UNREACHABLE, f"the target could not be reached: {fault}")
        return attempt.ended
    except NotOffered as absent:
        attempt.ended = _no_http2(run, str(absent))
        return attempt.ended
    except NoListener as none:
        attempt.ended = inconclusive(Cause.NOT_DECLARED, str(none))
        return attempt.ended
    except WitnessError as fault:
        attempt.ended = inconclusive(Cause.NO_WITNESS, str(fault))
        return attempt.ended
    except pytest.skip.Exception as skip:
        attempt.ended = Verdict(Kind.ERROR, f"a test must not skip by itself: {skip}")
        return attempt.ended
    finally:
        _running.reset(token)
    return passed("rehearsed") if run.settings.rehearsal else attempt.verdict(run.ledger.view)


def _no_http2(run: Run, reason: str) -> Verdict:
    """Where nothing is declared, the handshake is the target's own statement; where HTTP/2 is declared, it contradicts it."""
    if run.target.http2:
        return inconclusive(Cause.NOT_DECLARED, f"http2 = true is declared, but {reason}: correct the target file")
    return not_applicable("http2", reason)


def settled(run: Run, check: Check, refresh: Callable[[Exchange], Exchange]) -> Verdict:
    """The final verdict: the provisional one, unless what was learned since changes it.

    Mail that came late turns the pass of a negative check into a failure, and a "no mail arrived" into what it then is.
    """
    before = check.verdict
    open_yet = before.kind in (Kind.PASS, Kind.FAIL) or before.cause is Cause.NOT_REPRODUCIBLE
    if run.settings.rehearsal or not open_yet or not check.attempts:
        return before
    verdicts = [attempt.verdict(refresh) for attempt in check.attempts]
    decisive = next((v for v in verdicts if v.kind is Kind.FAIL and v.decisive), None)
    if decisive is not None:
        return decisive
    if before.kind is Kind.FAIL and any(v.passed for v in verdicts):
        if all(v.passed for v in verdicts):
            return passed(f"after the run had settled: {verdicts[-1].reason}")
        return inconclusive(Cause.NOT_REPRODUCIBLE, f"not at every attempt: {before.reason}")
    if before.kind is Kind.INCONCLUSIVE:
        late = all(v.passed for v in verdicts)
        return passed(f"after the run had settled: {verdicts[-1].reason}") if late else before
    last = verdicts[-1] if verdicts[-1].kind is not Kind.PASS or before.passed else before
    return still_certain(run, check, last) if last.kind is Kind.FAIL else last
