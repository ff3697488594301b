"""When a failure counts: a scripted test whose attempts are literals, on a way that is quiet, unsteady or gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from literals import exchange

from relaycheck.catalogue import load
from relaycheck.client.patience import FULL_WAITS, HOPELESS, Patience
from relaycheck.exchange import Outcome
from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import answer_known
from relaycheck.plugin.checks import Attempt, Check
from relaycheck.plugin.confirming import CONFIRMATIONS, CONFIRMATIONS_IF_UNSTEADY, certain, still_certain
from relaycheck.verdicts import Cause, Kind, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange

SERVED = exchange(204, mail=True)
REFUSED = exchange(400)
LOST = exchange(None, outcome=Outcome.UNANSWERED)
GATEWAY = exchange(502)
TURNED_AWAY = exchange(401)
ROW = load()["RM-ERR-01"]


@judgement
def scripted(*seen: Exchange, verdict: Verdict) -> Verdict:
    return verdict


@dataclass
class Way:
    """What `certain` asks of a run: fresh controls, one after another, and what is known of the way."""

    controls: list[Exchange] = field(default_factory=list)
    unsteady: str = ""
    asked: int = 0

    def fresh_control(self) -> Exchange:
        self.asked += 1
        return self.controls.pop(0) if self.controls else SERVED


def tried(way: Way, *attempts: tuple[Verdict, Sequence[Exchange]]) -> tuple[Verdict, Check]:
    """The certain verdict of a check whose attempts go like this; the last one repeats."""
    check = Check("test_it", "it", ROW)
    script = list(attempts)

    def attempt() -> Verdict:
        verdict, seen = script.pop(0) if len(script) > 1 else script[0]
        check.attempts.append(Attempt([scripted(*seen, verdict=verdict)]))
        return verdict

    return certain(way, check, attempt), check  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (True, SERVED),
        (True, REFUSED),
        (True, exchange(500)),
        (True, exchange(200)),
        (True, exchange(None, outcome=Outcome.MALFORMED)),
        (False, LOST),
        (False, GATEWAY),
        (False, exchange(429)),
        (False, exchange(503)),
        (False, exchange(504)),
        (False, exchange(None, outcome=Outcome.CUT)),
        (False, exchange(None, outcome=Outcome.NOT_SENT)),
    ],
)
def test_an_answer_is_the_targets_own_unless_it_is_lost_or_a_gateways(known: bool, seen: Exchange) -> None:
    assert answer_known(seen) is known


def test_a_failure_with_known_answers_is_confirmed_without_controls() -> None:
    way = Way()
    verdict, check = tried(way, (failed("no"), (REFUSED,)))
    assert (verdict.kind, len(check.attempts), way.asked) == (Kind.FAIL, 1 + CONFIRMATIONS, 0)


def test_a_decisive_sighting_counts_at_once_even_where_answers_get_lost() -> None:
    verdict, check = tried(Way(unsteady="X1"), (failed("mail", decisive=True), (LOST,)))
    assert (verdict.kind, len(check.attempts)) == (Kind.FAIL, 1)


def test_a_lost_answer_at_the_same_place_each_time_is_the_targets_while_controls_are_served() -> None:
    way = Way()
    verdict, check = tried(way, (failed("no answer"), (SERVED, LOST)))
    assert (verdict.kind, len(check.attempts), way.asked) == (Kind.FAIL, 1 + CONFIRMATIONS, 1 + CONFIRMATIONS)


def test_a_valid_message_that_is_turned_away_is_the_targets_while_others_are_served() -> None:
    way = Way()
    verdict, check = tried(way, (failed("expected 204"), (TURNED_AWAY,)))
    assert (verdict.kind, len(check.attempts), way.asked) == (Kind.FAIL, 1 + CONFIRMATIONS, 1 + CONFIRMATIONS)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_an_account_that_is_locked_by_now_decides_nothing(before: int) -> None:
    way = Way(controls=[*[SERVED] * before, TURNED_AWAY])
    verdict, _ = tried(way, (failed("expected 204"), (TURNED_AWAY,)))
    assert (verdict.kind, verdict.cause) == (Kind.INCONCLUSIVE, Cause.CONTROL_RED)
    assert "limits.failed_logins" in verdict.reason


def test_on_an_unsteady_way_it_must_be_seen_more_often() -> None:
    verdict, check = tried(Way(unsteady="X1 got lost"), (failed("no answer"), (LOST,)))
    assert (verdict.kind, len(check.attempts)) == (Kind.FAIL, 1 + CONFIRMATIONS_IF_UNSTEADY)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_control_that_is_lost_too_decides_nothing(before: int) -> None:
    way = Way(controls=[*[SERVED] * before, GATEWAY])
    verdict, _ = tried(way, (failed("no answer"), (LOST,)))
    assert (verdict.kind, verdict.cause) == (Kind.INCONCLUSIVE, Cause.GATEWAY)
    assert way.unsteady


def test_another_exchange_each_time_is_the_way() -> None:
    way = Way()
    verdict, _ = tried(way, (failed("no answer"), (LOST, SERVED)), (failed("no answer"), (SERVED, LOST)))
    assert (verdict.kind, verdict.cause) == (Kind.INCONCLUSIVE, Cause.NOT_REPRODUCIBLE)
    assert way.unsteady


def test_a_place_that_stays_is_found_among_places_that_change() -> None:
    verdict, _ = tried(
        Way(), (failed("no answer"), (LOST, GATEWAY, SERVED)), (failed("no answer"), (SERVED, GATEWAY, LOST))
    )
    assert verdict.kind is Kind.FAIL


@pytest.mark.parametrize(
    ("again", "kind"), [(passed(), Kind.INCONCLUSIVE), (inconclusive(Cause.UNREACHABLE, "gone"), Kind.INCONCLUSIVE)]
)
def test_a_failure_that_is_not_seen_again_is_none(again: Verdict, kind: Kind) -> None:
    way = Way()
    verdict, _ = tried(way, (failed("no answer"), (LOST,)), (again, (SERVED,)))
    assert verdict.kind is kind
    assert way.unsteady


def test_a_decisive_sighting_in_a_later_attempt_counts() -> None:
    verdict, _ = tried(Way(), (failed("no answer"), (LOST,)), (failed("mail", decisive=True), (SERVED,)))
    assert verdict.decisive


@pytest.mark.parametrize(
    ("seen", "unsteady", "kind"),
    [(LOST, "X9 got lost", Kind.INCONCLUSIVE), (LOST, "", Kind.FAIL), (REFUSED, "X9 got lost", Kind.FAIL)],
)
def test_a_failure_confirmed_before_the_way_was_known_is_looked_at_again(
    seen: Exchange, unsteady: str, kind: Kind
) -> None:
    way = Way()
    verdict, check = tried(way, (failed("no"), (seen,)))
    assert verdict.kind is Kind.FAIL
    way.unsteady = unsteady
    assert still_certain(way, check, verdict).kind is kind  # type: ignore[arg-type]


def test_patience_shrinks_and_ends_where_no_mail_ever_comes() -> None:
    patience = Patience(full=10.0)
    waits = []
    for _ in range(HOPELESS + 1):
        waits.append(patience.seconds())
        patience.missed()
    assert waits[:FULL_WAITS] == [10.0] * FULL_WAITS
    assert 0 < waits[FULL_WAITS] < 1
    assert waits[-1] == 0.0


def test_patience_does_not_end_where_mail_has_come() -> None:
    patience = Patience(full=10.0)
    patience.arrived(0.2)
    for _ in range(HOPELESS + 1):
        patience.missed()
    assert patience.seconds() == pytest.approx(0.8)
