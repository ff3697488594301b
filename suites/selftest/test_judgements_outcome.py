"""The oracles, with literals on both sides: what passes, what fails and how surely, what says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from literals import (
    ACCEPTED,
    BUSY,
    GONE,
    LOST,
    REFUSED,
    SILENT,
    THROTTLED,
    delivery,
    exchange,
    message,
)

from relaycheck.judgements import (
    accepted,
    any_served,
    harmless,
    identical_mail,
    no_grant_to,
    not_relayed,
    not_relayed_when,
    not_served,
    nothing_relayed_without_204,
    observed,
    observed_fields,
    refused,
    same_or_refused,
    same_outcome,
    same_outcome_or,
    served,
    status_in,
    what_a_415_lists_is_accepted,
)
from relaycheck.verdicts import Kind, Verdict

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

PASS, FAIL, SURE, OPEN = "pass", "fail", "fail, decisive", "inconclusive"
HALF = message("rcliteralhalf", 2)
TO_ONE = exchange(204, carries=HALF, mail=(delivery(HALF, recipients=HALF.recipients[:1]),))
CHANGED = exchange(204, carries=HALF, mail=(delivery(HALF, data=HALF.rfc822.replace("line", "LINE").encode()),))
TWICE = exchange(204, carries=HALF, mail=(delivery(HALF), delivery(HALF)))
STRANGER = exchange(204, carries=HALF, mail=(delivery(HALF, recipients=(*HALF.recipients, "x@relaycheck.test")),))
REWRITTEN = exchange(204, carries=HALF, mail=(delivery(HALF, sender="other@relaycheck.test"),))
SECRETLY = exchange(401, mail=True)
BLIND = exchange(204, witnessed=False)
INJECTED = exchange(204, mail=True, fields=(("X-Relaycheck-Injected", "1"),))
OK_WITH_MAIL = exchange(200, mail=True)
UNASKED = exchange(204, mail=True, carries=None)


def told(verdict: Verdict) -> str:
    return SURE if verdict.kind is Kind.FAIL and verdict.decisive else verdict.kind.value


# The judgement, and what it says.
CASES: list[tuple[str, Judgement, str]] = [
    ("served: as sent", served(ACCEPTED), PASS),
    ("served: no witness", served(BLIND), PASS),
    ("served: 204 without mail", served(LOST), FAIL),
    ("served: one recipient of two", served(TO_ONE), FAIL),
    ("served: altered", served(CHANGED), FAIL),
    ("served: twice", served(TWICE), FAIL),
    ("served: a stranger got it too", served(STRANGER), FAIL),
    ("served: sender rewritten", served(REWRITTEN), FAIL),
    ("served: 200 with mail", served(OK_WITH_MAIL), SURE),
    ("served: 400", served(REFUSED), FAIL),
    ("served: silence", served(SILENT), FAIL),
    ("served: no connection", served(GONE), OPEN),
    ("served: throttled", served(THROTTLED), OPEN),
    ("served: red control", served(ACCEPTED, REFUSED), OPEN),
    ("accepted: one recipient is enough", accepted(TO_ONE), PASS),
    ("accepted: nobody", accepted(LOST), FAIL),
    ("same: both served", same_outcome(ACCEPTED, ACCEPTED), PASS),
    ("same: refused", same_outcome(REFUSED, ACCEPTED), FAIL),
    ("same: lost", same_outcome(LOST, ACCEPTED), FAIL),
    ("same: altered", same_outcome(CHANGED, ACCEPTED), FAIL),
    ("same: altered as the control is", same_outcome(CHANGED, CHANGED), PASS),
    ("same: red control", same_outcome(ACCEPTED, REFUSED), OPEN),
    ("same: control lost its mail", same_outcome(ACCEPTED, LOST), OPEN),
    ("same: gateway before the control", same_outcome(ACCEPTED, BUSY), OPEN),
    ("same: throttled probe", same_outcome(THROTTLED, ACCEPTED), OPEN),
    ("refused: 400", refused(REFUSED, ACCEPTED), PASS),
    ("refused: 401 with mail", refused(SECRETLY, ACCEPTED), SURE),
    ("refused: 401 with mail, red control", refused(SECRETLY, REFUSED), SURE),
    ("refused: 204", refused(LOST, ACCEPTED), FAIL),
    ("refused: 500", refused(exchange(500), ACCEPTED), FAIL),
    ("refused: silence", refused(SILENT, ACCEPTED), FAIL),
    ("refused: 302", refused(exchange(302), ACCEPTED), FAIL),
    ("refused: always refusing target", refused(REFUSED, REFUSED), OPEN),
    ("refused: dead target", refused(GONE, GONE), OPEN),
    ("refused: a target that never relays", refused(REFUSED, LOST), OPEN),
    ("not served: 302", not_served(exchange(302), ACCEPTED), PASS),
    ("not served: 204", not_served(LOST, ACCEPTED), FAIL),
    ("not served: mail", not_served(UNASKED, ACCEPTED), SURE),
    ("not served: red control", not_served(REFUSED, REFUSED), OPEN),
    ("not relayed: 200 without mail", not_relayed(exchange(200), ACCEPTED), PASS),
    ("not relayed: mail", not_relayed(UNASKED, ACCEPTED), SURE),
    ("not relayed: no witness", not_relayed(exchange(200, witnessed=False), exchange(204, witnessed=False)), OPEN),
    ("not relayed: red control", not_relayed(exchange(200), LOST), OPEN),
    ("same or refused: served", same_or_refused(ACCEPTED, ACCEPTED), PASS),
    ("same or refused: 415", same_or_refused(exchange(415), ACCEPTED), PASS),
    ("same or refused: 204 without mail", same_or_refused(LOST, ACCEPTED), FAIL),
    ("same or refused: other mail", same_or_refused(CHANGED, ACCEPTED), FAIL),
    ("same or refused: 400 with mail", same_or_refused(exchange(400, mail=True), ACCEPTED), SURE),
    ("same or refused: 500", same_or_refused(exchange(500), ACCEPTED), FAIL),
    ("same or refused: red control", same_or_refused(REFUSED, REFUSED), OPEN),
    ("same or 406: 406", same_outcome_or(exchange(406), ACCEPTED, (406,)), PASS),
    ("same or 406: 406 with mail", same_outcome_or(exchange(406, mail=True), ACCEPTED, (406,)), FAIL),
    ("same or 406: 400", same_outcome_or(REFUSED, ACCEPTED, (406,)), FAIL),
    ("same or 406: red control", same_outcome_or(exchange(406), LOST, (406,)), OPEN),
    ("harmless: 204", harmless(ACCEPTED, ACCEPTED), PASS),
    ("harmless: 400", harmless(REFUSED, ACCEPTED), PASS),
    ("harmless: 500", harmless(exchange(500), ACCEPTED), FAIL),
    ("harmless: silence", harmless(SILENT, ACCEPTED), FAIL),
    ("harmless: a field made from the request", harmless(INJECTED, ACCEPTED), SURE),
    ("harmless: red control", harmless(REFUSED, REFUSED), OPEN),
    ("status: as wanted", status_in(exchange(401), ACCEPTED, (401, 403)), PASS),
    ("status: another", status_in(exchange(404), ACCEPTED, (401, 403)), FAIL),
    ("status: red control", status_in(exchange(401), exchange(401), (401,)), OPEN),
    ("identical: its own mail", identical_mail(ACCEPTED, ACCEPTED), PASS),
    ("identical: altered", identical_mail(CHANGED, ACCEPTED), FAIL),
    ("identical: refused", identical_mail(REFUSED, ACCEPTED), FAIL),
    ("identical: red control", identical_mail(ACCEPTED, REFUSED), OPEN),
    ("when 406: none was", not_relayed_when(406, [ACCEPTED], ACCEPTED), PASS),
    ("when 406: relayed", not_relayed_when(406, [exchange(406, mail=True)], ACCEPTED), SURE),
    ("when 406: red control", not_relayed_when(406, [exchange(406)], REFUSED), OPEN),
    ("without 204: none", nothing_relayed_without_204([REFUSED, ACCEPTED], ACCEPTED), PASS),
    ("without 204: one", nothing_relayed_without_204([SECRETLY], ACCEPTED), SURE),
    ("without 204: red control", nothing_relayed_without_204([REFUSED], REFUSED), OPEN),
    ("any served: one of two", any_served([REFUSED, ACCEPTED]), PASS),
    ("any served: none", any_served([REFUSED, exchange(401)]), FAIL),
    ("any served: nothing declared", any_served([]), FAIL),
    ("415 lists: nothing", what_a_415_lists_is_accepted(exchange(415), []), PASS),
    ("415 lists: what is refused", what_a_415_lists_is_accepted(exchange(415), [exchange(415, note="a/b")]), FAIL),
    ("observed: anything", observed(REFUSED), PASS),
    ("observed: nothing", observed(GONE), OPEN),
    ("fields: none", observed_fields(ACCEPTED, ("ETag",)), PASS),
    ("fields: no answer", observed_fields(GONE, ("ETag",)), OPEN),
]


@pytest.mark.parametrize(("judgement", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_oracle_says(judgement: Judgement, expected: str) -> None:
    verdict = judgement.evaluate()
    assert told(verdict) == expected, verdict
    assert verdict.reason, "a verdict without a reason explains nothing"


GRANTED = (("Access-Control-Allow-Origin", "https://a.test"), ("Access-Control-Allow-Credentials", "true"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (GRANTED, SURE),
        (GRANTED[:1], PASS),
        ((("Access-Control-Allow-Origin", "*"), GRANTED[1]), PASS),
        ((("Access-Control-Allow-Origin", "https://other.test"), GRANTED[1]), PASS),
        ((), PASS),
    ],
)
def test_a_preflight_grants_credentials_only_by_both_fields(fields: tuple[tuple[str, str], ...], expected: str) -> None:
    assert told(no_grant_to("https://a.test", exchange(200, fields=fields)).evaluate()) == expected


@pytest.mark.parametrize(("probe", "expected"), [(SILENT, FAIL), (GONE, OPEN)])
def test_a_preflight_must_be_answered(probe: Exchange, expected: str) -> None:
    assert told(no_grant_to("https://a.test", probe).evaluate()) == expected


def test_a_judgement_sees_what_was_learned_later() -> None:
    """Late mail turns the pass of a refusal into a failure that needs no confirmation."""
    early = exchange(400)
    late = exchange(400, mail=True)
    judged = refused(early, ACCEPTED)
    assert judged.evaluate().passed
    assert told(judged.evaluate(lambda e: late if e is early else e)) == SURE


def test_a_judgement_knows_its_control_and_its_exchanges() -> None:
    judged = same_outcome(LOST, ACCEPTED)
    assert judged.control is ACCEPTED
    assert judged.exchanges == (LOST, ACCEPTED)
    assert judged.name == "same_outcome"
