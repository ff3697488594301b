"""The catalogue holds the rows that it is meant to hold, and a file that is wrong is told by file and line."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from relaycheck.catalogue import (
    NEEDS,
    Approach,
    Basis,
    CatalogueError,
    Class_,
    Level,
    NeedKind,
    Oracle,
    UnknownRequirement,
    load,
)
from relaycheck.places import SPECS
from relaycheck.target.model import Target, Url

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load()

# class: MUST, SHOULD, MAY, INFO
TOTALS = {
    Class_.CORE: (35, 7, 0, 9),
    Class_.HTTP: (27, 34, 3, 5),
    Class_.FRAMING: (16, 1, 2, 0),
    Class_.RELAY: (18, 12, 0, 4),
    Class_.SECURITY: (24, 10, 1, 4),
}

# prefix: (chapter, how many ids were ever given out). Ids are never reused or renumbered: numbers may only grow.
ISSUED = {
    "EP": ("endpoint", 16),
    "FR": ("framing", 20),
    "204": ("no_content", 8),
    "AUTH": ("authentication", 31),
    "XSRF": ("xsrf", 8),
    "CT": ("content_types", 19),
    "JSON": ("json", 12),
    "XML": ("xml", 8),
    "FORM": ("form", 6),
    "PATCH": ("patch", 4),
    "SEL": ("select", 7),
    "NEG": ("negotiation", 7),
    "BODY": ("properties", 18),
    "REL": ("relay", 28),
    "ERR": ("errors", 12),
    "SEC": ("transport", 8),
}

BLOCKING = {
    "RM-AUTH-05",
    "RM-AUTH-11",
    "RM-AUTH-28",
    "RM-XSRF-02",
    "RM-XSRF-05",
    "RM-XML-07",
    "RM-BODY-14",
    "RM-REL-20",
    "RM-REL-26",
}


def test_the_totals_per_class_and_level_are_those_of_the_edition() -> None:
    totals = CATALOGUE.totals()
    assert {c: tuple(totals[c, level] for level in Level) for c in Class_} == TOTALS
    assert len(CATALOGUE) == 212
    assert CATALOGUE.edition == "2026.11"


def test_every_id_ever_issued_still_names_a_row_in_its_chapter() -> None:
    expected = [(f"RM-{p}-{n:02}", chapter) for p, (chapter, count) in ISSUED.items() for n in range(1, count + 1)]
    assert [(row.id, row.chapter) for row in CATALOGUE] == expected


def test_exactly_nine_rows_block_every_level() -> None:
    assert {row.id for row in CATALOGUE if row.blocks} == BLOCKING


def test_capability_words_are_those_a_target_answers_to() -> None:
    answers = Target(Url("http", "127.0.0.1", 80)).capabilities()
    words = {need.name for need in NEEDS.values() if need.kind is NeedKind.CAPABILITY}
    assert words == set(answers) | {"auth.any"}


def test_rows_that_need_control_of_the_witness_need_the_witness() -> None:
    assert all("witness" in row.needs for row in CATALOGUE if "witness.control" in row.needs)


def test_every_place_of_the_page_is_cited() -> None:
    cited = {source.page for row in CATALOGUE for source in row.sources}
    cited |= {key for ambiguity in CATALOGUE.ambiguities for key in ambiguity.page}
    assert [place.key for place in CATALOGUE.page.places if place.key not in cited] == []


def test_the_digests_of_fully_quoted_places_are_those_of_their_quotes() -> None:
    whole = [p for p in CATALOGUE.page.places if p.first == p.last and not p.quote.endswith("…")]
    assert len(whole) > 10
    for place in whole:
        line = place.quote
        assert place.sha256 in {hashlib.sha256(text.encode()).hexdigest() for text in (line, f"{line} ")}, place.key


@pytest.mark.parametrize("path", sorted((SPECS / "requirements").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_chapter_is_valid_by_the_published_schema(path: Path) -> None:
    assert _violations(path, "requirements") == []


@pytest.mark.parametrize("name", ["ambiguities", "page"])
def test_the_other_files_are_valid_by_their_published_schemas(name: str) -> None:
    assert _violations(SPECS / f"{name}.yaml", name) == []


def test_the_published_schema_has_the_vocabulary_of_the_code() -> None:
    row = _schema("requirements")["$defs"]["requirement"]["properties"]
    assert row["level"]["enum"] == [x.value for x in Level]
    assert row["class"]["enum"] == [x.value for x in Class_]
    assert row["basis"]["enum"] == [x.value for x in Basis]
    assert row["oracle"]["enum"] == [x.value for x in Oracle]
    assert row["kinds"]["items"]["enum"] == [x.value for x in Approach]
    assert row["needs"]["items"]["enum"] == list(NEEDS)


def test_a_row_is_found_by_its_id() -> None:
    row = CATALOGUE["RM-204-02"]
    assert (row.chapter, row.level, row.class_) == ("no_content", Level.MUST, Class_.HTTP)
    assert [str(source) for source in row.sources] == ["RFC 9110 §8.6"]
    assert "RM-204-02" in CATALOGUE
    assert "RM-204-99" not in CATALOGUE
    assert row in [CATALOGUE[r] for a in CATALOGUE.ambiguities_of(row.id) for r in a.rows]


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        (["RM-PATCH-*"], ["RM-PATCH-01", "RM-PATCH-02", "RM-PATCH-03", "RM-PATCH-04"]),
        (["rm-sel-01"], ["RM-SEL-01"]),
        (["RM-REL-01", "RM-EP-0[12]"], ["RM-EP-01", "RM-EP-02", "RM-REL-01"]),
        ([], []),
    ],
)
def test_globs_select_rows_in_catalogue_order(patterns: list[str], ids: list[str]) -> None:
    assert [row.id for row in CATALOGUE.select(*patterns)] == ids


def test_an_unknown_id_is_told_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownRequirement) as unknown:
        CATALOGUE["RM-AUHT-10"]
    assert "'RM-AUHT-10'" in str(unknown.value)
    assert "RM-AUTH-10" in str(unknown.value)


def test_a_glob_that_matches_nothing_is_told() -> None:
    with pytest.raises(UnknownRequirement, match=r"No requirement matches 'RM-NOPE-\*'"):
        CATALOGUE.select("RM-204-*", "RM-NOPE-*")


def test_an_unknown_chapter_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownRequirement, match=r"'no-content'.*endpoint, framing, no_content"):
        CATALOGUE.chapter("no-content")


def test_the_digest_follows_the_data_and_not_the_layout(copy: Path) -> None:
    assert load(copy).digest == CATALOGUE.digest
    path = copy / "requirements" / "json.yaml"
    path.write_text("# a comment\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert load(copy).digest == CATALOGUE.digest
    _replace(path, "level: SHOULD", "level: MUST")
    assert load(copy).digest != CATALOGUE.digest


JSON, XML, FORM = (f"requirements/{chapter}.yaml" for chapter in ("json", "xml", "form"))
AMBIGUITIES = "ambiguities.yaml"

# file, text to replace (first occurrence), new text, part of the sentence; the line told is that of the new text
PROBLEMS = {
    "duplicate id": (JSON, "id: RM-JSON-02", "id: RM-JSON-01", "'RM-JSON-01' is taken already"),
    "id of another chapter": (JSON, "id: RM-JSON-12", "id: RM-XML-99", "must be RM-JSON- and two"),
    "unknown class": (JSON, "class: core", "class: cor", "known class; did you mean 'core'?"),
    "unknown level": (JSON, "level: MUST", "level: must", "'must' is no known level"),
    "unknown basis": (JSON, "basis: derived", "basis: drived", "did you mean 'derived'?"),
    "unknown oracle": (JSON, "oracle: same", "oracle: sane", "did you mean 'same'?"),
    "unknown need": (JSON, "needs: [witness]", "needs: [witnes]", "did you mean 'witness'?"),
    "unknown kind": (JSON, "kinds: [metamorphic,", "kinds: [metamorfic,", "mean 'metamorphic'?"),
    "no kind": (JSON, "kinds: [metamorphic]", "kinds: []", "'kinds' is empty"),
    "repeated need": (JSON, "needs: [witness]", "needs: [witness, witness]", "stands twice"),
    "unknown place": (
        "requirements/json.yaml",
        "page: body",
        "page: boby",
        "no place of the page; did you mean 'body'?",
    ),
    "unknown key": (JSON, "fault:", "fualt:", "'fualt' is unknown; did you mean 'fault'?"),
    "key twice": (JSON, "oracle: same", "level: MUST", "'level' stands here for the second time"),
    "flag": (JSON, "blocks: false", "blocks: no", "must be true or false, not 'no'"),
    "rfc": (JSON, "rfc: 8259", "rfc: RFC8259", "must be a whole number from 1, not 'RFC8259'"),
    "two sources in one": (
        "requirements/json.yaml",
        "- rfc: 8259",
        "- {page: body, rfc: 1}\n      - rfc: 1",
        "exactly one",
    ),
    "section of nothing": (
        "requirements/json.yaml",
        "- page: body\n",
        "- {page: body, section: '2'}\n",
        "name the RFC",
    ),
    "no source": (FORM, "basis: silent\n    sources: []", "basis: derived\n    sources: []", "needs a source"),
    "stated without page": (JSON, "basis: silent", "basis: stated", "needs a place of the page"),
    "long title": (JSON, "title: A body", f"title: {'long ' * 14}", "shorten it to 70"),
    "empty text": (JSON, "title: JSON", "title: ''", "'title' is empty"),
    "null text": (JSON, "title: JSON", "title: null", "'title' is empty"),
    "text that is a list": (JSON, "title: JSON", "title: [JSON]", "'title' must be a text"),
    "list that is a text": (JSON, "needs: []", "needs: witness", "'needs' must be a list"),
    "item that is a text": (
        "requirements/json.yaml",
        "- page: body\n",
        "- body\n",
        "Each item of 'sources' must be a map",
    ),
    "chapter name": (JSON, "chapter: json", "chapter: jason", "must stand in jason.yaml"),
    "prefix twice": (XML, "prefix: XML", "prefix: JSON", "'JSON' belongs to another chapter"),
    "order twice": (XML, "order: 8", "order: 7", "order '7' belongs to another chapter"),
    "not yaml": (JSON, "title: JSON", "title: JSON: text", "This is not YAML"),
    "unknown row": (AMBIGUITIES, "[RM-204-07]", "[RM-204-77]", "No requirement has the id 'RM-204-77'"),
    "unknown place of an ambiguity": (AMBIGUITIES, "page: [accept,", "page: [akzept,", "did you mean 'accept'?"),
    "ambiguity twice": (AMBIGUITIES, "id: AMB-02", "id: AMB-01", "'AMB-01' is taken already"),
    "ambiguity id": (AMBIGUITIES, "id: AMB-02", "id: AMB-2", "must be AMB- and two digits"),
    "one reading": (
        "ambiguities.yaml",
        "readings:\n",
        "readings: [one]\n    reading: x\n    why: y\n    q:\n",
        "two readings",
    ),
    "place twice": ("page.yaml", "key: select-example", "key: select", "'select' is listed twice"),
    "lines": ("page.yaml", "lines: [10, 10]", "lines: [10, 9]", "the first and the last line"),
    "digest": ("page.yaml", "\nsha256: ", "\nsha256: z", "64 lower-case hexadecimal digits"),
    "edition": ("edition.yaml", '"2026.11"', "November", "such as 2026.11"),
}


@pytest.mark.parametrize(("file", "old", "new", "sentence"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_is_told_with_file_and_line(copy: Path, file: str, old: str, new: str, sentence: str) -> None:
    line = _replace(copy / file, old, new)
    with pytest.raises(CatalogueError) as error:
        load(copy)
    told = [p for p in error.value.problems if sentence in p.sentence]
    assert told, str(error.value)
    assert {p.file for p in told} == {f"{copy.name}/{file}"}
    assert any(line <= p.line <= line + new.count("\n") + 1 for p in told), str(error.value)


@pytest.mark.parametrize("key", ["id", "level", "class", "basis", "oracle", "blocks", "title"])
def test_a_missing_key_is_told_at_the_row_that_lacks_it(copy: Path, key: str) -> None:
    path = copy / "requirements" / "patch.yaml"
    lines = path.read_text(encoding="utf-8").split("\n")
    start = next(n for n, line in enumerate(lines) if "RM-PATCH-02" in line)
    at = next(n for n in range(start, len(lines)) if lines[n].lstrip(" -").startswith(f"{key}:"))
    lines[at] = "  -" if key == "id" else ""
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(CatalogueError) as error:
        load(copy)
    missing = [p for p in error.value.problems if p.sentence == f"The key {key!r} is missing; add it."]
    assert [p.file for p in missing] == [f"{copy.name}/requirements/patch.yaml"]
    assert missing[0].line in (start + 1, start + 2)


def test_a_must_row_without_a_fault_is_told(copy: Path) -> None:
    path = copy / "requirements" / "patch.yaml"
    line = _replace(path, "    fault: null is an error under this type only.\n", "")
    with pytest.raises(CatalogueError, match="A MUST row needs a 'fault'") as error:
        load(copy)
    assert error.value.problems[0].line < line
    path.write_text(
        path.read_text(encoding="utf-8").replace("kinds:", "untestable: It cannot be seen.\n    kinds:", 1), "utf-8"
    )
    assert load(copy)["RM-PATCH-01"].untestable == "It cannot be seen."


def test_all_problems_are_told_at_once_in_order_of_file_and_line(copy: Path) -> None:
    _replace(copy / "requirements/xml.yaml", "class: core", "class: kore")
    _replace(copy / "requirements/xml.yaml", "level: SHOULD", "level: OUGHT")
    _replace(copy / "requirements/json.yaml", "oracle: same", "oracle: sane")
    _replace(copy / "ambiguities.yaml", "[RM-204-07]", "[RM-204-77]")
    with pytest.raises(CatalogueError) as error:
        load(copy)
    assert [p.file.rpartition("/")[2] for p in error.value.problems] == [
        "ambiguities.yaml",
        "json.yaml",
        "xml.yaml",
        "xml.yaml",
    ]
    assert str(error.value).splitlines() == [str(p) for p in error.value.problems]


@pytest.mark.parametrize("file", ["page.yaml", "ambiguities.yaml", "edition.yaml"])
def test_a_missing_file_is_the_only_problem_told(copy: Path, file: str) -> None:
    (copy / file).unlink()
    with pytest.raises(CatalogueError, match=rf"{file}:1: The file cannot be read") as error:
        load(copy)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [(b"chapter: \xff", "is not UTF-8"), (b"- a list", "must hold a mapping"), (b"", "must hold a mapping")],
)
def test_a_file_that_is_no_chapter_is_told(copy: Path, octets: bytes, sentence: str) -> None:
    (copy / "requirements" / "json.yaml").write_bytes(octets)
    with pytest.raises(CatalogueError, match=rf"json\.yaml:1: .*{sentence}") as error:
        load(copy)
    assert len(error.value.problems) == 1


def test_a_catalogue_without_chapters_is_told(copy: Path) -> None:
    shutil.rmtree(copy / "requirements")
    with pytest.raises(CatalogueError, match="holds no chapter"):
        load(copy)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    specs = tmp_path / "specs"
    specs.mkdir()
    shutil.copytree(SPECS / "requirements", specs / "requirements")
    for name in ("page.yaml", "ambiguities.yaml", "edition.yaml"):
        shutil.copy(SPECS / name, specs / name)
    return specs


def _replace(path: Path, old: str, new: str) -> int:
    """Replaces the first occurrence and gives its line."""
    text = path.read_text(encoding="utf-8")
    before, found, after = text.partition(old)
    assert found, f"{path.name} no longer holds {old!r}"
    path.write_text(f"{before}{new}{after}", encoding="utf-8")
    return before.count("\n") + 1


def _schema(name: str) -> Any:
    return json.loads((SPECS / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def _violations(path: Path, name: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(_schema(name))
    return [error.message for error in validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))]
