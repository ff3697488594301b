"""The evidence of what did not pass: control and probe as raw octets, SMTP transcript and mail, HAR, a script that sends it again.

`evidence/<row>/<check>/` holds one check. A file longer than 64 KiB is kept once, in `evidence/large/` under its digest, and named in
the `finding.json` of each check that needs it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from relaycheck.evidence.build import Told, loud, shown
from relaycheck.evidence.har import har
from relaycheck.evidence.shell import shell_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.evidence.model import CheckFacts, RequirementFacts, Result
    from relaycheck.exchange import Exchange
    from relaycheck.plugin.checks import Check
    from relaycheck.plugin.outcome import RunOutcome

LARGE = 64 * 1024  # octets
EVIDENCE = "evidence"
LONGEST_NAME = 72


@dataclass
class Files:
    """What the folder is to hold, by path below the output folder. Equal large contents are one file."""

    contents: dict[PurePosixPath, bytes] = field(default_factory=dict)

    def put(self, folder: PurePosixPath, name: str, octets: bytes) -> dict[str, object]:
        """Keep a file; gives how `finding.json` names it."""
        digest = hashlib.sha256(octets).hexdigest()
        place = folder / name if len(octets) <= LARGE else PurePosixPath(EVIDENCE, "large", digest)
        self.contents[place] = octets
        above = "/".join([".."] * (len(folder.parts) - 1))
        path = name if place.parent == folder else f"{above}/large/{digest}"
        return {"file": path, "octets": len(octets), "sha256": digest}


def place_of(check: Check) -> str:
    """Where a check's evidence is, relative to the record: the same for the same check in every run."""
    plain = re.sub(r"[^0-9A-Za-z]+", "-", check.id.partition("::")[0].removeprefix("test_")).strip("-").lower()
    exact = plain.replace("-", "_") == check.id.removeprefix("test_").lower()
    name = plain[:LONGEST_NAME].strip("-")
    if not exact or len(plain) > LONGEST_NAME:
        name += f"-{hashlib.sha256(check.id.encode()).hexdigest()[:6]}"
    return f"{EVIDENCE}/{check.requirement.id}/{name}"


def files_of(run: Told, result: Result) -> dict[PurePosixPath, bytes]:
    """Every file of the evidence, by its path below the output folder."""
    files = Files()
    facts = {c.id: (row, c) for row in result.requirements for c in row.checks}
    for check in run.outcome.checks:
        if loud(check) and facts[check.id][1].evidence:
            _keep(files, run, check, *facts[check.id])
    return files.contents


def _keep(files: Files, run: Told, check: Check, row: RequirementFacts, facts: CheckFacts) -> None:
    assert facts.evidence is not None
    folder = PurePosixPath(facts.evidence)
    found = run.findings[check.id]
    exchanges = [run.by_id[id] for id in shown(found) if id in run.by_id]
    kept: dict[str, object] = {}
    for exchange in exchanges:
        name = "probe" if exchange.id == facts.probe else "control" if exchange.id == facts.control else exchange.id
        kept[exchange.id] = {f: files.put(folder, f"{name}.{f}", octets) for f, octets in _parts(exchange)}
    url = run.outcome.settings.target.url
    if archive := har(exchanges, url, run.when):
        kept["archive"] = files.put(folder, "exchanges.har", archive.encode())
    if exchanges:
        files.put(folder, "repro.sh", _script(run.outcome, row, facts, exchanges).encode())
    finding = {"requirement": row.id, **facts.model_dump(mode="json"), "files": kept}
    files.put(folder, "finding.json", json.dumps(finding, indent=1, ensure_ascii=False).encode())


def _parts(exchange: Exchange) -> Iterator[tuple[str, bytes]]:
    """The octets of one exchange by file name."""
    yield "request.raw", exchange.request.raw
    if exchange.received:
        yield "response.raw", exchange.received
    if exchange.stray:
        yield "stray.raw", exchange.stray
    for number, delivery in enumerate(exchange.deliveries, 1):
        suffix = f"{number}." if number > 1 else ""
        yield f"{suffix}smtp.log", delivery.transcript
        yield f"{suffix}mail.eml", delivery.data


def _script(outcome: RunOutcome, row: RequirementFacts, facts: CheckFacts, exchanges: list[Exchange]) -> str:
    lines = [
        "#!/bin/sh",
        f"# {row.id} {facts.name}: {facts.verdict}",
        "# This only sends the requests. To send them with a mail server behind them and judge again:",
        f"#   {facts.beats.again if facts.beats else ''}",
    ]
    for exchange in exchanges:
        role = "probe" if exchange.id == facts.probe else "control" if exchange.id == facts.control else "further"
        line = shell_line(exchange.request, outcome.settings.target.url)
        told = line or "# too long for a command line"
        lines += ["", f"# {role} {exchange.id}: {exchange.request.note}".rstrip(": "), told]
    return "\n".join(lines) + "\n"


def strangers(folder: Path) -> list[str]:
    """What stands in the evidence folder of `folder` that no run of ours put there."""
    place = folder / EVIDENCE
    if not place.is_dir():
        return []
    return sorted(e.name for e in place.iterdir() if not re.fullmatch(r"RM-[0-9A-Z]+-\d+|large", e.name))
