"""Records made by hand for the self-tests of views: every verdict once, and texts that a hostile target might send."""

from __future__ import annotations

from relaycheck.evidence.model import (
    BeatFacts,
    ChapterFacts,
    CheckFacts,
    ClassFacts,
    DeliveryFacts,
    ExchangeFacts,
    LackingFacts,
    LevelFacts,
    NextLevelFacts,
    RequirementFacts,
    Result,
    RunFacts,
    SourceFacts,
    Suite,
    TargetFacts,
)

HOSTILE = "</script><script>document.title='owned'</script> \x1b[31m ``` ]]> \x00 \u202e ::error::x 100% a|b @all &amp; \ufffe"
STATEMENT = "A 204 response carries no Content-Length field, not even one with the value 0."


def check(verdict: str, number: int = 1, *, came: str = "", reason: str = "", **changes: object) -> CheckFacts:
    loud = verdict not in ("pass", "not_applicable")
    told = BeatFacts(
        required=f"{STATEMENT} (RFC 9110 §8.6)",
        sent=f"with Accept: text/xml [X{number:05}, control X00001]",
        came=came or f"what came {number}",
        again=f"relaycheck replay RM-204-{number:02} reports/latest",
    )
    facts = CheckFacts(
        name=f"the name of check {number}",
        id=f"test_of_check[{number}-{verdict}]",
        about="What it is about.",
        verdict=verdict,
        reason=reason or ("" if verdict == "pass" else f"reason {number}"),
        cause="no-witness" if verdict == "inconclusive" else None,
        capability="auth.xsrf" if verdict == "not_applicable" else "",
        judgement="no_content_length",
        attempts=1,
        seconds=0.25,
        control="X00001" if loud else None,
        probe=f"X{number:05}" if loud else None,
        exchanges=["X00001", f"X{number:05}"],
        shown=["X00001", f"X{number:05}"] if loud else [],
        beats=told if loud else None,
        example=None,
        shell="curl -isS http://127.0.0.1/" if loud else "",
        evidence=f"evidence/RM-204-{number:02}/check-{number}" if loud else None,
    )
    return facts.model_copy(update=changes)


def row(number: int, verdict: str, *checks: CheckFacts, level: str = "MUST", **changes: object) -> RequirementFacts:
    facts = RequirementFacts(
        id=f"RM-204-{number:02}",
        title=f"Title of row {number}",
        chapter="no_content",
        level=level,
        conformance_class="http",
        statement=STATEMENT,
        basis="derived",
        sources=[
            SourceFacts(
                text="RFC 9110 §8.6",
                place="",
                first=None,
                last=None,
                quote="",
                link="https://www.rfc-editor.org/rfc/rfc9110",
            ),
            SourceFacts(
                text="page line 61", place="response", first=61, last=61, quote="| 204 | No Content |", link=""
            ),
        ],
        needs=[],
        tolerates="",
        fault="A 204 carries Content-Length: 0.",
        blocks=False,
        untestable="",
        verdict=verdict,
        reason="not run" if verdict == "not_run" else f"reason {number}" if verdict != "pass" else "",
        checks=list(checks),
    )
    return facts.model_copy(update=changes)


def exchange(
    number: int, *, request: str | None = None, response: str = "HTTP/1.1 204 No Content\n\n"
) -> ExchangeFacts:
    nonce = f"rcsample{number:04}"
    full = request is not None
    mail = DeliveryFacts(
        id=f"mail-{number}",
        sender=f"from-{nonce}@relaycheck.test",
        recipients=[f"to1-{nonce}@relaycheck.test"],
        reply=250,
        octets=10,
        transcript=f"C: MAIL FROM:<from-{nonce}@relaycheck.test>\nS: 250 OK\n",
        mail=f"Subject: {nonce}\n\nHello\n",
    )
    return ExchangeFacts(
        id=f"X{number:05}",
        check="" if number == 1 else f"test_of_check[{number}]",
        nonce=nonce,
        note="first control: basic" if number == 1 else "",
        method="POST",
        target="/api/v1/Agents/EMail/RelayMessage",
        outcome="answered",
        status=204,
        described="204 No Content, 1 mail to 1 recipient",
        connection="c1#1",
        started=0.01 * number,
        seconds=0.004,
        mails=1,
        digest="ab" * 32,
        request=request,
        response=response if full else None,
        stray="" if full else None,
        deliveries=[mail] if full else [],
    )


def request_text(number: int, *fields: str) -> str:
    nonce = f"rcsample{number:04}"
    head = ["POST /api/v1/Agents/EMail/RelayMessage HTTP/1.1", "Host: 127.0.0.1", f"User-Agent: relaycheck ({nonce})"]
    return "\n".join([*head, *fields, "", f'{{"From":"from-{nonce}@relaycheck.test"}}'])


def record(*rows: RequirementFacts, exchanges: tuple[ExchangeFacts, ...] = (), **changes: object) -> Result:
    """A record of these rows; by default one of each verdict, the failed one told by a hostile target."""
    rows = rows or (
        row(1, "pass", check("pass", 1)),
        row(2, "fail", check("fail", 2, came=HOSTILE, reason=HOSTILE), check("pass", 1), reason=HOSTILE),
        row(3, "warn", check("fail", 3), level="SHOULD"),
        row(4, "inconclusive", check("inconclusive", 4)),
        row(5, "error", check("error", 5)),
        row(6, "not_applicable", check("not_applicable", 6)),
        row(7, "not_run"),
        row(8, "not_run", reason="no check tries this row yet"),
    )
    exchanges = exchanges or (
        exchange(1, request=request_text(1, "Accept: application/json")),
        *(
            exchange(n, request=request_text(n, "Accept: text/xml"), response=f"HTTP/1.1 204 No Content\n{HOSTILE}\n\n")
            for n in range(2, 6)
        ),
        exchange(6),
    )
    facts = Result(
        suite=Suite(
            name="relaycheck",
            version="0.1.0",
            edition="2026.11",
            catalogue_digest="cd" * 32,
            decision_rule="Simple acceptance.",
        ),
        target=TargetFacts(
            name="Contoso relay",
            version="1.2",
            contact="",
            url="https://staging.example/base",
            installation="onsite",
            source="staging.toml",
            capabilities={"auth.basic": True, "auth.xsrf": False},
        ),
        run=RunFacts(
            id="abc123",
            started="2026-11-23T12:00:00.000+00:00",
            finished="2026-11-23T12:00:08.500+00:00",
            seconds=8.5,
            depth="standard",
            seed=0,
            selection=[],
            partial=False,
            requests_sent=812,
            able_to_relay=240,
            witnessed=240,
            obstacle="",
            first_controls=["X00001"],
            notes=[],
            environment={"python": "3.11.7"},
        ),
        verdict="nonconformant",
        reason="fail: RM-204-02",
        exit_code=1,
        level=LevelFacts(
            claimed="relay",
            reached=None,
            next=NextLevelFacts(
                level="contract",
                sentence="1 row must pass first (1 fail)",
                lacking=[LackingFacts(id="RM-204-02", verdict="fail", reason=HOSTILE)],
            ),
        ),
        classes=[
            ClassFacts(
                conformance_class="http", verdict="fail", passed=1, applicable=4, warnings=1, reason="fail: RM-204-02"
            ),
            ClassFacts(conformance_class="framing", verdict="pass", passed=15, applicable=16, warnings=0, reason=""),
        ],
        chapters=[
            ChapterFacts(key="no_content", title="The 204 itself"),
            ChapterFacts(key="select", title="$select"),
        ],
        requirements=list(rows),
        exchanges=list(exchanges),
    )
    return facts.model_copy(update=changes)


def conformant(*rows: RequirementFacts) -> Result:
    return record(
        *(rows or (row(1, "pass", check("pass", 1)),)),
        verdict="conformant",
        reason="",
        exit_code=0,
        level=LevelFacts(claimed="relay", reached="relay", next=None),
    )


def selection() -> Result:
    whole = conformant()
    run = whole.run.model_copy(update={"partial": True, "selection": ["RM-204-01"]})
    return whole.model_copy(update={"run": run, "level": LevelFacts(claimed="relay", reached=None, next=None)})
