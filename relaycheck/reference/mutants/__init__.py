"""Faulty services: one fault each, in a few lines, with the row that it breaks. Each is offered at `/<id>/` by `--faults`.

One module a chapter of the catalogue; each has a tuple `MUTANTS`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from relaycheck.reference.mutants.model import Mutant


def _collected() -> dict[str, Mutant]:
    found: dict[str, Mutant] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name != "model"):
        for mutant in import_module(f"{__name__}.{module}").MUTANTS:
            if mutant.id in found:
                raise ValueError(f"two mutants are called {mutant.id}")
            found[mutant.id] = mutant
    return found


MUTANTS: dict[str, Mutant] = _collected()

__all__ = ["MUTANTS", "Mutant"]
