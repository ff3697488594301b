"""Where `specs/`, `suites/` and `reports/` are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE if (PACKAGE / "specs").is_dir() else PACKAGE.parent

SPECS = ROOT / "specs"
SUITES = ROOT / "suites"
REPORTS = ROOT / "reports"
CONTRACT = SPECS / "relaymessage.openapi.yaml"
REQUIREMENTS = SPECS / "requirements"
AMBIGUITIES = SPECS / "ambiguities.yaml"
SCHEMAS = SPECS / "schemas"


def in_checkout() -> bool:
    """Whether this runs from a checkout, where `reports/latest` is the default output folder."""
    return ROOT != PACKAGE
