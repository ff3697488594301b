"""Tables of named values as parameters of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping


def rows(table: Mapping[str, Any]) -> list[Any]:
    """A parameter for each value, named by its key."""
    return [pytest.param(value, id=name) for name, value in table.items()]
