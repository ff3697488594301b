"""The hooks by which a run reaches whatever draws it: evidence, views, the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.plugin.run import Run


class RelaycheckHooks:
    """Hook specifications."""

    def pytest_relaycheck_checked(self, config: pytest.Config, run: Run, check: Check) -> None:
        """Called after each check, inside its test, with its provisional verdict."""

    def pytest_relaycheck_concluded(self, config: pytest.Config, outcome: RunOutcome) -> None:
        """Called once, after all checks have their final verdicts."""
