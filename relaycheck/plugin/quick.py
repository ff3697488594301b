"""Which checks a run at quick depth makes: those that `specs/quick.yaml` lists, chosen by what the kill matrix shows each to catch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from relaycheck.places import SPECS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    import pytest

LIST = SPECS / "quick.yaml"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def listed(path: Path = LIST) -> Mapping[str, frozenset[str]]:
    """The ids of the checks by row. Raises ValueError for a file that holds anything else."""
    found = yaml.load(path.read_bytes(), Loader=_Loader)
    if not isinstance(found, Mapping) or not all(
        isinstance(row, str) and isinstance(checks, list) and all(isinstance(c, str) for c in checks)
        for row, checks in found.items()
    ):
        raise ValueError(f"{path}: not a list of check ids for each requirement id. Make it again with ci/quick-checks")
    return {row: frozenset(checks) for row, checks in found.items()}


def at_quick(
    items: Iterable[tuple[pytest.Item, str, str]], declared: Collection[str], chosen: Mapping[str, frozenset[str]]
) -> set[pytest.Item]:
    """The items that quick depth takes, of items with their check ids and rows. A row that nobody chose for yet is taken whole.

    A check chosen with an authentication scheme that the target does not declare is made with the first one that it declares.
    """
    known = list(items)
    taken = {item for item, check, row in known if row not in chosen or check in chosen[row]}
    stand_ins = {_but_for_the_scheme(item) for item in taken if _scheme(item) not in declared}
    first = next(iter(declared), None)
    return taken | {i for i, _, _ in known if _scheme(i) == first and _but_for_the_scheme(i) in stand_ins}


def _scheme(item: pytest.Item) -> str | None:
    return _parameters(item).get("scheme")


def _but_for_the_scheme(item: pytest.Item) -> tuple[str, ...] | None:
    """What the checks of a test that differ only in the scheme have in common; None for a check of no scheme."""
    parameters = _parameters(item)
    if "scheme" not in parameters:
        return None
    rest = sorted(f"{name}={value!r}" for name, value in parameters.items() if name != "scheme")
    return (item.nodeid.partition("[")[0], *rest)


def _parameters(item: pytest.Item) -> Mapping[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}
