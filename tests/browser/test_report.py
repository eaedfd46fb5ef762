"""The report as a reader has it: in a browser, from a file, without a network."""

import re
from pathlib import Path

import pytest

from bench.judgement.judge import judge
from bench.report import html
from tests.browser.pages import HOSTILE, Opener, Scheme
from tests.report.factory import VARIANTS, run_figures, with_texts

pytestmark = pytest.mark.browser

LABEL = f"<b>bold</b>{HOSTILE}\u202e\U0001f600{'W' * 500}"
PAGE_OF_PDF = re.compile(rb"/Type /Page\b")
SIZE_OF_PDF = re.compile(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]")
"""Of a page, pt; A4 landscape is 842 by 595."""

UNFOLD = "document.querySelectorAll('details').forEach(fold => { fold.open = true; })"
WIDTH = "document.documentElement.scrollWidth"
FIRST_PLOT = "details[data-plots]"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As large as the quickstart's."""
    figures = run_figures(variants=VARIANTS[:5], blocks=2, with_fault=False)
    return html.write(judge(figures), tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = run_figures(variants=VARIANTS[:5], blocks=2)
    return html.write(judge(figures), tmp_path_factory.mktemp("faulty"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = with_texts(run_figures(variants=VARIANTS[:2], workloads=("w",), blocks=1), LABEL)
    return html.write(judge(figures), tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("which", ["report", "faulty", "hostile"])
def test_the_page_never_scrolls_sideways(
    opener: Opener, request: pytest.FixtureRequest, which: str, width: int
) -> None:
    """Wide tables scroll in themselves; a page that shifts is unreadable on a phone."""
    page = opener.open(request.getfixturevalue(which), width=width).page
    folded = page.evaluate(WIDTH)
    page.evaluate(UNFOLD)

    assert (folded, page.evaluate(WIDTH)) == (width, width)


@pytest.mark.parametrize(("scheme", "paper"), [("light", 253), ("dark", 20)])
def test_the_page_is_as_light_as_the_reader_s_system(
    opener: Opener, report: Path, scheme: Scheme, paper: int
) -> None:
    """A white page at night is not read to its end."""
    page = opener.open(report, scheme=scheme).page
    red = page.evaluate("parseInt(getComputedStyle(document.body).backgroundColor.slice(4))")

    assert red == paper


@pytest.mark.parametrize("which", ["report", "faulty"])
def test_the_quickstart_prints_on_three_pages(
    opener: Opener, request: pytest.FixtureRequest, which: str
) -> None:
    """The report is brought to a review on paper; ten pages are brought by nobody."""
    opened = opener.open(request.getfixturevalue(which), scheme="dark")
    paper = opened.page.pdf(prefer_css_page_size=True, print_background=True)

    assert 1 <= len(PAGE_OF_PDF.findall(paper)) <= 3
    assert [round(float(side)) for side in SIZE_OF_PDF.findall(paper)[0]] == [842, 595]
    assert opened.complaints == []


def test_without_scripts_all_figures_are_still_there(opener: Opener, report: Path) -> None:
    """Mail clients and CI viewers show the page with scripts off."""
    page = opener.open(report, scripts=False).page
    fold = page.locator(FIRST_PLOT).first
    fold.locator("summary").click()

    assert page.locator("h1").is_visible()
    assert page.locator(".four > div").count() == 4
    assert all(box.is_visible() for box in page.locator(".four > div").all())
    assert all(table.is_visible() for table in page.locator("table.fold").all())
    assert page.locator("table.fold").count() > 0
    assert fold.get_by_text("The drawing needs JavaScript").is_visible()


def test_hostile_text_does_nothing_but_stand_there(opener: Opener, hostile: Path) -> None:
    """Matrices are written by other people; a label is shown as they wrote it."""
    opened = opener.open(hostile)
    page = opened.page
    page.evaluate(UNFOLD)
    page.locator(".plot[data-drawn]").first.wait_for()

    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("b", has_text=re.compile("^bold$")).count() == 0
    assert "<b>bold</b></script>" in page.locator(".run").inner_text()
    assert opened.complaints == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in opened.requests)


def test_the_keyboard_alone_opens_a_fold(opener: Opener, report: Path) -> None:
    """What only a mouse can open is shut to some readers."""
    page = opener.open(report).page
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.parentElement.open") is True


def test_a_fold_draws_once_it_is_opened_and_asks_nobody(opener: Opener, report: Path) -> None:
    """It must work where there is no network, and cost nothing to those who leave it shut."""
    opened = opener.open(report)
    before = opened.page.locator(".plot[data-drawn]").count()
    fold = opened.page.locator(FIRST_PLOT).first
    fold.locator("summary").click()
    fold.locator(".plot[data-drawn]").wait_for()

    assert before == 0
    assert fold.locator(".scatterlayer path").count() > 0
    assert opened.complaints == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in opened.requests)


def test_only_our_own_scripts_may_run(opener: Opener, report: Path) -> None:
    """Should escaping ever fail, the page's policy still refuses what was slipped in."""
    opened = opener.open(report)
    opened.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        " document.body.append(s); }"
    )

    assert opened.page.evaluate("window.hacked") is None
    assert "Content Security Policy" in opened.complaints[0]
