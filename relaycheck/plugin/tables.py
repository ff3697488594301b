"""Tables of named values as parameters of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from relaycheck.plugin.judging import beyond_quick

if TYPE_CHECKING:
    from collections.abc import Mapping


def rows(table: Mapping[str, Any], at_quick: int = 1) -> list[Any]:
    """A parameter for each value, named by its key; a run at quick depth takes only the first `at_quick`."""
    return [
        pytest.param(value, id=name, marks=() if place < at_quick else beyond_quick)
        for place, (name, value) in enumerate(table.items())
    ]
