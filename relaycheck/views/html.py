"""The HTML report: one self-contained file that asks the network for nothing. Pure but for reading its own templates."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from relaycheck.places import REPORTS
from relaycheck.verdicts import Kind
from relaycheck.views.diff import Line, Side, compared, plain
from relaycheck.views.telling import (
    NO_STATEMENT,
    beat_lines,
    counts,
    did,
    findings,
    level_line,
    next_line,
    number,
    printable,
    speaking,
    verdict_line,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relaycheck.evidence.model import CheckFacts, ExchangeFacts, Result

TEMPLATES = REPORTS / "templates"
LISTED = 40
"""So many exchanges of one check are listed."""
CLASSES = ("core", "http", "framing", "relay", "security")
LEVELS = ("MUST", "SHOULD", "MAY", "INFO")
MARKS: Mapping[str, str] = {
    Kind.PASS: "✓",
    Kind.FAIL: "✗",
    Kind.WARN: "!",
    Kind.INCONCLUSIVE: "?",
    Kind.ERROR: "⚠",
    Kind.NOT_APPLICABLE: "–",
    Kind.NOT_RUN: "·",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an exchange, such as its request, on both sides: what differs is marked. `control` is empty without one."""

    title: str
    control: list[Line]
    probe: list[Line]


def html(result: Result) -> str:
    """The whole report. Texts of the target are escaped, and steering characters are shown, not obeyed."""
    style, script = (_template_text(name) for name in ("report.css", "report.js"))
    page = _Page(result)
    return (
        _environment()
        .get_template("report.html")
        .render(
            result=result,
            page=page,
            style=Markup(style),
            script=Markup(script),
            policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
            marks=MARKS,
            kinds=[kind.value for kind in Kind],
            classes=CLASSES,
            levels=LEVELS,
            listed=LISTED,
        )
    )


class _Page:
    """What the template asks of the record."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self._exchanges = {exchange.id: exchange for exchange in result.exchanges}
        self._told: set[str] = set()
        first = (self._exchanges.get(id) for id in result.run.first_controls)
        self._plain = next((e for e in first if e is not None and e.status == 204 and e.request is not None), None)
        self.findings = findings(result)
        self.totals = counts(result.requirements)
        self.by_class = {name: sum(1 for r in result.requirements if r.conformance_class == name) for name in CLASSES}
        self.by_level = {name: sum(1 for r in result.requirements if r.level == name) for name in LEVELS}
        self.by_verdict = {kind.value: sum(1 for r in result.requirements if r.verdict == kind) for kind in Kind}
        self.own = [exchange for exchange in result.exchanges if not exchange.check]

    def exchange(self, id: str | None) -> ExchangeFacts | None:
        return self._exchanges.get(id) if id else None

    def exchanges(self, ids: Iterable[str]) -> list[ExchangeFacts]:
        return [self._exchanges[id] for id in ids if id in self._exchanges]

    def control_of(self, check: CheckFacts) -> ExchangeFacts | None:
        """What the probe is compared with: the judgement's control, or else the run's first accepted request."""
        control = self.exchange(check.control) or self._plain
        return control if control is not None and control.id != check.probe and control.request is not None else None

    def others_of(self, check: CheckFacts) -> list[ExchangeFacts]:
        """The further exchanges that explain a finding; each is told in full once in the document."""
        known = {check.control, check.probe, *self._told}
        found = [e for e in self.exchanges(check.shown) if e.id not in known and e.request is not None]
        self._told |= {e.id for e in found}
        return found

    def parts(self, control: ExchangeFacts | None, probe: ExchangeFacts) -> list[Part]:
        """Request, answer and mail of `probe`, compared with those of `control`."""
        sides = [dict(_texts(e)) if e is not None else {} for e in (control, probe)]
        nonces = [e.nonce if e is not None else "" for e in (control, probe)]
        made = []
        for title in dict.fromkeys((*sides[1], *sides[0])):
            was, now = (side.get(title, "") for side in sides)
            if control is None:
                made.append(Part(title, [], plain(now.split("\n"))))
            else:
                made.append(Part(title, *compared(Side(was, nonces[0]), Side(now, nonces[1]))))
        return made


def _texts(exchange: ExchangeFacts) -> list[tuple[str, str]]:
    texts = [("request", exchange.request or ""), ("answer", exchange.response or "")]
    if exchange.stray:
        texts.append(("after the answer had ended", exchange.stray))
    for place, delivery in enumerate(exchange.deliveries, 1):
        name = f" {place}" if place > 1 else ""
        texts += [(f"SMTP transaction{name}", delivery.transcript), (f"mail{name}", delivery.mail)]
    return texts


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"words": words}
    environment.globals |= {
        "beat_lines": beat_lines,
        "counts": counts,
        "did": did,
        "level_line": level_line,
        "next_line": next_line,
        "number": number,
        "speaking": speaking,
        "verdict_line": verdict_line,
        "no_statement": NO_STATEMENT,
    }
    return environment


def _shown(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _template_text(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def _hash(text: str) -> str:
    """A source expression of Content-Security-Policy for an inline element with exactly this content."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
