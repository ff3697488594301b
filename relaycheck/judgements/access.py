"""What refusals tell and keep to themselves: error codes, secrets, statuses, times."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from relaycheck.judgements.challenges import readable
from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.outcome import not_served
from relaycheck.judgements.state import described, missing, red, relayed
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange


@judgement
def told_invalid_token(refusal: Exchange) -> Verdict:
    """401, and where it has a Bearer challenge, that one says error="invalid_token" (RFC 6750 §3.1)."""
    if gone := missing(refusal):
        return gone
    if refusal.status != 401:
        return failed(f"expected 401, got {described(refusal)}")
    codes = [c.get("error") for c in readable(refusal) if c.scheme.lower() == "bearer"]
    if "invalid_token" not in codes:
        return failed(f'no Bearer challenge says error="invalid_token" (error codes: {codes or "no Bearer challenge"})')
    return passed('401 with error="invalid_token"')


@judgement
def no_error_code(refusal: Exchange) -> Verdict:
    """The challenges of a refusal without credentials have no error code (RFC 6750 §3.1)."""
    if gone := missing(refusal):
        return gone
    if not refusal.answered:
        return inconclusive(Cause.UNANSWERED, f"a request without credentials got {described(refusal)}")
    codes = [code for c in readable(refusal) if c.scheme.lower() == "bearer" and (code := c.get("error"))]
    if codes:
        return failed(f'without credentials, the Bearer challenge says error="{codes[0]}"', decisive=True)
    return passed(f"{described(refusal)}, no error code")


@judgement
def not_both_served(either: Sequence[Exchange], control: Exchange) -> Verdict:
    """Valid and invalid credentials in both orders: at most one order is served."""
    if bad := red(control):
        return bad
    for probe in either:
        if gone := missing(probe):
            return gone
    if all(probe.succeeded or relayed(probe) for probe in either):
        return failed(
            "a valid line is enough wherever it stands among invalid ones: served in both orders", decisive=True
        )
    return passed("; ".join(described(probe) for probe in either))


@judgement
def nothing_leaks(exchanges: Sequence[Exchange]) -> Verdict:
    """No response holds a secret in any spelling. Inconclusive when nothing was answered."""
    for exchange in exchanges:
        if exchange.leaks:
            return failed(f"{exchange.id} ({described(exchange)}) repeats {', '.join(exchange.leaks)}", decisive=True)
    seen = [e for e in exchanges if e.response is not None]
    if not seen:
        return inconclusive(Cause.UNANSWERED, "nothing was answered")
    return passed(f"{len(seen)} responses, none repeats a secret")


@judgement
def not_served_or_closed(probe: Exchange, control: Exchange) -> Verdict:
    """As `not_served`; a target that closed the connection before has not served it either."""
    if bad := red(control):
        return bad
    if not probe.answered and not relayed(probe):
        return passed("the connection was closed before")
    return not_served(probe, control).evaluate()


@judgement
def one_status(refusals: Sequence[Exchange]) -> Verdict:
    """All requests get the same status."""
    for refusal in refusals:
        if gone := missing(refusal):
            return gone
    if any(not r.answered for r in refusals):
        return failed(f"not every request was answered: {'; '.join(described(r) for r in refusals)}")
    statuses = sorted({r.status or 0 for r in refusals})
    if len(statuses) > 1:
        told = "; ".join(f"{r.request.fields.get('Content-Type')}: {r.status}" for r in refusals)
        return failed(f"the status without credentials depends on the body ({told})")
    return passed(f"{statuses[0]} whatever the body")


@judgement
def times_compared(some: Sequence[Exchange], others: Sequence[Exchange]) -> Verdict:
    """Record the median seconds of two series."""
    for probe in (*some, *others):
        if gone := missing(probe):
            return gone
    first, second = (1000 * median(e.seconds for e in series) for series in (some, others))
    return passed(f"median of {len(some)}: unknown user {first:.1f} ms, wrong password {second:.1f} ms")
