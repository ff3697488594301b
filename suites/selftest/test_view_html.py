"""The HTML report: what it holds, and that nothing a target sends becomes a part of it. The browser's view: test_report_browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from records import HOSTILE, STATEMENT, check, conformant, exchange, record, request_text, row, selection

from relaycheck.views.diff import MOST_TOKENS, Line, Side, compared
from relaycheck.views.html import html


class Reader(HTMLParser):
    """Counts elements, keeps what addresses anything, and finds elements that were not closed."""

    VOID = ("meta", "br", "input", "link", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: dict[str, int] = {}
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = self.elements.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_element_is_closed_and_every_id_is_unique() -> None:
    seen = Reader(html(record()))
    assert seen.open == []
    assert len(seen.ids) == len(set(seen.ids))


def test_the_report_asks_for_nothing_and_has_the_only_script() -> None:
    text = html(record())
    seen = Reader(text)
    assert seen.elements["script"] == 1
    assert not {"img", "link", "iframe", "object", "base"} & set(seen.elements)
    elsewhere = [a for a in seen.addresses if not a.startswith(("#", "evidence/", "https://www.rfc-editor.org/"))]
    assert elsewhere == []
    assert not any(name.startswith("on") for name in seen.attributes)
    assert "default-src &#39;none&#39;" in text


@pytest.mark.parametrize("part", ["</script><script>document", "\x1b", "\x00", "\u202e", "\ufffe"])
def test_no_text_of_a_target_is_obeyed(part: str) -> None:
    assert part in HOSTILE
    assert part not in html(record())


def test_each_row_opens_to_statement_source_quoted_line_and_checks() -> None:
    text = html(record())
    body = text[text.index('id="RM-204-02"') : text.index('id="RM-204-03"')]
    for told in (STATEMENT, "RFC 9110 §8.6", "page line 61", "| 204 | No Content |", "the name of check 2", "X00002"):
        assert told in body


def test_the_difference_between_control_and_probe_is_marked_and_the_nonce_is_not() -> None:
    text = html(record())
    assert re.search(r"<ins>Accept: <mark>text</mark>/<mark>xml</mark></ins>", text)
    assert "<del>Accept: <mark>application</mark>/<mark>json</mark></del>" in text
    assert "<mark>rcsample" not in text


def test_a_finding_without_a_control_is_compared_with_the_first_accepted_request() -> None:
    text = html(record(row(2, "fail", check("fail", 2, control=None))))
    assert "compared with X00001" in text


def test_passing_checks_list_their_exchanges_by_digest() -> None:
    text = html(conformant())
    assert "sha256 abababababab" in text
    assert "<mark>" not in text


def test_verdict_and_level_come_first_then_what_was_not_proven_then_the_chapters() -> None:
    text = html(record())
    order = [
        "nonconformant",
        "level: claimed relay",
        "Missing for level contract",
        "What was not proven",
        "The 204 itself",
    ]
    places = [text.index(part, text.index("<h1>")) for part in order]
    assert places == sorted(places)


def test_a_selection_is_titled_as_one() -> None:
    heading = re.search("<h1>.*?</h1>", html(selection()), re.S)
    assert heading
    assert "selection only" in heading[0]
    assert "conformant" not in heading[0]


def test_the_report_never_calls_a_target_certified() -> None:
    assert "certif" not in html(record()).lower()


def test_the_decision_rule_is_printed() -> None:
    assert "Simple acceptance." in html(record())


def test_an_exchange_of_many_checks_is_told_in_full_once() -> None:
    shown = ["X00001", "X00002", "X00009"]
    checks = [check("fail", 2, shown=shown, id=f"test_{n}") for n in range(10)]
    body = request_text(9, "X-Once: only")
    exchanges = (
        *(exchange(n, request=request_text(n)) for n in (1, 2)),
        exchange(9, request=body),
    )
    assert html(record(row(2, "fail", *checks), exchanges=exchanges)).count("X-Once: only") == 1


def marked(lines: list[Line]) -> list[str]:
    return [piece.text for line in lines for piece in line.pieces if piece.differs]


@pytest.mark.parametrize(
    ("control", "probe", "gone", "new"),
    [
        ("a\nb", "a\nb", [], []),
        ("a: n1", "a: n2", [], []),
        ("Date: Mon", "date: Tue", [], []),
        ("a\nAccept: x y\nc", "a\nAccept: x z\nc", ["y"], ["z"]),
        ("a\nc", "a\nb\nc", [], ["b"]),
        ("a\nb\nc", "a\nc", ["b"], []),
        ("abc def", "§§§ ###", ["abc def"], ["§§§ ###"]),
        ("x " * MOST_TOKENS, "x " * MOST_TOKENS + "y", ["x " * MOST_TOKENS], ["x " * MOST_TOKENS + "y"]),
    ],
)
def test_only_what_differs_is_marked(control: str, probe: str, gone: list[str], new: list[str]) -> None:
    left, right = compared(Side(control, "n1"), Side(probe, "n2"))
    assert marked(left) == gone
    assert marked(right) == new


@pytest.mark.parametrize(("control", "probe"), [("a\nb c\n\nd", "b\nb d\ne\n"), ("", "x"), ("x\ny", "")])
def test_both_sides_of_a_comparison_keep_their_text(control: str, probe: str) -> None:
    for side, text in zip(compared(Side(control), Side(probe)), (control, probe), strict=True):
        assert "\n".join("".join(piece.text for piece in line.pieces) for line in side) == text
