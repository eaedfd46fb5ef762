"""Names that run from right to left, as a browser lays them out: nothing beside them moves."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.judgement.judge import judge
from bench.report import html
from tests.browser.pages import Opener
from tests.report.factory import VARIANTS, run_figures, with_texts

pytestmark = pytest.mark.browser

PLACES = """([selector, name, after]) => {
    const held = document.querySelector(selector);
    const walker = document.createTreeWalker(held, NodeFilter.SHOW_TEXT);
    const left = (node, words, from) => {
        const at = node.data.indexOf(words, from);
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + words.length);
        const box = range.getBoundingClientRect();
        return [box.left, box.right, at + words.length];
    };
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const begins = node.data.lastIndexOf(name);
        if (begins < 0 || node.data.indexOf(after, begins) < 0) continue;
        const [nameLeft, nameRight] = left(node, name, begins);
        const [afterLeft] = left(node, after, begins + name.length);
        return { nameLeft, nameRight, afterLeft };
    }
    return null;
}"""
"""Where the last name in a text stands, and the words after it, px from the left."""


@pytest.mark.parametrize(
    "name",
    ["\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\u202eevil", "\u2067\u05d0"],
)
def test_what_follows_a_name_stands_to_its_right(opener: Opener, tmp_path: Path, name: str) -> None:
    """Else `2 CPUs` of a host with a Hebrew name reads as a part of the name."""
    figures = run_figures(variants=VARIANTS[:1], workloads=("w",), blocks=1)
    path = html.write(judge(with_texts(replace(figures, run_id="one"), name)), tmp_path)
    page = opener.open(path).page
    letters = name.lstrip("\u202e\u2067")
    host = page.evaluate(PLACES, [".run", letters, "2 CPUs"])
    headline = page.evaluate(PLACES, ["h1", letters, "falls behind"])

    assert host["afterLeft"] >= host["nameRight"] - 1
    assert headline["afterLeft"] >= headline["nameRight"] - 1
    assert headline["nameLeft"] < headline["nameRight"]
