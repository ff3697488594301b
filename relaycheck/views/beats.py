"""The four beats in which every finding is told: what is required and where; what was sent; what came; how to see it again."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.judgements.state import described

if TYPE_CHECKING:
    from relaycheck.catalogue import Catalogue, Requirement
    from relaycheck.exchange import Exchange, Request
    from relaycheck.plugin.checks import Check

WIDEST = 300  # characters of one differing line that are shown


@dataclass(frozen=True, slots=True)
class Beats:
    required: str
    sent: str
    came: str
    again: str

    def __str__(self) -> str:
        return f"required  {self.required}\nsent      {self.sent}\ncame      {self.came}\nagain     {self.again}"


def beats(check: Check, catalogue: Catalogue) -> Beats:
    """The four beats of a check that is not green."""
    deciding = check.deciding
    control = deciding.control if deciding else None
    probe = _probe(check, control)
    return Beats(
        required=f"{check.requirement.statement} ({where(check.requirement, catalogue)})",
        sent=_sent(probe, control),
        came=check.verdict.reason or (described(probe) if probe else "nothing"),
        again=f"relaycheck check --select {check.requirement.id}",
    )


def where(requirement: Requirement, catalogue: Catalogue) -> str:
    """Where the requirement comes from: page lines, RFC sections or other publications."""
    lines = {place.key: place for place in catalogue.page.places}
    told = []
    for source in requirement.sources:
        if place := lines.get(source.page):
            told.append(f"page line {place.first}" + (f"–{place.last}" if place.last > place.first else ""))
        else:
            told.append(str(source))
    return ", ".join(told) or "the suite's own rule"


def _probe(check: Check, control: Exchange | None) -> Exchange | None:
    deciding = check.deciding
    if deciding is None:
        return None
    return next((e for e in deciding.exchanges if control is None or e.id != control.id), None)


def _sent(probe: Exchange | None, control: Exchange | None) -> str:
    if probe is None:
        return "nothing"
    if control is None:
        return f"{probe.request.note or request_line(probe.request)} [{probe.id}]"
    changed = "; ".join(differences(control.request, probe.request)) or "the same request"
    return f"{changed} [{probe.id}, control {control.id}]"


def request_line(request: Request) -> str:
    return f"{request.method} {request.target}"


def differences(control: Request, probe: Request) -> list[str]:
    """In what the probe differs from its control, nonces aside: request line, fields, body."""
    found = []
    if request_line(control) != request_line(probe):
        found.append(f"{_short(request_line(probe))} instead of {_short(request_line(control))}")
    before, after = _lines(control), _lines(probe)
    found += [f"without {_short(line)}" for line in before if line not in after and not _replaced(line, after)]
    found += [f"with {_short(line)}" for line in after if line not in before]
    was, now = (r.body.replace(r.nonce.encode(), b"#") for r in (control, probe))
    if was != now:
        found.append(_body(was, now))
    return found


def _lines(request: Request) -> list[str]:
    left_out = ("user-agent", "content-length")
    return [f"{n}: {v}".replace(request.nonce, "#") for n, v in request.fields if n.lower() not in left_out]


def _replaced(line: str, others: list[str]) -> bool:
    name = line.partition(":")[0].lower()
    return any(other.partition(":")[0].lower() == name for other in others)


def _body(was: bytes, now: bytes) -> str:
    if not now:
        return "no body"
    matcher = difflib.SequenceMatcher(None, was[:4000], now[:4000], autojunk=False)
    parts = [now[b1:b2] for tag, _, _, b1, b2 in matcher.get_opcodes() if tag in ("replace", "insert")]
    shown = b" ... ".join(parts) if parts and sum(map(len, parts)) < WIDEST else now
    return f"body {_short(shown.decode('utf-8', 'backslashreplace'))!r} ({len(now)} octets)"


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}… ({len(text)} characters)"
