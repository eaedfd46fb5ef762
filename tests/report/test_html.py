"""The report as a file: whole, self-contained, and safe with any text in it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.analysis.figures import RunFigures
from bench.core.errors import StorageError
from bench.report import html
from tests.report.factory import run_figures, with_texts

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


def parsed(page: str) -> Elements:
    elements = Elements()
    elements.feed(page)
    return elements


@pytest.fixture(scope="module")
def small() -> RunFigures:
    return run_figures(workloads=("w",), blocks=3)


@pytest.fixture(scope="module")
def page(small: RunFigures) -> str:
    return html.render(small)


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
    tame = parsed(html.render(with_texts(small, "tame"))).tags
    hostile = parsed(html.render(with_texts(small, text))).tags

    assert [tag for tag, _ in hostile] == [tag for tag, _ in tame]
    assert not [a for _, a in hostile if any(name.startswith("on") for name in a)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_whole(small: RunFigures, text: str) -> None:
    """Dropping what looks dangerous would show another label than the one that was run."""
    shown = parsed(html.render(with_texts(small, text))).text

    assert text in shown


def test_every_heading_cell_says_what_it_heads(page: str) -> None:
    """Without scope a screen reader reads a wall of numbers."""
    scopes = [attributes.get("scope") for tag, attributes in parsed(page).tags if tag == "th"]

    assert scopes
    assert set(scopes) <= {"col", "row", "colgroup"}


def test_every_table_has_a_caption(page: str) -> None:
    """A table that is reached by jumping must say what it is."""
    tags = [tag for tag, _ in parsed(page).tags]

    assert tags.count("table") == tags.count("caption")


def test_figures_in_script_elements_are_json(page: str) -> None:
    """A figure that cannot be parsed leaves an empty plot, which looks like no data."""
    found = dict(re.findall(r'<script type="application/json" id="([^"]+)">(.*?)</script>', page))
    data = {id_: json.loads(document) for id_, document in found.items()}
    plots = {id_ for id_, document in data.items() if {"data", "layout"} <= document.keys()}

    assert plots == {id_ for id_ in data if id_.endswith("-figure")}
    assert data.keys() - plots == {"tidy-rows", "run-summary"}


def test_the_page_never_says_a_bare_latency(page: str) -> None:
    """The word leaves open from where to where; each of our times says it."""
    own = page[: page.rindex("<script>", 0, page.rindex("<script>"))]

    assert "latency" not in own.lower()


def test_the_same_figures_give_the_same_file(small: RunFigures, page: str) -> None:
    """A report rebuilt from its records can be compared with the first by its bytes."""
    assert html.render(small) == page


def test_write_replaces_the_report_and_leaves_nothing_else(
    small: RunFigures, tmp_path: Path
) -> None:
    """A reader with the old page open must never see half of the new one."""
    first = html.write(small, tmp_path)
    first.write_text("old")
    second = html.write(small, tmp_path)

    assert first == second == tmp_path / small.run_id / "index.html"
    assert [path.name for path in second.parent.iterdir()] == ["index.html"]
    assert second.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_disk_that_refuses_is_told_with_its_path(small: RunFigures, tmp_path: Path) -> None:
    """The run took minutes; the user must learn where the report could not go."""
    (tmp_path / small.run_id).write_text("a file where the directory should be")

    with pytest.raises(StorageError, match=re.escape(small.run_id)):
        html.write(small, tmp_path)


def test_two_hundred_trials_fit_in_eight_megabytes() -> None:
    """A report must pass through mail and CI artifact viewers."""
    figures = run_figures(blocks=15, seconds=187)
    trials = len(figures.plan.trials)

    assert trials >= 200
    assert len(html.render(figures).encode()) <= 8_000_000
