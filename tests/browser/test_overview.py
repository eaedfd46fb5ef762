"""The list of runs and a trend as a reader has them: in a browser, from files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from bench.judgement.judge import judge
from bench.report import html
from bench.report.overview import write_overview
from tests.browser.pages import HOSTILE, Opener, Scheme
from tests.report.factory import run_figures, with_texts

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def overview(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reports = tmp_path_factory.mktemp("reports")
    figures = run_figures(workloads=("w",), blocks=3, with_fault=False)
    for day in (1, 2, 3):
        environment = replace(figures.environment, started_utc=f"2026-11-0{day}T10:00:00Z")
        run = replace(figures, run_id=f"run-2026110{day}-100000", environment=environment)
        html.write(judge(run), reports)
    return write_overview(reports.parent / "none", reports)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_gets_from_the_list_to_a_trend_to_a_report(
    opener: Opener, overview: Path, scheme: Scheme
) -> None:
    """A list whose links lead nowhere is a list of names."""
    opened = opener.open(overview, scheme=scheme)
    page = opened.page
    page.get_by_role("link", name="w, pull-batch/batch-10", exact=True).click()
    page.wait_for_url("**/trends/*.html")
    dots = page.locator(".drawing .desk circle.p99").count()
    page.get_by_role("link", name="run-20261102-100000").click()
    title = page.locator("footer code").inner_text()
    page.go_back()
    page.locator(".run a").click()
    page.wait_for_url(overview.as_uri() + "*")

    assert dots == 3 + 1  # one for each run, and one in the legend
    assert title == "run-20261102-100000"
    assert page.locator("#all-runs tbody tr").count() == 3
    assert opened.complaints == []
    assert all(url.startswith("file:") for url in opened.requests)


@pytest.mark.parametrize("width", [420, 1280])
def test_the_list_never_scrolls_sideways(opener: Opener, overview: Path, width: int) -> None:
    """Wide tables scroll in themselves."""
    page = opener.open(overview, width=width).page

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_text_of_a_run_does_nothing_in_the_list(opener: Opener, tmp_path: Path) -> None:
    """The list shows what other people wrote into their matrices."""
    figures = with_texts(run_figures(workloads=("w",), blocks=1), HOSTILE)
    html.write(judge(figures), tmp_path)
    html.write(judge(replace(figures, run_id="second")), tmp_path)
    opened = opener.open(write_overview(tmp_path / "none", tmp_path))
    opened.page.locator("#all-trends a").first.click()
    opened.page.wait_for_url("**/trends/*.html")

    assert opened.page.evaluate("window.hacked") is None
    assert opened.page.locator("img").count() == 0
    assert opened.complaints == []


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of 21, 14 and 7 trials on servers 2.9, 2.10 and 2.11; the newest has the fewest."""
    reports = tmp_path_factory.mktemp("mixed")
    for day, blocks in ((1, 3), (2, 2), (3, 1)):
        figures = run_figures(workloads=("w",), blocks=blocks, with_fault=False)
        when = f"2026-11-0{day}T10:00:00Z"
        environment = replace(figures.environment, started_utc=when, host=HOSTILE)
        html.write(judge(replace(figures, run_id=f"run-{day}", environment=environment)), reports)
    return write_overview(reports.parent / "none", reports)


FOCUSED = """() => {
    const focused = document.activeElement;
    const ring = getComputedStyle(focused);
    const seen = ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) > 0;
    return [focused.tagName, focused.textContent.trim(), seen];
}"""


def order(page: Page) -> Sequence[str]:
    return page.locator("#all-runs tbody th").all_inner_texts()


def sorted_by(page: Page) -> Sequence[tuple[str, str]]:
    """The headings of the list that say that it is sorted by them, and how."""
    return [
        (heading.inner_text(), heading.get_attribute("aria-sort") or "")
        for heading in page.locator("#all-runs th[aria-sort]").all()
    ]


def test_a_click_on_a_heading_sorts_and_says_so(opener: Opener, mixed: Path) -> None:
    """Up first, then down; another heading starts anew, and only one is ever marked."""
    opened = opener.open(mixed)
    page = opened.page
    seen = [(order(page), sorted_by(page))]
    for name in ("Started, UTC", "Started, UTC", "Valid trials"):
        page.locator("#all-runs").get_by_role("button", name=name).click()
        seen.append((order(page), sorted_by(page)))

    up, down = ["run-1", "run-2", "run-3"], ["run-3", "run-2", "run-1"]
    assert seen == [
        (down, []),
        (up, [("Started, UTC", "ascending")]),
        (down, [("Started, UTC", "descending")]),
        (down, [("Valid trials", "ascending")]),  # 7, 14, 21: as numbers, not as words
    ]
    assert opened.complaints == []


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_on_a_heading_sorts_and_keeps_the_focus(
    opener: Opener, mixed: Path, key: str
) -> None:
    """Rows move; whoever sorted must not be thrown back to the top of the page."""
    page = opener.open(mixed).page
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)[:2] == ["BUTTON", "Started, UTC"]:
            break
    page.keyboard.press(key)
    once = (order(page), sorted_by(page), page.evaluate(FOCUSED))
    page.keyboard.press(key)

    focused = ["BUTTON", "Started, UTC", True]
    assert once == (["run-1", "run-2", "run-3"], [("Started, UTC", "ascending")], focused)
    assert sorted_by(page) == [("Started, UTC", "descending")]
    assert page.evaluate(FOCUSED) == focused


@pytest.mark.parametrize("width", [1280, 400])
def test_the_keyboard_reaches_all_that_a_mouse_does(
    opener: Opener, mixed: Path, width: int
) -> None:
    """Each in turn, each with a ring around it."""
    page = opener.open(mixed, width=width).page
    wanted = page.locator("a:visible, button:visible, [tabindex='0']:visible").count()
    reached = []
    for _ in range(wanted + 1):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    links = [text for tag, text, _ in reached if tag == "A"]

    assert wanted > 10
    assert [each for each in reached[:wanted] if each[0] == "BODY"] == []
    assert {"run-1", "run-2", "run-3", "w, pull-batch/batch-10"} <= set(links)
    assert all(ring for _, _, ring in reached[:wanted])
    assert reached[wanted][0] in ("BODY", "A")  # no trap: it goes on from the end
    page.locator("#all-runs").get_by_role("link", name="run-2").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/run-2/index.html")


@pytest.mark.parametrize("width", [1280, 400])
def test_a_list_of_hostile_names_keeps_its_width_and_sorts(
    opener: Opener, tmp_path: Path, width: int
) -> None:
    """A name of 600 letters is cut or broken; it pushes no column out of the screen."""
    figures = run_figures(workloads=("w",), blocks=1)
    texts = with_texts(figures, f"{HOSTILE}\u202e\U0001f600{'W' * 600}")
    for name in ("first", "second"):
        html.write(judge(replace(texts, run_id=name)), tmp_path)
    opened = opener.open(write_overview(tmp_path / "none", tmp_path), width=width)
    page = opened.page
    if width == 1280:
        for button in page.locator("button.sort").all():
            button.click()

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("window.hacked") is None
    assert page.locator("#all-runs tbody tr").count() == 2
    assert opened.complaints == []
