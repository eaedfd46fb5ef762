"""A run of 200 trials: the page opens, and its first screen reads as that of a small one."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.judgement.judge import judge
from bench.report import html
from tests.browser.pages import Opener
from tests.report.factory import VARIANTS, run_figures

pytestmark = pytest.mark.browser

LARGE = tuple(
    replace(
        VARIANTS[1 + place % 3],
        names=(f"pull-batch/batch-{10 * (place + 1)}",),
        settings={"pull": {"batch": 10 * (place + 1)}},
    )
    for place in range(20)
)

CUT_OFF = """() => [...document.querySelectorAll("h1, .question, .four dt, .four dd, .notice")]
    .filter(each => each.scrollWidth > each.clientWidth + 1
        || each.getBoundingClientRect().right > innerWidth)
    .map(each => each.textContent)"""

SMALLEST = """() => Math.min(...[...document.querySelectorAll("h1, .question, .four dt, .four dd")]
    .map(each => parseFloat(getComputedStyle(each).fontSize)))"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = run_figures(variants=LARGE, blocks=5)
    assert len(figures.plan.trials) == 200
    return html.write(judge(figures), tmp_path_factory.mktemp("large"))


@pytest.mark.parametrize("width", [1280, 400])
def test_a_page_of_200_trials_opens_on_its_answers(
    opener: Opener, report: Path, width: int
) -> None:
    """The more was measured, the more the first screen is all that is read."""
    opened = opener.open(report, width=width)
    page = opened.page
    boxes = page.locator(".four > div")

    assert opened.complaints == []
    assert boxes.count() == 4
    assert all(box.is_visible() for box in boxes.all())
    assert page.locator("h1").bounding_box()["y"] < 100  # type: ignore[index]
    assert page.evaluate("document.querySelector('.four').getBoundingClientRect().bottom") < 900
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(SMALLEST) >= 12
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_every_fold_of_a_page_of_200_trials_opens(opener: Opener, report: Path) -> None:
    """Its drawings hold a hundred lines; they come when they are asked for."""
    opened = opener.open(report, width=400)
    page = opened.page
    fold = page.locator("details[data-plots][id$='-time']").first
    fold.locator("summary").click()
    fold.locator(".plot[data-drawn]").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.wait_for_function(
        "document.querySelectorAll('.plot[data-drawn]').length"
        " === document.querySelectorAll('details[data-plots]').length"
    )

    assert fold.locator(".legend .traces").count() == 20
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert opened.complaints == []
