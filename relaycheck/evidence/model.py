"""`result.json`: the one record of a run that everything else is drawn from. Its JSON Schema is published in `specs/schemas/`.

Every view is a function of a `Result` and, for raw octets, of the evidence folder beside it. Secrets are placeholders in all of it.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT: Final = "relaycheck-result/2"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Suite(Part):
    name: str
    version: str
    edition: str = Field(description="The frozen set of required rows.")
    catalogue_digest: str = Field(description="SHA-256 over the catalogue's canonical data.")
    decision_rule: str = Field(description="How verdicts are decided, for the reader of a report.")


class TargetFacts(Part):
    name: str
    version: str
    contact: str
    url: str
    installation: str
    source: str = Field(
        description="What the tester gave as TARGET: a URL or a file; empty for the embedded reference."
    )
    capabilities: dict[str, bool] = Field(description="The ICS answers, by name.")


class RunFacts(Part):
    id: str
    started: str = Field(description="UTC, ISO 8601.")
    finished: str = Field(description="UTC, ISO 8601.")
    seconds: float
    depth: str
    seed: int
    selection: list[str] = Field(description="Patterns of --select; empty for a whole run.")
    partial: bool = Field(description="Only a selection was run: its verdict is the selection's, not the target's.")
    requests_sent: int
    able_to_relay: int = Field(description="Requests that carried a message and could have relayed it.")
    witnessed: int = Field(description="Mails that the witness accepted.")
    obstacle: str = Field(description="Why nothing could be observed; empty otherwise.")
    first_controls: list[str] = Field(description="The ids of the exchanges that looked for an accepted control.")
    notes: list[str]
    environment: dict[str, str] = Field(description="Versions of what the suite ran on.")


class LackingFacts(Part):
    """A row that stands between the target and a level."""

    id: str
    verdict: str
    reason: str


class NextLevelFacts(Part):
    level: str
    sentence: str = Field(description="What is missing for this level, in a sentence.")
    lacking: list[LackingFacts] = Field(description="In the catalogue's order; empty when no row of a class was tried.")


class LevelFacts(Part):
    claimed: str
    reached: str | None
    next: NextLevelFacts | None = Field(description="The lowest level that was not reached; null when all were.")


class ClassFacts(Part):
    conformance_class: str = Field(alias="class")
    verdict: str
    passed: int
    applicable: int
    warnings: int
    reason: str


class ChapterFacts(Part):
    key: str
    title: str


class SourceFacts(Part):
    """Where a requirement says so. A page line is quoted by its beginning."""

    text: str = Field(description="Such as `page line 27` or `RFC 9110 §15.3.5`.")
    place: str = Field(description="The key of the page's place; empty for other sources.")
    first: int | None = Field(description="First line of that place, from 1.")
    last: int | None
    quote: str
    link: str = Field(description="Where it can be read; empty if the source is no publication with an address.")


class BeatFacts(Part):
    """The four beats in which every finding is told; every view tells the same."""

    required: str = Field(description="What is required and where it says so.")
    sent: str = Field(description="What was sent: only the difference from the control.")
    came: str = Field(description="What came.")
    again: str = Field(description="How to see it again: a command.")


class ExampleFacts(Part):
    """The drawn example with which a property failed."""

    value: str
    minimal: bool = Field(description="Whether it was made smaller and no smaller one failed.")
    seed: int
    drawn: int = Field(description="How many examples the check drew.")
    requests: int = Field(description="What making it smaller cost.")


class CheckFacts(Part):
    name: str
    id: str
    about: str = Field(description="The test's own description.")
    verdict: str
    reason: str
    cause: str | None = Field(description="For inconclusive: why, as a word of the published list.")
    capability: str = Field(description="For not applicable: what the target declares absent.")
    judgement: str | None
    attempts: int
    seconds: float
    control: str | None = Field(
        description="The exchange that the probe is compared with: its control, or the run's first accepted request."
    )
    probe: str | None = Field(description="The id of the exchange that shows the finding.")
    exchanges: list[str] = Field(description="All exchanges that the check made or used.")
    shown: list[str] = Field(description="Those that the record holds in full: of a check that did not pass.")
    beats: BeatFacts | None = Field(description="Null for a check that passed or does not apply.")
    example: ExampleFacts | None
    shell: str = Field(description="The probe as a curl or printf | nc line, secrets as $RELAYCHECK_…; else empty.")
    evidence: str | None = Field(description="The check's evidence folder, relative to this file.")


class RequirementFacts(Part):
    id: str
    title: str
    chapter: str
    level: str
    conformance_class: str = Field(alias="class")
    statement: str
    basis: str
    sources: list[SourceFacts]
    needs: list[str]
    tolerates: str
    fault: str = Field(description="What a service that breaks just this row does wrong.")
    blocks: bool
    untestable: str
    verdict: str
    reason: str
    checks: list[CheckFacts]


class DeliveryFacts(Part):
    """One SMTP mail transaction at the witness."""

    id: str
    sender: str
    recipients: list[str]
    reply: int = Field(description="The witness's answer to the end of data.")
    octets: int
    transcript: str = Field(description="Command lines and replies.")
    mail: str = Field(description="The message as text, cut if long.")


class ExchangeFacts(Part):
    id: str
    check: str = Field(description="The id of the check on whose behalf it was sent; empty for the run's own.")
    nonce: str
    note: str
    method: str
    target: str
    outcome: str
    status: int | None
    described: str = Field(description="What came, in a phrase.")
    connection: str
    started: float = Field(description="Seconds since the run's first exchange.")
    seconds: float
    mails: int
    digest: str = Field(description="SHA-256 over the request's and the response's octets, secrets replaced.")
    request: str | None = Field(description="The octets as text, cut if long; null where only the digest was kept.")
    response: str | None
    stray: str | None = Field(description="What came after the response had ended.")
    deliveries: list[DeliveryFacts] = Field(description="Empty where only the digest was kept; `mails` counts.")


class Result(Part):
    """The whole record of one run."""

    format: Literal["relaycheck-result/2"] = FORMAT
    suite: Suite
    target: TargetFacts
    run: RunFacts
    verdict: Literal["conformant", "nonconformant", "inconclusive", "error", "nothing_applicable"]
    reason: str
    exit_code: int
    level: LevelFacts
    classes: list[ClassFacts]
    chapters: list[ChapterFacts]
    requirements: list[RequirementFacts]
    exchanges: list[ExchangeFacts]

    def requirement(self, id: str) -> RequirementFacts | None:
        return next((r for r in self.requirements if r.id == id), None)

    def exchange(self, id: str) -> ExchangeFacts | None:
        return next((e for e in self.exchanges if e.id == id), None)


def schema() -> dict[str, object]:
    """The JSON Schema of `result.json` (Draft 2020-12)."""
    made = Result.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "relaycheck-result-2", **made}
