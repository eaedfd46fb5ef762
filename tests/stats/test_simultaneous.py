"""All pairs at once: how often equal cells are told apart, and against tables."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.stats.simultaneous import all_pairs, critical

Array = NDArray[np.float64]
RUNS = 400


def share_told(noise: Array, level: float) -> float:
    """Share of runs in which any pair is told apart; noise of shape (runs, k, n)."""
    every = np.ones(noise.shape[1], dtype=bool)
    told = 0
    for values in noise:
        pairs = all_pairs(values, level=level, scatter_of=every)
        told += bool((np.abs(pairs.mean) > pairs.reach).any())
    return told / len(noise)


@pytest.mark.parametrize(("cells", "q"), [(3, 3.314), (10, 4.474)])
def test_with_many_blocks_it_is_tukeys_range(cells: int, q: float) -> None:
    """Tables of the studentised range at 5 % and endless freedom; |t| is q / √2."""
    assert critical(cells, 300, 0.05) == pytest.approx(q / 2**0.5, rel=0.03)


def test_of_two_cells_it_is_students_t() -> None:
    """4 degrees of freedom at 5 %, two-sided: 2.776 in any table."""
    assert critical(2, 5, 0.05) == pytest.approx(2.776, abs=1e-3)


def test_the_same_records_give_the_same_answer() -> None:
    """The draws come from the shape alone: a report made again must not decide otherwise."""
    from bench.stats.simultaneous import _maxima  # noqa: PLC0415 - to empty its memory

    first = critical(4, 5, 0.05)
    _maxima.cache_clear()

    assert critical(4, 5, 0.05) == first


@pytest.mark.parametrize("cells", [2, 5, 8])
def test_equal_cells_are_told_apart_in_one_run_of_ten(cells: int) -> None:
    """Uncorrected it was 42 % of runs with 5 cells. Three standard errors of 10 % are 4.5 %."""
    rng = np.random.default_rng(cells)
    noise = rng.normal(0, 0.05, (RUNS, cells, 5)) + rng.normal(0, 0.3, (RUNS, 1, 5))

    assert share_told(noise, 0.10) <= 0.10 + 0.045


def test_a_cell_that_scatters_more_is_no_reason_to_tell_it_apart() -> None:
    """With one scatter for all pairs this came out in 16 % of runs."""
    rng = np.random.default_rng(3)
    spread = np.array([0.15, 0.03, 0.03, 0.03, 0.03])

    assert share_told(rng.normal(0, 1, (RUNS, 5, 5)) * spread[:, None], 0.10) <= 0.10 + 0.045


def test_missing_blocks_are_left_out_pair_by_pair() -> None:
    """A trial that was invalid costs its own pairs a block and no other pair anything."""
    values = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 3.1, 3.9, 5.0], [0.0, np.nan, 2.0, 3.0]])

    pairs = all_pairs(values, level=0.1, scatter_of=np.ones(3, dtype=bool))

    assert pairs.blocks.tolist() == [[4, 4, 3], [4, 4, 3], [3, 3, 3]]
    assert pairs.mean[0, 2] == pytest.approx(1.0)
    assert pairs.mean[1, 0] == pytest.approx(1.0)


def test_two_shared_blocks_have_no_interval() -> None:
    """Two values know no scatter worth the name."""
    pairs = all_pairs(np.array([[1.0, 1.0], [2.0, 2.1]]), level=0.1, scatter_of=np.ones(2, bool))

    assert np.isnan(pairs.reach).all()


def test_a_cell_that_broke_down_does_not_hide_what_the_others_show() -> None:
    """Its scatter is not theirs: with it in the common scatter nothing would be told apart."""
    steady = np.array([[0.0, 0.01, -0.01, 0.0, 0.01], [0.2, 0.22, 0.19, 0.2, 0.21]])
    broken = np.array([[9.0, 0.0, 5.0, 0.1, 7.0]])
    values = np.vstack((steady, broken))

    kept_out = all_pairs(values, level=0.1, scatter_of=np.array([True, True, False]))
    within = all_pairs(values, level=0.1, scatter_of=np.ones(3, dtype=bool))

    assert abs(kept_out.mean[0, 1]) > kept_out.reach[0, 1]
    assert abs(within.mean[0, 1]) < within.reach[0, 1]
