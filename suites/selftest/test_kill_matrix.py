"""The kill matrix with literals: fates, findings on both sides, what is left to do, and what is written and read again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from relaycheck.catalogue import load
from relaycheck.plugin.settings import Depth
from relaycheck.selftest.matrix import Caught, Fate, Fault, Finding, Matrix, Suite, fate_of, in_order, jobs_left, matrix
from relaycheck.selftest.plan import default_jobs, full_jobs, only, suite_of
from relaycheck.selftest.record import SCHEMA, record_of, schema_text
from relaycheck.selftest.removal import findings as removal_findings
from relaycheck.selftest.removal import removals, removed
from relaycheck.selftest.report import page
from relaycheck.selftest.resume import FILE, Journal, digest
from relaycheck.selftest.trial import CheckSeen, Job, Role, RowSeen, Trial
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load()
MUST, SHOULD, INFO = (CATALOGUE[id] for id in ("RM-AUTH-05", "RM-AUTH-06", "RM-AUTH-30"))
FAULT = Fault("M-1", MUST.id, "Everybody is let in.")
MEEK = Fault("M-2", SHOULD.id, "Nobody is told why.")
SUITE = Suite(rows=(MUST, SHOULD, INFO), tests={"test_a": MUST.id, "test_b": SHOULD.id}, faults=(FAULT, MEEK))


def tried(
    role: Role,
    candidate: str,
    *rows: tuple[str, Kind],
    of: tuple[str, ...] = (),
    depth: Depth = Depth.STANDARD,
    red: tuple[str, ...] = (),
    **facts: str,
) -> Trial:
    """A trial with these rows; `red`: tests that failed."""
    return Trial(
        Job(role, candidate, of, depth),
        rows=tuple(RowSeen(id, kind, f"{id} is {kind}") for id, kind in rows),
        checks=tuple(CheckSeen(test, SUITE.tests.get(test, MUST.id), Kind.FAIL) for test in red),
        **{"reason": "because", **facts},  # type: ignore[arg-type]
    )


def against_own_row(fault: Fault, kind: Kind, **more: object) -> Trial:
    return tried(Role.MUTANT, fault.id, (fault.breaks, kind), of=(fault.breaks,), **more)  # type: ignore[arg-type]


KILLED = (
    against_own_row(FAULT, Kind.FAIL, red=("test_a",)),
    against_own_row(MEEK, Kind.WARN, red=("test_b[deep]",)),
)


def subjects(found: Matrix) -> list[str]:
    return [finding.subject for finding in found.findings]


@pytest.mark.parametrize(
    ("rows", "fate"),
    [
        (((FAULT.breaks, Kind.FAIL),), Fate.OWN_ROW),
        (((FAULT.breaks, Kind.WARN),), Fate.OWN_ROW),
        (((FAULT.breaks, Kind.FAIL), (SHOULD.id, Kind.WARN)), Fate.OWN_ROW),
        (((FAULT.breaks, Kind.PASS),), Fate.SURVIVED),
        (((FAULT.breaks, Kind.NOT_APPLICABLE),), Fate.SURVIVED),
        (((FAULT.breaks, Kind.PASS), (SHOULD.id, Kind.WARN)), Fate.OTHER_ROW),
        (((FAULT.breaks, Kind.PASS), (SHOULD.id, Kind.INCONCLUSIVE)), Fate.SURVIVED),
        (((FAULT.breaks, Kind.INCONCLUSIVE),), Fate.UNDECIDED),
        (((FAULT.breaks, Kind.ERROR), (SHOULD.id, Kind.FAIL)), Fate.UNDECIDED),
        ((), Fate.UNDECIDED),
    ],
)
def test_the_fate_of_a_mutant_is_its_own_rows_verdict(rows: tuple[tuple[str, Kind], ...], fate: Fate) -> None:
    assert fate_of(FAULT, tried(Role.MUTANT, FAULT.id, *rows)) is fate


def test_all_killed_is_green() -> None:
    found = matrix(SUITE, KILLED, whole=True)
    assert found.green
    assert [k.fate for k in found.killings] == [Fate.OWN_ROW, Fate.OWN_ROW]
    assert found.caught(Depth.STANDARD) == Caught(2, 2, 2)


@pytest.mark.parametrize("kind", [Kind.PASS, Kind.INCONCLUSIVE, Kind.ERROR])
def test_a_mutant_that_its_row_does_not_fail_is_a_finding(kind: Kind) -> None:
    found = matrix(SUITE, (against_own_row(FAULT, kind), KILLED[1]), whole=False)
    assert set(subjects(found)) == {"M-1"}
    assert FAULT.sentence in found.findings[0].sentence


def test_a_run_that_never_ended_kills_nothing() -> None:
    lost = Trial(Job(Role.MUTANT, FAULT.id, (FAULT.breaks,)), trouble="its worker ended with status -9")
    found = matrix(SUITE, (lost, KILLED[1]), whole=False)
    assert found.killings[0].fate is Fate.UNDECIDED
    assert "status -9" in found.findings[0].sentence


def test_its_own_row_alone_counts_before_a_whole_run() -> None:
    whole = tried(Role.MUTANT, FAULT.id, (FAULT.breaks, Kind.INCONCLUSIVE), (SHOULD.id, Kind.WARN))
    found = matrix(SUITE, (KILLED[0], whole, KILLED[1]), whole=False)
    assert found.green
    assert found.killings[0].fate is Fate.OWN_ROW
    assert found.killings[0].others == (SHOULD.id,)


def test_a_whole_run_tells_which_other_row_noticed() -> None:
    whole = tried(Role.MUTANT, FAULT.id, (FAULT.breaks, Kind.PASS), (SHOULD.id, Kind.WARN))
    found = matrix(SUITE, (against_own_row(FAULT, Kind.PASS), whole, KILLED[1]), whole=False)
    assert found.killings[0].fate is Fate.OTHER_ROW


def test_an_error_in_another_row_of_a_mutant_is_a_finding() -> None:
    whole = tried(Role.MUTANT, FAULT.id, (FAULT.breaks, Kind.FAIL), (SHOULD.id, Kind.ERROR))
    assert subjects(matrix(SUITE, (*KILLED, whole), whole=False)) == ["M-1"]


def test_a_shadowed_mutant_is_excused_until_its_row_kills_it() -> None:
    excused = replace(SUITE, shadowed={"M-1": "The same octets leave the server."})
    assert matrix(excused, (against_own_row(FAULT, Kind.PASS), KILLED[1]), whole=False).green
    assert subjects(matrix(excused, KILLED, whole=False)) == ["M-1"]


@pytest.mark.parametrize(
    ("trial", "red"),
    [
        (tried(Role.REFERENCE, "", (MUST.id, Kind.PASS), (SHOULD.id, Kind.NOT_APPLICABLE), reached="hardened"), False),
        (tried(Role.REFERENCE, "", (MUST.id, Kind.PASS), reached="relay"), True),
        (tried(Role.REFERENCE, "", (SHOULD.id, Kind.WARN), reached="hardened"), True),
        (tried(Role.REFERENCE, "", (MUST.id, Kind.INCONCLUSIVE), reached="hardened"), True),
        (tried(Role.NULL, "constant-204", (MUST.id, Kind.FAIL), verdict="nonconformant"), False),
        (tried(Role.NULL, "hang", (MUST.id, Kind.INCONCLUSIVE), verdict="inconclusive"), False),
        (tried(Role.NULL, "hang", verdict="inconclusive", reason=""), True),
        (tried(Role.NULL, "constant-204", verdict="nonconformant", reached="contract"), True),
        (tried(Role.NULL, "constant-204", verdict="conformant"), True),
        (replace(tried(Role.NULL, "hang", verdict="inconclusive", depth=Depth.QUICK), sent=120), False),
        (replace(tried(Role.NULL, "hang", verdict="inconclusive", depth=Depth.QUICK), sent=121), True),
        (replace(tried(Role.NULL, "hang", verdict="inconclusive"), sent=121), False),
        (tried(Role.NULL, "garbage", verdict="error"), True),
        (tried(Role.NULL, "garbage", (MUST.id, Kind.ERROR), verdict="inconclusive"), True),
        (tried(Role.VARIANT, "V-1", (MUST.id, Kind.PASS), (SHOULD.id, Kind.WARN)), False),
        (tried(Role.VARIANT, "V-1", (MUST.id, Kind.INCONCLUSIVE)), False),
        (tried(Role.VARIANT, "V-1", (MUST.id, Kind.FAIL)), True),
        (tried(Role.VARIANT, "V-1", (SHOULD.id, Kind.ERROR)), True),
        (tried(Role.CHAOS, "resets", (MUST.id, Kind.INCONCLUSIVE)), False),
        (tried(Role.CHAOS, "resets", (MUST.id, Kind.FAIL)), True),
        (tried(Role.CHAOS, "resets", (SHOULD.id, Kind.WARN)), True),
        (tried(Role.CHAOS, "resets", (SHOULD.id, Kind.ERROR)), True),
        (tried(Role.VARIANT, "V-1", trouble="it did not end"), True),
    ],
)
def test_what_each_kind_of_candidate_must_not_do(trial: Trial, red: bool) -> None:
    assert matrix(SUITE, (*KILLED, trial), whole=False).green is not red


@pytest.mark.parametrize(
    ("suite", "finding"),
    [
        (replace(SUITE, faults=(FAULT,)), Finding(SHOULD.id, "no mutant breaks it, and no reason is written")),
        (
            replace(SUITE, tests={"test_a": MUST.id}),
            Finding(SHOULD.id, "no check tries it, and no reason is written"),
        ),
        (
            replace(SUITE, tests={**SUITE.tests, "test_c": MUST.id}),
            Finding("test_c", f"nothing makes this check of {MUST.id} fail"),
        ),
        (
            replace(SUITE, unrefuted={"test_a": "It only keeps the order."}),
            Finding("test_a", "it is listed as unrefuted, and a mutant makes it fail: take it off the list"),
        ),
    ],
)
def test_a_gap_is_a_finding_where_everything_was_tried(suite: Suite, finding: Finding) -> None:
    assert matrix(suite, KILLED, whole=True).findings == (finding,)
    assert matrix(suite, KILLED, whole=False).green


def test_what_is_excused_in_writing_is_no_gap() -> None:
    untestable = replace(SHOULD, untestable="Nothing outside shows it.")
    suite = replace(SUITE, rows=(MUST, untestable), tests={"test_a": MUST.id, "test_c": MUST.id}, faults=(FAULT,))
    assert matrix(replace(suite, unrefuted={"test_c": "It only keeps the order."}), KILLED[:1], whole=True).green


def test_checks_of_rows_that_oblige_nobody_need_nothing_that_makes_them_fail() -> None:
    suite = replace(SUITE, tests={**SUITE.tests, "test_i": INFO.id})
    assert matrix(suite, KILLED, whole=True).green


@pytest.mark.parametrize(("own", "others", "green"), [(20, 0, True), (17, 0, True), (15, 2, True), (15, 1, False)])
def test_quick_depth_catches_its_share(own: int, others: int, green: bool) -> None:
    """A gate that turns red for the wrong row has caught the fault all the same; how often its own row does is told beside it."""
    faults = tuple(Fault(f"M-{n}", MUST.id, "A fault.") for n in range(20))
    rows = [
        ((MUST.id, Kind.FAIL if n < own else Kind.PASS), (SHOULD.id, Kind.WARN if n >= 20 - others else Kind.PASS))
        for n in range(20)
    ]
    quick = [tried(Role.MUTANT, f.id, *seen, depth=Depth.QUICK) for f, seen in zip(faults, rows, strict=True)]
    standard = [against_own_row(f, Kind.FAIL, red=("test_a",)) for f in faults]
    found = matrix(Suite((MUST,), {"test_a": MUST.id}, faults), [*quick, *standard], whole=True)
    assert found.caught(Depth.QUICK) == Caught(own, own + others, 20)
    assert found.green is green
    assert green or subjects(found) == ["quick depth"]


def test_jobs_that_have_a_trial_are_not_left_and_troubled_ones_are() -> None:
    jobs = tuple(Job(Role.NULL, name) for name in ("a", "b", "c"))
    trials = (tried(Role.NULL, "a"), tried(Role.NULL, "b", trouble="its worker ended"))
    assert jobs_left(jobs, trials) == jobs[1:]


def test_trials_stand_in_the_order_of_their_jobs() -> None:
    jobs = tuple(Job(Role.NULL, name) for name in ("a", "b"))
    stranger = tried(Role.NULL, "z")
    assert [t.job for t in in_order(jobs, (tried(Role.NULL, "b"), stranger, tried(Role.NULL, "a")))] == list(jobs)


def test_a_trial_is_read_as_it_was_written() -> None:
    trial = tried(Role.CHAOS, "resets", (MUST.id, Kind.PASS), red=("test_a[é]",), verdict="conformant")
    assert Trial.from_json(json.loads(json.dumps(trial.as_json()))) == trial


def test_a_journal_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    with Journal(tmp_path, "suite-1") as journal:
        for trial in KILLED:
            journal.add(trial)
    with (tmp_path / FILE).open("a") as file:
        file.write('{"job": {"role": "mut')
    with Journal(tmp_path, "suite-1") as again:
        assert again.finished == KILLED
        again.add(tried(Role.NULL, "hang"))
    assert len(Journal(tmp_path, "suite-1").finished) == 3


@pytest.mark.parametrize("before", ["", "no JSON\n", '{"suite": "suite-0"}\n{}\n'])
def test_a_journal_of_another_suite_counts_for_nothing(tmp_path: Path, before: str) -> None:
    (tmp_path / FILE).write_text(before)
    assert Journal(tmp_path, "suite-1").finished == ()


def test_the_digest_changes_with_what_decides_verdicts_only(tmp_path: Path) -> None:
    (tmp_path / "selftest").mkdir()
    (tmp_path / "suite.py").write_text("a")
    before = digest([tmp_path])
    (tmp_path / "selftest" / "test_it.py").write_text("b")
    (tmp_path / "notes.txt").write_text("b")
    assert digest([tmp_path]) == before
    (tmp_path / "suite.py").write_text("b")
    assert digest([tmp_path]) != before


def test_every_mutant_meets_its_own_row_and_in_full_all_of_them() -> None:
    faults = {(f.id, (f.breaks,)) for f in suite_of(CATALOGUE).faults}
    default, full = default_jobs(CATALOGUE), full_jobs(CATALOGUE)
    assert {(j.candidate, j.rows) for j in default if j.role is Role.MUTANT} == faults
    assert {j.candidate for j in full if j.role is Role.MUTANT and not j.rows} == {id for id, _ in faults}
    assert set(default) <= set(full)
    assert {j.role for j in full} == set(Role)
    assert len({j.key for j in full}) == len(full)


def test_a_selection_names_candidates_rows_or_roles() -> None:
    jobs = default_jobs(CATALOGUE)
    assert {j.candidate for j in only(jobs, ["hang"])} == {"hang"}
    assert {j.rows for j in only(jobs, ["rm-204-0?"]) if j.role is Role.MUTANT} >= {("RM-204-01",), ("RM-204-02",)}
    assert {j.role for j in only(jobs, ["null"])} == {Role.NULL}
    assert only(jobs, ["no-such-thing"]) == ()


def test_the_published_schema_is_that_of_the_record() -> None:
    assert SCHEMA.read_text("utf-8") == schema_text()


def test_the_record_is_valid_and_the_page_shows_what_is_wrong() -> None:
    trials = (*KILLED, tried(Role.VARIANT, "V-<1>", (MUST.id, Kind.FAIL)))
    record = record_of(matrix(SUITE, trials, whole=True), CATALOGUE, "0" * 64, full=False, seconds=1.0)
    jsonschema_rs.validator_for(json.loads(schema_text())).validate(json.loads(record.model_dump_json()))
    text = page(record)
    assert not record.green
    assert "V-&lt;1&gt;" in text
    assert "V-<1>" not in text
    assert FAULT.sentence in text
    assert "http" not in text.replace("http-equiv", "").partition("</style>")[0]


TWICE = replace(SUITE, tests={"test_a": MUST.id, "test_c": MUST.id, "test_b": SHOULD.id})


def without(test: str, fault: Fault, kind: Kind) -> Trial:
    return Trial(Job(Role.MUTANT, fault.id, (fault.breaks,), unjudged=test), rows=(RowSeen(fault.breaks, kind),))


def test_each_test_of_an_obliging_row_is_taken_out_in_turn() -> None:
    jobs = removals(replace(TWICE, tests={**TWICE.tests, "test_i": INFO.id}))
    assert [(job.unjudged, job.candidate) for job in jobs] == [("test_a", "M-1"), ("test_c", "M-1"), ("test_b", "M-2")]
    assert len({job.key for job in jobs}) == len(jobs)


@pytest.mark.parametrize("kind", [Kind.PASS, Kind.INCONCLUSIVE])
def test_a_check_is_needed_when_a_mutant_gets_through_without_it(kind: Kind) -> None:
    found = removed(TWICE, [without("test_a", FAULT, kind), without("test_c", FAULT, Kind.FAIL)])
    assert [(each.test, each.escaped) for each in found] == [("test_a", ("M-1",)), ("test_c", ())]
    assert [f.subject for f in removal_findings(found, {})] == ["test_c"]
    assert removal_findings(found, {"test_c": "It tries what no mutant breaks yet."}) == ()
    assert [f.subject for f in removal_findings(found[:1], {"test_a": "It is not needed."})] == ["test_a"]
