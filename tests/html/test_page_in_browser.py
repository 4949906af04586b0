"""The HTML report in headless Chromium: keys, screen reader names, colours, print, hostile text."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal

import pytest
from finding_samples import DEADLOCK, DIAGNOSES, RACE, THREE_THREADS, finding
from pytest_sensei.diagnosis import Severity
from pytest_sensei.explain.html import render_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install playwright"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on the path: apt-get install chromium", allow_module_level=True)

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-crash-reporter",
]
HINTS = ("Both took their left fork first. What if they agreed on an order?", "with first:\n    with second:")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    findings = [finding(RACE, hints=HINTS), finding(DEADLOCK, hints=HINTS)]
    findings += [finding(each, severity=Severity.WARN) for each in (*DIAGNOSES.values(), THREE_THREADS)]
    path.write_text(render_page(findings, {"Command": "pytest katas"}), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    troubles: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert troubles == []
    assert requests == [file.as_uri()]
    page.close()


def now(page: Page) -> str:
    return page.locator("#finding-1 .now").inner_text()


def test_arrow_keys_step_through_the_interleaving(page: Page) -> None:
    page.locator("#finding-1 .timeline [role=group]").focus()
    page.keyboard.press("ArrowDown")
    assert now(page) == "1 of 5: Thread-1 read Counter.value: 0 (Counter.value = 0)"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert now(page) == "3 of 5: Thread-1 wrote Counter.value: 1 (lost) (Counter.value = 1)"
    page.keyboard.press("ArrowUp")
    assert now(page) == "2 of 5: Thread-2 read Counter.value: 0 (stale) (Counter.value = 0)"
    page.keyboard.press("End")
    assert now(page).startswith("5 of 5: MainThread raised AssertionError")
    page.keyboard.press("ArrowDown")
    assert now(page).startswith("5 of 5")
    page.keyboard.press("Home")
    assert page.locator("#finding-1 [aria-current=step]").count() == 1
    assert page.locator("#finding-1 tr.ahead").count() == 4
    page.keyboard.press("Escape")
    assert now(page) == ""
    assert page.locator("#finding-1 tr.ahead").count() == 0


def test_buttons_and_clicks_do_the_same(page: Page) -> None:
    timeline = page.locator("#finding-1 .timeline")
    timeline.get_by_role("button", name="Next").click()
    timeline.get_by_role("button", name="Next").click()
    assert now(page).startswith("2 of 5")
    timeline.locator("tbody tr:visible").nth(3).click()
    assert now(page).startswith("4 of 5")
    timeline.get_by_role("button", name="All").click()
    assert now(page) == ""


def test_every_step_is_shown_when_asked(page: Page) -> None:
    timeline = page.locator("#finding-1 .timeline")
    assert timeline.locator("tbody tr:visible").count() == 5
    timeline.get_by_label("every step").check()
    assert timeline.locator("tbody tr:visible").count() == 7
    timeline.get_by_role("button", name="Next").click()
    assert now(page).startswith("1 of 7: MainThread started Thread-1")


def test_arrow_keys_elsewhere_still_scroll_the_page(page: Page) -> None:
    page.keyboard.press("ArrowDown")
    assert now(page) == ""


def test_everything_can_be_reached_with_the_keyboard(page: Page) -> None:
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
    expected = page.evaluate(
        "[...document.querySelectorAll('a, button, input, summary, [tabindex]')]"
        ".map(each => each.outerHTML.slice(0, 60))"
    )
    assert set(expected) <= reached


def test_a_screen_reader_hears_the_graph_and_the_headings(page: Page) -> None:
    graph = page.locator("#finding-2 svg")
    heard = page.locator("#finding-2").aria_snapshot()
    assert "Deadlock 2 threads wait for each other" in heard
    assert "Wait-for graph forks[0] is held by Aristotle; forks[1] is held by Plato;" in heard
    assert graph.get_attribute("role") == "img"
    assert page.locator("[role=status]").first.get_attribute("aria-live") in {None, "polite"}


def test_hints_open_one_by_one(page: Page) -> None:
    hints = page.locator("#finding-2 details")
    assert hints.count() == 2
    assert not hints.first.locator("p").is_visible()
    hints.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert hints.first.locator("p").is_visible()
    assert not hints.nth(1).locator("pre").is_visible()


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb(color).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (rgb(color)[3] === 255) return color;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const inside = element.closest("svg") !== null;
    if (inside && element.tagName !== "text") continue;
    const color = inside ? getComputedStyle(element).fill : getComputedStyle(element).color;
    const [a, b] = [light(color), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${element.className || element.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast_in_light_and_dark(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(253, 252, 250)", "dark": "rgb(22, 24, 28)"}[scheme]
    assert page.evaluate(CONTRAST) == []


def test_print_shows_every_step_on_white_and_no_buttons(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator("#finding-1 tbody tr:visible").count() == 7
    assert page.locator("button:visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_nothing_but_wide_tables_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_script_in_a_name_does_not_run(browser: Browser, tmp_path: Path) -> None:
    """Also if the escaping failed: the page's policy lets no script run but its own."""
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    text = render_page([finding(DEADLOCK, nodeid=hostile, hints=(hostile,))], {hostile: hostile})
    unescaped = text.replace("<main", "<script>document.title='owned'</script><main")
    for name, content in (("escaped", text), ("unescaped", unescaped)):
        file = tmp_path / f"{name}.html"
        file.write_text(content, encoding="utf-8")
        page = browser.new_page()
        page.goto(file.as_uri())
        assert page.title() == "1 finding - sensei"
        page.close()


def test_without_javascript_all_steps_that_matter_are_there(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("#finding-1 tbody tr:visible").count() == 5
    context.close()
