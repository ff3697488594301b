"""What a request owes its client when the mail server refuses, breaks off or is silent, and what it owes the mail server."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.exchange import Outcome
from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.mail import canonical, fate
from relaycheck.judgements.state import described, red, relayed, unobserved
from relaycheck.secret import Redactor
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange
    from relaycheck.secret import Secret


@judgement
def not_claimed(probe: Exchange, control: Exchange) -> Verdict:
    """What the mail server did not take is not answered with success (RFC 9110 §15.3.5)."""
    if probe.succeeded and not (probe.witnessed and fate(probe).complete):
        return red(control) or failed(
            f"the mail server did not take the mail for every recipient, and yet {described(probe)}"
        )
    if bad := unobserved(probe) or red(control):
        return bad
    if not probe.answered:
        return inconclusive(Cause.UNANSWERED, f"the request got {described(probe)}")
    return passed(described(probe))


@judgement
def a_partial_delivery_is_told(probe: Exchange, control: Exchange) -> Verdict:
    """Nobody gets the mail, or the answer is an error that names a recipient."""
    if bad := unobserved(probe) or red(control):
        return bad
    if not relayed(probe):
        return passed(f"{described(probe)}: nobody got the mail")
    message = probe.request.message
    said = (probe.response.body.decode("utf-8", "replace") if probe.response else "").lower()
    named = message is not None and any(a.rpartition("@")[0].lower() in said for a in message.recipients)
    if named and not probe.succeeded:
        return passed(f"{described(probe)}: the error names recipients")
    return failed(
        f"one recipient was refused, others got the mail, and the client is not told whom: {described(probe)}"
    )


@judgement
def answered_in_time(probe: Exchange, control: Exchange, seconds: float) -> Verdict:
    """A request whose mail server has fallen silent is answered within `seconds`, and not with success."""
    if bad := red(control):
        return bad
    where = probe.request.note
    if probe.succeeded:
        return failed(f"{where}, and yet {described(probe)}")
    if probe.outcome is Outcome.NOT_SENT or probe.status == 429:
        return unobserved(probe) or passed()
    if not probe.answered:
        return failed(f"{where}: {described(probe)} within {seconds:g} s")
    if probe.seconds > seconds:
        return failed(f"{where}: {described(probe)}, after {probe.seconds:.1f} s, where {seconds:g} s are allowed")
    return passed(f"{where}: {described(probe)}")


@judgement
def sent_once(probe: Exchange, control: Exchange) -> Verdict:
    """No recipient's mail was sent to its end a second time after the mail server had not replied: the first may be delivered too.

    SMTP itself lets a client try again then (RFC 5321 §4.5.4.1); here its own client decides that, who is told that it failed.
    """
    sent = Counter(canonical(a) for d in probe.deliveries for a in dict.fromkeys(d.accepted_recipients))
    often = max(sent.values(), default=0)
    if often > 1:
        return failed(
            f"{probe.request.note}: the mail was sent to its end {often} times, so that it may arrive as often",
            decisive=True,
        )
    return red(control) or passed(f"{probe.request.note}: sent to its end {often or 'no'} time{'s' * (not often)}")


@judgement
def nothing_afterwards(probe: Exchange, control: Exchange) -> Verdict:
    """A request that was answered with an error because the mail server was slow is not relayed all the same.

    Its client believes that it failed, and asks again.
    """
    if probe.answered and not probe.succeeded and relayed(probe):
        return failed(f"{probe.request.note}: {described(probe)}, relayed after the client was told that it failed")
    return red(control) or passed(f"{probe.request.note}: {described(probe)}")


@judgement
def only_at(listener: str, probe: Exchange, control: Exchange) -> Verdict:
    """The mail goes to the server that the request names and to no other."""
    elsewhere = sorted({d.listener for d in probe.deliveries if d.accepted and d.listener != listener})
    if elsewhere:
        return failed(f"the request names {listener}, and mail of it came to {', '.join(elsewhere)}", decisive=True)
    if bad := unobserved(probe) or red(control):
        return bad
    if not probe.accepted:
        return failed(f"expected 204, got {described(probe)}")
    if fault := fate(probe).fault():
        return failed(f"204, but at the server that the request names {fault}")
    return passed(f"{described(probe)}, all at the named server")


@judgement
def never_at(listener: str, probe: Exchange, control: Exchange) -> Verdict:
    """No mail of the probe comes to `listener`, which it does not name, while the control's does.

    Where the named server failed, a queue tries again, and may by then find another of the suite's servers at its port: that is
    no other server.
    """
    if any(d.accepted and d.listener == listener for d in probe.deliveries):
        return failed(f"nothing may be relayed to {listener}, but {described(probe)}", decisive=True)
    if bad := red(control) or unobserved(probe):
        return bad
    if not probe.witnessed:
        return inconclusive(Cause.NO_WITNESS, "without a witness, nothing shows that no mail was relayed")
    return passed(described(probe))


@dataclass(frozen=True, slots=True)
class AuthSeen:
    """One AUTH command at a listener of the witness, from any session. `user` is None where none was given."""

    listener: str
    user: str | None
    tls: bool


@judgement
def credentials_kept(
    probes: Sequence[Exchange],
    control: Exchange,
    *,
    seen: Sequence[AuthSeen],
    listener: str,
    password: Secret,
    tls: bool,
    without: Sequence[Exchange] = (),
) -> Verdict:
    """User name and password go only to `listener`, over TLS if `tls`, and into no mail; and serve none `without` them.

    Nor does a mail that asks for them, or for TLS, go without. `seen` is every AUTH since the first probe was sent. A refusal gives
    nothing away.
    """
    if borrowed := next((d for probe in without for d in probe.deliveries if d.accepted and d.auth), None):
        return failed(
            f"the request names no user, and its mail came in a session of {borrowed.auth}, whom another one named",
            decisive=True,
        )
    if wrong := next((a for a in seen if a.listener != listener), None):
        return failed(
            f"AUTH {wrong.user or ''} was sent to {wrong.listener}, which the request does not name", decisive=True
        )
    if tls and any(not a.tls for a in seen):
        return failed("UseSSL is true, and AUTH was sent on a connection without TLS", decisive=True)
    for delivery in (d for p in probes if p not in without for d in p.deliveries if d.accepted):
        if tls and not delivery.tls:
            return failed("UseSSL is true, and the mail was sent on a connection without TLS", decisive=True)
        if not delivery.auth:
            return failed("the request names a user, and its mail came in a session without a login", decisive=True)
    known = Redactor((password,))
    for probe in probes:
        for delivery in probe.deliveries:
            if known.found_in(delivery.data) or password.placeholder.encode() in delivery.data:
                return failed("the password of the connection is in the mail", decisive=True)
    came = "; ".join(described(p) for p in probes)
    return red(control) or passed(f"{came}; {len(seen)} AUTH at the named server")
