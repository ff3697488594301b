"""Legitimately different services, which must never fail a row. Each is offered at `/<id>/` by `--faults`.

One module a chapter of the catalogue; each has a tuple `VARIANTS`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from relaycheck.reference.variants.model import Variant


def _collected() -> tuple[dict[str, Variant], dict[str, str]]:
    found: dict[str, Variant] = {}
    chapters: dict[str, str] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name != "model"):
        for variant in import_module(f"{__name__}.{module}").VARIANTS:
            if not variant.id.startswith("V-"):
                raise ValueError(f"the id of variant {variant.id} does not begin with V-")
            if variant.id in found:
                raise ValueError(f"two variants are called {variant.id}")
            found[variant.id] = variant
            chapters[variant.id] = module
    return found, chapters


VARIANTS: dict[str, Variant]
CHAPTER_OF: dict[str, str]
"""The key of the chapter in whose rows each variant differs."""
VARIANTS, CHAPTER_OF = _collected()

__all__ = ["CHAPTER_OF", "VARIANTS", "Variant"]
