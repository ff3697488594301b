"""What hostile bodies must not do: harm the service, hold it up, or make it fetch something."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.exchange import Outcome
from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.outcome import same_or_refused
from relaycheck.judgements.state import described, missing, red
from relaycheck.verdicts import Verdict, failed, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange


@judgement
def unharmed(probe: Exchange, before: Exchange, after: Exchange, *, optional: int = 0) -> Verdict:
    """The probe is served the same or refused, and the next valid request is served as the one before it was.

    Its last `optional` recipients are spelled so that a reader of forms may pass over them like any unknown key.
    """
    if bad := red(before):
        return bad
    if probe.outcome is Outcome.NOT_SENT:
        return missing(probe) or passed()
    if optional and probe.accepted and probe.request.message is not None:
        fewer = probe.request.message.but(recipients=probe.request.message.recipients[:-optional])
        without = replace(probe, request=replace(probe.request, message=fewer))
        if same_or_refused(without, before).evaluate().passed:
            return _alive(probe, after)
    verdict = same_or_refused(probe, before).evaluate()
    return verdict if not verdict.passed else _alive(probe, after)


@judgement
def answered_in_time(probe: Exchange, before: Exchange, after: Exchange, seconds: float) -> Verdict:
    """Any answer within so many seconds, and the next valid request is served."""
    if bad := red(before) or missing(probe):
        return bad
    if not probe.answered:
        return failed(f"expected an answer within {seconds:g} s, got {described(probe)}")
    if probe.seconds > seconds:
        return failed(f"{described(probe)} after {probe.seconds:.1f} s; {seconds:g} s are allowed")
    return _alive(probe, after)


def _alive(probe: Exchange, after: Exchange) -> Verdict:
    if after.outcome is not Outcome.NOT_SENT and (gone := missing(after)):
        return gone
    if red(after):
        return failed(f"{described(probe)}, and the next valid request got {described(after)}")
    return passed(f"{described(probe)}; the next request was served")


@judgement
def nothing_fetched(probe: Exchange, control: Exchange, hits: int, traces: Sequence[bytes]) -> Verdict:
    """No connection came to the suite's listener (`hits`), and no pattern of `traces`, a file's content, came back or was mailed."""
    if hits:
        return failed(f"the service fetched the URL that {probe.request.note} names", decisive=True)
    for trace in traces:
        if re.search(trace, probe.received):
            return failed(f"the response holds the content of a file that {probe.request.note} names", decisive=True)
        if any(re.search(trace, delivery.data) for delivery in probe.deliveries):
            return failed(f"the mail holds the content of a file that {probe.request.note} names", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    return passed(f"{described(probe)}, nothing fetched")
