"""Ctrl-C ends a run, whatever Python was doing when it came."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from relaycheck.verdicts import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import os, signal
from pathlib import Path

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

def test_first():
    {first}

def test_second():
    Path({mark!r}).write_text("run")
"""
RUN = "import pytest, sys; from relaycheck.plugin.interrupts import Interrupts; sys.exit(pytest.main(sys.argv[1:], plugins=[Interrupts()]))"


@pytest.mark.parametrize("first", ["Finalised()", "os.kill(os.getpid(), signal.SIGINT)"], ids=["finaliser", "test"])
def test_an_interrupt_is_not_lost(tmp_path: Path, first: str) -> None:
    mark, suite = tmp_path / "second", tmp_path / "test_suite.py"
    suite.write_text(SUITE.format(first=first, mark=str(mark)))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            RUN,
            "-q",
            "-pno:cacheprovider",
            "-pno:unraisableexception",
            f"--rootdir={tmp_path}",
            str(suite),
        ],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == ExitCode.INTERRUPTED, done.stdout
    assert not mark.exists()
