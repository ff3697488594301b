"""Quick depth: its list names what there is, the choice with literals, who stands in for a scheme, and what is sent once."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from quick_choice import Cost, catches, chosen

from relaycheck.catalogue import load
from relaycheck.plugin.coverage import trials
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.quick import at_quick, listed
from relaycheck.plugin.run import settling
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.selftest.trial import CheckSeen, Job, Role, Trial
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_the_list_names_every_row_and_only_tests_of_that_row() -> None:
    rows = {trial.test: trial.requirement for trial in trials()}
    assert list(listed()) == [row.id for row in load()]
    for row, checks in listed().items():
        assert {rows.get(check.partition("[")[0]) for check in checks} <= {row}


@pytest.mark.parametrize("text", ["- a", "RM-1: test", "RM-1: [1]", "1: [test]"])
def test_a_list_of_something_else_is_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "quick.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="ci/quick-checks"):
        listed(path)


def cost(check: str, row: str, *exchanges: str) -> Cost:
    return Cost(check, row, frozenset(exchanges))


SWEEP = cost("sweep", "R1")
TWO_IN_ONE = cost("two in one", "R2", "X1")
DEAR = cost("dear", "R2", "X2", "X3", "X4")
SHARING = cost("sharing", "R3", "X1", "X5")
IDLE = cost("idle", "R2", "X6")
CAUGHT_BY = {
    "M1": frozenset({"two in one", "dear"}),
    "M2": frozenset({"two in one"}),
    "M3": frozenset({"dear"}),
    "M4": frozenset({"sharing"}),
}


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (0, {"sweep"}),
        (1, {"sweep", "two in one"}),
        (2, {"sweep", "two in one", "sharing"}),  # what it shares is paid already
        (4, {"sweep", "two in one", "sharing"}),
        (5, {"sweep", "two in one", "sharing", "dear"}),
        (9, {"sweep", "two in one", "sharing", "dear"}),  # what shows nothing more is left out
    ],
)
def test_the_checks_that_show_most_for_their_requests_are_chosen(budget: int, expected: set[str]) -> None:
    assert set(chosen(CAUGHT_BY, (DEAR, IDLE, SHARING, TWO_IN_ONE, SWEEP), budget)) == expected


def test_what_others_show_together_is_left_out_again() -> None:
    caught_by = {
        "M1": frozenset({"a", "b"}),
        "M2": frozenset({"a", "c"}),
        "M3": frozenset({"b"}),
        "M4": frozenset({"c"}),
    }
    offers = (cost("a", "R", "X1"), cost("b", "R", "X2"), cost("c", "R", "X3"))
    assert chosen(caught_by, offers, 3) == ("b", "c")


def test_a_mutant_is_caught_by_checks_of_its_own_row_that_fail_or_warn() -> None:
    seen = (("a", "R1", Kind.FAIL), ("b", "R1", Kind.WARN), ("c", "R2", Kind.FAIL), ("d", "R1", Kind.INCONCLUSIVE))
    trial = Trial(Job(Role.MUTANT, "M", ("R1",)), checks=tuple(CheckSeen(*one) for one in seen))
    assert catches([trial]) == {"M": frozenset({"a", "b"})}


@dataclass(eq=False)
class Item:
    """As much of a pytest item as is asked for."""

    check: str
    callspec: Any = None

    @property
    def nodeid(self) -> str:
        return f"f.py::{self.check}"


def item(check: str, **parameters: Any) -> Any:
    return Item(check, SimpleNamespace(params=parameters) if parameters else None)


BASIC, BEARER, TICKET = (item(f"test_a[{s}-1]", scheme=s, n=1) for s in ("basic", "bearer", "soticket"))
OTHER, PLAIN = item("test_a[bearer-2]", scheme="bearer", n=2), item("test_b")
ITEMS = [(each, each.check, "R1") for each in (BASIC, BEARER, TICKET, OTHER, PLAIN)]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (("basic", "bearer"), {BASIC}),
        (("bearer", "soticket"), {BASIC, BEARER}),  # for basic it will be not applicable
        (("soticket",), {BASIC, TICKET}),
        ((), {BASIC}),
    ],
)
def test_the_first_declared_scheme_stands_in_for_one_that_is_not(
    declared: tuple[str, ...], expected: set[pytest.Item]
) -> None:
    assert at_quick(ITEMS, declared, {"R1": frozenset({"test_a[basic-1]"})}) == expected


@pytest.mark.parametrize(
    ("depth", "declared", "seconds"),
    [
        (Depth.STANDARD, 3.0, 3.0),
        (Depth.QUICK, 3.0, 0.5),
        (Depth.QUICK, 0.3, 0.3),
        (Depth.QUICK, 30.0, 5.0),
    ],
)
def test_a_gate_on_every_push_waits_less_for_late_mail(depth: Depth, declared: float, seconds: float) -> None:
    assert settling(depth, declared) == seconds


def test_a_row_that_the_list_does_not_know_is_taken_whole() -> None:
    assert len(at_quick(ITEMS, ("basic",), {})) == len(ITEMS)


@pytest.fixture(scope="module")
def embedded() -> Iterator[Embedded]:
    with Embedded() as running:
        yield running


@pytest.mark.parametrize("depth", [Depth.QUICK, Depth.STANDARD])
def test_checks_share_what_they_would_all_send_unless_a_run_explores(embedded: Embedded, depth: Depth) -> None:
    rows = ("RM-AUTH-06", "RM-AUTH-09", "RM-CT-01", "RM-AUTH-01")
    outcome = launch_for_outcome(Settings(embedded.target, depth=depth, select=rows))
    assert outcome is not None
    ids = {check.requirement.id: set(check.exchange_ids) for check in outcome.checks}
    assert ids["RM-AUTH-06"] & ids["RM-AUTH-09"]
    assert all(check.verdict.passed for check in outcome.checks)
    alone = launch_for_outcome(Settings(embedded.target, depth=Depth.THOROUGH, select=rows))
    assert alone is not None
    apart = {check.requirement.id: set(check.exchange_ids) for check in alone.checks}
    assert not apart["RM-AUTH-06"] & apart["RM-AUTH-09"] - {
        e.id for e in alone.exchanges if "control" in e.request.note
    }


def test_what_is_to_be_seen_after_a_probe_is_sent_after_it(embedded: Embedded) -> None:
    outcome = launch_for_outcome(
        Settings(embedded.target, depth=Depth.QUICK, select=("RM-CT-01", "RM-JSON-07"), every_check=True)
    )
    assert outcome is not None
    order = [exchange.id for exchange in outcome.exchanges]
    for check in (check for check in outcome.checks if "test_brackets_that_never_close" in check.id):
        before, probe, after = check.exchange_ids
        assert order.index(before) < order.index(probe) < order.index(after)
        assert {e.check == check.id for e in outcome.exchanges if e.id in (probe, after)} == {True}
