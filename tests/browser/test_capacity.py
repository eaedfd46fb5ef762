"""The report of a search in a real browser: its answer stands at the top, its looks folded."""

from pathlib import Path

import pytest

from bench.report import html
from tests.browser.pages import Opener, Scheme
from tests.judgement.searching import Truth, judged

pytestmark = pytest.mark.browser

TRUTHS = {
    "one-worker": Truth(capacity_per_s=1300),
    "ten-workers": Truth(capacity_per_s=1e9, offered_per_s=3000),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return html.write(judged(TRUTHS), tmp_path_factory.mktemp("sought"))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_curves_are_read_without_scripts_on_any_screen(
    opener: Opener, report: Path, width: int, scheme: Scheme
) -> None:
    page = opener.open(report, width=width, scheme=scheme, scripts=False).page

    assert page.locator("#capacity-table tbody tr").count() == len(TRUTHS)
    size = "phone" if width < 720 else "desk"
    assert page.locator(f"#capacity-1 svg.{size}").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_each_look_is_folded_and_opens(opener: Opener, report: Path) -> None:
    opened = opener.open(report)
    look = opened.page.locator("#every-trial > details").first

    assert not look.locator("table").first.is_visible()
    look.locator("> summary").click()
    assert look.locator("table").first.is_visible()
    assert opened.complaints == []
