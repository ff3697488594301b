"""What may stay as it is, with the reason. Each entry is checked: one that is no longer true is a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHADOWED: Mapping[str, str] = {}
"""Mutants that no check can tell from the faithful service, or that another row must catch: id and reason."""

UNREFUTED: Mapping[str, str] = {
    "test_what_a_204_over_http_2_says_of_its_length_is_recorded": (
        "an observation: over HTTP/2 a Content-Length in a 204 does no harm (RFC 9113 §8.1.1), so none of its values is a fault"
    ),
}
"""Tests that no mutant makes fail: name of the function and reason."""

REDUNDANT: Mapping[str, str] = {}
"""Tests without whose judgement every mutant of their row is still killed: name of the function and why it stays."""
