"""Every view by its name: what draws it from the record, and the file it has in the output folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.evidence.write import write_text
from relaycheck.views.badge import badge
from relaycheck.views.ctrf import ctrf
from relaycheck.views.github import summary
from relaycheck.views.html import html
from relaycheck.views.junit import junit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from relaycheck.evidence.model import Result


@dataclass(frozen=True, slots=True)
class View:
    """`draw` is pure. `file`: its usual name."""

    file: str
    draw: Callable[[Result], str]


VIEWS: Mapping[str, View] = {
    "html": View("report.html", html),
    "junit": View("junit.xml", junit),
    "ctrf": View("ctrf.json", ctrf),
    "badge": View("badge.json", badge),
    "markdown": View("summary.md", summary),
}
ALWAYS = ("html", "junit")
"""What every run with an output folder gets; the others when asked for, or in a CI system."""


def write_view(result: Result, name: str, path: Path) -> Path:
    """Draw the view `name` into `path`. Raises OutputProblem."""
    return write_text(path, VIEWS[name].draw(result))
