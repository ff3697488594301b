"""Where a request and its credentials go: other origins, plain http, old TLS, split responses, ports behind the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from relaycheck.exchange import Outcome
from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.outcome import INJECTED
from relaycheck.judgements.state import described, missing, red, relayed, unobserved
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange

PORTS = {"http": 80, "https": 443}
SHOWN = 100  # characters of an error that are told
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{8,}\b|[0-9]+", re.IGNORECASE)


@judgement
def no_foreign_redirect(exchanges: Sequence[Exchange], origin: str) -> Verdict:
    """No redirect of an authenticated request leaves `origin`, a URL (RFC 9110 §15.4). From http to https of the same host is
    an improvement, not another place."""
    seen = redirects = 0
    for exchange in exchanges:
        if exchange.response is None or not _authenticated(exchange):
            continue
        seen += 1
        location = exchange.response.fields.get("Location")
        if location is None or not 300 <= exchange.response.status < 400:
            continue
        redirects += 1
        goal = urljoin(urljoin(origin, "/" + exchange.request.target.lstrip("/")), location.strip())
        if not _same_place(origin, goal):
            return failed(
                f"{described(exchange)} to {exchange.request.target[:80]} leads to {goal[:120]}", decisive=True
            )
    if seen:
        return passed(f"{seen} responses, {redirects} redirects, none to another origin")
    gone = next((m for e in exchanges if (m := missing(e))), None)
    return gone or inconclusive(Cause.UNANSWERED, "no authenticated request was answered")


def _authenticated(exchange: Exchange) -> bool:
    return any(name in exchange.request.fields for name in ("Authorization", "X-XSRF-TOKEN", "Cookie"))


def _same_place(origin: str, goal: str) -> bool:
    try:
        here, there = urlsplit(origin), urlsplit(goal)
        ports = [url.port or PORTS.get(url.scheme) for url in (here, there)]
    except ValueError:
        return False
    if (here.hostname or "").lower() != (there.hostname or "").lower():
        return False
    upgraded = (here.scheme, there.scheme) == ("http", "https")
    return upgraded or (here.scheme == there.scheme and ports[0] == ports[1])


@judgement
def nothing_splits(probe: Exchange, control: Exchange) -> Verdict:
    """No field and no second response is made from the request's line ends (RFC 9112 §11.1). The status is not judged."""
    fields = probe.response.fields if probe.response is not None else ()
    made = next((f"{name}: {value}" for name, value in fields if name.lower() == INJECTED), None)
    if made is not None:
        return failed(f"the response has a field made from the request: {made!r}", decisive=True)
    if probe.stray and INJECTED.encode() in probe.stray.lower():
        return failed(f"the response is split by the request: behind it came {probe.stray[:80]!r}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if not probe.answered and INJECTED.encode() in probe.received.lower():
        return failed(f"the response is broken by the request: {probe.received[:120]!r}")
    return passed(described(probe))


@judgement
def not_served_in_plain(probe: Exchange, control: Exchange) -> Verdict:
    """The twin of the control over plain http is refused, redirected or not connected (RFC 7617 §4, RFC 6750 §5.3)."""
    if relayed(probe) or probe.accepted:
        return failed(f"over plain http, the request got {described(probe)}", decisive=True)
    return red(control) or passed(f"over plain http: {described(probe)}")


@judgement
def old_tls_is_refused(attempts: Sequence[tuple[str, str, str]], control: Exchange) -> Verdict:
    """No handshake that offers only an old version comes about. `attempts`: offered, negotiated (or empty), why not.

    The control has gone over a connection whose certificate was verified for the host.
    """
    for offered, negotiated, _ in attempts:
        if negotiated:
            return failed(f"a client that offers {offered} only gets {negotiated}", decisive=True)
    if bad := red(control):
        return bad
    if not control.connection.tls:
        return inconclusive(Cause.VACUOUS, "the control did not go over TLS")
    said = "; ".join(f"{offered}: {why}" for offered, _, why in attempts)
    return passed(f"certificate valid for the host; {said}")


@judgement
def indistinct(probes: Sequence[Exchange], control: Exchange, banner: str) -> Verdict:
    """Ports that cannot be used for mail lead to one error, in which numbers may differ, and none repeats `banner`."""
    if bad := red(control):
        return bad
    for probe in probes:
        if gone := unobserved(probe):
            return gone
        if probe.response is not None and banner.encode() in probe.response.head + probe.response.body:
            return failed(f"{described(probe)} to {probe.request.note} repeats what the port said", decisive=True)
        if relayed(probe) or probe.succeeded:
            return failed(f"{probe.request.note} got {described(probe)}")
    if silent := next((p for p in probes if p.outcome is not Outcome.ANSWERED), None):
        return failed(f"{silent.request.note} got {described(silent)}")
    if len({_indistinct(p) for p in probes}) > 1:
        told = len({p.status for p in probes}) > 1
        return failed("; ".join(f"{p.request.note}: {described(p) if told else _said(p)}" for p in probes))
    return passed(f"each {described(probes[0])}")


def _indistinct(probe: Exchange) -> tuple[int | None, str]:
    return probe.status, VARYING.sub("#", _body(probe))


def _said(probe: Exchange) -> str:
    """The status and how the content begins, in which alone the errors differ."""
    return f"{probe.status} with {_body(probe)[:SHOWN]!r}"


def _body(probe: Exchange) -> str:
    return probe.response.body.decode("utf-8", "replace") if probe.response is not None else ""
