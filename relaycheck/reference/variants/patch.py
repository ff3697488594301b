"""Services that read patches in the other way that the page leaves open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.variants.model import Variant, change

if TYPE_CHECKING:
    from relaycheck.target import Target


def operations(target: Target) -> Target:
    return replace(target, content=replace(target.content, patch="operations"))


VARIANTS = (
    Variant(
        "V-PATCH-operations",
        "A JSON patch is a list of operations.",
        change("installation", patch="operations"),
        target=operations,
    ),
)
