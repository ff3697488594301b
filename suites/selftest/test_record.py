"""The record of a run: its published schema, what it says of findings, and reading it back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import exchange

from relaycheck.catalogue import load
from relaycheck.evidence import OutputProblem, RecordProblem, Result, read_record, write_record
from relaycheck.evidence.finding import finding
from relaycheck.evidence.lacking import next_level
from relaycheck.evidence.model import NextLevelFacts, schema
from relaycheck.evidence.texts import as_text, differences
from relaycheck.evidence.write import RESULT_SCHEMA, as_json
from relaycheck.exchange import Fields, Request
from relaycheck.judgements.no_content import no_content_length
from relaycheck.plugin.checks import Attempt, Check
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.rollup import CLASSES_OF, CertificateLevel, conclude, row_verdict
from relaycheck.verdicts import Kind, Verdict, failed, passed

if TYPE_CHECKING:
    from pathlib import Path

    from relaycheck.plugin.outcome import RunOutcome

CATALOGUE = load()
ROWS = ("RM-CT-01", "RM-CT-02", "RM-CT-04", "RM-204-02")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> RunOutcome:
    """Of a short run against a service that refuses text/xml."""
    with Embedded(faults=True) as embedded:
        target = embedded.target_for("RM-CT-04-no-text-xml", delivery_timeout=1.0)
        output = tmp_path_factory.mktemp("report")
        found = launch_for_outcome(Settings(target, depth=Depth.QUICK, select=ROWS, output=output))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def record(outcome: RunOutcome) -> Result:
    assert outcome.settings.output is not None
    return write_record(outcome, outcome.settings.output)


def folder_of(outcome: RunOutcome) -> Path:
    assert outcome.settings.output is not None
    return outcome.settings.output


def test_the_published_schema_is_that_of_the_model() -> None:
    """To renew it: write json.dumps(schema(), indent=1, ensure_ascii=False) and a line end."""
    assert RESULT_SCHEMA.read_text("utf-8") == json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def test_a_record_reads_back_as_it_was_written(record: Result, outcome: RunOutcome) -> None:
    assert read_record(folder_of(outcome)) == record
    assert read_record(folder_of(outcome) / "result.json") == record


def test_a_finding_tells_four_beats_and_where_its_evidence_is(record: Result, outcome: RunOutcome) -> None:
    row = record.requirement("RM-CT-04")
    assert row is not None
    assert row.verdict == "fail"
    check = row.checks[0]
    assert check.beats is not None
    assert check.beats.required.startswith(row.statement)
    assert "page line 40" in check.beats.required
    assert check.beats.sent.startswith("with Content-Type: text/xml; the same message in ")
    assert "415" in check.beats.came
    assert check.beats.again == f"relaycheck replay RM-CT-04 {folder_of(outcome)}"
    assert check.evidence is not None
    files = {path.name for path in (folder_of(outcome) / check.evidence).iterdir()}
    assert files >= {"probe.request.raw", "probe.response.raw", "control.request.raw", "control.mail.eml"}
    assert files >= {"control.smtp.log", "exchanges.har", "repro.sh", "finding.json"}


def test_the_raw_evidence_is_the_recorded_octets(record: Result, outcome: RunOutcome) -> None:
    row = record.requirement("RM-CT-04")
    assert row is not None
    check = row.checks[0]
    folder = folder_of(outcome) / str(check.evidence)
    probe = next(e for e in outcome.exchanges if e.id == check.probe)
    assert (folder / "probe.request.raw").read_bytes() == probe.request.raw
    assert (folder / "probe.response.raw").read_bytes() == probe.received
    archive = json.loads((folder / "exchanges.har").read_text("utf-8"))["log"]
    assert archive["version"] == "1.2"
    assert [e["response"]["status"] for e in archive["entries"]] == [204, 415]


def test_a_check_that_passed_keeps_a_digest_only(record: Result) -> None:
    row = record.requirement("RM-CT-01")
    assert row is not None
    check = row.checks[0]
    assert (check.verdict, check.beats, check.evidence, check.shown) == ("pass", None, None, [])
    mine = [e for e in record.exchanges if e.check == check.id]
    assert mine
    assert all(e.request is None and len(e.digest) == 64 for e in mine if e.id not in shown_anywhere(record))


def shown_anywhere(record: Result) -> set[str]:
    return {id for row in record.requirements for check in row.checks for id in check.shown}


def test_every_reference_in_a_record_leads_somewhere(record: Result) -> None:
    known = {e.id for e in record.exchanges}
    chapters = {chapter.key for chapter in record.chapters}
    for row in record.requirements:
        assert row.chapter in chapters
        for check in row.checks:
            assert {*check.exchanges, *check.shown} <= known
            assert {check.control, check.probe} - {None} <= known


def test_a_new_record_replaces_the_evidence_of_the_last_one(outcome: RunOutcome, tmp_path: Path) -> None:
    write_record(outcome, tmp_path)
    stale = tmp_path / "evidence" / "RM-204-01" / "of-an-earlier-run" / "probe.request.raw"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"")
    write_record(outcome, tmp_path)
    assert not stale.exists()
    assert (tmp_path / "evidence" / "RM-CT-04").is_dir()


def test_a_folder_named_evidence_that_is_not_ours_is_left_alone(outcome: RunOutcome, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "photo.jpg").write_bytes(b"not ours")
    with pytest.raises(OutputProblem, match=r"photo\.jpg, which no run of relaycheck wrote"):
        write_record(outcome, tmp_path)
    assert (tmp_path / "evidence" / "photo.jpg").read_bytes() == b"not ours"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no record here"),
        (b"\xff\xfe", "is no JSON"),
        (b"{", "is no JSON"),
        (b"[]", "is no record of relaycheck"),
        (b'{"format": "relaycheck-result/1"}', "has the format 'relaycheck-result/1'"),
        (b'{"format": "relaycheck-result/2"}', "is damaged"),
    ],
)
def test_what_is_no_record_is_said_in_a_sentence(content: bytes | None, says: str, tmp_path: Path) -> None:
    place = tmp_path / "result.json"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(RecordProblem, match=says):
        read_record(place)


def test_a_record_with_one_changed_type_is_damaged(record: Result, tmp_path: Path) -> None:
    document = json.loads(as_json(record))
    document["run"]["requests_sent"] = "many"
    (tmp_path / "result.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(RecordProblem, match="run/requests_sent"):
        read_record(tmp_path)


def request(
    body: bytes = b"", target: str = "/p", fields: tuple[tuple[str, str], ...] = (), nonce: str = "n1"
) -> Request:
    head = f"POST {target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n"
    return Request("POST", target, Fields(fields), body, head.encode() + body, nonce)


@pytest.mark.parametrize(
    ("control", "probe", "told"),
    [
        (request(), request(), []),
        (request(b"n1 a"), request(b"n2 a", nonce="n2"), []),
        (request(), request(target="/p?$select=a"), ["POST /p?$select=a instead of POST /p"]),
        (request(fields=(("A", "1"),)), request(fields=(("A", "2"),)), ["with A: 2"]),
        (request(fields=(("A", "1"),)), request(), ["without A: 1"]),
        (request(fields=(("A", "1"),)), request(fields=(("A", "1"), ("A", "1"))), ["with A: 1"]),
        (
            request(fields=(("Content-Length", "0"),)),
            request(b"x", fields=(("Content-Length", "1"),)),
            ["body with 'x' (1 octets)"],
        ),
        (
            request(b"x", fields=(("Content-Length", "1"),)),
            request(b"x", fields=(("Content-Length", "+1"),)),
            ["with Content-Length: +1"],
        ),
        (
            request(b"x", fields=(("Content-Length", "1"),)),
            request(b"x", fields=(("Content-Length", "1"), ("Transfer-Encoding", "chunked"))),
            ["with Content-Length: 1", "with Transfer-Encoding: chunked"],
        ),
        (
            request(),
            request(fields=tuple((f"X-{n}", "1") for n in range(20))),
            [*(f"with X-{n}: 1" for n in range(8)), "12 more fields"],
        ),
        (request(b"x"), request(), ["no body"]),
        (request(b'{"a":1}'), request(b'{"a":2}'), ["body '2' for '1' (7 octets)"]),
        (request(b'{"a":1}'), request(b'{"a":1,"b":2}'), ["body with ',\"b\":2' (13 octets)"]),
        (request(b'{"a":1,"b":2}'), request(b'{"a":1}'), ["body without ',\"b\":2' (7 octets)"]),
        (request(b"a" * 700), request(b"b" * 700), [f"body '{'b' * 300}… (700 characters)' (700 octets)"]),
    ],
)
def test_what_was_sent_is_told_as_the_difference_from_the_control(
    control: Request, probe: Request, told: list[str]
) -> None:
    assert differences(control, probe) == told


def test_long_octets_are_cut_and_counted() -> None:
    assert as_text(b"ab\r\n\xff", 100) == "ab\n\\xff"
    assert as_text(b"abcdef", 4) == "abcd\n… 2 more octets"


def test_of_many_exchanges_the_guilty_one_is_the_probe() -> None:
    good, bad = exchange(204), exchange(204, fields=(("Content-Length", "0"),))
    judgement = no_content_length([good, bad, good])
    verdict = judgement.evaluate()
    check = Check("c", "c", CATALOGUE["RM-204-02"], attempts=[Attempt([judgement])], final=verdict)
    assert finding(check, lambda seen: seen).probe == bad


def next_of(*verdicts: tuple[str, Verdict], claimed: CertificateLevel, partial: bool = False) -> NextLevelFacts | None:
    """What is missing after a run in which every row of the claimed classes passed but those named."""
    given = dict(verdicts)
    tried = CLASSES_OF[claimed]
    rows = [
        row_verdict(row, [given.get(row.id, passed() if row.class_ in tried else Verdict(Kind.NOT_RUN))])
        for row in CATALOGUE
    ]
    return next_level(conclude(claimed, rows, partial=partial), partial=partial)


def test_the_rows_that_stand_in_the_way_of_the_next_level_are_named() -> None:
    found = next_of(("RM-CT-04", failed("415")), ("RM-REL-01", failed("lost")), claimed=CertificateLevel.RELAY)
    assert found is not None
    assert (found.level, [row.id for row in found.lacking]) == ("contract", ["RM-CT-04"])
    assert found.sentence == "1 row must pass first (1 fail)"


def test_a_level_above_the_claimed_one_is_to_be_claimed() -> None:
    found = next_of(claimed=CertificateLevel.CONTRACT)
    assert found is not None
    assert found.level == "relay"
    assert found.sentence.endswith("rows of this level were not run: claim it with --level relay")


def test_nothing_is_missing_after_the_highest_level() -> None:
    assert next_of(claimed=CertificateLevel.HARDENED) is None


def test_a_selection_reaches_no_level() -> None:
    found = next_of(claimed=CertificateLevel.HARDENED, partial=True)
    assert found is not None
    assert (found.lacking, "run without --select" in found.sentence) == ([], True)


def test_what_is_longer_than_64_kib_is_kept_once_under_its_digest(outcome: RunOutcome, tmp_path: Path) -> None:
    long = b"x" * 100_000
    swollen = replace(outcome, exchanges=tuple(replace(e, received=long) for e in outcome.exchanges))
    record = write_record(swollen, tmp_path)
    assert [path.read_bytes() for path in (tmp_path / "evidence" / "large").iterdir()] == [long]
    row = record.requirement("RM-CT-04")
    assert row is not None
    folder = tmp_path / str(row.checks[0].evidence)
    kept = json.loads((folder / "finding.json").read_text("utf-8"))["files"]
    named = [parts["response.raw"] for parts in kept.values()]
    assert len(named) == 2
    assert all((folder / part["file"]).read_bytes() == long and part["octets"] == 100_000 for part in named)
    text = record.exchange(row.checks[0].probe or "")
    assert text is not None
    assert text.response is not None
    assert text.response.endswith("more octets")
