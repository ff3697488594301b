"""What an incomplete request may lead to: a refusal, or a mail that is honest about what was missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.mail import HEADER_LINES, fate
from relaycheck.judgements.state import answer_known, described, missing, red, relayed
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange


@judgement
def refused_or_honest(probe: Exchange, control: Exchange) -> Verdict:
    """A 4xx with nothing relayed; or a 204 whose mail invents nothing.

    The probe's message is the control's with the property empty: an empty text is relayed as an empty mail, an empty sender as the
    null reverse-path or one that the message itself names. Without recipients (no message) a 204 is never honest.
    """
    if relayed(probe) and not probe.accepted:
        return failed(f"neither served nor refused: {described(probe)}", decisive=answer_known(probe))
    if bad := red(control) or missing(probe):
        return bad
    if probe.refused:
        return passed(described(probe))
    if not probe.accepted:
        return failed(f"expected a refusal, got {described(probe)}")
    if probe.request.message is None:
        return failed(f"expected a refusal, got {described(probe)}: there is nobody that the mail could be for")
    if not probe.witnessed:
        return inconclusive(Cause.NO_WITNESS, "204: without a witness, nothing shows what was relayed")
    fault = fate(probe).fault() or _content_out_of_nothing(probe)
    if fault and not _only_the_sender_that_the_message_names(probe, fault):
        return failed(f"204 although a property was missing, and {fault}")
    return passed(f"{described(probe)}, with nothing invented")


def _content_out_of_nothing(probe: Exchange) -> str:
    """What was relayed for an empty text, beyond header fields that a relay adds."""
    message = probe.request.message
    assert message is not None
    for delivery in probe.deliveries if not message.rfc822 else ():
        if delivery.accepted and (rest := HEADER_LINES.sub(b"", delivery.data, count=1).strip()):
            return f"the mail has content that the request has not: {rest[:40]!r}"
    return ""


def _only_the_sender_that_the_message_names(probe: Exchange, fault: str) -> bool:
    message = probe.request.message
    assert message is not None
    return (
        not message.sender
        and fault == "MAIL FROM is not From"
        and all(d.sender in message.rfc822 for d in probe.deliveries if d.accepted)
    )
