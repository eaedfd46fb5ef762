"""The patterns in a real browser: on a laptop and on a phone, light and dark."""

from pathlib import Path

import pytest

from bench.report.html import render_page, write_text
from tests.browser.pages import Opener, Scheme
from tests.report import patterns_page

pytestmark = pytest.mark.browser

WIDTHS = (1280, 400)

OVERHANGING = """() => [...document.querySelectorAll("svg text, .axs i")]
    .filter(each => each.getClientRects().length)
    .map(each => [each.textContent, each.getBoundingClientRect()])
    .filter(([, place]) => place.left < -1 || place.right > innerWidth + 1)
    .map(([text]) => text)"""
"""Words of a drawing that the edge of the screen cuts off."""

VISIBLE = """() => [...document.querySelectorAll(".drawing svg")]
    .map(each => [each.classList.contains("phone"), each.getClientRects().length > 0])"""

READABLE = """() => [...document.querySelectorAll("svg text")]
    .filter(each => each.getClientRects().length)
    .map(each => parseFloat(getComputedStyle(each).fontSize)
        * each.ownerSVGElement.getScreenCTM().a)"""
"""Heights of letters as they are seen, px."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("patterns") / "index.html"
    write_text(path, render_page(patterns_page.page()))
    return path


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_pattern_complains_or_scrolls_sideways(
    opener: Opener, page: Path, width: int, scheme: Scheme
) -> None:
    """On a phone a page that scrolls both ways is read by nobody."""
    opened = opener.open(page, width=width, scheme=scheme)

    assert opened.complaints == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_of_a_drawing_is_cut_off(opener: Opener, page: Path, width: int) -> None:
    """Half a word beside a line names something else."""
    assert opener.open(page, width=width).page.evaluate(OVERHANGING) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_each_width_has_a_drawing_of_its_own(opener: Opener, page: Path, width: int) -> None:
    """A drawing for a laptop has text of four pixels on a phone."""
    seen = opener.open(page, width=width).page.evaluate(VISIBLE)

    assert len(seen) >= 4
    assert all(visible is (for_phone is (width == 400)) for for_phone, visible in seen)


@pytest.mark.parametrize("width", WIDTHS)
def test_letters_in_drawings_can_be_read(opener: Opener, page: Path, width: int) -> None:
    """Text in a drawing shrinks with it."""
    assert min(opener.open(page, width=width).page.evaluate(READABLE)) >= 9
