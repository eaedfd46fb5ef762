"""The report as a file: whole, self-contained, and safe with any text in it."""

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from bench.analysis.figures import RunFigures
from bench.analysis.tidy import tidy
from bench.core.errors import StorageError
from bench.judgement.judge import judge
from bench.report import html
from tests.report.factory import VARIANTS, run_figures, with_texts

HOSTILE = (
    "<script>alert(1)</script>",
    "</script></style></title><img src=x onerror=alert(1)>",
    "\" onmouseover='alert(1)' x=\"",
    "{{ 7 * 7 }}{% raw %}",
    "x" * 500,
    "\U0001f680 rocket \u202e reversed",
    "\u05d0\u05d1\u05d2",
    "%{x} $e=mc^2$ &amp;lt;",
)


class Elements(HTMLParser):
    """What a browser would see of a page: its elements, and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def rendered(figures: RunFigures, *, light: bool = True) -> str:
    return html.render(judge(figures), light=light)


def parsed(page: str) -> Elements:
    elements = Elements()
    elements.feed(page.replace("<wbr>", ""))
    return elements


@pytest.fixture(scope="module")
def small() -> RunFigures:
    return run_figures(workloads=("w",), blocks=3)


@pytest.fixture(scope="module")
def page(small: RunFigures) -> str:
    return rendered(small, light=False)


def test_the_page_names_no_other_place(page: str) -> None:
    """A report is opened on planes and behind firewalls: whatever it needs is in it."""
    loading = {"src", "srcset", "data", "poster", "action"}
    found = [
        (tag, name, value)
        for tag, attributes in parsed(page).tags
        for name, value in attributes.items()
        if name in loading or (name == "href" and not str(value).startswith(("#", "data:")))
    ]

    assert found == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_element(small: RunFigures, text: str) -> None:
    """A run's label comes from a file that somebody else may have written."""
    tame = parsed(rendered(with_texts(small, "tame"))).tags
    hostile = parsed(rendered(with_texts(small, text))).tags

    assert [tag for tag, _ in hostile] == [tag for tag, _ in tame]
    assert not [a for _, a in hostile if any(name.startswith("on") for name in a)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_whole(small: RunFigures, text: str) -> None:
    """Dropping what looks dangerous would show another label than the one that was run."""
    shown = parsed(rendered(with_texts(small, text))).text

    assert text in shown


def test_a_number_and_its_percent_sign_stay_on_one_line(small: RunFigures) -> None:
    """`30` at the end of a line and `%` at the start of the next is read twice."""
    page = re.sub(r"<(style|script).*?</\1>", "", rendered(small), flags=re.DOTALL)
    shown = "".join(parsed(page).text)

    assert re.search(r"\d\xa0%", shown)
    assert not re.search(r"\d[ \n]%", shown)


def test_every_instant_of_a_message_is_named(page: str) -> None:
    """Completion ends at one that a reader must find."""
    (instants,) = re.findall(r"Each message has six: (.*?)</dd>", page, re.S)

    named = re.findall(r"\w+", re.sub(r"\(.*?\)", "", instants, flags=re.DOTALL))
    assert named == ["intended", "sent", "stored", "received", "handled", "acked"]


def test_every_heading_cell_says_what_it_heads(page: str) -> None:
    """Without scope a screen reader reads a wall of numbers."""
    scopes = [attributes.get("scope") for tag, attributes in parsed(page).tags if tag == "th"]

    assert scopes
    assert set(scopes) <= {"col", "row", "colgroup"}


def test_every_table_has_a_caption(page: str) -> None:
    """A table that is reached by jumping must say what it is."""
    tags = [tag for tag, _ in parsed(page).tags]

    assert tags.count("table") == tags.count("caption")


def test_what_folds_draw_is_whole_numbers_by_column(page: str) -> None:
    """A figure that cannot be parsed leaves an empty plot, which looks like no data."""
    found = [
        json.loads(each) for each in re.findall(r'<script type="application/json">(.*?)<', page)
    ]

    assert len(found) == 2
    for data in found:
        assert data["columns"] == ["name", "block", "valid", "panel", "x", "y"]
        assert data["rows"]
        for row in data["rows"]:
            assert all(y is None or isinstance(y, int) for y in row[5])
            assert row[4] is None or len(row[4]) == len(row[5])


def test_every_plot_has_its_table_in_the_fold(page: str) -> None:
    """Who has no JavaScript, or a light page, must lose the drawing alone."""
    folds = re.findall(r"<details[^>]* data-plots>.*?</details>", page, re.S)

    assert len(folds) == 2
    assert all("<table" in fold for fold in folds)


def test_only_our_script_runs_and_what_it_unpacks(page: str, small: RunFigures) -> None:
    """A label that became a script would find no policy that lets it run."""
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    script = page[page.rindex("<script>") + len("<script>") : page.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}' blob:;")
    assert "<script>" not in rendered(small)


def test_the_library_is_packed_once_and_left_out_of_a_light_page(
    page: str, small: RunFigures
) -> None:
    """It is most of the page: an attachment has no need of it."""
    (packed,) = re.findall(r'<script type="application/gzip;base64" id="library">(.*?)<', page)

    assert gzip.decompress(base64.b64decode(packed)).decode() == get_plotlyjs()
    assert 'id="library"' not in rendered(small)


def test_the_figures_of_all_trials_are_a_file_in_the_page(page: str, small: RunFigures) -> None:
    """It must be saved without a script, and hold what `jetbench export` writes."""
    (packed,) = re.findall(r'href="data:application/gzip;base64,([^"]*)"', page)
    rows = gzip.decompress(base64.b64decode(packed)).decode()

    assert rows == tidy(small).to_csv(index=False, lineterminator="\n")


def test_the_page_never_says_a_bare_latency(small: RunFigures) -> None:
    """The word leaves open from where to where; each of our times says it."""
    assert "latency" not in rendered(small).lower()


@pytest.mark.parametrize("word", ["winner", "significant", "regression"])
def test_the_page_ranks_nobody(small: RunFigures, word: str) -> None:
    """It says what a change does against the baseline; what to take is said once, on top."""
    assert word not in rendered(small).lower()


def test_the_same_figures_give_the_same_file(small: RunFigures, page: str) -> None:
    """A report rebuilt from its records can be compared with the first by its bytes."""
    assert rendered(small, light=False) == page


def test_write_replaces_the_report_and_leaves_nothing_else(
    small: RunFigures, tmp_path: Path
) -> None:
    """A reader with the old page open must never see half of the new one."""
    first = html.write(judge(small), tmp_path)
    first.write_text("old")
    second = html.write(judge(small), tmp_path)

    assert first == second == tmp_path / small.run_id / "index.html"
    assert [path.name for path in second.parent.iterdir()] == ["index.html"]
    assert second.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_disk_that_refuses_is_told_with_its_path(small: RunFigures, tmp_path: Path) -> None:
    """The run took minutes; the user must learn where the report could not go."""
    (tmp_path / small.run_id).write_text("a file where the directory should be")

    with pytest.raises(StorageError, match=re.escape(small.run_id)):
        html.write(judge(small), tmp_path)


def test_a_quickstart_fits_an_attachment() -> None:
    """2.5 MB pass through mail; 165 KB with the folds' tables alone."""
    figures = run_figures(variants=VARIANTS[:5], blocks=2, with_fault=False)

    assert len(figures.plan.trials) == 20
    assert len(rendered(figures, light=False).encode()) <= 2_500_000
    assert len(rendered(figures).encode()) <= 165_000


def test_two_hundred_trials_fit_in_four_megabytes() -> None:
    """A report must pass through mail and CI artifact viewers."""
    figures = run_figures(blocks=15, seconds=187)

    assert len(figures.plan.trials) >= 200
    assert len(rendered(figures, light=False).encode()) <= 4_000_000
