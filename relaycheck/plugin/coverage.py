"""Which rows the suites try, read from the source of the suites without running them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.places import SUITES

if TYPE_CHECKING:
    from pathlib import Path


OVER_THE_RUN = "pytest.mark.over_the_run"


@dataclass(frozen=True, slots=True)
class Trial:
    """A test function and the row it names."""

    requirement: str
    test: str
    file: Path
    line: int
    docstring: str
    over_the_run: bool = False
    """It judges what the other tests sent too."""


def trials(folder: Path = SUITES) -> tuple[Trial, ...]:
    """Every test under `folder` that names a requirement, in file and line order."""
    found: list[Trial] = []
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                last = any(ast.unparse(decorator) == OVER_THE_RUN for decorator in node.decorator_list)
                found += [
                    Trial(name, node.name, path, node.lineno, ast.get_docstring(node) or "", last)
                    for decorator in node.decorator_list
                    if (name := _named(decorator))
                ]
    return tuple(found)


def _named(decorator: ast.expr) -> str:
    """The id in `@requirement("RM-…")`; empty for any other decorator."""
    match decorator:
        case ast.Call(func=ast.Name(id="requirement"), args=[ast.Constant(value=str(id))]):
            return id
    return ""
