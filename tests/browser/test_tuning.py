"""The report of a search for settings in a real browser: what to take stands at the top."""

from pathlib import Path

import pytest

from bench.report import html
from tests.browser.pages import Opener, Scheme
from tests.judgement.tuning import TWO, judged

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return html.write(judged(TWO), tmp_path_factory.mktemp("tuned"))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_what_was_found_is_read_without_scripts_on_any_screen(
    opener: Opener, report: Path, width: int, scheme: Scheme
) -> None:
    page = opener.open(report, width=width, scheme=scheme, scripts=False).page

    size = "phone" if width < 720 else "desk"
    assert page.locator("#tuning-compared-1 tbody tr").count() == 4
    assert page.locator(f"#tuning-tried svg.pc.{size}").is_visible()
    assert page.locator("#tuning-paste pre").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_tried_is_folded_and_opens(opener: Opener, report: Path) -> None:
    opened = opener.open(report)
    table = opened.page.locator("#tuning-all table")

    assert not table.is_visible()
    opened.page.locator("#tuning-all > summary").click()
    assert table.is_visible()
    assert opened.complaints == []
