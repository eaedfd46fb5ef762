"""What a reader must know before the figures."""

from dataclasses import replace

import pytest

from bench.analysis.figures import RunFigures
from bench.report import notices
from bench.report.model import plain
from tests.gate.figures import run_of
from tests.report.factory import run_figures
from tests.report.trial_factory import Variant

ONE = Variant(names=("c/one",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=1.1)


def figures(*, blocks: int = 5, quick: bool = False, with_fault: bool = False) -> RunFigures:
    made = run_figures(variants=(ONE, TWO), workloads=("w",), blocks=blocks, with_fault=with_fault)
    return replace(made, plan=replace(made.plan, quick=quick))


def noticed(run: RunFigures) -> str:
    return " ".join(f"{n.word}. {plain(n.sentence)}" for n in notices.notices(run))


def test_a_full_run_needs_no_warning() -> None:
    """A warning that always stands is read by nobody."""
    assert noticed(figures()) == ""


@pytest.mark.parametrize("run", [figures(quick=True), figures(blocks=4)])
def test_a_quick_look_says_what_it_cannot_support(run: RunFigures) -> None:
    """Three blocks cannot fail a build (MEASUREMENT.md R8), however clear the plot looks."""
    assert "cannot decide between close cells" in noticed(run)


def test_a_single_block_admits_that_the_first_may_be_chance() -> None:
    """Without an interval a rank is a draw of lots."""
    assert "what stands first may be chance" in noticed(figures(blocks=1))


def test_invalid_and_missing_trials_stand_on_top() -> None:
    """They shrink what the figures rest on, so they must not wait at the end of the page."""
    run = figures(with_fault=True)
    words = noticed(run)

    assert "1 invalid trial." in words
    assert "1 missing trial." in words
    assert f"jetbench run --resume {run.run_id}" in words


def test_warnings_of_valid_trials_stand_on_top_too() -> None:
    """A figure with a caveat that is only found at the end was read without it."""
    words = noticed(run_figures())

    assert "Warnings in 10 trials." in words
    assert "drain-cut-short" in words


def test_an_invalid_cell_stands_on_top_and_not_the_whole_run() -> None:
    """One of six cells has two invalid trials of five; of one of two, the workload is invalid."""
    good, bad = (1.0, 1.0, 1.0, 1.0, 1.0), (None, None, 1.0, 1.0, 1.0)
    six = run_of({**dict.fromkeys("acdef", good), "b": bad})
    two = run_of({"a": good, "b": bad})

    assert "Invalid cell. Conclude nothing, under small-events, from pull-batch/b: " in noticed(six)
    assert "Invalid workload" not in noticed(six)
    assert "Invalid workload. Conclude nothing from small-events: 1 of 2 cells" in noticed(two)
