"""Drawing is the same everywhere for the same seed, gives distinct examples, and shrinking keeps to its budget."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.strategies import messages
from relaycheck.strategies.draw import draw, smaller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

PROGRAM = """
import sys
{before}
from hypothesis import strategies as st
from relaycheck.strategies import messages
from relaycheck.strategies.draw import draw
from relaycheck.strategies.schema import locale_fields, refusable_bodies, relayable_bodies
for strategy in {strategies}:
    print(ascii(draw(strategy, 20, 11)))
"""
SCHEMA_STRATEGIES = "(relayable_bodies('relaycheck.test'), refusable_bodies('relaycheck.test'), locale_fields())"
PLAIN_STRATEGIES = "(messages('relaycheck.test'), st.text(), st.integers(), st.dictionaries(st.text(), st.floats()))"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """What a fresh process in another directory draws: a line for each strategy."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "neighbour.py").write_text("A = ['a text that may be picked', 'another', 123456789, 0.123]\n")

    @lru_cache
    def run(strategies: str, hash_seed: str, before: str = "") -> list[str]:
        environment = os.environ | {
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        }
        program = PROGRAM.format(before=before, strategies=strategies)
        command = [sys.executable, "-W", "error", "-c", program]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return run


def test_two_processes_draw_the_same(drawn: Callable[..., list[str]]) -> None:
    assert drawn(SCHEMA_STRATEGIES, "1") == drawn(f"{SCHEMA_STRATEGIES} + {PLAIN_STRATEGIES}", "2")[:3]


def test_what_else_is_loaded_does_not_change_what_is_drawn(drawn: Callable[..., list[str]]) -> None:
    neighbours = "sys.path.insert(0, '.')\nimport neighbour, schemathesis, relaycheck.client"
    assert drawn(PLAIN_STRATEGIES, "1", before=neighbours) == drawn(PLAIN_STRATEGIES, "3")


def test_what_schemathesis_does_to_hypothesis_does_not_change_other_draws(drawn: Callable[..., list[str]]) -> None:
    assert drawn(f"{SCHEMA_STRATEGIES} + {PLAIN_STRATEGIES}", "2")[3:] == drawn(PLAIN_STRATEGIES, "3")


def test_an_order_of_drawing_does_not_change_what_is_drawn() -> None:
    first = draw(st.text(), 20, 1)
    draw(st.integers(), 20, 5)
    assert draw(st.text(), 20, 1) == first


def test_other_seeds_draw_other_examples() -> None:
    assert len({draw(st.text(), 10, seed) for seed in range(10)}) == 10


@pytest.mark.parametrize("count", [0, 1, 2, 7, 50, 300])
@pytest.mark.parametrize("strategy", [st.text(), st.lists(st.booleans()), messages("relaycheck.test")], ids=repr)
def test_as_many_distinct_examples_as_asked(strategy: SearchStrategy[object], count: int) -> None:
    drawn = draw(strategy, count, 3)
    assert len(drawn) == count
    assert len({repr(value) for value in drawn}) == count


@pytest.mark.parametrize(
    ("strategy", "values"),
    [
        (st.booleans(), {"False", "True"}),
        (st.sampled_from([1, True, 1.0]), {"1", "True", "1.0"}),
        (st.integers(0, 10), {str(n) for n in range(11)}),
        (st.sampled_from(range(5)).filter(lambda n: n % 2), {"1", "3"}),
        (st.just("x"), {"'x'"}),
        (st.nothing(), set()),
        (st.integers().filter(lambda _: False), set()),
    ],
)
def test_a_strategy_with_fewer_values_gives_them_all(strategy: SearchStrategy[object], values: set[str]) -> None:
    drawn = draw(strategy, 40, 9)
    assert sorted(map(repr, drawn)) == sorted(values)


def test_a_negative_count_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="count is -1"):
        draw(st.text(), -1, 0)


def test_a_slow_strategy_that_mostly_filters_is_no_health_problem() -> None:
    assert len(draw(st.integers(0, 10_000).filter(lambda n: n % 23 == 0), 10, 1)) == 10


def test_an_error_in_a_strategy_is_not_swallowed() -> None:
    def broken(_: int) -> int:
        raise ZeroDivisionError("in the strategy")

    with pytest.raises(ZeroDivisionError, match="in the strategy"):
        draw(st.integers().map(broken), 3, 1)


def test_drawing_writes_no_example_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw(st.text(), 20, 1)
    smaller(st.integers(), draw(st.integers(), 5, 1)[-1], lambda n: n > 5, 30, 5, 1)
    assert not (tmp_path / ".hypothesis" / "examples").exists()
