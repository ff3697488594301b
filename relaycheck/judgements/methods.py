"""What methods other than POST get, and what every response to a method must say (RFC 9110 §9, §10.2.1, §15.5.6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import described, missing, red, relayed
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange

SERVERS_OWN = "TRACE"
"""The method that web servers refuse for every resource by themselves, before any service that could name its own methods."""
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@judgement
def no_other_success(exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """No POST with a message is answered with a 2xx other than 204. A refusal is for the rows about what was refused."""
    for exchange in exchanges:
        if exchange.succeeded and not exchange.accepted:
            sent = exchange.request.note or exchange.request.fields.get("Content-Type") or exchange.id
            return failed(f"expected 204, got {described(exchange)} ({sent})", decisive=True)
    if bad := red(control):
        return bad
    return passed(f"{sum(e.accepted for e in exchanges)} of {len(exchanges)} were answered 204, none with another 2xx")


@judgement
def allow_with_every_405(exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """Each 405 has an Allow of method tokens without the method just refused (RFC 9110 §10.2.1, §15.5.6); empty is legal.

    One to TRACE may lack the field: the server in front knows no resource.
    """
    every = [e for e in exchanges if e.status == 405]
    refusals = [e for e in every if e.request.method != SERVERS_OWN or _methods(e) is not None]
    for exchange in refusals:
        if fault := _fault_of_allow(exchange):
            return failed(f"the 405 to {exchange.request.method} {fault}", decisive=True)
    if bad := red(control):
        return bad
    without_post = sum("POST" not in (_methods(e) or ()) for e in refusals)
    note = f"; {without_post} do not name POST" if without_post else ""
    note += "; one to TRACE has none" if len(every) > len(refusals) else ""
    return passed(f"{len(refusals)} of {len(exchanges)} answers are 405, each with Allow{note}")


def _methods(exchange: Exchange) -> tuple[str, ...] | None:
    """The elements of Allow; None without the field."""
    value = exchange.response.fields.get("Allow") if exchange.response else None
    return None if value is None else tuple(m.strip() for m in value.split(",") if m.strip())


def _fault_of_allow(exchange: Exchange) -> str:
    methods = _methods(exchange)
    if methods is None:
        return "has no Allow"
    if broken := next((m for m in methods if not TOKEN.fullmatch(m)), None):
        return f"has an Allow with {broken!r}, which is no method"
    if exchange.request.method in methods:
        return f"names the method it refuses: Allow: {', '.join(methods)}"
    return ""


@judgement
def a_successful_options_names_post(probe: Exchange, control: Exchange) -> Verdict:
    """A 2xx to OPTIONS has an Allow that names POST, which the control shows to be served (RFC 9110 §9.3.7)."""
    if bad := red(control) or missing(probe):
        return bad
    if not probe.succeeded:
        return passed(f"{described(probe)}: no success, nothing to name")
    methods = _methods(probe)
    if methods is None:
        return failed(f"OPTIONS got {described(probe)} without Allow")
    if "POST" not in methods:
        return failed(f"OPTIONS says Allow: {', '.join(methods)}, but POST is served")
    return passed(f"{described(probe)}, Allow: {', '.join(methods)}")


@judgement
def nothing_after_a_head(exchanges: Sequence[Exchange]) -> Verdict:
    """No octet follows the header section of a response to HEAD, whatever its status (RFC 9110 §9.3.2)."""
    heads = [e for e in exchanges if e.request.method == "HEAD" and e.response is not None]
    for exchange in heads:
        if exchange.stray:
            return failed(f"after {described(exchange)} to HEAD came {exchange.stray[:60]!r}", decisive=True)
    if heads:
        return passed(f"{len(heads)} responses to HEAD, nothing after any of them")
    gone = next((m for e in exchanges if (m := missing(e))), None)
    return gone or inconclusive(Cause.UNANSWERED, "no HEAD was answered")


@judgement
def a_known_resource(probe: Exchange, control: Exchange) -> Verdict:
    """Another encoding of the same path: the control's outcome or 404 with nothing relayed (RFC 9110 §4.2.3)."""
    if bad := red(control) or missing(probe):
        return bad
    if probe.status == 404:
        if relayed(probe):
            return failed(f"neither served nor unknown: {described(probe)}", decisive=True)
        return passed(described(probe))
    if not probe.accepted:
        return failed(f"expected 204 or 404, got {described(probe)}")
    return passed(described(probe))
