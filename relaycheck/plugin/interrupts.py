"""Ctrl-C that is not lost: Python throws an exception away that is raised inside a finaliser, and the run would go on."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import FrameType


class Interrupts:
    """Notes SIGINT, raises KeyboardInterrupt as ever, and raises it once more before the next test if that had no effect.

    Does nothing outside the main thread or where somebody else handles SIGINT, such as a shell that ignores it for background jobs.
    """

    def __init__(self) -> None:
        self._seen = False
        self._installed = False

    def pytest_sessionstart(self) -> None:
        ours = threading.current_thread() is threading.main_thread()
        if ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._installed = True

    def _note(self, number: int, frame: FrameType | None) -> Any:
        self._seen = True
        signal.default_int_handler(number, frame)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        if self._seen:
            raise KeyboardInterrupt

    def pytest_unconfigure(self) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
