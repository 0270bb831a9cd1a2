"""Pages and pictures in a real browser: nothing is asked for, and all can be read, printed, sorted.

The browser is the one that Playwright installed, or a Chromium on the PATH; no test downloads one.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import tokscope
from tokscope.plots import Plot
from tokscope.render import page, svg
from tokscope.report import Report

pytestmark = pytest.mark.deep
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PHONE, DESK = (375, 812), (1280, 900)
LEAST = 11  # pixels of text
CONTRAST = 4.5  # WCAG 2.2, 1.4.3
TEXTS = {
    "en": ["The old house stood by the river for 1,250 years."] * 40,
    "de": ["Das alte Haus am Fluss stand dort 1.250 Jahre lang."] * 40,
    "ar": ["كان البيت القديم بجانب النهر"] * 40,
}
# For each text that is seen: how large it is, and its contrast with what is behind it. What is
# behind it is every background from the root down, and in a picture the marks that it is on.
SEEN = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const over = color => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
  };
  const read = () => [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  const light = rgb => rgb.map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const under = (element, box) => {
    const svg = element.closest('svg.ts');
    const marks = svg ? [...svg.querySelectorAll('rect')] : [];
    return marks.filter(one => {
      const own = one.getBoundingClientRect();
      const x = box.left + box.width / 2, y = box.top + box.height / 2;
      return own.left <= x && x <= own.right && own.top <= y && y <= own.bottom;
    });
  };
  const seen = [];
  const walk = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element?.checkVisibility()) continue;
    if (element.closest('head, script, style, title')) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    const isDrawn = element instanceof SVGElement;
    canvas.globalAlpha = 1;
    over('white');
    const around = [];
    for (let one = element; one; one = one.parentElement) around.unshift(one);
    around.forEach(one => over(getComputedStyle(one).backgroundColor));
    for (const mark of isDrawn ? under(element, box) : []) {
      canvas.globalAlpha = getComputedStyle(mark).fillOpacity;
      over(getComputedStyle(mark).fill);
    }
    canvas.globalAlpha = 1;
    const back = light(read());
    over(isDrawn ? style.fill : style.color);
    const front = light(read());
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    seen.push([walk.currentNode.data.slice(0, 40), parseFloat(style.fontSize), contrast]);
  }
  return seen;
}
"""
TEXT = "() => document.querySelector('main').innerText.replaceAll('\\n\\n', '\\n')"
# What is wider than the window, and neither scrolls by itself nor is in something that does.
WIDER = """
() => [...document.querySelectorAll('body *')]
  .filter(one => !one.closest('.wide') && one.checkVisibility())
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 80))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start the browser, once for all tests."""
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync.sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = str(own) if own.exists() else next(filter(None, map(shutil.which, NAMES)), None)
        if not found:
            pytest.skip("there is no Chromium; install one with: playwright install chromium")
        # containers give a browser neither a sandbox of its own nor much shared memory
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=found, args=options)
        yield started
        started.close()


@dataclass
class Opened:
    """A file in a window, and what it asked for and complained about."""

    window: Any
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def view(browser: Any) -> Iterator[Any]:
    """Open a file in a window of a size, in light or dark, with or without scripts."""
    contexts = []

    def view(
        path: Path, size: tuple[int, int] = DESK, scheme: str = "light", **more: Any
    ) -> Opened:
        width, height = size
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, **more
            )
        )
        opened = Opened(contexts[-1].new_page())
        opened.window.on("console", lambda message: opened.told.append(message.text))
        opened.window.on("pageerror", lambda error: opened.told.append(str(error)))
        opened.window.on("request", lambda request: opened.asked.append(request.url))
        opened.window.goto(path.as_uri())
        return opened

    yield view
    for context in contexts:
        context.close()


def reports() -> dict[str, Report]:
    used = ["sample:bpe", "sample:unigram", "sample:wordpiece", "characters"]
    compared = tokscope.compare(used, TEXTS, parallel=True, bootstrap=20)
    return {
        "compare": compared,
        "show": tokscope.show("The old house, 12345 years; der Fluss. البيت 世界", used),
        "report": tokscope.full_report(used[2:], TEXTS, parallel=True, bootstrap=20, seconds=0),
    }


MADE = ("compare", "show", "report")


@pytest.fixture(scope="module")
def made(browser: Any) -> dict[str, Report]:
    """Make the reports, which takes long, only where there is a browser."""
    return reports()


@pytest.fixture(scope="module")
def pages(made: dict[str, Report], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, report in made.items():
        drawn = page.render(report, repeat=f"tokscope {name} {'a-long-name/' * 20}")
        (folder / f"{name}.html").write_text(drawn, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


def plots(report: Report) -> list[Plot]:
    return [plot for part in report.parts or (report,) if part.plots for plot in part.plots(part)]


@pytest.mark.parametrize("name", MADE)
def test_a_page_asks_for_nothing_and_complains_about_nothing(
    name: str, pages: dict[str, Path], view: Any
) -> None:
    opened = view(pages[name])
    for summary in opened.window.query_selector_all("summary"):
        summary.click()
    for head in opened.window.query_selector_all("th")[:3]:
        head.click()
    assert opened.told == []
    assert [url for url in opened.asked if not url.startswith("data:")] == [pages[name].as_uri()]


@pytest.mark.parametrize("name", MADE)
def test_a_page_needs_no_script_to_be_read(name: str, pages: dict[str, Path], view: Any) -> None:
    """Scripts add fields to filter tables, which hold no text."""
    scripted = view(pages[name]).window.evaluate(TEXT)
    plain = view(pages[name], java_script_enabled=False).window
    assert plain.locator("main").inner_text().replace("\n\n", "\n") == scripted
    assert len(scripted) > 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("name", MADE)
def test_text_is_large_and_dark_enough_and_no_page_scrolls_sideways(
    name: str, size: tuple[int, int], scheme: str, pages: dict[str, Path], view: Any
) -> None:
    window = view(pages[name], size, scheme).window
    for one in window.query_selector_all("summary"):
        one.click()
    assert window.evaluate("document.documentElement.scrollWidth") == size[0]
    assert window.evaluate(WIDER) == []
    seen = window.evaluate(SEEN)
    assert len(seen) > 30
    assert [one for one in seen if one[1] < LEAST or one[2] < CONTRAST] == []


@pytest.mark.parametrize("name", MADE)
def test_a_page_can_be_printed_on_paper_that_is_white(
    name: str, pages: dict[str, Path], view: Any
) -> None:
    window = view(pages[name], scheme="dark").window
    printed = window.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) < 40
    window.emulate_media(media="print", color_scheme="dark")
    window.set_viewport_size({"width": 680, "height": 960})  # A4 between margins
    assert (
        window.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    assert window.evaluate("document.documentElement.scrollWidth") == 680


@pytest.mark.parametrize("name", MADE)
def test_every_plot_of_a_page_has_marks_with_titles_and_a_table(
    name: str, made: dict[str, Report], pages: dict[str, Path], view: Any
) -> None:
    window = view(pages[name]).window
    figures = window.query_selector_all("figure")
    assert len(figures) == len(plots(made[name])) > 0
    for figure in figures:
        assert figure.query_selector_all("svg g > title, .pieces > span[title]")
        assert figure.query_selector_all("details table tbody tr")


def test_a_token_says_its_id_and_is_never_broken(pages: dict[str, Path], view: Any) -> None:
    window = view(pages["show"], PHONE).window
    for token in window.query_selector_all(".pieces > span"):
        assert re.match(r"id \d+, bytes [0-9a-f ]*", token.get_attribute("title"))
        assert token.bounding_box()["height"] < 30, token.inner_text()


def test_a_table_is_sorted_by_a_click_and_filtered_by_what_is_typed(
    pages: dict[str, Path], view: Any
) -> None:
    window = view(pages["report"]).window
    table = window.locator(".wide:visible table", has=window.locator(".number")).first
    head = table.locator("th.number").first
    at = head.evaluate("one => one.cellIndex")
    column = f"one => [...one.tBodies[0].rows].map(row => row.cells[{at}].textContent)"
    for is_down in (False, True):
        head.click()
        values = [float(cell.split()[0].replace(",", "")) for cell in table.evaluate(column)]
        assert values == sorted(values, reverse=is_down)
    field = window.locator(".filter:visible").first
    rows = window.locator(".filter:visible + .wide").first.locator("tbody tr:visible")
    count = rows.count()
    field.fill("no such row")
    assert rows.count() == 0
    field.fill("")
    assert rows.count() == count >= 15


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_is_a_file_that_a_browser_draws_and_people_can_read(
    scheme: str, made: dict[str, Report], tmp_path: Path, view: Any
) -> None:
    for i, plot in enumerate(plots(made["report"])):
        path = tmp_path / f"{i}.svg"
        path.write_text(svg.picture(plot), encoding="utf-8")
        opened = view(path, scheme=scheme)
        assert (opened.told, opened.asked) == ([], [path.as_uri()])
        root = opened.window.evaluate("document.documentElement.getBoundingClientRect().toJSON()")
        assert root["width"] == 720
        for box in opened.window.evaluate(
            "[...document.querySelectorAll('text')].map(t => t.getBoundingClientRect().toJSON())"
        ):
            assert root["left"] <= box["left"], plot.title
            assert box["right"] <= root["right"], plot.title
            assert box["bottom"] <= root["bottom"], plot.title
