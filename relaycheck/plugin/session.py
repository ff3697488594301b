"""pytest's hooks: collection joins tests to rows, execution joins rows to verdicts, the end settles and concludes."""

from __future__ import annotations

import gc
import sys
import time
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from relaycheck.catalogue import Catalogue, Class_, Requirement, UnknownRequirement
from relaycheck.catalogue import load as load_catalogue
from relaycheck.client import declared
from relaycheck.places import SUITES
from relaycheck.plugin.checks import Check, CheckFailed, CheckInconclusive
from relaycheck.plugin.judging import execute, settled
from relaycheck.plugin.outcome import RunOutcome, conclude_run, merged
from relaycheck.plugin.quick import at_quick, listed
from relaycheck.plugin.run import RUN, Run
from relaycheck.plugin.settings import Depth
from relaycheck.rollup import CLASSES_OF
from relaycheck.verdicts import Cause, ExitCode, Kind, Verdict, inconclusive, not_applicable
from relaycheck.wire import TrustError
from relaycheck.witness import WitnessError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from relaycheck.plugin.settings import Settings

SETTINGS = pytest.StashKey["Settings"]()
OUTCOME = pytest.StashKey[RunOutcome]()
CHECK = pytest.StashKey[Check]()
OVER_THE_RUN = "over_the_run"
WATCHING = frozenset({"witness", "serving", "client", "conversation"})
"""Fixtures of tests that see more than exchanges."""


@cache
def _catalogue() -> Catalogue:
    """Read once for all runs of this process."""
    return load_catalogue()


class Session:
    """The plugin of one run. Registered only when a target was given: self-tests of the suite run without it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalogue: Catalogue = _catalogue()
        self.run: Run | None = None
        self.planned: dict[str, Requirement] = {}
        """The row of every test that belongs to the run's depth, selected or not."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the items of the selected rows, in the catalogue's order, checks over the whole run last."""
        rows = {item: row for item in items if (row := row_of(item, self.catalogue)) is not None}
        rows = {item: rows[item] for item in self._at_depth(rows)}
        order = {row.id: place for place, row in enumerate(self.catalogue)}
        kept = sorted(
            (item for item, row in rows.items() if self._wanted(row) and self._named(item)),
            key=lambda item: (over_the_run(item), order[rows[item].id]),
        )
        share, shares = self.settings.share
        mine = [item for place, item in enumerate(kept) if over_the_run(item) or place % shares == share]
        others = set(kept) - set(mine)
        self.planned = {item.nodeid: row for item, row in rows.items() if item not in others}
        kept, chosen = mine, set(mine)
        left_out = [item for item in items if item not in chosen]
        items[:] = kept
        if left_out:
            config.hook.pytest_deselected(items=left_out)

    def _wanted(self, row: Requirement) -> bool:
        if self.settings.select:
            return any(fnmatchcase(row.id, pattern) for pattern in self.settings.select)
        return row.blocks or row.class_.value == "framing" or row.class_ in CLASSES_OF[self.settings.level]

    def _named(self, item: pytest.Item) -> bool:
        return not self.settings.only or check_id(item) in self.settings.only

    def _at_depth(self, rows: Mapping[pytest.Item, Requirement]) -> Iterable[pytest.Item]:
        if self.settings.depth is Depth.THOROUGH:
            return rows
        known = [(i, check_id(i), row.id) for i, row in rows.items() if i.get_closest_marker("thorough") is None]
        if self.settings.depth is Depth.STANDARD or self.settings.every_check:
            return [item for item, _, _ in known]
        taken = at_quick(known, tuple(declared(self.settings.target.auth)), listed())
        return [item for item in rows if item in taken]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be read is our fault, and is never silent."""
        if report.failed:
            sys.stderr.write(f"{report.nodeid} cannot be collected:\n{report.longreprtext}\n")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        if session.config.option.collectonly or not session.items or session.testsfailed:
            return
        run = Run(self.settings)
        try:
            run.__enter__()
        except (WitnessError, TrustError) as problem:
            raise pytest.UsageError(str(problem)) from None
        self.run = session.config.stash[RUN] = run
        gc.freeze()  # modules and tests outlive the run: looking through them for garbage took a tenth of it

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        assert self.run is not None
        row = row_of(item, self.catalogue)
        assert row is not None
        watches = not WATCHING.isdisjoint(getattr(item, "fixturenames", ()))
        check = Check(id=check_id(item), name=readable(item), requirement=row, about=about(item), watches=watches)
        self.run.checks[item.nodeid] = check
        item.stash[CHECK] = check
        began = time.perf_counter()
        result = yield
        check.seconds = time.perf_counter() - began
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Execute the test as a check: applicability first, then attempts until its verdict is certain."""
        run, check = self.run, pyfuncitem.stash[CHECK]
        assert run is not None
        verdict = hindrance(run, check.requirement) or execute(run, check, lambda: call(run, pyfuncitem))
        check.provisional = verdict
        pyfuncitem.config.hook.pytest_relaycheck_checked(config=pyfuncitem.config, run=run, check=check)
        match verdict.kind:
            case Kind.FAIL:
                raise CheckFailed(verdict.reason)
            case Kind.INCONCLUSIVE:
                raise CheckInconclusive(verdict.reason)
            case Kind.NOT_APPLICABLE:
                pytest.skip(f"not applicable: {verdict.reason}")
            case Kind.ERROR:
                raise RuntimeError(verdict.reason)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        check = item.stash.get(CHECK, None)
        if check is None or call.excinfo is None:
            return report
        if not call.excinfo.errisinstance((CheckFailed, CheckInconclusive, pytest.skip.Exception)):
            self._fault_of_ours(check, call)
        return report

    def _fault_of_ours(self, check: Check, call: pytest.CallInfo[None]) -> None:
        """An exception that is no verdict: in a fixture it may still carry one."""
        assert call.excinfo is not None
        verdict = getattr(call.excinfo.value, "verdict", None)
        if isinstance(verdict, Verdict):
            check.provisional = verdict
        elif check.provisional is None or check.provisional.kind is not Kind.ERROR:
            assert self.run is not None
            told = self.run.ledger.redactor.redact_text(f"{call.excinfo.typename}: {call.excinfo.value}")
            check.provisional = Verdict(Kind.ERROR, told)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        longrepr = report.longrepr
        if report.failed and isinstance(longrepr, str) and longrepr.startswith("inconclusive"):
            return "inconclusive", "?", "INCONCLUSIVE"
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if session.config.option.collectonly:
            return
        if self.run is None and session.testsfailed:
            session.exitstatus = int(ExitCode.ERROR)
        if self.run is not None:
            try:
                self._conclude(session, exitstatus)
            finally:
                gc.unfreeze()
                self.run.__exit__(None, None, None)

    def _conclude(self, session: pytest.Session, exitstatus: int) -> None:
        assert self.run is not None
        self.run.settle()
        known = {exchange.id: exchange for exchange in self.run.ledger.all()}
        for check in self.run.checks.values():
            check.final = settled(self.run, check, lambda seen: known.get(seen.id, seen))
        not_run = [row for nodeid, row in self.planned.items() if nodeid not in self.run.checks]
        partial = bool(self.settings.select) or not whole_suite(session.config)
        outcome = conclude_run(self.run, self.catalogue, not_run, partial=partial)
        if self.settings.others is not None:
            outcome = merged(outcome, self.settings.others())
        session.config.stash[OUTCOME] = outcome
        if self.settings.share[0] == 0:
            session.config.hook.pytest_relaycheck_concluded(config=session.config, outcome=outcome)
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = int(outcome.conclusion.exit_code)


def call(run: Run, item: pytest.Function) -> None:
    """One attempt of a test. A connection of its own is a new one for each attempt: the last may have broken the one before."""
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    if "conversation" not in arguments:
        item.obj(**arguments)
        return
    with run.client.converse() as opened:
        item.obj(**{**arguments, "conversation": opened})


def row_of(item: pytest.Item, catalogue: Catalogue) -> Requirement | None:
    """The row that a test names; None for a test that names none. Raises UsageError for an unknown id or several."""
    marks = list(item.iter_markers("requirement"))
    if not marks:
        return None
    if len(marks) > 1 or len(marks[0].args) != 1:
        raise pytest.UsageError(f"{item.nodeid}: a test names exactly one requirement")
    try:
        return catalogue[marks[0].args[0]]
    except UnknownRequirement as unknown:
        raise pytest.UsageError(f"{item.nodeid}: {unknown}") from None


def whole_suite(config: pytest.Config) -> bool:
    """Whether pytest was given the suites as a whole, not some of their files."""
    return any(
        path == SUITES or SUITES.is_relative_to(path)
        for path in (config.invocation_params.dir / a for a in config.args)
    )


def over_the_run(item: pytest.Item) -> bool:
    return item.get_closest_marker(OVER_THE_RUN) is not None


def check_id(item: pytest.Item) -> str:
    """The test's name with its parameters: the same in every run."""
    return item.nodeid.split("::", 1)[-1]


def readable(item: pytest.Item) -> str:
    """The test's name as the sentence it is, with its parameters."""
    name, bracket, rest = item.name.partition("[")
    sentence = name.removeprefix("test_").replace("_", " ")
    return f"{sentence} [{rest}" if bracket else sentence


def about(item: pytest.Item) -> str:
    return (getattr(getattr(item, "obj", None), "__doc__", "") or "").strip()


def hindrance(run: Run, requirement: Requirement) -> Verdict | None:
    """Why a row cannot be tried on this target at all: declared absent, or nothing to observe with."""
    capabilities = run.target.capabilities()
    for need in requirement.needs:
        if need in capabilities and not capabilities[need]:
            return not_applicable(need)
    if run.obstacle:
        return inconclusive(Cause.UNREACHABLE if not run.budget.reached else Cause.CONTROL_RED, run.obstacle)
    if "auth.any" in requirement.needs and not run.credentials:
        return not_applicable("auth.any")
    if "witness" in requirement.needs and run.witness is None and requirement.class_ in (Class_.RELAY, Class_.SECURITY):
        return inconclusive(
            Cause.NO_WITNESS, "this needs the suite's own mail server: declare [witness] in the target file"
        )
    return None
