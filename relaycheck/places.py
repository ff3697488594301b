"""Where `specs/`, `suites/` and `reports/` are: beside the package in a checkout, inside it in a wheel."""

import os
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE if (PACKAGE / "specs").is_dir() else PACKAGE.parent

SPECS = ROOT / "specs"
SUITES = ROOT / "suites"
REPORTS = ROOT / "reports"
CONTRACT = SPECS / "relaymessage.openapi.yaml"
SCHEMAS = SPECS / "schemas"


def in_checkout() -> bool:
    """Whether this runs from a checkout, where `reports/latest` is the default output folder."""
    return ROOT != PACKAGE


def cache() -> Path:
    """A folder of the user's for tables that take seconds to make again; a temporary one where there is none to be had."""
    wanted = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "relaycheck"
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return Path(tempfile.gettempdir())
    return wanted if os.access(wanted, os.W_OK) else Path(tempfile.gettempdir())


def default_output() -> Path:
    """Where a run is recorded if nothing else is said, and where a recorded run is looked for."""
    return REPORTS / "latest" if in_checkout() else Path("relaycheck-report")
