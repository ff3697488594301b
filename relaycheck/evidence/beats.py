"""The four beats in which every finding is told: what is required and where; what was sent; what came; how to see it again. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.evidence.model import BeatFacts, SourceFacts
from relaycheck.evidence.texts import differences, request_line
from relaycheck.judgements.state import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.catalogue import Catalogue, Requirement, Source
    from relaycheck.evidence.finding import Finding
    from relaycheck.plugin.checks import Check

RFC = "https://www.rfc-editor.org/rfc/rfc{}{}"


def sources(requirement: Requirement, catalogue: Catalogue) -> list[SourceFacts]:
    """Where the requirement says so, the page's lines quoted by their beginning."""
    return [_source(source, catalogue) for source in requirement.sources]


def beats(check: Check, found: Finding, places: Sequence[SourceFacts], again: str) -> BeatFacts:
    """The four beats of a check that is not green. `again`: the command that shows it once more."""
    where = ", ".join(place.text for place in places) or "the suite's own rule"
    return BeatFacts(
        required=f"{check.requirement.statement} ({where})",
        sent=_sent(found),
        came=_came(found),
        again=again,
    )


def _source(source: Source, catalogue: Catalogue) -> SourceFacts:
    place = next((p for p in catalogue.page.places if p.key == source.page), None)
    if place is not None:
        lines = f"page line {place.first}" + (f"–{place.last}" if place.last > place.first else "")
        return SourceFacts(text=lines, place=place.key, first=place.first, last=place.last, quote=place.quote, link="")
    link = ""
    if source.rfc is not None:
        link = RFC.format(source.rfc, f"#section-{source.section}" if source.section else "")
    return SourceFacts(text=str(source), place="", first=None, last=None, quote="", link=link)


def _sent(found: Finding) -> str:
    probe = found.probe
    if probe is None:
        return "nothing"
    control = found.control
    if control is None or control.id == probe.id:
        return f"{probe.request.note or request_line(probe.request)} [{probe.id}]"
    changed = "; ".join(differences(control.request, probe.request)) or "a plain valid request"
    note = f"{probe.request.note}: " if probe.request.note not in ("", "control") else ""
    return f"{note}{changed} [{probe.id}, control {control.id}]"


def _came(found: Finding) -> str:
    reason = found.verdict.reason
    if found.probe is None:
        return reason or "nothing"
    came = described(found.probe)
    return reason if came in reason else f"{reason} ({came})" if reason else came
