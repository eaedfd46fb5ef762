"""What stands beside what: read off the page's own boxes, at a desk and on a phone."""

from pathlib import Path

import pytest

from bench.judgement.judge import judge
from bench.report import html
from tests.browser.pages import Opener
from tests.browser.test_report import UNFOLD
from tests.report.factory import VARIANTS, run_figures

pytestmark = pytest.mark.browser

LEAST_PX = 12

GAPS = """() => [...document.querySelectorAll("table.plain tr")].flatMap(row =>
  [...row.querySelectorAll(".number + .prose, .number + .words")].map(after => {
    const ends = [after.previousElementSibling, after].map(cell => {
      const range = document.createRange(); range.selectNodeContents(cell);
      return range.getBoundingClientRect();
    });
    return ends[1].left - ends[0].right;
  }))"""

APART = """() => [...document.querySelectorAll("tbody th small.fails")].map(reason => {
  const mark = document.createRange(); mark.selectNodeContents(reason.firstChild);
  const words = document.createRange(); words.selectNodeContents(reason.querySelector("bdi"));
  const [above, below] = [mark.getClientRects()[0], words.getClientRects()[0]];
  return Math.abs(above.top - below.top);
})"""
"""How far the mark of a reason stands above its words, px."""

FREE = """() => {
  const table = document.querySelector("#changes-table");
  const figures = table.querySelector("td.number bdi"), mark = table.querySelector("td.change svg");
  return figures.getBoundingClientRect().left - mark.getBoundingClientRect().right;
}"""

SAME = "#changes-table td .axs i"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workload, with an invalid trial and a variant that falls behind."""
    figures = run_figures(variants=VARIANTS[:3], workloads=("small-events",), blocks=3)
    return html.write(judge(figures), tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = run_figures(
        variants=VARIANTS[:3], workloads=("small-events",), blocks=3, with_fault=False
    )
    return html.write(judge(figures), tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize("width", [1280, 400])
def test_words_keep_their_distance_from_the_number_before_them(
    opener: Opener, report: Path, width: int
) -> None:
    """`4` and `349 messages` read as 4349 messages."""
    page = opener.open(report, width=width).page
    page.evaluate(UNFOLD)
    gaps = page.evaluate(GAPS)

    assert gaps
    assert min(gaps) >= LEAST_PX


@pytest.mark.parametrize("width", [1280, 400])
def test_a_mark_stands_in_the_line_of_its_words(opener: Opener, report: Path, width: int) -> None:
    """A cross alone on its line belongs to nothing."""
    apart = opener.open(report, width=width).page.evaluate(APART)

    assert apart
    assert max(apart) < 4


def test_the_figures_of_one_workload_stand_near_their_drawing(opener: Opener, sound: Path) -> None:
    """Over 300 px of nothing the eye loses the row."""
    free = opener.open(sound).page.evaluate(FREE)

    assert 0 < free < 60


def test_a_phone_names_the_place_of_no_change(opener: Opener, sound: Path) -> None:
    """Without a word on its axis a mark says neither how much nor which way."""
    page = opener.open(sound, width=400).page
    shown = [each for each in page.locator(SAME).all() if each.is_visible()]

    assert "same" in [each.inner_text() for each in shown]


def test_a_wide_table_throws_a_shadow_where_it_goes_on(opener: Opener, report: Path) -> None:
    """A column that nobody knows of is read by nobody."""
    page = opener.open(report, width=400).page
    page.evaluate(UNFOLD)
    wide = page.locator(".wide:has([id$='-trials'])").first

    assert wide.evaluate("e => e.scrollWidth > e.clientWidth")
    assert "local, scroll" in wide.evaluate("e => getComputedStyle(e).backgroundAttachment")
    assert (
        wide.locator("tr.base > *")
        .first.evaluate("e => getComputedStyle(e).backgroundColor")
        .startswith("rgba(")
    )
