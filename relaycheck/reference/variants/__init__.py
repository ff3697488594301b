"""Legitimately different services, which must never fail a row. Each is offered at `/<id>/` by `--faults`.

One module a chapter of the catalogue; each has a tuple `VARIANTS`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from relaycheck.reference.variants.model import Variant


def _collected() -> dict[str, Variant]:
    found: dict[str, Variant] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name != "model"):
        for variant in import_module(f"{__name__}.{module}").VARIANTS:
            if not variant.id.startswith("V-"):
                raise ValueError(f"the id of variant {variant.id} does not begin with V-")
            if variant.id in found:
                raise ValueError(f"two variants are called {variant.id}")
            found[variant.id] = variant
    return found


VARIANTS: dict[str, Variant] = _collected()

__all__ = ["VARIANTS", "Variant"]
