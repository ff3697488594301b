"""The sample reports: see ci/sample, which starts this."""

from __future__ import annotations

import argparse
import io
import shutil
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from relaycheck.evidence import read_record
from relaycheck.plugin.launch import launch
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.reference.mutants import MUTANTS
from relaycheck.rollup import CertificateLevel
from relaycheck.views.draw import VIEWS, write_view
from relaycheck.views.terminal import print_result

FOLDER = Path("reports/sample")
MUTANT = "RM-CT-05-first-recipient"  # answers 204 and loses recipients: only the witness sees it
DELIVERY_TIMEOUT = 1.0  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes reports/sample again.")
    parser.add_argument(
        "--redraw", action="store_true", help="only draw the views again, from the records that are there"
    )
    if not parser.parse_args().redraw:
        shutil.rmtree(FOLDER, ignore_errors=True)
        with Embedded(faults=True) as embedded:
            run(embedded, "", "reference", "reference target of relaycheck")
            run(embedded, MUTANT, "mutant", f"reference target with a fault: {MUTANTS[MUTANT].fault}")
    for name in ("reference", "mutant"):
        draw(FOLDER / name)


def run(embedded: Embedded, candidate: str, folder: str, name: str) -> None:
    target = replace(embedded.target_for(candidate, delivery_timeout=DELIVERY_TIMEOUT), name=name)
    settings = Settings(
        target,
        CertificateLevel.HARDENED,
        Depth.QUICK,
        source=f"{folder}.toml",  # what a tester would have given
        run_id="sample",
        output=FOLDER / folder,
        notes=("this is a sample: ci/sample makes it again",),
    )
    code = launch(settings, views=("relaycheck.views.emit",))
    print(f"{folder}: exit code {code}")
    shutil.rmtree(FOLDER / folder / "allure-results")  # a file for each check: more than a sample needs


def draw(folder: Path) -> None:
    """Every view of the record in `folder`, and what the terminal said."""
    result = read_record(folder)
    for name, view in VIEWS.items():
        write_view(result, name, folder / view.file)
    said = io.StringIO()
    print_result(result, Console(file=said, width=80, highlight=False), str(folder / VIEWS["html"].file))
    (folder / "terminal.txt").write_text(said.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
