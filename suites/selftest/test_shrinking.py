"""A drawn example that fails is made as small as a budget allows, and nothing of it changes the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.evidence import result_of
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.strategies.draw import draw, smaller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relaycheck.evidence import Result

AN_ATTEMPT = 4  # requests, its controls included: an attempt that has begun is finished
LISTS = st.lists(st.integers(0, 1000), min_size=1, max_size=8).map(tuple)


def is_large(values: tuple[int, ...]) -> bool:
    return sum(values) > 500


def test_an_example_is_made_smaller_from_itself_on() -> None:
    first = next(v for v in draw(LISTS, 20, 0) if sum(v) > 2500)
    assert smaller(LISTS, first, is_large, 200, 20, 0) == (501,)


@pytest.mark.parametrize("budget", [0, 1, 5, 20])
def test_the_predicate_is_called_no_more_than_the_budget_says(budget: int) -> None:
    asked: list[tuple[int, ...]] = []

    def predicate(values: tuple[int, ...]) -> bool:
        asked.append(values)
        return is_large(values)

    first = next(v for v in draw(LISTS, 20, 0) if sum(v) > 2500)
    found = smaller(LISTS, first, predicate, budget, 20, 0)
    assert len(asked) <= budget
    assert is_large(found)
    assert len(set(asked)) == len(asked)


def test_an_example_of_a_later_round_is_found_again() -> None:
    """Few distinct values: the draw needs several rounds to have them all."""
    few = st.sampled_from(range(40))
    values = draw(few, 40, 3)
    assert smaller(few, values[-1], lambda v: v >= 7, 100, 40, 3) == 7


def test_an_example_that_was_never_drawn_stays_as_it_is() -> None:
    assert smaller(LISTS, (9, 9, 9, 9, 9, 9, 9, 9), is_large, 50, 5, 0) == (9, 9, 9, 9, 9, 9, 9, 9)


def test_a_predicate_s_error_is_not_swallowed() -> None:
    def broken(_: tuple[int, ...]) -> bool:
        raise ZeroDivisionError("in the predicate")

    first = next(v for v in draw(LISTS, 20, 0) if is_large(v))
    with pytest.raises(ZeroDivisionError, match="in the predicate"):
        smaller(LISTS, first, broken, 5, 20, 0)


def test_shrinking_is_repeatable() -> None:
    first = next(v for v in draw(LISTS, 20, 4) if is_large(v))
    assert smaller(LISTS, first, is_large, 9, 20, 4) == smaller(LISTS, first, is_large, 9, 20, 4)


SUITE = """
from hypothesis import strategies as st
from relaycheck.judgements import same_outcome, served
from relaycheck.plugin import judge, requirement

LENGTHS = st.integers(0, 400)


@requirement("RM-SEL-03")
def test_iterated(send, control, message, draw):
    for length in draw(LENGTHS, 20):
        judge(same_outcome(send(message, headers=(("X-Long", "x" * length),), query="$select=a" if length > 50 else None), control()))


@requirement("RM-SEL-03")
def test_unpacked(send, control, message, draw):
    for length in (1, *draw(LENGTHS, 20)):
        judge(same_outcome(send(message, query="$select=a" if length > 50 else None), control()))


@requirement("RM-SEL-03")
def test_not_to_blame(send, control, message, draw):
    for length in draw(LENGTHS, 3):
        judge(same_outcome(send(message), control()))
    judge(same_outcome(send(message, query="$select=a"), control()))


@requirement("RM-SEL-03")
def test_passing(send, control, message, draw):
    for length in draw(LENGTHS, 3):
        judge(same_outcome(send(message), control()))
"""


@pytest.fixture(scope="module")
def embedded() -> Iterator[Embedded]:
    with Embedded(faults=True) as running:
        yield running


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("suite") / "test_drawn_lengths.py"
    path.write_text(SUITE, "utf-8")
    return path


def checked(embedded: Embedded, suite: Path, shrinking: int) -> Result:
    """Of a suite whose requests fail beyond a length of 50, because the service answers 200 to any $select."""
    target = embedded.target_for("RM-SEL-03-select-200", delivery_timeout=1.0)
    outcome = launch_for_outcome(
        Settings(target, depth=Depth.STANDARD, select=("RM-SEL-03",), shrinking=shrinking), tests=[str(suite)]
    )
    assert outcome is not None
    return result_of(outcome)


def test_a_failing_check_tells_its_smallest_example(embedded: Embedded, suite: Path) -> None:
    result = checked(embedded, suite, 60)
    row = result.requirement("RM-SEL-03")
    assert row is not None
    checks = {check.id: check for check in row.checks}
    for name in ("test_iterated", "test_unpacked"):
        example = checks[name].example
        assert checks[name].verdict == "fail"
        assert example is not None
        assert (example.value, example.minimal, example.seed, example.drawn) == ("51", True, 0, 20)
        assert 0 < example.requests <= 60
    assert checks["test_not_to_blame"].verdict == "fail"
    assert checks["test_not_to_blame"].example is None
    assert (checks["test_passing"].verdict, checks["test_passing"].example) == ("pass", None)
    probe = result.exchange(checks["test_iterated"].probe or "")
    assert probe is not None
    assert f"X-Long: {'x' * 51}\n" in (probe.request or "")


def test_the_budget_of_requests_is_kept_and_verdicts_stay(embedded: Embedded, suite: Path) -> None:
    none, few = (checked(embedded, suite, shrinking) for shrinking in (0, 4))
    for result in (none, few):
        row = result.requirement("RM-SEL-03")
        assert row is not None
        assert [check.verdict for check in row.checks] == ["fail", "fail", "fail", "pass"]
    row = few.requirement("RM-SEL-03")
    assert row is not None
    spent = [check.example.requests for check in row.checks if check.example]
    assert all(requests <= 4 + AN_ATTEMPT for requests in spent)
    assert few.run.requests_sent - none.run.requests_sent <= 3 * (4 + AN_ATTEMPT)
