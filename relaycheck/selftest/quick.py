"""Which checks catch the most mutants for a given number of requests: how the list of quick depth is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.plugin.settings import Depth
from relaycheck.selftest.trial import Job, Role
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.selftest.matrix import Suite
    from relaycheck.selftest.trial import Trial

FIRST_OF_ITS_ROW = 0.5
"""What trying a row at all counts for, in mutants."""
RED = (Kind.FAIL, Kind.WARN)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one check sends at quick depth: requests of its own, and the controls that it shares with others."""

    check: str
    row: str
    requests: int
    controls: frozenset[str]


def measuring(suite: Suite) -> tuple[Job, ...]:
    """Every mutant against all checks of its row, with the examples of quick depth."""
    return tuple(Job(Role.MUTANT, f.id, (f.breaks,), Depth.QUICK, every_check=True) for f in suite.faults)


def catches(trials: Iterable[Trial]) -> dict[str, frozenset[str]]:
    """By mutant, the checks of its own row that notice it."""
    return {t.job.candidate: frozenset(c.id for c in t.checks if c.row in t.job.rows and c.kind in RED) for t in trials}


def costs(rehearsal: RunOutcome) -> tuple[Cost, ...]:
    """What each check sent in a rehearsal of all of them."""
    sent = {exchange.id: exchange.request for exchange in rehearsal.exchanges}
    found = []
    for check in rehearsal.checks:
        requests = [sent[id] for id in check.exchange_ids if id in sent]
        controls = [request for request in requests if request.note == "control"]
        keys = frozenset(r.raw.partition(b"\r\n\r\n")[0].decode("latin-1").replace(r.nonce, "") for r in controls)
        found.append(Cost(check.id, check.requirement.id, len(requests) - len(controls), keys))
    return tuple(found)


def chosen(caught_by: Mapping[str, frozenset[str]], offers: Sequence[Cost], budget: int) -> tuple[str, ...]:
    """The checks for at most `budget` requests: those that send nothing, then always the one that shows most per request."""
    catching: dict[str, set[str]] = {}
    for mutant, checks in caught_by.items():
        for check in checks:
            catching.setdefault(check, set()).add(mutant)
    taken = {offer.check: offer for offer in offers if not offer.requests and not offer.controls}
    paid: set[str] = set()
    spent = 0
    while True:
        dead = {mutant for check in taken for mutant in catching.get(check, ())}
        tried = {offer.row for offer in taken.values()}
        best, worth, price = None, 0.0, 0
        for offer in offers:
            gain = len(catching.get(offer.check, set()) - dead) + FIRST_OF_ITS_ROW * (offer.row not in tried)
            cost = offer.requests + len(offer.controls - paid)
            if offer.check not in taken and spent + cost <= budget and gain / max(cost, 0.1) > worth:
                best, worth, price = offer, gain / max(cost, 0.1), cost
        if best is None:
            return tuple(_needed(taken, catching))
        taken[best.check] = best
        paid |= best.controls
        spent += price


def _needed(taken: Mapping[str, Cost], catching: Mapping[str, set[str]]) -> Iterable[str]:
    """Without those whose mutants and row others of the choice have too; the first chosen go first."""
    kept = dict(taken)
    for check, offer in taken.items():
        if not offer.requests:
            continue
        others = [c for c in kept if c != check]
        dead = {mutant for c in others for mutant in catching.get(c, ())}
        if catching.get(check, set()) <= dead and offer.row in {kept[c].row for c in others}:
            del kept[check]
    return kept
