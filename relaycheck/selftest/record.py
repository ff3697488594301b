"""`selftest.json`: the kill matrix as data. Its JSON Schema is published in `specs/schemas/`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from relaycheck import __version__
from relaycheck.evidence.write import write_text
from relaycheck.places import SCHEMAS
from relaycheck.plugin.settings import Depth
from relaycheck.selftest.trial import Role
from relaycheck.verdicts import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.catalogue import Catalogue
    from relaycheck.selftest.matrix import Killing, Matrix
    from relaycheck.selftest.trial import Trial

SCHEMA = SCHEMAS / "selftest.schema.json"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MutantFacts(Part):
    id: str
    breaks: str = Field(description="The row that must notice.")
    fault: str
    fate: str = Field(description="At the deepest depth tried.")
    fates: dict[str, str] = Field(description="Against its own row, by depth.")
    verdict: str = Field(description="Of its own row; empty when that was not tried.")
    reason: str
    other_rows: list[str] = Field(description="Other rows that failed or warned, where they were tried.")
    requests_sent: int
    seconds: float


class RowCount(Part):
    id: str
    level: str
    title: str
    mutants: int
    killed: int = Field(description="By this row's own checks.")


class DepthCount(Part):
    depth: str
    by_own_row: int = Field(description="Mutants whose own row failed or warned.")
    by_any_row: int = Field(description="Mutants of which a run shows anything: some row failed or warned.")
    tried: int


class TrialFacts(Part):
    role: Literal["reference", "null", "variant", "chaos"]
    candidate: str
    depth: str
    rows: list[str] = Field(description="Patterns of the rows it met; empty for all.")
    verdict: str
    reached: str
    reason: str = Field(description="What the run says of itself: why there is no certificate, or what went wrong.")
    loud: list[str] = Field(description="Rows that neither passed nor were not applicable, with their verdicts.")
    requests_sent: int
    seconds: float


class FindingFacts(Part):
    subject: str
    sentence: str


class Record(Part):
    """A finished self-test."""

    version: str
    edition: str
    suite_digest: str = Field(description="SHA-256 over engine, suites and catalogue.")
    full: bool = Field(description="Every mutant, null target and variant met every row.")
    whole: bool = Field(description="Nothing was left out by --only.")
    green: bool
    findings: list[FindingFacts]
    depths: list[DepthCount]
    rows: list[RowCount]
    mutants: list[MutantFacts]
    trials: list[TrialFacts] = Field(description="Of the reference, null targets, variants and disturbances.")
    seconds: float = Field(description="Wall time of this run.")


def record_of(matrix: Matrix, catalogue: Catalogue, digest: str, *, full: bool, seconds: float) -> Record:
    broken: dict[str, list[Killing]] = {}
    for killing in matrix.killings:
        broken.setdefault(killing.fault.breaks, []).append(killing)
    return Record(
        version=__version__,
        edition=catalogue.edition,
        suite_digest=digest,
        full=full,
        whole=matrix.whole,
        green=matrix.green,
        findings=[FindingFacts(subject=f.subject, sentence=f.sentence) for f in matrix.findings],
        depths=[
            DepthCount(depth=depth, by_own_row=found.by_own_row, by_any_row=found.by_any_row, tried=found.tried)
            for depth in Depth
            for found in (matrix.caught(depth),)
            if found.tried
        ],
        rows=[
            RowCount(
                id=row.id,
                level=row.level,
                title=row.title,
                mutants=len(broken.get(row.id, ())),
                killed=sum(k.fate.name == "OWN_ROW" for k in broken.get(row.id, ())),
            )
            for row in catalogue
        ],
        mutants=[_mutant(killing) for killing in matrix.killings],
        trials=[_trial(trial) for trial in matrix.trials],
        seconds=round(seconds, 1),
    )


def _mutant(killing: Killing) -> MutantFacts:
    return MutantFacts(
        id=killing.fault.id,
        breaks=killing.fault.breaks,
        fault=killing.fault.sentence,
        fate=killing.fate,
        fates={depth.value: fate.value for depth, fate in killing.fates.items()},
        verdict=killing.verdict or "",
        reason=killing.reason,
        other_rows=list(killing.others),
        requests_sent=killing.sent,
        seconds=round(killing.seconds, 2),
    )


def _trial(trial: Trial) -> TrialFacts:
    assert trial.job.role is not Role.MUTANT
    quiet = (Kind.PASS, Kind.NOT_APPLICABLE)
    return TrialFacts(
        role=trial.job.role.value,
        candidate=trial.job.candidate,
        depth=trial.job.depth,
        rows=list(trial.job.rows),
        verdict=trial.verdict,
        reached=trial.reached,
        reason=trial.trouble or trial.obstacle or trial.reason,
        loud=[f"{row.id}: {row.kind}" for row in trial.rows if row.kind not in quiet],
        requests_sent=trial.sent,
        seconds=round(trial.seconds, 2),
    )


def write_record(record: Record, folder: Path) -> Path:
    """`selftest.json` in `folder`. Raises OutputProblem."""
    return write_text(folder / "selftest.json", record.model_dump_json(indent=1) + "\n")


def schema_text() -> str:
    """The published schema as it must be for this version."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Record.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
