"""What odd, ambiguous or equal bodies may lead to: one meaning for one text, one value among several, nothing half read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.mail import canonical, fate
from relaycheck.judgements.outcome import same_or_refused
from relaycheck.judgements.state import GATEWAY, described, missing, red, relayed
from relaycheck.verdicts import Verdict, failed, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange

BLANK_LINE = re.compile(rb"\r?\n\r?\n")
LEAD = 12  # octets that are shown in front of a difference
CESU_8 = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")


@judgement
def not_accepted(probe: Exchange, control: Exchange) -> Verdict:
    """No 204 and nothing relayed. Another 2xx passes: agents of the vendor may answer a failure with 200 and null."""
    if relayed(probe):
        return failed(f"nothing may be relayed, but {described(probe)}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if probe.accepted:
        return failed(f"it cannot have been carried out, but got {described(probe)}")
    if not probe.answered:
        return failed(f"expected a refusal, got {described(probe)}")
    return passed(described(probe))


@judgement
def alike(probe: Exchange, other: Exchange, control: Exchange) -> Verdict:
    """Two requests that say the same: both relayed with the same octets, or both refused. The control is an accepted third.

    A relay that does not pass such mail on may tell of both as a gateway does.
    """
    if bad := red(control) or missing(probe) or missing(other):
        return bad
    if not (probe.accepted and other.accepted):
        passed_on = probe.status in GATEWAY and probe.status == other.status
        if (passed_on or (probe.refused and other.refused)) and not (relayed(probe) or relayed(other)):
            return passed(f"both refused: {described(probe)}")
        return failed(f"one got {described(other)}, the other {described(probe)}")
    if (difference := _difference(probe, other)) is not None:
        return failed(difference)
    return passed(f"both {described(probe)}")


@judgement
def alike_or_refused(
    probe: Exchange, other: Exchange, control: Exchange, *, otherwise: Exchange | None = None
) -> Verdict:
    """As `alike`, or the probe is refused and relays nothing. `otherwise` is a second thing that the probe may be taken to say."""
    if probe.refused and not relayed(probe):
        return red(control) or missing(probe) or passed(described(probe))
    verdict = alike(probe, other, control=control).evaluate()
    if otherwise is not None and not verdict.passed:
        second = alike(probe, otherwise, control=control).evaluate()
        return second if second.passed else verdict
    return verdict


@judgement
def alike_in_four_octets(probe: Exchange, other: Exchange, control: Exchange) -> Verdict:
    """As `alike`, for text beyond the basic plane, which no charset spells as UTF-8 of its surrogates (CESU-8; RFC 3629 §3)."""
    for exchange in (probe, other):
        if any(CESU_8.search(delivery.data) for delivery in exchange.deliveries if delivery.accepted):
            return failed(f"{described(exchange)}: a surrogate pair is in the mail as CESU-8", decisive=True)
    return alike(probe, other, control=control).evaluate()


def _difference(probe: Exchange, other: Exchange) -> str | None:
    """How the mails of two exchanges differ, nonces and header sections apart; without a witness nothing can be said."""
    if not (probe.witnessed and other.witnessed) or probe.request.message is None or other.request.message is None:
        return None
    was, came = fate(other), fate(probe)
    if (was.counts, was.strangers, was.sender) != (came.counts, came.strangers, came.sender):
        return f"of one mail, {was.fault() or 'all is well'}; of the other, {came.fault() or 'all is well'}"
    ours, theirs = _contents(probe), _contents(other)
    if ours != theirs:
        one, another = min(theirs - ours, default=b""), min(ours - theirs, default=b"")
        at = next(
            (n for n, (a, b) in enumerate(zip(one, another, strict=False)) if a != b), min(len(one), len(another))
        )
        from_there = f", from octet {at} on," if at > LEAD else ""
        start = max(0, at - LEAD) if from_there else 0
        return f"one mail's text{from_there} is {_excerpt(one, start)}, the other's {_excerpt(another, start)}"
    return None


def _contents(exchange: Exchange) -> frozenset[bytes]:
    """What follows the header section, without the nonce that tells requests apart."""
    nonce = re.compile(re.escape(exchange.request.nonce.encode()), re.IGNORECASE)
    found = set()
    for delivery in exchange.deliveries:
        if delivery.accepted:
            parts = BLANK_LINE.split(delivery.data, maxsplit=1)
            found.add(nonce.sub(b"", parts[-1]))
    return frozenset(found)


def _excerpt(content: bytes, start: int) -> str:
    return repr(content[start : start + 60])[1:] if content else "nothing else"


@judgement
def one_value_wins(probe: Exchange, singles: Sequence[Exchange], control: Exchange) -> Verdict:
    """A property that is named twice: refused, or the whole mail is that of one value. `singles`: each value sent alone.

    A value that is refused alone cannot win: relaying it means that one value was checked and the other used.
    """
    if bad := red(control) or missing(probe):
        return bad
    for single in singles:
        if gone := missing(single):
            return gone
    if not probe.accepted:
        return same_or_refused(probe, control).evaluate()
    winners = [single for single in singles if single.accepted and _as_if(probe, single)]
    if probe.witnessed and not winners:
        return failed(f"the mail is that of neither value: {described(probe)}", decisive=relayed(probe))
    return passed(described(probe))


def _as_if(probe: Exchange, single: Exchange) -> bool:
    """Whether the probe's mail is what the single value asks for, with no worse fault than the single's own mail has."""
    assert single.request.message is not None
    nonce = single.request.nonce
    asked = single.request.message
    own = replace(
        asked,
        rfc822=asked.rfc822.replace(nonce, probe.request.nonce),
        sender=asked.sender.replace(nonce, probe.request.nonce),
        recipients=tuple(r.replace(nonce, probe.request.nonce) for r in asked.recipients),
    )
    came = fate(replace(probe, request=replace(probe.request, message=own)))
    return came.complete and (not came.fault() or came.fault() == fate(single).fault())


@judgement
def relayed_to_all_or_refused(probe: Exchange, recipients: int, control: Exchange) -> Verdict:
    """204 and so many recipients have the same mail, or a refusal and nobody has one. What the mail says is not judged."""
    if bad := red(control) or missing(probe):
        return bad
    if not probe.accepted:
        return same_or_refused(probe, control).evaluate()
    if not probe.witnessed:
        return passed(described(probe))
    accepted = [d for d in probe.deliveries if d.accepted]
    people = [canonical(address) for d in accepted for address in d.accepted_recipients]
    if len(set(people)) != recipients or len(people) != recipients:
        return failed(f"204 for {recipients} recipients, but {described(probe)}")
    if len(_contents(probe)) > 1:
        return failed("the recipients got different mails")
    return passed(described(probe))


@judgement
def one_line_throughout(cases: Sequence[tuple[Exchange, str]], control: Exchange) -> Verdict:
    """Two Content-Type lines: each request is refused, or what was served is explained by always the first or always the last line.

    A case is an exchange and the type in which its body is really written.
    """
    if bad := red(control):
        return bad
    for probe, _ in cases:
        verdict = same_or_refused(probe, control).evaluate()
        if not verdict.passed:
            return verdict
    served = [(probe.request.fields.all("Content-Type"), written) for probe, written in cases if probe.accepted]
    if all(lines[0] == written for lines, written in served):
        return passed(f"{len(served)} of {len(cases)} served, by their first line" if served else "all refused")
    if all(lines[-1] == written for lines, written in served):
        return passed(f"{len(served)} of {len(cases)} served, by their last line")
    told = "; ".join(f"{' then '.join(lines)}: served as {written}" for lines, written in served)
    return failed(f"now the one line counts, now the other ({told})")
