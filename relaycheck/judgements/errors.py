"""What an error response says and how long it is; and that no input brings the service down (RFC 9110 §15.5, §15.6)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from relaycheck.exchange import Outcome
from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import GATEWAY, answer_known, described, missing, red, relayed, throttled
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from relaycheck.exchange import Exchange, Response

CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
RECOVERY = 10.0
"""Seconds within which a valid request must be served after hostile ones."""


@judgement
def answered_without_5xx(probe: Exchange, control: Exchange, tolerated: Collection[int] = ()) -> Verdict:
    """Input that the client got wrong is answered, and not with 5xx, while the control is served.

    502, 503 and 504 may be a gateway's, so they fall to the control; `tolerated`: 501 where a method or coding is unknown.
    """
    if bad := red(control) or missing(probe):
        return bad
    if not probe.answered:
        return failed(f"{probe.request.note} got {described(probe)}")
    if probe.status in GATEWAY:
        return inconclusive(Cause.GATEWAY, f"{probe.request.note} got {described(probe)}")
    if probe.status is not None and probe.status >= 500 and probe.status not in tolerated:
        return failed(f"{probe.request.note} got {described(probe)}")
    return passed(described(probe))


@judgement
def no_crash_over_the_run(exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """No two requests that asked for a refusal were answered with 5xx. One alone is not reproducible.

    Chunks are the web server's to read, so they are left out: what it says to bad ones is judged where they are sent.
    """
    wrong = [e for e in exchanges if e.request.message is None and "Transfer-Encoding" not in e.request.fields]
    crashed = [e for e in wrong if e.status is not None and e.status >= 500 and e.status not in (501, *GATEWAY)]
    if bad := red(control):
        return bad
    if not crashed:
        return passed(f"{len(wrong)} requests with something wrong, none was answered 5xx")
    told = "; ".join(f"{e.id} ({e.request.note or e.request.method}): {described(e)}" for e in crashed[:3])
    if len(crashed) > 1:
        return failed(told)
    return inconclusive(Cause.NOT_REPRODUCIBLE, f"seen once: {told}")


@judgement
def explained(refusal: Exchange) -> Verdict:
    """A 4xx has content that explains it, and a Content-Type for that content (RFC 9110 §15.5)."""
    if gone := missing(refusal):
        return gone
    if not refusal.refused or refusal.response is None:
        return inconclusive(Cause.VACUOUS, f"{refusal.request.note} got {described(refusal)}, which is no 4xx")
    if not refusal.response.body.strip():
        return failed(f"{described(refusal)} to {refusal.request.note} has no content")
    if not refusal.response.fields.get("Content-Type"):
        return failed(f"{described(refusal)} to {refusal.request.note} has content without a Content-Type")
    return passed(f"{described(refusal)}, {refusal.response.fields.get('Content-Type')}")


def media_type(response: Response) -> str:
    """The media type without parameters, in lower case; empty without one."""
    return (response.fields.get("Content-Type") or "").partition(";")[0].strip().lower()


def _family(name: str) -> str:
    subtype = name.partition("/")[2]
    for family in ("json", "xml"):
        if name != "application/xhtml+xml" and (subtype == family or subtype.endswith(f"+{family}")):
            return family
    return "html" if name in ("text/html", "application/xhtml+xml") else "other"


@judgement
def the_type_fits_accept(refusal: Exchange, wanted: str) -> Verdict:
    """An error for a client that accepts only `wanted` (json or xml) is not HTML, and is what its Content-Type says.

    A server may disregard Accept (RFC 9110 §12.1), so the other of the two, plain text or no content at all will do.
    """
    if gone := missing(refusal):
        return gone
    if not refusal.refused or refusal.response is None:
        return inconclusive(Cause.VACUOUS, f"{refusal.request.note} got {described(refusal)}, which is no 4xx")
    response = refusal.response
    body = response.body.strip()
    if not body:
        return passed(f"{described(refusal)}, no content")
    if coding := _unread(response):
        return inconclusive(
            Cause.VACUOUS, f"{described(refusal)} comes in the coding {coding}, which was not asked for and is not read"
        )
    family = _family(media_type(response))
    start = body[:200].lower()
    looks_html = start.startswith((b"<!doctype html", b"<html")) or b"<html" in start
    if family == "html" or looks_html:
        return failed(f"Accept asks for {wanted} only, and {described(refusal)} comes as an HTML page")
    if family == "json" and not _is_json(body):
        return failed(f"{described(refusal)} says {media_type(response)}, but its content is no JSON: {body[:60]!r}")
    note = "" if family == wanted else f" although {wanted} was asked for"
    return passed(f"{described(refusal)}, {media_type(response) or 'no Content-Type'}{note}")


def _unread(response: Response) -> str:
    """The content coding of a content that is no text in any charset: the client opens gzip and deflate, and no others."""
    coding = response.fields.get("Content-Encoding") or ""
    return coding if coding and CONTROLS.search(response.body) else ""


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def shape(response: Response) -> str:
    """Media type and top-level members of an error, in words that can be compared."""
    body = response.body.strip()
    if not body:
        return "no content"
    name = media_type(response) or "no Content-Type"
    if coding := _unread(response):
        return f"{name} in the coding {coding}"
    return f"{name} with {', '.join(_members(body)) or 'no members'}"


def _members(body: bytes) -> tuple[str, ...]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        pass
    else:
        return tuple(sorted(value)) if isinstance(value, dict) else (type(value).__name__,)
    try:
        return tuple(sorted(child.tag for child in fromstring(body)))
    except (ParseError, DefusedXmlException, ValueError):
        return ()


@judgement
def one_shape(refusals: Sequence[Exchange]) -> Verdict:
    """All refusals have the same media type and the same top-level members."""
    for refusal in refusals:
        if gone := missing(refusal):
            return gone
    seen = [(e, shape(e.response)) for e in refusals if e.refused and e.response is not None]
    if len(seen) < 2:
        return inconclusive(Cause.VACUOUS, f"fewer than two refusals: {'; '.join(map(described, refusals))}")
    if len({found for _, found in seen}) > 1:
        return failed("; ".join(f"{e.status} is {found}" for e, found in seen))
    return passed(f"{len(seen)} refusals, each {seen[0][1]}")


def _has_more(error: Exchange) -> bool:
    """Octets that its length does not count. A further response is none: it answers a body that nobody drained, as framing asks."""
    return bool(error.stray) and error.request.method != "HEAD" and not error.stray.startswith(b"HTTP/1.")


@judgement
def the_length_is_true(exchanges: Sequence[Exchange]) -> Verdict:
    """Each error response ends where its Content-Length or its chunks say (RFC 9112 §6.3)."""
    errors = [e for e in exchanges if e.response is not None and e.response.status >= 400]
    for exchange in errors:
        if _has_more(exchange):
            return failed(f"behind the end of {described(exchange)} came {exchange.stray[:60]!r}", decisive=True)
    for exchange in errors:
        if exchange.outcome in (Outcome.CUT, Outcome.MALFORMED):
            assert exchange.response is not None
            declared = exchange.response.fields.get("Content-Length")
            said = f"Content-Length: {declared}" if declared else f"framing {exchange.response.framing}"
            came = len(exchange.response.body)
            return failed(f"{exchange.response.status} says {said}, and ends after {came} octets ({exchange.error})")
    if errors:
        return passed(f"{len(errors)} errors, each as long as it says")
    gone = next((m for e in exchanges if (m := missing(e))), None)
    return gone or inconclusive(Cause.VACUOUS, "no error to look at")


@judgement
def nothing_behind_an_error(exchanges: Sequence[Exchange]) -> Verdict:
    """No octet follows the declared end of an error response anywhere in the run."""
    errors = [e for e in exchanges if e.answered and e.response is not None and e.response.status >= 400]
    for exchange in errors:
        if _has_more(exchange):
            return failed(f"behind the end of {described(exchange)} came {exchange.stray[:60]!r}", decisive=True)
    return passed(f"{len(errors)} errors, nothing behind any of them") if errors else _nothing(exchanges)


def _nothing(exchanges: Sequence[Exchange]) -> Verdict:
    gone = next((m for e in exchanges if (m := missing(e))), None)
    return gone or inconclusive(Cause.VACUOUS, "no error to look at")


@judgement
def refused_or_served_cleanly(probe: Exchange, control: Exchange) -> Verdict:
    """Something very long is served or refused with a 4xx: no 5xx, no silence, no broken response."""
    if bad := red(control) or missing(probe):
        return bad
    if probe.accepted or (probe.refused and not relayed(probe)):
        return passed(described(probe))
    return failed(f"{probe.request.note} got {described(probe)}", decisive=relayed(probe) and answer_known(probe))


@judgement
def too_large_is_refused(probe: Exchange, before: Exchange, after: Exchange) -> Verdict:
    """A body beyond the declared limit gets a 4xx or an early close, relays nothing, and the next request is served.

    A service that takes more than it declares does no harm: it may serve the body.
    """
    if relayed(probe) and not probe.accepted:
        return failed(f"a body beyond the declared limit got {described(probe)}", decisive=True)
    if bad := red(before) or missing(probe):
        return bad
    if probe.answered and not (probe.refused or probe.accepted):
        return failed(f"a body beyond the declared limit got {described(probe)}")
    if not probe.answered and not probe.connection.closed_after:
        return failed(f"a body beyond the declared limit got {described(probe)}, and the connection stays open")
    if not after.accepted:
        return failed(f"after {described(probe)} to a large body, a valid request got {described(after)}")
    return passed(f"{described(probe)}; the next request got {described(after)}")


@judgement
def served_again(hostile: Sequence[Exchange], before: Exchange, after: Sequence[Exchange]) -> Verdict:
    """A valid request is served within ten seconds of hostile ones. `after`: the tries, until one was served or time was up.

    Answers other than a gateway's to every try, after a control that was served, are proof of their own: the service is there
    and no longer works. Silence may be an outage, and is confirmed.
    """
    if bad := red(before):
        return bad
    last = after[-1]
    if last.accepted:
        return passed(f"{len(hostile)} hostile requests; then {described(last)}")
    if throttled(last) or last.status in GATEWAY:
        return inconclusive(Cause.GATEWAY, f"after hostile requests, a valid one got {described(last)}")
    notes = ", ".join(dict.fromkeys(e.request.note or e.id for e in hostile))
    broken = len(after) > 1 and all(e.answered and e.status not in GATEWAY for e in after)
    return failed(f"after {notes}, {len(after)} valid requests were not served: {described(last)}", decisive=broken)
