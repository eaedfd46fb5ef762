"""A plot in an opened fold: drawn, looked into, seen as large as the screen, equal to its table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from bench.judgement.judge import judge
from bench.report import html
from tests.browser.pages import Opened, Opener
from tests.report.factory import VARIANTS, run_figures

pytestmark = pytest.mark.browser

FOLD = "#w-w-time"

RANGE = "plot => plot._fullLayout.xaxis.range"

SPANS = """plot => {
    const invalid = trace => trace.hovertemplate.includes("invalid");
    const shown = plot.data.filter(trace => trace.name && !invalid(trace));
    return shown.map(trace => ({ name: trace.name, panel: trace.yaxis, x: trace.x, y: trace.y }));
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = run_figures(variants=VARIANTS[:4], workloads=("w",), blocks=3, with_fault=False)
    return html.write(judge(figures), tmp_path_factory.mktemp("plots"))


@pytest.fixture
def opened(opener: Opener, report: Path) -> Opened:
    """The report, its fold over time open and drawn."""
    opened = opener.open(report)
    opened.page.locator(f"{FOLD} > summary").click()
    opened.page.locator(f"{FOLD} .plot[data-drawn]").wait_for()
    return opened


def plot_of(page: Page) -> Locator:
    return page.locator(f"{FOLD} .plot")


def centre(place: Locator) -> tuple[float, float]:
    """The middle of an element on the screen, px."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_drag_zooms_and_a_double_click_shows_all_again(opened: Opened) -> None:
    """Whoever sees a spike wants to know in which second it was."""
    page, plot = opened.page, plot_of(opened.page)
    x, y = centre(plot.locator(".draglayer .xy .nsewdrag"))
    whole = plot.evaluate(RANGE)
    page.mouse.move(x - 100, y)
    page.mouse.down()
    page.mouse.move(x + 100, y, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "([selector, whole]) => document.querySelector(selector)"
        "._fullLayout.xaxis.range[0] > whole[0]",
        arg=[f"{FOLD} .plot", whole],
    )
    zoomed = plot.evaluate(RANGE)
    plot.evaluate("plot => Plotly.relayout(plot, { 'xaxis.autorange': true })")

    assert whole[0] < zoomed[0] < zoomed[1] < whole[1]
    assert plot.evaluate(RANGE) == pytest.approx(whole)
    assert opened.complaints == []


def test_the_pointer_names_variant_block_and_figure(opened: Opened) -> None:
    """A line of twelve is not told by its colour."""
    page, plot = opened.page, plot_of(opened.page)
    x, y = centre(plot.locator(".draglayer .xy .nsewdrag"))
    plot.evaluate(
        "plot => Plotly.Fx.hover(plot, [{ curveNumber: 0, pointNumber: 10 }])"
    )  # at 10.5 s
    page.locator(f"{FOLD} .hoverlayer .hovertext").first.wait_for()
    said = " ".join(plot.locator(".hoverlayer .hovertext").all_text_contents())
    plot.evaluate("plot => Plotly.Fx.unhover(plot)")
    plot.evaluate("plot => plot.on('plotly_hover', () => { window.met = true; })")
    for step in range(-60, 61, 4):  # somewhere in the panel the pointer meets a line
        page.mouse.move(x, y + step)
        page.wait_for_timeout(60)  # plotly looks where the pointer is no more often

    assert "block 1, 11 s: " in said
    assert "msg/s" in said
    assert "pull-batch/" in said
    assert page.evaluate("window.met") is True
    assert opened.complaints == []


def test_the_buttons_of_a_plot_zoom_and_take_back(opened: Opened) -> None:
    """Not everybody drags: on a touch screen a button is what there is."""
    plot = plot_of(opened.page)
    whole = plot.evaluate(RANGE)
    plot.locator('.modebar-btn[data-attr="zoom"][data-val="in"]').click()
    zoomed = plot.evaluate(RANGE)
    plot.locator('.modebar-btn[data-attr="zoom"][data-val="reset"]').click()

    assert zoomed[1] - zoomed[0] < whole[1] - whole[0]
    assert plot.evaluate(RANGE) == pytest.approx(whole)
    assert plot.locator(".modebar-btn").count() >= 5
    assert plot.locator(".modebar-btn[data-title*='Produced']").count() == 0
    assert opened.complaints == []


def test_a_plot_fills_the_screen_and_shrinks_again(opened: Opened) -> None:
    """Four panels of 20 variants need all the room that there is."""
    page, plot = opened.page, plot_of(opened.page)
    before = plot.evaluate("plot => plot._fullLayout.height")
    page.locator(f"{FOLD} .whole").press("Enter")
    page.wait_for_function("document.fullscreenElement !== null")
    page.wait_for_function(
        "selector => document.querySelector(selector)._fullLayout.height === innerHeight - 24",
        arg=f"{FOLD} .plot",
    )
    page.evaluate("document.exitFullscreen()")
    page.wait_for_function(
        "([selector, height]) => document.querySelector(selector)._fullLayout.height === height",
        arg=[f"{FOLD} .plot", before],
    )

    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert opened.complaints == []


def test_the_table_of_a_fold_says_what_its_plot_draws(opened: Opened) -> None:
    """Whoever cannot see the drawing must not be told something else."""
    page = opened.page
    drawn = plot_of(page).evaluate(SPANS)
    panels = panels_of(page.locator("#w-w-time-table"))

    assert [len(panel) for panel in panels] == [4] * 5
    for place, rows in enumerate(panels):
        axis = f"y{place + 1}" if place else "y"
        for name, spans in rows.items():
            of = next(t for t in drawn if t["panel"] == axis and t["name"].endswith(f"/{name}"))
            for (start, end), written in spans:
                assert written == pytest.approx(
                    worst(of, start, end, least=place == 0), rel=0.006, abs=0.5
                ), (axis, name, start)


Spans = Sequence[tuple[tuple[int, int], float]]


def panels_of(table: Locator) -> list[dict[str, Spans]]:
    """The rows of the table by panel: name -> each span of seconds and its figure."""
    cells = table.evaluate(
        "table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    head, *rows = cells
    spans = [tuple(map(int, title.split(" to "))) for title in head[1:]]
    panels: list[dict[str, Spans]] = []
    for name, *figures in rows:
        if not any(figures):
            panels.append({})
            continue
        numbers = [float(each.replace("\u202f", "").replace("\u2212", "-")) for each in figures]
        first = name.split(",")[0].split()[0]
        panels[-1][first] = list(zip(spans, numbers, strict=True))  # type: ignore[arg-type]
    return panels


def worst(trace: dict[str, Any], start: int, end: int, *, least: bool) -> float:
    """The lowest or the largest figure that is drawn within a span."""
    pairs = zip(trace["x"], trace["y"], strict=True)
    found = [float(y) for x, y in pairs if x is not None and y is not None and start <= x < end]
    return min(found) if least else max(found)


def test_who_reads_up_to_a_fold_need_not_wait_for_its_plot(opener: Opener, report: Path) -> None:
    page = opener.open(report).page
    page.locator(FOLD).scroll_into_view_if_needed()
    page.wait_for_function("() => 'Plotly' in window")
    assert page.locator(f"{FOLD}[open]").count() == 0
