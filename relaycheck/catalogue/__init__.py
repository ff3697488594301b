"""The requirements catalogue: what is asked of a RelayMessage service, where it says so, and how it is decided."""

from relaycheck.catalogue.drift import Drift, drift
from relaycheck.catalogue.load import load
from relaycheck.catalogue.model import (
    Ambiguity,
    Approach,
    Basis,
    Catalogue,
    Chapter,
    Class_,
    Level,
    Oracle,
    Page,
    Place,
    Requirement,
    Source,
    UnknownRequirement,
)
from relaycheck.catalogue.needs import NEEDS, Need, NeedKind
from relaycheck.catalogue.problems import CatalogueError, Problem

__all__ = [
    "NEEDS",
    "Ambiguity",
    "Approach",
    "Basis",
    "Catalogue",
    "CatalogueError",
    "Chapter",
    "Class_",
    "Drift",
    "Level",
    "Need",
    "NeedKind",
    "Oracle",
    "Page",
    "Place",
    "Problem",
    "Requirement",
    "Source",
    "UnknownRequirement",
    "drift",
    "load",
]
