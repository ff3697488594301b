"""pytest's reports of checks whose verdict is not pass: the reason, without the traceback that pytest would search the source for."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from relaycheck.plugin.checks import CheckFailed, CheckInconclusive

if TYPE_CHECKING:
    from relaycheck.plugin.checks import Check


class ReportsOfVerdicts:
    """A plugin of its own, so that pytest's own report, which costs more than most checks, is not made first."""

    def __init__(self, check_of: pytest.StashKey[Check]) -> None:
        self._check_of = check_of

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport | None:
        check = item.stash.get(self._check_of, None)
        if check is None or call.excinfo is None or not call.excinfo.errisinstance((CheckFailed, CheckInconclusive)):
            return None
        without_fault = copy.copy(call)
        without_fault.excinfo = None
        report = pytest.TestReport.from_item_and_call(item, without_fault)
        report.outcome = "failed"
        report.longrepr = f"{check.verdict.kind.value}: {check.verdict.reason}"
        return report
