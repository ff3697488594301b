"""The same service over HTTP/2 (RFC 9113)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import described, missing, red, relayed
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange

CONNECTION_SPECIFIC = ("Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade")


@judgement
def no_connection_specific_fields(exchanges: Sequence[Exchange]) -> Verdict:
    """No response over HTTP/2 has a field that belongs to an HTTP/1.1 connection (RFC 9113 §8.2.2)."""
    answers = [e for e in exchanges if e.response is not None and e.response.version == "2"]
    for exchange in answers:
        assert exchange.response is not None
        for name in CONNECTION_SPECIFIC:
            if (value := exchange.response.fields.get(name)) is not None:
                return failed(
                    f"a response with {exchange.response.status} over HTTP/2 says {name}: {value}", decisive=True
                )
    if not answers:
        came = next((found for e in exchanges if (found := missing(e))), None)
        return came or inconclusive(Cause.UNANSWERED, "no response came over HTTP/2")
    return passed(f"{len(answers)} responses over HTTP/2, none with such a field")


@judgement
def refused_alike(probe: Exchange, other: Exchange, control: Exchange) -> Verdict:
    """A request that is refused over HTTP/1.1 (`other`) gets the same status over HTTP/2, and nothing is relayed."""
    if relayed(probe):
        return failed(f"it was to be refused, but {described(probe)}", decisive=True)
    if bad := red(control) or missing(probe) or missing(other):
        return bad
    if not other.refused:
        return inconclusive(Cause.CONTROL_RED, f"over HTTP/1.1 it got {described(other)}, which is no refusal")
    if probe.status != other.status:
        return failed(f"over HTTP/1.1 it got {described(other)}, over HTTP/2 {described(probe)}")
    return passed(f"{other.status} over both")
