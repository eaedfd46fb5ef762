"""What the report says came out."""

from dataclasses import replace

import pytest

from bench.analysis.figures import Estimate, LagVerdict, WorkloadFigures
from bench.report import standing
from bench.report.model import plain
from tests.gate.figures import run_of
from tests.report.factory import run_figures
from tests.report.trial_factory import Variant

FAST = Variant(names=("c/fast",), settings={"pull": {"batch": 100}}, p50_ms=1.0)
SLOW = Variant(names=("c/slow",), settings={"pull": {"batch": 1}}, p50_ms=2.0)


def workload(*variants: Variant, blocks: int = 5) -> WorkloadFigures:
    figures = run_figures(variants=variants, workloads=("w",), blocks=blocks, with_fault=False)
    return figures.workloads[0]


def said(figures: WorkloadFigures) -> str:
    return " ".join(plain(sentence) for sentence in standing.answers(figures))


def test_a_ratio_is_taken_block_by_block() -> None:
    """A block twice as slow for both cells says nothing about either: the ratio stays exactly 2."""
    slow = Estimate(value=0.0, low=None, high=None, by_block={1: 2.0, 2: 20.0, 3: 6.0})
    fast = Estimate(value=0.0, low=None, high=None, by_block={1: 1.0, 2: 10.0, 3: 3.0, 4: 99.0})

    ratio = standing.paired_ratio(slow, fast)

    assert ratio is not None
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2.0, 2.0))


def test_no_shared_block_gives_no_ratio() -> None:
    """Two cells measured at different times only cannot be paired."""
    first = Estimate(value=1.0, low=None, high=None, by_block={1: 1.0})
    second = Estimate(value=1.0, low=None, high=None, by_block={2: 1.0})

    assert standing.paired_ratio(first, second) is None


def test_a_clear_difference_is_called_separable() -> None:
    """A cell twice as slow in every one of five blocks is what the run was made to find."""
    words = said(workload(SLOW, FAST))

    assert words.startswith("Shortest end-to-end p99: c/fast")
    assert "Next that is separably slower: c/slow" in words


def test_two_blocks_separate_nothing() -> None:
    """With two blocks chance alone makes a first and a second: the report must say so."""
    words = said(workload(SLOW, FAST, blocks=2))

    assert "2 valid blocks; fewer than 3 cannot say" in words
    assert "separably" not in words


def test_cells_that_chance_could_swap_are_named_together() -> None:
    """Crowning one of two equal cells sends a team after a difference that is not there."""
    twin = replace(FAST, names=("c/twin",))
    words = said(workload(FAST, twin))

    assert "Not separable from it: " in words
    assert "No cell is separably slower." in words


def test_a_growing_lag_is_said_beside_the_times() -> None:
    """The p99 of a consumer that falls behind depends on when the window ended."""
    behind = replace(SLOW, names=("c/behind",), behind_msgs_per_s=600.0)
    figures = workload(FAST, behind)

    assert figures.cells[1].lag_verdict is LagVerdict.GROWING
    assert "Lag is growing, so times get longer the longer it runs: c/behind." in said(figures)


def test_loss_is_said_before_anything_but_the_first() -> None:
    """A fast configuration that loses is a failed one (MEASUREMENT.md R16)."""
    figures = workload(FAST, SLOW)
    cell = figures.cells[0]
    ledger = cell.trials[0].record.ledger
    assert ledger is not None
    lossy = replace(cell.trials[0].record, ledger=replace(ledger, lost=3))
    trials = (replace(cell.trials[0], record=lossy), *cell.trials[1:])
    figures = replace(figures, cells=(replace(cell, trials=trials), *figures.cells[1:]))

    assert "Messages were lost, whatever the times say: c/fast." in said(figures)


def test_a_variant_without_acks_is_named_as_not_comparable() -> None:
    """It would else just be missing from the ranking without a word."""
    never = Variant(
        names=("c/none",),
        settings={"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}},
        p50_ms=0.5,
    )

    assert "Never acknowledges, so has no end-to-end time: c/none." in said(workload(FAST, never))


def test_a_run_without_valid_trials_ranks_nobody() -> None:
    """A figure from invalid trials would be worse than none."""
    figures = workload(FAST, SLOW)
    empty = tuple(replace(cell, estimates={}, trials=()) for cell in figures.cells)

    assert "No cell has an end-to-end p99" in said(replace(figures, cells=empty))


def test_a_cell_that_is_invalid_by_itself_is_named_and_not_ranked() -> None:
    """Its three good trials of five would otherwise be the headline."""
    cells = {"fast": (None, None, 1.0, 1.0, 1.0), "slow": (2.0, 2.1, 1.9, 2.0, 2.0)}
    figures = run_of(cells).workloads[0]

    words = " ".join(plain(sentence) for sentence in standing.answers(figures))

    assert words.startswith("Shortest end-to-end p99: pull-batch/slow")
    assert "Too many invalid trials to be ranked: pull-batch/fast." in words
