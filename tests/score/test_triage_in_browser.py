"""The page in headless Chromium, as a reader sees it. Skipped where no Chromium is installed: nothing is downloaded."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipeline.bundle import Bundle
from pipeline.corpus import read_decisions
from pipeline.params import Params
from pipeline.score.batch import score_file
from pipeline.score.drift import compare
from pipeline.score.results import Results
from pipeline.score.triage import overview_of, table_of, to_html
from pipeline.tables import write_rows

CORPUS = Path(__file__).parents[2] / "pipeline" / "corpus" / "cases.jsonl"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
HOSTILE = (
    "</script><script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\">"
    "<svg onload=\"document.title = 'ran'\"><a href=\"javascript:document.title='ran'\">her tribunal appeal</a>"
    "{{ 7 * 7 }}"
)
MANY = 50_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found; install Debian's package chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def results(bundle: Bundle, params: Params, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Sixty complaints, the last of them hostile in every field."""
    folder = tmp_path_factory.mktemp("page")
    fields = ("reference", "organisation", "category", "subcategory", "complaint")
    cases = [decision.model_dump(mode="json", include={*fields}) for decision in read_decisions(CORPUS)]
    write_rows(folder / "in.jsonl", [*cases[:59], dict.fromkeys(fields, HOSTILE)])
    output = folder / "out.jsonl"
    summary = score_file(
        folder / "in.jsonl", output, bundle=bundle, params=params.score, advance=lambda *_: None
    )
    drift = compare(bundle.reference, summary.profile, params.drift)
    return Results(output, bundle, drift=drift)


@pytest.fixture(scope="module")
def address(results: Results) -> str:
    page = results.output.with_name("page.html")
    page.write_text(to_html(results, overview_of(results), table_of(results, limit=100)), encoding="utf-8")
    return page.as_uri()


def _opened(browser: Browser, address: str, width: int, scheme: str = "light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, offline=True, color_scheme=scheme)
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "request", lambda asked: asked.url.startswith(("data:", address)) or page.faults.append(asked.url)
    )
    page.goto(address)
    return page


@pytest.fixture(params=[(1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")], ids=str)
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    opened = _opened(browser, address, *request.param)
    yield opened
    opened.close()


@pytest.fixture
def wide(browser: Browser, address: str) -> Iterator[Page]:
    opened = _opened(browser, address, 1280)
    yield opened
    opened.close()


@pytest.fixture
def narrow(browser: Browser, address: str) -> Iterator[Page]:
    opened = _opened(browser, address, 390)
    yield opened
    opened.close()


def test_the_page_fits_and_is_silent_and_axe_finds_no_violation(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []
    assert page.faults == []


def test_an_open_complaint_over_the_list_has_no_violation_either(narrow):
    narrow.locator("#row-1").click()
    violations = Axe().run(narrow).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []


def test_a_hostile_text_is_shown_and_nothing_of_it_runs(wide):
    title = wide.title()
    wide.locator("#words").fill("onerror")
    expect(wide.locator(".row")).to_have_count(1)
    assert HOSTILE in wide.locator("#about .text").inner_text()
    assert wide.locator("#about mark").first.inner_text()  # its words are highlighted like any other's
    assert wide.locator("main img, main a, main [onload]").count() == 0
    wide.wait_for_timeout(200)
    assert wide.title() == title
    assert wide.faults == []


def test_a_row_is_opened_by_a_click(wide):
    wide.locator("#row-2").click()
    name = wide.locator("#row-2 .heading").inner_text().split(" · ")[0]
    assert wide.locator("#detail-name").inner_text() == name
    assert wide.locator("#row-2").get_attribute("aria-selected") == "true"


def test_the_words_behind_a_reason_are_marked_in_the_text(wide):
    wide.locator("#words").fill("tribunal")
    expect(wide.locator("#count")).not_to_have_text("60 of 60 complaints")
    marked = wide.locator("#about .text mark").all_inner_texts()
    words = wide.evaluate(
        "shown[0][11].flatMap((reason) => reason[3]).flatMap((phrase) => phrase.split(' '))"
    )
    assert marked
    assert {text.lower().split()[0] for text in marked} <= set(words)


def test_headings_sort_both_ways(wide):
    wide.get_by_role("button", name="Probability").click()
    highest = [float(text) for text in wide.locator(".row .p").all_inner_texts()]
    wide.get_by_role("button", name="Probability").click()
    lowest = [float(text) for text in wide.locator(".row .p").all_inner_texts()]
    assert highest == sorted(highest, reverse=True)
    assert lowest == sorted(lowest)
    assert highest[0] > lowest[0]
    assert wide.get_by_role("columnheader", name="Probability").get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize(
    ("choice", "option", "holds"),
    [
        ("#category", "=Planning", "row[3] === 'Planning'"),
        ("#outcome", "0", "row[7] === 0"),
        ("#warning", "some", "row[10].length > 0"),
        ("#decided", None, "row[8] === 1"),
    ],
)
def test_filters_keep_the_rows_that_they_name(wide, choice, option, holds):
    wide.locator(choice).select_option(option) if option else wide.locator(choice).check()
    kept = wide.evaluate(f"data.rows.filter((row) => {holds}).length")
    assert 0 < kept < 60
    expect(wide.locator("#count")).to_have_text(f"{kept} of 60 complaints")
    assert wide.evaluate(f"shown.every((row) => {holds})")


def test_a_search_that_finds_nothing_says_so(wide):
    wide.locator("#words").fill("zanzibar")
    wide.get_by_text("No complaint is like that.").wait_for()
    assert wide.locator("#count").inner_text() == "0 of 60 complaints"
    assert wide.locator("#about").inner_text() == ""


def test_the_list_is_walked_with_the_keyboard_alone(narrow):
    narrow.locator("#decided").focus()
    narrow.keyboard.press("Tab")
    assert narrow.evaluate("document.activeElement.id") == "grid"
    narrow.keyboard.press("End")
    assert narrow.locator("#grid").get_attribute("aria-activedescendant") == "row-59"
    narrow.keyboard.press("ArrowUp")
    narrow.keyboard.press("Enter")
    assert narrow.locator("#detail").evaluate("dialog => dialog.open")
    narrow.keyboard.press("Escape")
    assert narrow.evaluate("document.activeElement.id") == "grid"
    assert narrow.locator("#row-58").get_attribute("aria-selected") == "true"


def test_a_complaint_over_the_list_is_left_by_its_button(narrow):
    narrow.locator("#row-1").click()
    narrow.get_by_role("button", name="Back to the list").click()
    assert not narrow.locator("#detail").evaluate("dialog => dialog.open")


def test_a_window_made_wide_shows_the_complaint_beside_the_list(narrow):
    narrow.locator("#row-1").click()
    narrow.set_viewport_size({"width": 1280, "height": 900})
    expect(narrow.locator("#detail:not(:modal)")).to_be_visible()
    expect(narrow.locator("#row-1")).to_be_visible()


def test_fifty_thousand_complaints_open_and_scroll_at_once(browser, results, tmp_path):
    """Generous limits, three to ten times what it takes on two quiet cores."""
    table = table_of(results, limit=100)
    copies = [[number, *table["rows"][number % 60][1:]] for number in range(MANY)]
    path = tmp_path / "many.html"
    path.write_text(to_html(results, overview_of(results), table | {"rows": copies}), encoding="utf-8")
    began = time.monotonic()
    page = _opened(browser, path.as_uri(), 1280)
    page.locator("#row-0").wait_for()
    assert time.monotonic() - began < 10
    assert page.locator(".row").count() < 60

    page.locator("#grid").focus()
    began = time.monotonic()
    page.keyboard.press("End")
    page.locator(f"#row-{MANY - 1}").wait_for()
    assert time.monotonic() - began < 2
    assert page.locator(".row").count() < 60

    began = time.monotonic()
    page.locator("#words").fill("tribunal")
    expect(page.locator("#count")).not_to_have_text(f"{MANY:,} of {MANY:,} complaints")
    assert time.monotonic() - began < 5
    page.close()
