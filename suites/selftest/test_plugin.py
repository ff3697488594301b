"""How tests become checks: confirmation, late evidence, applicability, faults of our own. Small suites against real servers."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from relaycheck.plugin.launch import launch, launch_for_outcome
from relaycheck.plugin.settings import Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.rollup import CertificateLevel
from relaycheck.target import WitnessSettings
from relaycheck.verdicts import Cause, ExitCode, Kind, Verdict
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from relaycheck.plugin.outcome import RunOutcome

NUMBERS = count()
QUICK = WitnessSettings(delivery_timeout=1.0, settle_time=0.1)
HEAD = """
from relaycheck.exchange import Exchange
from relaycheck.judgements import *
from relaycheck.judgements import judgement
from relaycheck.plugin import judge, lacking, requirement, unobservable
from relaycheck.verdicts import Cause, failed, passed
from relaycheck.witness import NoListener, WitnessError
import pytest

calls = []

@judgement
def fails_until(seen: Exchange, good: int):
    return passed("well") if len(calls) >= good else failed(f"call {len(calls)}")
"""


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with Witness(QUICK) as witness, Embedded(default_smtp=(witness.main.host, witness.main.port)) as embedded:
        target = replace(embedded.target, witness=QUICK)
        yield Settings(target=target, level=CertificateLevel.HARDENED, witness=witness)


@pytest.fixture
def ran(settings: Settings, tmp_path: Path) -> Callable[..., RunOutcome]:
    """`ran("def test_…")`: the outcome of a suite of its own."""

    def run(body: str, **changes: object) -> RunOutcome:
        suite = tmp_path / f"test_small_{next(NUMBERS)}.py"
        suite.write_text(HEAD + textwrap.dedent(body))
        outcome = launch_for_outcome(replace(settings, **changes), tests=[str(suite)])  # type: ignore[arg-type]
        assert outcome is not None
        return outcome

    return run


def only(outcome: RunOutcome) -> Verdict:
    assert len(outcome.checks) == 1
    return outcome.checks[0].verdict


def test_a_passing_check_is_tried_once(ran: Callable[..., RunOutcome]) -> None:
    outcome = ran("""
        @requirement("RM-CT-01")
        def test_it(send, message):
            judge(served(send(message)))
    """)
    assert only(outcome).kind is Kind.PASS
    assert len(outcome.checks[0].attempts) == 1


def test_a_failure_by_absence_is_confirmed_twice(ran: Callable[..., RunOutcome]) -> None:
    outcome = ran("""
        @requirement("RM-CT-01")
        def test_it(send, message):
            judge(served(send(message, content_type="text/plain")))
    """)
    assert only(outcome).kind is Kind.FAIL
    assert len(outcome.checks[0].attempts) == 3
    assert len(outcome.checks[0].exchange_ids) == 3


@pytest.mark.parametrize("good", [2, 3])
def test_what_is_not_seen_again_is_inconclusive(ran: Callable[..., RunOutcome], good: int) -> None:
    outcome = ran(f"""
        @requirement("RM-CT-01")
        def test_it(send, message):
            seen = send(message)
            calls.append(seen)
            judge(fails_until(seen, {good}))
    """)
    verdict = only(outcome)
    assert (verdict.kind, verdict.cause) == (Kind.INCONCLUSIVE, Cause.NOT_REPRODUCIBLE)


def test_a_decisive_sighting_needs_no_confirmation(ran: Callable[..., RunOutcome]) -> None:
    outcome = ran("""
        @requirement("RM-AUTH-05")
        def test_it(send, message, control):
            judge(refused(send(message, expects=None), control()))
    """)
    assert only(outcome).decisive
    assert len(outcome.checks[0].attempts) == 1


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("raise lacking('auth.bearer')", Kind.NOT_APPLICABLE, "auth.bearer"),
        ("raise unobservable(Cause.NOT_DECLARED, 'declare it')", Kind.INCONCLUSIVE, "declare it"),
        ("raise NoListener('declare more ports')", Kind.INCONCLUSIVE, "declare more ports"),
        ("raise WitnessError('the port is taken')", Kind.INCONCLUSIVE, "the port is taken"),
        ("raise ZeroDivisionError('ours')", Kind.ERROR, "ZeroDivisionError: ours"),
        ("assert 1 == 2", Kind.ERROR, "AssertionError"),
        ("pass", Kind.ERROR, "without judging"),
        ("pytest.skip('not today')", Kind.ERROR, "must not skip"),
        ("pytest.fail('no')", Kind.ERROR, "no"),
    ],
)
def test_what_is_no_judgement_is_no_finding(ran: Callable[..., RunOutcome], body: str, kind: Kind, reason: str) -> None:
    """Only a judgement says fail or pass: anything else is applicability, missing means, or a fault of ours."""
    outcome = ran(f"""
        @requirement("RM-CT-01")
        def test_it(send, message):
            {body}
    """)
    assert only(outcome).kind is kind
    assert reason in only(outcome).reason


def test_a_fixture_that_fails_is_a_fault_of_ours(ran: Callable[..., RunOutcome]) -> None:
    outcome = ran("""
        @pytest.fixture
        def broken():
            raise KeyError("fixture")

        @requirement("RM-CT-01")
        def test_it(broken):
            pass
    """)
    assert only(outcome).kind is Kind.ERROR


def test_a_fixture_may_find_the_row_not_applicable(ran: Callable[..., RunOutcome]) -> None:
    outcome = ran("""
        @pytest.fixture
        def absent():
            raise lacking("auth.bearer")

        @requirement("RM-CT-01")
        def test_it(absent):
            pass
    """)
    assert only(outcome).kind is Kind.NOT_APPLICABLE


def test_an_undeclared_capability_makes_its_rows_not_applicable(
    ran: Callable[..., RunOutcome], settings: Settings
) -> None:
    without = replace(settings.target, auth=replace(settings.target.auth, bearer=None))
    outcome = ran(
        """
        @requirement("RM-AUTH-03")
        def test_it(send, message):
            judge(served(send(message)))
        """,
        target=without,
    )
    assert only(outcome).kind is Kind.NOT_APPLICABLE
    assert not outcome.checks[0].exchange_ids


def test_a_refused_body_in_an_undeclared_dialect_says_nothing(
    ran: Callable[..., RunOutcome], settings: Settings
) -> None:
    """Declared, it is a failure."""
    body = """
        @requirement("RM-CT-03")
        def test_it(send, message):
            judge(served(send(message, media_type="application/xml", body=b"<other/>")))
    """
    assert only(ran(body)).kind is Kind.FAIL
    silent = replace(settings.target, content=replace(settings.target.content, declared=frozenset()))
    verdict = only(ran(body, target=silent))
    assert (verdict.kind, verdict.cause) == (Kind.INCONCLUSIVE, Cause.NOT_DECLARED)


def test_an_unknown_requirement_is_an_error_at_collection(settings: Settings, tmp_path: Path) -> None:
    suite = tmp_path / "test_unknown.py"
    suite.write_text(HEAD + "@requirement('RM-CT-99')\ndef test_it(): pass\n")
    assert launch_for_outcome(settings, tests=[str(suite)]) is None


def test_a_suite_that_cannot_be_read_is_a_fault_of_ours(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, and it says which file."""
    suite = tmp_path / f"test_small_{next(NUMBERS)}.py"
    suite.write_text("import no_such_module\n")
    assert launch(settings, tests=[str(suite)]) == ExitCode.ERROR
    said = capsys.readouterr().err
    assert "cannot be collected" in said
    assert suite.name in said


def test_wrong_credentials_end_the_run_before_it_begins(ran: Callable[..., RunOutcome], settings: Settings) -> None:
    from relaycheck.secret import Secret

    account = replace(settings.target.auth.basic[0], password=Secret("basic-password", "not-the-password"))
    wrong = replace(settings.target, auth=type(settings.target.auth)(basic=(account,)))
    outcome = ran(
        """
        @requirement("RM-CT-01")
        def test_it(send, message):
            judge(served(send(message)))
        """,
        target=wrong,
    )
    verdict = only(outcome)
    assert (verdict.kind, verdict.cause) == (Kind.INCONCLUSIVE, Cause.CONTROL_RED)
    assert "every declared credential was refused (401)" in verdict.reason
    assert not outcome.checks[0].exchange_ids


def test_a_rehearsal_counts_what_the_run_sends(ran: Callable[..., RunOutcome]) -> None:
    body = """
        @requirement("RM-CT-01")
        @pytest.mark.parametrize("n", range(3))
        def test_it(send, message, control, n):
            for _ in range(n):
                judge(same_outcome(send(message), control()))
            judge(served(send(message)))
    """
    rehearsed, real = ran(body, rehearsal=True, witness=None), ran(body)
    assert rehearsed.sent == real.sent
    assert {c.verdict.kind for c in real.checks} == {Kind.PASS}


def test_the_same_seed_and_run_give_the_same_requests(ran: Callable[..., RunOutcome]) -> None:
    """Octet by octet, with --run-id; without it only the run's six characters differ."""
    body = """
        from hypothesis import strategies as st

        @requirement("RM-CT-01")
        def test_it(send, message, draw):
            for text in draw(st.text("abc", min_size=1), 5):
                judge(served(send(message, headers=(("X-Drawn", text),))))
    """
    real, rehearsed, other = (
        [e.request.raw for e in ran(body, run_id="fixed0", **how).exchanges]
        for how in ({"seed": 7}, {"seed": 7, "rehearsal": True}, {"seed": 8, "rehearsal": True})
    )
    assert real == rehearsed != other
