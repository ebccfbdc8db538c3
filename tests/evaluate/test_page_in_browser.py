"""The page in headless Chromium, as a reader sees it. Skipped where no Chromium is installed: nothing is downloaded."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.report import to_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

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
def address(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(to_html(evaluation), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": request.param, "height": 900}, offline=True)
    opened.faults = []
    opened.on("console", lambda message: opened.faults.append(message.text))
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.goto(address)
    yield opened
    opened.close()


def test_the_page_does_not_scroll_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_page_fits_on_paper(browser, address):
    opened = browser.new_page(viewport={"width": 718, "height": 1000})  # A4 less the margins
    opened.emulate_media(media="print")
    opened.goto(address)
    assert opened.evaluate("document.documentElement.scrollWidth") == 718
    opened.close()


def test_the_console_stays_silent(page):
    assert page.faults == []


def test_axe_finds_no_violation(page):
    violations = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []


def test_all_pictures_load_and_have_text(page):
    shown = page.evaluate("[...document.images].map(i => i.naturalWidth > 0 && i.alt.length > 40)")
    assert shown == [True] * 9
