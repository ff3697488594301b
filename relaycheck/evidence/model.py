"""`result.json`: the one record of a run that everything else is drawn from. Its JSON Schema is published in `specs/schemas/`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Suite(Part):
    name: str
    version: str
    edition: str = Field(description="The frozen set of required rows.")
    catalogue_digest: str = Field(description="SHA-256 over the catalogue's canonical data.")


class TargetFacts(Part):
    name: str
    version: str
    contact: str
    url: str
    installation: str
    capabilities: dict[str, bool] = Field(description="The ICS answers, by name.")


class RunFacts(Part):
    id: str
    started: str = Field(description="UTC, ISO 8601.")
    finished: str = Field(description="UTC, ISO 8601.")
    depth: str
    seed: int
    selection: list[str] = Field(description="Patterns of --select; empty for a whole run.")
    requests_sent: int
    able_to_relay: int = Field(description="Requests that carried a message and could have relayed it.")
    witnessed: int = Field(description="Mails that the witness accepted.")
    obstacle: str = Field(description="Why nothing could be observed; empty otherwise.")
    notes: list[str]


class LevelFacts(Part):
    claimed: str
    reached: str | None


class ClassFacts(Part):
    conformance_class: str = Field(alias="class")
    verdict: str
    passed: int
    applicable: int
    warnings: int
    reason: str


class CheckFacts(Part):
    name: str
    id: str
    verdict: str
    reason: str
    cause: str | None = Field(description="For inconclusive: why, as a word of the published list.")
    judgement: str | None
    attempts: int
    seconds: float
    control: str | None = Field(description="The id of the exchange that served as control.")
    exchanges: list[str]


class RequirementFacts(Part):
    id: str
    title: str
    level: str
    conformance_class: str = Field(alias="class")
    verdict: str
    reason: str
    checks: list[CheckFacts]


class ExchangeFacts(Part):
    id: str
    nonce: str
    note: str
    method: str
    target: str
    outcome: str
    status: int | None
    connection: str
    seconds: float
    mails: int
    digest: str = Field(description="SHA-256 over the request's and the response's octets, secrets replaced.")


class Result(Part):
    """The whole record of one run."""

    format: Literal["relaycheck-result/1"] = "relaycheck-result/1"
    suite: Suite
    target: TargetFacts
    run: RunFacts
    verdict: Literal["conformant", "nonconformant", "inconclusive", "error", "nothing_applicable"]
    reason: str
    exit_code: int
    level: LevelFacts
    classes: list[ClassFacts]
    requirements: list[RequirementFacts]
    exchanges: list[ExchangeFacts]


def schema() -> dict[str, object]:
    """The JSON Schema of `result.json` (Draft 2020-12)."""
    made = Result.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "relaycheck-result-1", **made}
