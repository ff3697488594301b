"""The evidence of what did not pass: control and probe as raw octets, SMTP transcript and mail, HAR, a script that sends it again.

`evidence/<row>/<check>/` holds one check. A file longer than 64 KiB is kept once, in `evidence/large/` under its digest, and named in
the `finding.json` of each check that needs it.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from relaycheck.evidence.build import Told, loud, shown
from relaycheck.evidence.har import har

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.evidence.model import CheckFacts, RequirementFacts, Result
    from relaycheck.exchange import Exchange
    from relaycheck.plugin.checks import Check

LARGE = 64 * 1024  # octets
EVIDENCE = "evidence"
LARGE_ONES = "large"
LONGEST_NAME = 72


def place_of(check: Check) -> str:
    """Where a check's evidence is, relative to the record: the same for the same check in every run."""
    plain = re.sub(r"[^0-9A-Za-z]+", "-", check.id.partition("::")[0].removeprefix("test_")).strip("-").lower()
    exact = plain.replace("-", "_") == check.id.removeprefix("test_").lower()
    name = plain[:LONGEST_NAME].strip("-")
    if not exact or len(plain) > LONGEST_NAME:
        name += f"-{hashlib.sha256(check.id.encode()).hexdigest()[:6]}"
    return f"{EVIDENCE}/{check.requirement.id}/{name}"


def files_of(run: Told, result: Result) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Every file of the evidence with its path below the output folder, one after the other. Equal large ones are one file."""
    facts = {c.id: (row, c) for row in result.requirements for c in row.checks}
    known: set[PurePosixPath] = set()
    for check in run.outcome.checks:
        if loud(check) and facts[check.id][1].evidence:
            for place, octets in _files(run, check, *facts[check.id]):
                if place not in known:
                    known.add(place)
                    yield place, octets


def _files(run: Told, check: Check, row: RequirementFacts, facts: CheckFacts) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The evidence of one check."""
    assert facts.evidence is not None
    folder = PurePosixPath(facts.evidence)
    exchanges = [run.by_id[id] for id in shown(run.findings[check.id]) if id in run.by_id]
    kept: dict[str, dict[str, object]] = {}
    for exchange in exchanges:
        role = "probe" if exchange.id == facts.probe else "control" if exchange.id == facts.control else exchange.id
        kept[exchange.id] = {}
        for part, octets in _parts(exchange):
            digest = hashlib.sha256(octets).hexdigest()
            large = len(octets) > LARGE
            name = f"../../{LARGE_ONES}/{digest}" if large else f"{role}.{part}"
            kept[exchange.id][part] = {"file": name, "octets": len(octets), "sha256": digest}
            yield PurePosixPath(EVIDENCE, LARGE_ONES, digest) if large else folder / name, octets
    if archive := har(exchanges, run.outcome.settings.target.url, run.when):
        yield folder / "exchanges.har", archive.encode()
    yield folder / "repro.sh", _script(run, row, facts, exchanges).encode()
    finding = {"requirement": row.id, **facts.model_dump(mode="json"), "files": kept}
    yield folder / "finding.json", json.dumps(finding, ensure_ascii=False).encode()


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


def _script(run: Told, row: RequirementFacts, facts: CheckFacts, exchanges: list[Exchange]) -> str:
    lines = [
        "#!/bin/sh",
        f"# {row.id} {facts.name}: {facts.verdict}",
        "# This only sends the requests. To send them with a mail server behind them and judge again:",
        f"#   {facts.beats.again if facts.beats else ''}",
    ]
    for exchange in exchanges:
        role = "probe" if exchange.id == facts.probe else "control" if exchange.id == facts.control else "further"
        line = run.shell(exchange)
        told = line or "# too long for a command line"
        lines += ["", f"# {role} {exchange.id}: {exchange.request.note}".rstrip(": "), told]
    return "\n".join(lines) + "\n"


def strangers(folder: Path) -> list[str]:
    """What stands in the evidence folder of `folder` that no run of ours put there."""
    place = folder / EVIDENCE
    if not place.is_dir():
        return []
    return sorted(e.name for e in place.iterdir() if not re.fullmatch(rf"RM-[0-9A-Z]+-\d+|{LARGE_ONES}", e.name))
