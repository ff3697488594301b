"""Message syntax and connections (RFC 9112): what may follow a request, what ends a connection, what waits for a body."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.outcome import same_outcome
from relaycheck.judgements.state import answer_known, described, missing, red, relayed, wants_a_length
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from relaycheck.exchange import Exchange


HIDDEN_RAN = "a request within the body was carried out: its mail was relayed"


def says_close(exchange: Exchange) -> bool:
    """Whether the response ends its connection by its own words (RFC 9112 §9.3): the close option, or HTTP/1.0 without keep-alive."""
    if exchange.response is None:
        return False
    options = {o.strip().lower() for v in exchange.response.fields.all("Connection") for o in v.split(",")}
    return "close" in options or (exchange.response.version == "1.0" and "keep-alive" not in options)


def _ended(*exchanges: Exchange) -> bool:
    return any(e.connection.closed_after for e in exchanges)


def _silent(exchange: Exchange) -> bool:
    """No octet came for it."""
    return not exchange.answered and not exchange.received


@judgement
def stays_open_or_says_close(exchanges: Sequence[Exchange]) -> Verdict:
    """Requests one after the other on one connection: after each 204 the next is answered, or the 204 said `Connection: close`.

    The exchanges end with the first that was not answered, or that said close.
    """
    first = exchanges[0]
    if wants_a_length(first):
        return passed("chunked requests are answered 411")
    if bad := red(first):
        return bad
    for before, after in pairwise(exchanges):
        if says_close(before):
            break
        if not after.answered:
            return failed(
                f"{described(before)} did not say Connection: close, and the next request on the connection "
                f"got {described(after)}"
            )
    last = exchanges[-1]
    if says_close(last):
        return passed(f"answer {len(exchanges)} says Connection: close")
    if last.answered and last.connection.closed_after:
        return failed(f"the connection was closed after {described(last)}, which did not say Connection: close")
    return passed(f"{len(exchanges)} requests on one connection, all answered")


@judgement
def nothing_after_close(last: Exchange, following: Exchange, control: Exchange) -> Verdict:
    """`last` asked for the close of its connection: `following`, written behind it at once, is not carried out, and the
    connection ends (RFC 9112 §9.6)."""
    if relayed(following):
        return failed("the request after Connection: close was carried out: its mail was relayed", decisive=True)
    if bad := red(control) or missing(last):
        return bad
    if not _silent(following):
        return failed(f"the request after Connection: close got {described(following)}")
    if not last.answered:
        return inconclusive(Cause.UNANSWERED, f"the request with Connection: close got {described(last)}")
    if not _ended(last, following):
        return failed("the connection stays open after a request with Connection: close")
    return passed(f"{described(last)}, then the end of the connection")


@judgement
def answered_in_order(pipelined: Sequence[Exchange], alone: Sequence[Exchange], control: Exchange) -> Verdict:
    """Each pipelined request has the status of the request with the same note sent alone, a valid one the control's (RFC 9112 §9.3.2).

    `pipelined` ends with the first that was not answered: a target may close after some answers, but must give the first.
    """
    if bad := red(control) or next((found for e in (*alone, *pipelined) if (found := missing(e))), None):
        return bad
    expected = {"valid": control.status, **{e.request.note: e.status for e in alone}}
    if not all(e.answered for e in alone):
        return inconclusive(Cause.UNANSWERED, "one of the requests is not answered even when it is sent alone")
    for number, exchange in enumerate(pipelined, 1):
        what = f"number {number} of the pipelined requests ({exchange.request.note})"
        if exchange.answered:
            if exchange.status != expected[exchange.request.note]:
                return failed(
                    f"{what} got {described(exchange)}; sent alone, it gets {expected[exchange.request.note]}"
                )
        elif number == 1 or exchange.received or not _ended(exchange):
            return failed(f"{what} got {described(exchange)}")
    done = sum(e.answered for e in pipelined)
    return passed(f"{done} of {len(pipelined)} answered, in order")


@judgement
def refused_and_closed(
    probe: Exchange, following: Exchange, control: Exchange, statuses: Collection[int] = (400,)
) -> Verdict:
    """Answered with one of `statuses`, nothing relayed, and the connection ended, so that `following`, sent after the answer, gets
    nothing: after a message whose end is not known, no octet can be trusted to begin a request (RFC 9112 §6.3)."""
    if relayed(probe):
        return failed(f"it was to be refused, but {described(probe)}", decisive=True)
    if relayed(following):
        return failed(HIDDEN_RAN, decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if probe.status not in statuses:
        return failed(
            f"expected {' or '.join(map(str, statuses))} and the end of the connection, got {described(probe)}"
        )
    return _over(probe, following)


@judgement
def by_its_coding_or_refused_then_closed(probe: Exchange, following: Exchange, control: Exchange) -> Verdict:
    """Content-Length beside Transfer-Encoding: refused, or read by the transfer coding with the control's outcome; in both cases the
    connection ends, and `following` gets nothing (RFC 9112 §6.1)."""
    if relayed(following):
        return failed(HIDDEN_RAN, decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if probe.accepted:
        verdict = same_outcome(probe, control).evaluate()
        if not verdict.passed:
            return verdict
    elif relayed(probe):
        return failed(
            f"neither read by its transfer coding nor refused: {described(probe)}", decisive=answer_known(probe)
        )
    elif not (probe.refused or probe.status == 501):
        return failed(f"neither read by its transfer coding nor refused: {described(probe)}")
    return _over(probe, following)


def _over(probe: Exchange, following: Exchange) -> Verdict:
    """Whether nothing came after the answer to `probe` but the end of its connection."""
    if probe.stray:
        return failed(f"after {described(probe)} came {probe.stray[:60]!r}: octets of the request were read as another")
    if not _silent(following):
        return failed(
            f"after {described(probe)} the connection stays open: the next request on it got {described(following)}"
        )
    if not _ended(probe, following):
        return failed(f"after {described(probe)} the connection neither answers nor ends")
    return passed(f"{described(probe)}, then the end of the connection")


@judgement
def answered_before_its_body(
    probe: Exchange, before: int | None, control: Exchange, *, refusal: bool = False
) -> Verdict:
    """`before` is the status of the first response head that came while the body was held back: 100 or final (RFC 9110 §10.1.1).
    After a 100 the request has the control's outcome, or 411 if it is chunked; with `refusal`, it is one that no body can save."""
    if bad := red(control) or missing(probe):
        return bad
    if before is None:
        return failed(f"with the body held back, neither 100 nor a final status came (afterwards: {described(probe)})")
    if relayed(probe) and not probe.accepted:
        return failed(f"{before}, then {described(probe)}", decisive=answer_known(probe))
    if before >= 200 or refusal or wants_a_length(probe):
        return passed(f"{before} before the body, in the end {described(probe)}")
    verdict = same_outcome(probe, control).evaluate()
    return passed(f"{before}, then {described(probe)}") if verdict.passed else verdict


@judgement
def body_never_runs(refusal: Exchange, following: Exchange, control: Exchange) -> Verdict:
    """`refusal` answers a request whose body is a valid request; `following` is that request, with the next answer on the connection.

    The body is read and dropped, so that the next answer is to the next request, which is refused likewise; or the connection ends
    (RFC 9112 §9.3). Who reads bodies before credentials refuses the first for its body and the next for its credentials.
    """
    if relayed(following):
        return failed(HIDDEN_RAN, decisive=True)
    if bad := red(control) or missing(refusal):
        return bad
    if not refusal.answered:
        return inconclusive(Cause.UNANSWERED, f"the request to be refused got {described(refusal)}")
    if refusal.succeeded:
        return inconclusive(Cause.CONTROL_RED, f"the request to be refused got {described(refusal)}")
    if _silent(following):
        if _ended(refusal, following):
            return passed(f"{described(refusal)}, then the end of the connection")
        return failed(f"after {described(refusal)} the connection neither answers nor ends")
    for_the_body_first = following.status == 401 and refusal.refused
    if following.status != refusal.status and not for_the_body_first:
        return failed(
            f"after {described(refusal)} the next request, to be refused likewise, got {described(following)}: "
            f"the body was read as a request"
        )
    return passed(f"{described(refusal)}, the body dropped, and the next request likewise")


@judgement
def incomplete(probe: Exchange, control: Exchange) -> Verdict:
    """A request that broke off has relayed nothing, whatever was answered; it was not answered as if it had been carried out."""
    if relayed(probe):
        return failed(f"the request broke off, but {described(probe)}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if probe.succeeded:
        return failed(f"the request broke off, but got {described(probe)}")
    if not probe.witnessed:
        return inconclusive(Cause.NO_WITNESS, "without a witness, nothing shows that no mail was relayed")
    return passed(described(probe))


@judgement
def decoded_or_415(probe: Exchange, control: Exchange) -> Verdict:
    """A coded body has the outcome of the plain one, or 415 that names codings in Accept-Encoding (RFC 9110 §8.4, §12.5.3)."""
    if bad := red(control) or missing(probe):
        return bad
    if probe.status == 415 and not relayed(probe):
        if probe.response is None or "Accept-Encoding" not in probe.response.fields:
            return failed("the 415 for a content coding has no Accept-Encoding, so nobody learns which one would do")
        return passed(f"{described(probe)}, Accept-Encoding: {probe.response.fields.get('Accept-Encoding')}")
    return same_outcome(probe, control).evaluate()


@judgement
def no_accept_encoding_for_a_type(exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """No 415 to a request without Content-Encoding has Accept-Encoding, which would blame the coding (RFC 9110 §12.5.3)."""
    answers = [e for e in exchanges if e.status == 415 and "Content-Encoding" not in e.request.fields]
    for exchange in answers:
        assert exchange.response is not None
        value = exchange.response.fields.get("Accept-Encoding")
        if value is not None:
            return failed(
                f"the 415 for Content-Type {exchange.request.fields.get('Content-Type')} has Accept-Encoding: {value}",
                decisive=True,
            )
    if bad := red(control):
        return bad
    return passed(f"{len(answers)} answers with 415, none with Accept-Encoding")
