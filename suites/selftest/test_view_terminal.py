"""The verdict and the progress in a terminal or a CI log."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from records import HOSTILE, check, conformant, record, row, selection
from rich.console import Console

from relaycheck.evidence.model import ExampleFacts
from relaycheck.verdicts import Kind
from relaycheck.views.progress import CLEAR, PAUSE, Progress
from relaycheck.views.telling import printable, verdict_line
from relaycheck.views.terminal import print_result

if TYPE_CHECKING:
    from relaycheck.evidence.model import Result


def told(result: Result, width: int = 80) -> str:
    out = io.StringIO()
    print_result(result, Console(file=out, width=width, highlight=False), "reports/latest/report.html")
    return out.getvalue()


@pytest.mark.parametrize("came", ["many short words " * 40, "x" * 300])
def test_no_line_is_longer_than_80_columns(came: str) -> None:
    lines = told(record(row(1, "fail", check("fail", 1, came=came)))).splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_a_wrapped_beat_hangs_below_its_first_word() -> None:
    lines = told(record(row(1, "fail", check("fail", 1, came="word " * 40)))).splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("  came "))
    assert lines[first].index("word") == lines[first + 1].index("word")


def test_the_four_beats_come_in_their_order() -> None:
    labels = [line.split()[0] for line in told(record()).splitlines() if line.startswith("  ") and line[2:3].isalpha()]
    assert labels[:4] == ["required", "sent", "came", "again"]


def test_the_worst_comes_first_and_what_blocks_every_level_before_the_rest() -> None:
    text = told(
        record(
            row(1, "warn", check("fail", 1), level="SHOULD"),
            row(2, "inconclusive", check("inconclusive", 2)),
            row(3, "fail", check("fail", 3)),
            row(4, "fail", check("fail", 4), blocks=True),
        )
    )
    places = [text.index(f"RM-204-0{n} Title") for n in (4, 3, 2, 1)]
    assert places == sorted(places)
    assert "RM-204-04 Title of row 4 (blocks every level)" in text


def test_nothing_that_a_target_sends_steers_the_terminal() -> None:
    text = told(record())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31m" in text


def test_markup_of_a_target_is_text() -> None:
    assert "[bold]x[/bold]" in told(record(row(1, "fail", check("fail", 1, came="[bold]x[/bold]"))))


def test_rows_that_are_open_for_one_reason_are_told_together() -> None:
    rows = [row(n, "inconclusive", check("inconclusive", n), reason="no witness") for n in range(1, 30)]
    text = told(record(*rows))
    assert text.count("INCONCLUSIVE  ") == 1
    assert all(f"RM-204-{n:02}" in text for n in range(1, 30))


def test_failed_rows_are_told_one_by_one() -> None:
    rows = [row(n, "fail", check("fail", n), reason="the same") for n in range(1, 4)]
    assert told(record(*rows)).count("FAIL  ") == 3


def test_a_chapter_of_which_nothing_was_run_is_left_out() -> None:
    text = told(record())
    assert "The 204 itself" in text
    assert "$select" not in text


def test_a_long_command_can_be_copied() -> None:
    command = "relaycheck replay RM-204-01 /a/folder/with/a/long/name --target https://staging.example --basic tim0:env:PASSWORD"
    beats = check("fail", 1).beats
    assert beats is not None
    facts = check("fail", 1, beats=beats.model_copy(update={"again": command}))
    text = told(record(row(1, "fail", facts)))
    begin = text.index("relaycheck replay")
    end = text.index("\n\n", begin)
    assert text[begin:end].replace("\\\n", " ").split() == command.split()


def test_the_smallest_example_is_told_with_its_seed() -> None:
    example = ExampleFacts(value="From=''", minimal=True, seed=7, drawn=20, requests=12)
    assert "From='' (smallest example, seed 7)" in told(record(row(1, "fail", check("fail", 1, example=example))))


def test_a_selection_is_never_told_as_a_verdict_on_the_target() -> None:
    text = told(selection())
    assert "verdict of the selection: conformant" in text
    assert "verdict: conformant" not in text
    assert "reached none" not in text


def test_a_whole_run_tells_its_level_and_what_framing_came_to() -> None:
    text = told(conformant())
    assert "verdict: conformant" in text
    assert "level: claimed relay, reached relay, framing 15/16" in text


def test_what_is_missing_for_the_next_level_names_its_rows() -> None:
    assert "next: for level contract: 1 row must pass first (1 fail): RM-204-02" in told(record())


def test_an_inconclusive_run_makes_no_statement() -> None:
    assert "no statement can be made about the target" in told(record(verdict="inconclusive"))


def test_an_obstacle_stands_for_all_findings() -> None:
    whole = record(row(1, "inconclusive", check("inconclusive", 1)))
    text = told(whole.model_copy(update={"run": whole.run.model_copy(update={"obstacle": "the port is closed"})}))
    assert text.startswith("Nothing could be observed: the port is closed")
    assert "required" not in text
    assert "because: no statement can be made about the target\n" in text


def test_what_the_run_did_and_where_the_report_is_stand_at_the_end() -> None:
    assert told(conformant()).splitlines()[-2:] == [
        "sent 812 requests in 8.5 s, at most 240 could relay, the witness saw 240 mails",
        "report: reports/latest/report.html",
    ]


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\x1b", "\x9b", "\x7f", "\r", "\u202e", "\u2066", "\ufffe", "\ud800"]
)
def test_a_steering_character_is_shown_as_its_number(character: str) -> None:
    code = ord(character)
    assert printable(f"a{character}b") == (f"a\\x{code:02x}b" if code < 256 else f"a\\u{code:04x}b")


def test_printable_text_is_left_alone() -> None:
    text = "zoë, 日本\n\t‹secret:x›"
    assert printable(text) == text
    assert printable(HOSTILE) != HOSTILE


@pytest.mark.parametrize("verdict", ["conformant", "nonconformant", "inconclusive"])
def test_the_verdict_line_is_the_verdict(verdict: str) -> None:
    assert verdict_line(record(verdict=verdict)) == f"verdict: {verdict}"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def progress(*, live: bool, width: int = 80) -> tuple[Progress, io.StringIO, Clock]:
    out, clock = io.StringIO(), Clock()
    return Progress(out, live, planned=3, width=width, clock=clock), out, clock


def test_without_a_terminal_there_is_one_plain_line_a_chapter() -> None:
    state, out, _ = progress(live=False)
    state.begin("http://127.0.0.1:1", "level relay")
    state.checked("JSON", Kind.PASS, 4)
    state.checked("JSON", Kind.FAIL, 7)
    state.checked("XML", Kind.PASS, 8)
    state.settling()
    state.end()
    assert out.getvalue().splitlines() == [
        "checking http://127.0.0.1:1: 3 checks, level relay",
        "  JSON: 1 pass, 1 fail (7 requests)",
        "  XML: 1 pass (1 request)",
        "8 requests sent, 2 pass, 1 fail so far; waiting for late mail and late octets",
    ]


def test_in_a_terminal_one_line_is_rewritten_and_at_last_taken_away() -> None:
    state, out, clock = progress(live=True)
    state.checked("JSON", Kind.PASS, 4)
    clock.now += PAUSE
    state.checked("XML", Kind.FAIL, 7)
    state.end()
    assert out.getvalue().split(CLEAR) == [
        "",
        "1/3  4 requests sent  1 pass  JSON",
        "2/3  7 requests sent  1 pass, 1 fail  XML",
        "",
    ]


def test_the_line_is_rewritten_at_most_ten_times_a_second() -> None:
    state, out, clock = progress(live=True)
    for _ in range(100):
        state.checked("JSON", Kind.PASS, 1)
        clock.now += PAUSE / 10
    assert 9 <= out.getvalue().count(CLEAR) <= 11


def test_the_line_fits_the_terminal() -> None:
    state, out, _ = progress(live=True, width=20)
    state.checked("a chapter with a long name", Kind.PASS, 4)
    assert len(out.getvalue().removeprefix(CLEAR)) < 20
