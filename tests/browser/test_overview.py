"""The list of runs and a trend as a reader has them: in a browser, from files."""

from dataclasses import replace
from pathlib import Path

import pytest

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
    dots = page.locator(".drawing .desk circle.p99").count()
    page.get_by_role("link", name="run-20261102-100000").click()
    title = page.locator("footer code").inner_text()
    page.go_back()
    page.locator(".run a").click()

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

    assert opened.page.evaluate("window.hacked") is None
    assert opened.page.locator("img").count() == 0
    assert opened.complaints == []
