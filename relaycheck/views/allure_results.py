"""How Allure results are written: beside the run, not in its way, and without containers.

allure-pytest writes a file for every fixture of every test, which tell nothing about a target: two thirds of the files of a run.
What is left, some thousand small files, costs seconds where each is written before the next request goes out. The writer that
allure-pytest makes for itself is replaced by one that leaves the containers out and writes while the run waits for answers.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import allure_commons
import allure_pytest.plugin
import pytest
from allure_commons import hookimpl
from allure_commons.logger import AllureFileLogger

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future


class ResultsOnly(AllureFileLogger):
    """Writes results and attachments, no containers, in a thread of its own. `settle` waits for what is under way."""

    def __init__(self, report_dir: str, clean: bool = False) -> None:
        self._writer = ThreadPoolExecutor(1, "allure-results")
        self._under_way: list[Future[None]] = []
        folder = Path(report_dir)
        if clean:
            if folder.is_dir():
                folder.rename(folder.with_name(f"{_aside(folder)}{os.getpid()}"))
            for old in folder.parent.glob(f"{_aside(folder)}*"):
                self._soon(shutil.rmtree, old, True)
        super().__init__(report_dir, False)  # type: ignore[no-untyped-call]

    def _soon(self, write: Callable[..., None], *arguments: Any) -> None:
        self._under_way.append(self._writer.submit(write, *arguments))

    def settle(self) -> None:
        """Raises what went wrong in writing."""
        while self._under_way:
            self._under_way.pop().result()

    @hookimpl
    def report_result(self, result: Any) -> None:
        self._soon(self._report_item, result)

    @hookimpl
    def report_container(self, container: Any) -> None:
        pass

    @hookimpl
    def report_attached_data(self, body: str | bytes, file_name: str) -> None:
        self._soon(super().report_attached_data, body, file_name)


def _aside(folder: Path) -> str:
    """How the names of folders begin that are being removed."""
    return f".{folder.name}-"


def settle() -> None:
    """Wait until everything that was reported is on disk."""
    for plugin in allure_commons.plugin_manager.get_plugins():
        if isinstance(plugin, ResultsOnly):
            plugin.settle()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    settle()


vars(allure_pytest.plugin)[AllureFileLogger.__name__] = ResultsOnly
