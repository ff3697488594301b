"""The HTML report in headless Chromium: filters, keyboard, light and dark, print, and a record as large as they come."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright
from records import HOSTILE, check, exchange, record, request_text, row

from relaycheck.views.html import html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from playwright.sync_api import Browser, Page

    Scheme = Literal["light", "dark"]

CHROMIUM = next(filter(None, (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here; CI installs it")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html(record()), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    page = browser.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    yield page
    assert complaints == []
    assert {url.partition("#")[0] for url in asked} == {report.as_uri()}
    page.close()


def shown(page: Page) -> list[str]:
    return page.eval_on_selector_all("details.row:not([hidden])", "rows => rows.map(row => row.id)")  # type: ignore[no-any-return]


def test_it_loads_without_network_and_without_a_complaint(page: Page) -> None:
    assert page.title() == "nonconformant: Contoso relay (relaycheck test report)"
    assert len(shown(page)) == 8


def test_a_filter_hides_rows_and_says_how_many_are_left(page: Page) -> None:
    page.get_by_label("pass (1)").uncheck()
    page.get_by_label("not run (2)").uncheck()
    assert shown(page) == [f"RM-204-0{n}" for n in range(2, 7)]
    assert page.get_by_role("status").inner_text() == "5 of 8 requirements shown"
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("details.row:not([hidden])")).to_have_count(8)


def test_level_and_class_filter_too(page: Page) -> None:
    page.get_by_label("MUST (7)").uncheck()
    assert shown(page) == ["RM-204-03"]
    page.get_by_label("http (8)").uncheck()
    assert shown(page) == []
    assert page.locator("section.chapter:visible").count() == 0


def test_search_finds_rows_by_their_octets(page: Page) -> None:
    page.get_by_role("searchbox").fill("rcsample0004 TEXT/XML")
    assert shown(page) == ["RM-204-04"]


def test_a_row_is_opened_from_the_keyboard(page: Page) -> None:
    page.locator("#RM-204-02 > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#RM-204-02").get_attribute("open") is not None
    assert page.locator("#RM-204-02 blockquote").first.is_visible()


def test_the_slash_key_goes_to_the_search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("rm-204-06")
    assert shown(page) == ["RM-204-06"]


def test_a_finding_leads_to_its_row_even_when_it_is_filtered_away(page: Page) -> None:
    page.get_by_label("fail (1)").uncheck()
    page.locator("article.finding").get_by_role("link", name="RM-204-02").click()
    page.wait_for_selector("#RM-204-02[open]:not([hidden])")
    assert page.evaluate("document.activeElement.closest('details').id") == "RM-204-02"


def test_what_a_target_sends_stays_text(page: Page) -> None:
    assert "owned" not in page.title()
    page.locator("#RM-204-02 > summary").click()
    assert HOSTILE[:40] in page.locator("#RM-204-02").inner_text()


def test_a_screen_reader_is_told_structure_and_verdicts_in_words(page: Page) -> None:
    assert page.locator("main, header").count() == 2
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("search").count() == 1
    assert page.get_by_role("table").count() == 1
    for id, word in (("RM-204-01", "pass"), ("RM-204-02", "fail"), ("RM-204-04", "inconclusive")):
        assert word in page.locator(f"#{id} > summary").inner_text()
    unnamed = "inputs => inputs.filter(input => !input.labels.length).length"
    assert page.eval_on_selector_all("input", unnamed) == 0


CONTRAST = """() => {
  const channel = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  document.querySelectorAll("details").forEach(d => d.open = true);
  const bad = [];
  for (const e of document.body.querySelectorAll("*")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.matches("script, style")) continue;
    const [a, b] = [numbers(getComputedStyle(e).color), behind(e)].map(light).sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(e.outerHTML.slice(0, 80));
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_asks_for(browser: Browser, report: Path, scheme: Scheme) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(report.as_uri())
    assert page.evaluate(CONTRAST) == []
    page.close()


def test_light_and_dark_differ(browser: Browser, report: Path) -> None:
    papers = set()
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(report.as_uri())
        papers.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert len(papers) == 2


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_no_width_makes_the_page_scroll_sideways(browser: Browser, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    page.get_by_role("button", name="Open shown").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_in_print_the_controls_are_gone_and_the_findings_stay(browser: Browser, report: Path) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    assert not page.locator("form.filters").is_visible()
    assert page.locator("article.finding").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF-")
    page.close()


def test_without_script_every_row_is_there(browser: Browser, report: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())
    assert page.locator("details.row").count() == 8
    assert not page.locator("form.filters").is_visible()
    page.close()


def test_250_rows_and_3000_exchanges_are_shown_and_filtered(browser: Browser, tmp_path: Path) -> None:
    exchanges = tuple(
        exchange(n, request=request_text(n, "Accept: text/xml") if n <= 1 or n % 12 == 0 else None)
        for n in range(1, 3001)
    )
    rows = [
        row(
            n,
            "fail" if n % 10 == 0 else "pass",
            *(
                check(
                    "fail" if n % 10 == 0 else "pass",
                    12 * n,
                    exchanges=[f"X{x:05}" for x in range(12 * n - 11, 12 * n + 1)],
                )
                for _ in range(2)
            ),
            id=f"RM-BIG-{n:03}",
        )
        for n in range(1, 251)
    ]
    path = tmp_path / "report.html"
    path.write_text(html(record(*rows, exchanges=exchanges)), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert len(shown(page)) == 250
    page.get_by_label("pass (225)").uncheck()
    assert len(shown(page)) == 25
    page.get_by_role("button", name="Open shown").click()
    assert page.locator("details.row[open]").count() == 25
    page.close()
