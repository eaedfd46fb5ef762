"""Names that run from right to left, in every view: none turns the words beside it."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.analysis.figures import RunFigures
from bench.cli.console import PlainConsole
from bench.judgement.judge import judge
from bench.report import html, markdown, terminal
from bench.report.overview import write_overview
from tests.report.factory import VARIANTS, run_figures, with_texts

NAMES = ["\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"]
RLO = "\u202eevil"
ISOLATE = "\u2068[^\u202a-\u202e\u2066-\u2069]*\u2069"
STRAY = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Texts(HTMLParser):
    """The texts of a page, each with the elements that hold it."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[str] = []
        self.found: list[tuple[tuple[str, ...], str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link"}:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & {*self.within}:
            self.found.append((tuple(self.within), data.strip()))


def figures(name: str, *, blocks: int) -> RunFigures:
    made = run_figures(variants=VARIANTS[:4], workloads=("w", name), blocks=blocks)
    return with_texts(made, name)


def bare(page: str, name: str) -> list[str]:
    """The texts in which a name stands beside others and is isolated from none of them."""
    parser = Texts()
    parser.feed(page.replace("<wbr>", ""))
    alone = re.compile(rf"(pull-batch/)?{re.escape(name)}\d*")
    return [
        text
        for within, text in parser.found
        if name in re.sub(ISOLATE, "", text)
        if not (alone.fullmatch(text) and {"bdi", "code", "title"} & {*within[-3:]})
    ]


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_a_report_isolates_names_within_its_sentences(name: str, blocks: int) -> None:
    """`<bdi>` around a sentence keeps it from its neighbours, not its words from each other."""
    assert bare(html.render(judge(figures(name, blocks=blocks)), light=True), name) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_list_of_runs_isolates_names(tmp_path: Path, name: str) -> None:
    """Server and version, host and CPU stand in one line there."""
    for run_id in ("one", "two"):
        html.write(judge(replace(figures(name, blocks=3), run_id=run_id)), tmp_path)
    pages = [write_overview(tmp_path / "none", tmp_path), *(tmp_path / "trends").glob("*.html")]

    assert len(pages) > 3
    assert [bare(page.read_text(encoding="utf-8"), name) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("name", [*NAMES, RLO])
def test_terminal_and_markdown_hold_whole_isolates_and_no_other_mark(name: str) -> None:
    """An override that is not closed would turn the rest of a log."""
    judged = judge(figures(name, blocks=3))
    console = PlainConsole(file=io.StringIO(), width=4000)
    terminal.print_judgement(judged, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]

    for shown in (printed, markdown.render(judged)):
        assert not STRAY.search(re.sub(ISOLATE, "", shown))
    assert (f"\u2068{name}\u2069" in printed) is (name is not RLO)


def test_an_override_within_a_sentence_is_left_out() -> None:
    """It would write our words backwards: the label is the user's, the sentence is ours."""
    judged = judge(figures(RLO, blocks=3))

    assert "evil" in judged.headline
    assert not STRAY.search(judged.headline)
