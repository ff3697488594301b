"""The oracles of the catalogue: served, the same, refused, same or refused, not relayed.

Each takes recorded exchanges and gives a verdict with its reason. "Existence is decisive": mail that should not be there, or a
2xx that should not be given with the mail to prove it, needs one sighting. "Absence is not": a refusal or a missing mail is
confirmed by the plugin before it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.mail import fate
from relaycheck.judgements.state import answer_known, described, missing, red, relayed
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from relaycheck.exchange import Exchange


def arrival(probe: Exchange) -> Verdict:
    """Whether the mail of an accepted exchange arrived as it should. Without a witness nothing can be said against it."""
    if not probe.witnessed or probe.request.message is None:
        return passed("204 (no witness: the status alone)")
    fault = fate(probe).fault()
    return failed(f"204, but {fault}") if fault else passed(described(probe))


@judgement
def accepted(probe: Exchange, control: Exchange | None = None) -> Verdict:
    """The probe is answered 204 and its mail is on its way to somebody: what a row about status alone asks for."""
    if control is not None and (bad := red(control)):
        return bad
    if gone := missing(probe):
        return gone
    if not probe.accepted:
        return failed(f"expected 204, got {described(probe)}", decisive=probe.succeeded and relayed(probe))
    if probe.witnessed and probe.request.message and not fate(probe).arrived:
        return failed("204, but no mail arrived at the witness")
    return passed(described(probe))


@judgement
def served(probe: Exchange, control: Exchange | None = None) -> Verdict:
    """O-204: answered 204, and every recipient got the mail once, unchanged. A probe of its own needs no control to fail."""
    if control is not None and (bad := red(control)):
        return bad
    if gone := missing(probe):
        return gone
    if not probe.accepted:
        return failed(f"expected 204, got {described(probe)}", decisive=probe.succeeded and relayed(probe))
    return arrival(probe)


@judgement
def same_outcome(probe: Exchange, control: Exchange) -> Verdict:
    """O-SAME: the same status and the same mail as the control, which was accepted."""
    if bad := red(control) or missing(probe):
        return bad
    if probe.status != control.status:
        return failed(f"the control got {described(control)}, the probe {described(probe)}")
    return _same_mail(probe, control)


def _same_mail(probe: Exchange, control: Exchange) -> Verdict:
    if not (probe.witnessed and control.witnessed):
        return passed(f"both {described(probe)} (no witness: the status alone)")
    was, came = fate(control), fate(probe)
    if came.fault() and _kind(came.fault()) != _kind(was.fault()):
        return failed(f"the control's mail arrived {_as(was.fault())}; of the probe's, {came.fault()}")
    return passed(f"both {described(probe)}")


def _kind(fault: str) -> str:
    """The fault without its numbers and excerpts, so that the same fault on two messages counts as the same."""
    return fault.split(" differs")[0].lstrip("0123456789 ")


def _as(fault: str) -> str:
    return f"with a fault of its own ({fault})" if fault else "as it was sent"


@judgement
def refused(probe: Exchange, control: Exchange, statuses: Collection[int] = range(400, 500)) -> Verdict:
    """O-REFUSE: a 4xx (or one of `statuses`), and nothing relayed; while the control, which differs in one thing, is accepted."""
    if relayed(probe):
        return failed(f"it was to be refused, but {described(probe)}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if probe.status not in statuses:
        return failed(f"expected a refusal, got {described(probe)}")
    return passed(described(probe))


@judgement
def not_served(probe: Exchange, control: Exchange) -> Verdict:
    """Nothing relayed and no 2xx: a refusal in any form, 3xx and 5xx included. For rows that name no status."""
    if relayed(probe):
        return failed(f"nothing may be relayed, but {described(probe)}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if probe.succeeded:
        return failed(f"it was to be refused, but got {described(probe)}")
    return passed(described(probe))


@judgement
def not_relayed(probe: Exchange, control: Exchange) -> Verdict:
    """O-NORELAY: no mail of the probe is at the witness; the control's mail is. The status is not judged."""
    if relayed(probe):
        return failed(f"nothing may be relayed, but {described(probe)}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if not probe.witnessed:
        return inconclusive(Cause.NO_WITNESS, "without a witness, nothing shows that no mail was relayed")
    return passed(described(probe))


@judgement
def same_or_refused(probe: Exchange, control: Exchange) -> Verdict:
    """O-SOR: the control's outcome exactly, or a 4xx with nothing relayed. A third outcome fails."""
    if bad := red(control):
        return bad
    if gone := missing(probe):
        return gone
    if probe.accepted:
        return _same_mail(probe, control)
    if relayed(probe):
        return failed(f"neither served nor refused: {described(probe)}", decisive=answer_known(probe))
    if probe.refused:
        return passed(described(probe))
    return failed(f"neither served nor refused: {described(probe)}")


@judgement
def status_in(probe: Exchange, control: Exchange, statuses: Collection[int]) -> Verdict:
    """The probe's status is one of `statuses`, while the control is accepted."""
    if bad := red(control) or missing(probe):
        return bad
    if probe.status not in statuses:
        return failed(f"expected {_either(statuses)}, got {described(probe)}")
    return passed(described(probe))


def _either(statuses: Collection[int]) -> str:
    words = [str(s) for s in statuses]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


@judgement
def observed(*probes: Exchange, says: str = "") -> Verdict:
    """For INFO and MAY rows: record what came. It cannot fail; it is inconclusive when nothing came."""
    for probe in probes:
        if gone := missing(probe):
            return gone
    return passed(says or "; ".join(f"{p.request.note or p.id}: {described(p)}" for p in probes))


@judgement
def observed_fields(probe: Exchange, names: Collection[str]) -> Verdict:
    """Record which of the named fields a response has, and their values."""
    if gone := missing(probe):
        return gone
    fields = probe.response.fields if probe.response else None
    seen = [f"{name}: {value}" for name in names if fields and (value := fields.get(name)) is not None]
    return passed("; ".join(seen) or f"none of {', '.join(names)}")


@judgement
def same_outcome_or(probe: Exchange, control: Exchange, statuses: Collection[int]) -> Verdict:
    """The control's outcome, or one of `statuses` with nothing relayed."""
    if probe.status in statuses and not relayed(probe):
        return red(control) or passed(described(probe))
    return same_outcome(probe, control).evaluate()


@judgement
def harmless(probe: Exchange, control: Exchange) -> Verdict:
    """204 or any 4xx, whole and with nothing injected into its header section; no 5xx, no mail without a 204."""
    if bad := red(control) or missing(probe):
        return bad
    if injected := _injected(probe):
        return failed(f"the response has a header field made from the request: {injected!r}", decisive=True)
    if relayed(probe) and not probe.accepted:
        return failed(f"neither served nor refused: {described(probe)}", decisive=answer_known(probe))
    if not (probe.accepted or probe.refused):
        return failed(f"expected 204 or 4xx, got {described(probe)}")
    return passed(described(probe))


INJECTED = "x-relaycheck-injected"
"""The field name that every injection payload of the suite tries to make."""


def _injected(probe: Exchange) -> str:
    fields = probe.response.fields if probe.response else ()
    if found := next((f"{name}: {value}" for name, value in fields if name.lower() == INJECTED), ""):
        return found
    return repr(probe.stray[:60])[1:] if INJECTED.encode() in probe.stray.lower() else ""


@judgement
def not_relayed_when(status: int, exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """No exchange answered with `status` relayed anything. Passes when none was answered so: then nothing is obliged."""
    answered = [e for e in exchanges if e.status == status]
    for exchange in answered:
        if relayed(exchange):
            return failed(f"{exchange.id}: {described(exchange)}", decisive=True)
    if bad := red(control):
        return bad
    return passed(
        f"{len(answered)} answers with {status}, none relayed anything"
        if answered
        else f"nothing was answered {status}"
    )


@judgement
def no_grant_to(origin: str, preflight: Exchange) -> Verdict:
    """The answer to a preflight does not allow `origin` together with credentials (Fetch, CORS protocol)."""
    if gone := missing(preflight):
        return gone
    if preflight.response is None or not preflight.answered:
        return failed(f"a preflight got {described(preflight)}")
    fields = preflight.response.fields
    allowed = fields.get("Access-Control-Allow-Origin")
    credentials = (fields.get("Access-Control-Allow-Credentials") or "").strip().lower()
    if allowed == origin and credentials == "true":
        return failed(f"the preflight allows {origin} with credentials", decisive=True)
    return passed(f"{described(preflight)}, Access-Control-Allow-Origin: {allowed or 'absent'}")


@judgement
def identical_mail(probe: Exchange, control: Exchange) -> Verdict:
    """The probe, whose message differs from the control's, is served and its own message arrives as it was written."""
    if bad := red(control) or missing(probe):
        return bad
    if not probe.accepted:
        return failed(f"expected 204, got {described(probe)}")
    return arrival(probe)


@judgement
def what_a_415_lists_is_accepted(refusal: Exchange, trials: Sequence[Exchange]) -> Verdict:
    """No type that a 415 advertises is answered 415 (RFC 9110 §15.5.16). Nothing is obliged when nothing is listed."""
    if gone := missing(refusal):
        return gone
    for trial in trials:
        if trial.status == 415:
            return failed(f"the 415 lists {trial.request.note}, which is then answered 415")
    return passed(
        f"{len(trials)} types listed, none of them refused with 415"
        if trials
        else f"{described(refusal)}, no types listed"
    )


@judgement
def any_served(probes: Sequence[Exchange]) -> Verdict:
    """At least one of the probes is served."""
    verdicts = [served(probe).evaluate() for probe in probes]
    if good := next((v for v in verdicts if v.passed), None):
        return good
    if not verdicts:
        return failed("nothing is declared that could be served")
    return verdicts[0]


@judgement
def nothing_relayed_without_204(exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """No exchange that was answered 4xx relayed anything; a 5xx may have been partial, so it is not held against it."""
    answered = [e for e in exchanges if e.refused]
    for exchange in answered:
        if relayed(exchange):
            return failed(f"{exchange.id} ({exchange.request.note}): {described(exchange)}", decisive=True)
    return red(control) or passed(f"{len(answered)} requests were refused, none of them relayed anything")
