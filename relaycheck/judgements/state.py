"""The words in which judgements speak of one exchange, and what makes a control usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.exchange import Outcome
from relaycheck.judgements.mail import fate
from relaycheck.verdicts import Cause, Verdict, inconclusive

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange

GATEWAY = frozenset({502, 503, 504})
UNAUTHORIZED = frozenset({401, 403, 423})


def throttled(exchange: Exchange) -> bool:
    """429, or 503 with Retry-After (RFC 6585 §4, RFC 9110 §15.6.4): the target says "not now", nothing about the request."""
    response = exchange.response
    return response is not None and (
        response.status == 429 or (response.status == 503 and "Retry-After" in response.fields)
    )


def answer_known(exchange: Exchange) -> bool:
    """Whether what came is surely the target's own answer: whole, and none that a gateway gives when it cannot reach its target."""
    lost = (Outcome.NOT_SENT, Outcome.UNANSWERED, Outcome.CUT)
    return exchange.outcome not in lost and exchange.status not in GATEWAY and not throttled(exchange)


def relayed(exchange: Exchange) -> bool:
    """Some mail of this exchange is at the witness."""
    return any(d.accepted for d in exchange.deliveries)


def described(exchange: Exchange) -> str:
    """What came, in a phrase: the status and what the witness saw."""
    match exchange.outcome:
        case Outcome.ANSWERED:
            assert exchange.response is not None
            came = f"{exchange.response.status} {exchange.response.reason}".strip()
        case Outcome.NOT_SENT:
            return f"no connection ({exchange.error})"
        case Outcome.MALFORMED:
            came = f"bytes that are not an HTTP response ({exchange.error or exchange.received[:40]!r})"
        case Outcome.CUT:
            came = f"a response that breaks off ({exchange.error})"
        case Outcome.UNANSWERED:
            came = f"no answer ({exchange.error})"
    return f"{came}, {_mail(exchange)}" if exchange.witnessed else came


def _mail(exchange: Exchange) -> str:
    accepted = [d for d in exchange.deliveries if d.accepted]
    if not accepted:
        return "no mail"
    people = sum(len(d.accepted_recipients) for d in accepted)
    return f"{len(accepted)} mail{'s' * (len(accepted) > 1)} to {people} recipient{'s' * (people > 1)}"


def missing(exchange: Exchange) -> Verdict | None:
    """An inconclusive verdict when the exchange is no observation of the target at all."""
    if exchange.outcome is Outcome.NOT_SENT:
        return inconclusive(Cause.UNREACHABLE, f"the target could not be reached: {exchange.error}")
    if throttled(exchange):
        return inconclusive(
            Cause.RATE_LIMITED, f"the target throttles ({described(exchange)}): lower limits.requests_per_second"
        )
    return None


def unobserved(exchange: Exchange) -> Verdict | None:
    """As `missing`, where a mail server fails: there 503 with Retry-After is an answer, and how a relay may say so."""
    if exchange.outcome is Outcome.NOT_SENT:
        return inconclusive(Cause.UNREACHABLE, f"the target could not be reached: {exchange.error}")
    if exchange.status == 429:
        return inconclusive(Cause.RATE_LIMITED, f"the target throttles ({described(exchange)})")
    return None


def red(control: Exchange) -> Verdict | None:
    """An inconclusive verdict when `control` was not accepted and, with a witness, its mail did not arrive."""
    if gone := missing(control):
        return gone
    if not control.answered:
        return inconclusive(Cause.UNANSWERED, f"the control got {described(control)}")
    if control.status in GATEWAY:
        return inconclusive(
            Cause.GATEWAY, f"the control got {described(control)}: the target or what stands before it is not ready"
        )
    if not control.accepted:
        locked = " (if wrong credentials lock an account, declare limits.failed_logins; a token may have run out)"
        return inconclusive(
            Cause.CONTROL_RED,
            f"the control was not accepted: {described(control)}, so its probe proves nothing"
            f"{locked if control.status in UNAUTHORIZED else ''}",
        )
    if control.witnessed and control.request.message and not fate(control).arrived:
        return inconclusive(
            Cause.CONTROL_RED, "the control got 204 but its mail did not arrive, so its probe proves nothing"
        )
    return None


def wants_a_length(exchange: Exchange) -> bool:
    """A chunked request was answered 411, as a server may (RFC 9112 §6.3): nothing more can be learned of chunks."""
    return exchange.status == 411 and "Transfer-Encoding" in exchange.request.fields and not relayed(exchange)


def refuses_chunks(exchange: Exchange) -> bool:
    """A chunked request was refused, with 411 or otherwise: whether that is right is for the rows on framing."""
    return exchange.refused and "Transfer-Encoding" in exchange.request.fields and not relayed(exchange)


def offers_no_such_type(exchange: Exchange) -> bool:
    """A request that accepts only some types was answered 406, as a service may that has none of them (RFC 9110 §15.5.7)."""
    accept = exchange.request.fields.get("Accept") or "*/*"
    return exchange.status == 406 and "*/*" not in accept and not relayed(exchange)
