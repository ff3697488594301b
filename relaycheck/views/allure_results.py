"""Allure results without containers: allure-pytest writes a file for every fixture of every test, which tell nothing about a target.

They are two thirds of the files of a run. The writer that allure-pytest makes for itself is replaced by one that leaves them out.
"""

from __future__ import annotations

from typing import Any

import allure_pytest.plugin
from allure_commons import hookimpl
from allure_commons.logger import AllureFileLogger


class ResultsOnly(AllureFileLogger):
    """Writes results and attachments, no containers."""

    @hookimpl
    def report_container(self, container: Any) -> None:
        pass


vars(allure_pytest.plugin)[AllureFileLogger.__name__] = ResultsOnly
