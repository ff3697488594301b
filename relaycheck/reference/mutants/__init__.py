"""Faulty services: one fault each, in a few lines, with the row that it breaks. Each is offered at `/<id>/` by `--faults`."""

from __future__ import annotations

from relaycheck.reference.mutants.first import FIRST
from relaycheck.reference.mutants.model import Mutant

MUTANTS: dict[str, Mutant] = {}
for _mutant in FIRST:
    if _mutant.id in MUTANTS:
        raise ValueError(f"two mutants are called {_mutant.id}")
    MUTANTS[_mutant.id] = _mutant

__all__ = ["MUTANTS", "Mutant"]
