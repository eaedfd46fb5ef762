"""The pages as those have them who see little, use no mouse, or hold a phone: asked of axe-core."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

from bench.judgement.judge import judge
from bench.report import html
from bench.report.overview import write_overview
from tests.browser.pages import Opener, Scheme
from tests.report.factory import VARIANTS, run_figures

pytestmark = pytest.mark.browser

LOOKS = [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = run_figures(variants=VARIANTS[:3], workloads=("small-events",), blocks=3)
    return html.write(judge(figures), tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def overview(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of runs that all came out otherwise, one of them unreadable."""
    reports = tmp_path_factory.mktemp("overview")
    for blocks, with_fault in ((3, False), (2, True), (1, False)):
        figures = run_figures(workloads=("w",), blocks=blocks, with_fault=with_fault)
        html.write(judge(replace(figures, run_id=f"run-{blocks}")), reports)
    (reports / "broken").mkdir()
    (reports / "broken" / "index.html").write_text("no report", encoding="utf-8")
    return write_overview(reports.parent / "none", reports)


@pytest.fixture(scope="module")
def trend(overview: Path) -> Path:
    return overview.parent / "trends" / "w--pull-batch.batch-10.html"


def violations(page: Page) -> Sequence[str]:
    """What axe-core finds in a page whose folds are all open, each with a first place."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    page.evaluate(Path(AXE_FILE_PATH).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")
    assert len(found["passes"]) > 10, "axe-core looked at next to nothing"
    return [
        f"{each['id']}: {len(each['nodes'])} times, first {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
    ]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("which", ["report", "overview", "trend"])
def test_axe_finds_nothing(
    opener: Opener, request: pytest.FixtureRequest, which: str, width: int, scheme: Scheme
) -> None:
    """Contrast, names, roles and order, as far as a program can tell."""
    path = request.getfixturevalue(which)

    assert violations(opener.open(path, width=width, scheme=scheme).page) == []
