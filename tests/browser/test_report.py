"""The report as a reader has it: in a browser, from a file, without a network."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page

from bench.analysis.tidy import tidy
from bench.judgement.judge import judge
from bench.report import html
from tests.browser.pages import HOSTILE, SLOW_MACHINE_MS, Opener, Scheme
from tests.report.factory import AXES, VARIANTS, run_figures, with_texts

pytestmark = pytest.mark.browser

SHOWN = (*VARIANTS, *AXES)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = run_figures(variants=SHOWN, workloads=("small-events",), blocks=3)
    return html.write(judge(figures), tmp_path_factory.mktemp("reports"))


def draw_all(page: Page) -> None:
    """Unfold and scroll through the page as a reader does, so that every plot is drawn."""
    page.evaluate("document.querySelectorAll('.disclosure').forEach(one => { one.open = true; })")
    for plot in page.locator(".plot").all():
        plot.scroll_into_view_if_needed()
    page.wait_for_function(
        "document.querySelectorAll('.plot:not([data-drawn])').length === 0",
        timeout=SLOW_MACHINE_MS,
    )


def column_of(page: Page, table: str, place: int) -> list[str]:
    return page.locator(f"#{table} tbody td:nth-child({place}) > bdi").all_inner_texts()


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_opens_without_a_complaint_or_a_request(
    opener: Opener, report: Path, scheme: Scheme
) -> None:
    """It must work where there is no network, and tell nobody that it was read."""
    opened = opener.open(report, scheme=scheme)
    draw_all(opened.page)

    assert opened.complaints == []
    assert opened.requests == [report.as_uri()]


def test_every_plot_draws_something(opener: Opener, report: Path) -> None:
    """An empty frame looks like a measurement without data."""
    opened = opener.open(report)
    draw_all(opened.page)
    counts = opened.page.evaluate(
        "[...document.querySelectorAll('.plot')].map(plot => "
        "plot.querySelectorAll('.scatterlayer path, .barlayer path, .heatmaplayer image').length)"
    )

    assert counts
    assert all(count > 0 for count in counts)


def test_no_button_sends_the_data_away(opener: Opener, report: Path) -> None:
    """plotly.js 4 offers by default to upload a chart to its maker."""
    opened = opener.open(report)
    draw_all(opened.page)
    titles = opened.page.evaluate(
        "[...document.querySelectorAll('.modebar-btn')].map(b => b.dataset.title || '')"
    )

    assert titles
    assert not [t for t in titles if any(word in t for word in ("Share", "Cloud", "Produced"))]


@pytest.mark.parametrize("width", [420, 1280])
def test_the_buttons_of_a_plot_cover_neither_title_nor_legend(
    opener: Opener, report: Path, width: int
) -> None:
    """They show for good where nothing hovers: on a phone the legend lay under them."""
    page = opener.open(report, width=width).page
    draw_all(page)
    gaps = page.evaluate(
        """[...document.querySelectorAll('.plot')].map(plot => {
             const box = (one) => one.getBoundingClientRect();
             const bar = box(plot.querySelector('.modebar'));
             const title = document.createRange();
             title.selectNodeContents(plot.parentElement.querySelector('h4'));
             return [box(plot).top - bar.bottom, bar.left - box(title).right];
           })"""
    )

    assert gaps
    assert all(above >= -1 and beside >= 0 for above, beside in gaps), gaps


@pytest.mark.parametrize("width", [420, 768, 1280])
def test_the_page_never_scrolls_sideways(opener: Opener, report: Path, width: int) -> None:
    """Wide tables scroll in themselves; a page that shifts is unreadable on a phone."""
    opened = opener.open(report, width=width)
    draw_all(opened.page)

    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_round(
    opener: Opener, report: Path
) -> None:
    """The first question to a table of cells is which is best by this figure."""
    page = opener.open(report).page
    heading = page.locator("#workload-1-cells button.sort", has_text="p99").first
    place = int(heading.get_attribute("data-column") or 0) + 1
    shown = [text for text in column_of(page, "workload-1-cells", place) if text != "n/a"]

    heading.click()
    rising = column_of(page, "workload-1-cells", place)
    direction = page.locator("#workload-1-cells th[aria-sort]").get_attribute("aria-sort")
    heading.click()
    falling = column_of(page, "workload-1-cells", place)

    assert direction == "ascending"
    assert rising == [*sorted(shown, key=float), "n/a"]
    assert falling == [*sorted(shown, key=float, reverse=True), "n/a"]


def test_the_keyboard_sorts_too(opener: Opener, report: Path) -> None:
    """A heading that only a mouse can press shuts some readers out."""
    page = opener.open(report).page
    page.locator("#ledger button.sort").first.focus()
    page.keyboard.press("Enter")

    assert page.locator("#ledger th[aria-sort]").count() == 1


def test_the_switch_turns_the_page_and_its_plots_dark_and_back(
    opener: Opener, report: Path
) -> None:
    """Black text of a plot on a dark page would be gone."""
    page = opener.open(report).page
    draw_all(page)
    ink = "getComputedStyle(document.querySelector('.xtick text')).fill"
    light, light_ink = background(page), page.evaluate(ink)

    page.locator("#theme").click()
    dark, dark_ink = background(page), page.evaluate(ink)
    page.locator("#theme").click()

    assert light == "rgb(255, 255, 255)"
    assert dark != light
    assert dark_ink != light_ink
    assert (background(page), page.evaluate(ink)) == (light, light_ink)


def test_a_reader_with_a_dark_system_gets_a_dark_page(opener: Opener, report: Path) -> None:
    """The system's choice stands until the reader makes another."""
    assert background(opener.open(report, scheme="dark").page) != "rgb(255, 255, 255)"


def test_zooming_a_plot_changes_its_range(opener: Opener, report: Path) -> None:
    """A plot that cannot be looked into is a picture."""
    page = opener.open(report).page
    plot = page.locator("#workload-1-config-1-lag")
    plot.scroll_into_view_if_needed()
    page.wait_for_selector("#workload-1-config-1-lag[data-drawn]")
    span = "document.getElementById('workload-1-config-1-lag').layout.xaxis.range.join()"
    before = page.evaluate(span)

    box = page.locator("#workload-1-config-1-lag .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=5)
    page.mouse.up()
    page.wait_for_function(f"{span} !== '{before}'")

    assert page.evaluate(span) != before


def test_without_scripts_all_figures_are_still_there(opener: Opener, report: Path) -> None:
    """Mail clients and CI viewers show the page with scripts off."""
    page = opener.open(report, scripts=False).page

    assert page.locator("#workload-1-cells tbody tr").count() == len(SHOWN)
    assert page.locator("#workload-1-cells").is_visible()
    assert page.get_by_text("Shortest completion p99").is_visible()
    assert page.locator("noscript").count() == page.locator(".plot").count()
    assert not page.locator("#theme").is_visible()
    details = page.locator("details").first
    details.locator("summary").click()
    assert details.locator("table").is_visible()


def test_it_prints_with_its_plots_in_light_and_is_restored(opener: Opener, report: Path) -> None:
    """The report is brought to a review on paper; nobody scrolls before printing."""
    opened = opener.open(report, scheme="dark")
    paper = opened.page.pdf(prefer_css_page_size=True, print_background=True)

    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") > 3
    assert opened.page.locator(":not(.disclosure) > .gallery .plot:not([data-drawn])").count() == 0
    assert background(opened.page) != "rgb(255, 255, 255)"
    assert opened.complaints == []


def test_what_is_folded_is_drawn_once_it_is_opened(opener: Opener, report: Path) -> None:
    """Eight plots of each process must not cost those who do not ask for them."""
    opened = opener.open(report)
    folded = opened.page.locator("#workload-1-config-1 .disclosure")
    folded.scroll_into_view_if_needed()
    before = folded.locator(".plot[data-drawn]").count()

    folded.locator("> summary").click()
    folded.locator(".plot[data-drawn]").first.wait_for()

    assert before == 0
    assert opened.complaints == []


def test_the_figures_are_saved_as_the_export_writes_them(
    opener: Opener, report: Path, tmp_path: Path
) -> None:
    """Two files of one run that differ would make the reader doubt both."""
    figures = run_figures(variants=SHOWN, workloads=("small-events",), blocks=3)
    opened = opener.open(report)
    with opened.page.expect_download() as started:
        opened.page.get_by_role("button", name="Save the figures as CSV").click()
    started.value.save_as(tmp_path / "saved.csv")
    tidy(figures).to_csv(tmp_path / "exported.csv", index=False)
    saved, exported = (pd.read_csv(tmp_path / name) for name in ("saved.csv", "exported.csv"))

    assert started.value.suggested_filename == f"{figures.run_id}.csv"
    key = ["trial", "metric"]
    pd.testing.assert_frame_equal(
        saved.sort_values(key, ignore_index=True), exported.sort_values(key, ignore_index=True)
    )
    assert opened.complaints == []


def test_hostile_text_does_nothing_but_stand_there(opener: Opener, tmp_path: Path) -> None:
    """A label is shown as it was written, in the page as in the plots."""
    figures = with_texts(run_figures(workloads=("w",), blocks=1), HOSTILE)
    opened = opener.open(html.write(judge(figures), tmp_path))
    draw_all(opened.page)
    page = opened.page
    in_plots = " ".join(page.locator(".plot svg text").all_text_contents())

    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("h1").inner_text() == HOSTILE
    assert "</script><script>" in in_plots
    assert opened.complaints == []
    assert len(opened.requests) == 1


def test_only_our_own_scripts_may_run(opener: Opener, report: Path) -> None:
    """Should escaping ever fail, the page's policy still refuses what was slipped in."""
    opened = opener.open(report)
    opened.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        " document.body.append(s); }"
    )

    assert opened.page.evaluate("window.hacked") is None
    assert "Content Security Policy" in opened.complaints[0]


def test_a_report_of_two_hundred_trials_can_be_used(opener: Opener, tmp_path: Path) -> None:
    """The full matrix is where the report must still answer a click."""
    path = html.write(judge(run_figures(blocks=15, seconds=187)), tmp_path)
    opened = opener.open(path)
    opened.page.locator("#ledger button.sort").first.click()

    assert opened.page.locator("#ledger tbody tr").count() >= 200
    assert opened.page.locator("#ledger th[aria-sort]").count() == 1
    assert opened.complaints == []
