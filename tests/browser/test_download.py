"""The figures that a page carries as a file: what `jetbench export` writes, without a network."""

import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.verbs import app
from tests.browser.pages import Opener
from tests.cli.made_up import make_run

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_hands_out_what_export_writes(
    opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, scripts: bool
) -> None:
    """Two ways to the same figures must not lead to different ones."""
    make_run(tmp_path / "results" / "one", {"batch-1": 1.0, "batch-10": 1.3})
    monkeypatch.chdir(tmp_path)
    for words in (["report", "one"], ["export", "one", "--to", "export.csv"]):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
    opened = opener.open(tmp_path / "reports" / "one" / "index.html", scripts=scripts)
    page = opened.page
    page.context.set_offline(True)
    page.locator("#repeat > summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="one.csv.gz").click()
    download.value.save_as(tmp_path / "page.csv.gz")
    rows = gzip.decompress((tmp_path / "page.csv.gz").read_bytes())

    assert download.value.suggested_filename == "one.csv.gz"
    assert rows == (tmp_path / "export.csv").read_bytes()
    assert (
        len(rows.splitlines()) > 10 * 5
    )  # a row for each of ten trials and more than five figures
    assert opened.complaints == []
