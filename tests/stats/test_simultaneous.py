"""All pairs at once: how often equal cells are told apart, and against tables."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import nct

from bench.stats.simultaneous import _largest, _maxima, all_pairs, critical

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
    assert np.isnan(pairs.visible).all()
    assert pairs.reach.shape == pairs.visible.shape == (2, 2)
    assert pairs.blocks.tolist() == [[2, 2], [2, 2]]
    assert pairs.mean[1, 0] == pytest.approx(1.05)


@pytest.mark.filterwarnings("error")
def test_pairs_without_a_block_or_with_one_are_told_nothing_of_and_warn_of_nothing() -> None:
    """Blocks that were lost are no news to whoever reads the report; a line of NumPy's would be."""
    values = np.array([[1.0, np.nan, np.nan], [np.nan, 2.0, 3.0], [np.nan, np.nan, 5.0]])

    pairs = all_pairs(values, level=0.1, scatter_of=np.ones(3, dtype=bool))

    assert pairs.blocks.tolist() == [[1, 0, 0], [0, 2, 1], [0, 1, 1]]
    assert pairs.mean[2, 1] == 2.0
    assert np.isnan(pairs.mean[0, 1:]).all()
    assert np.isnan(pairs.reach).all()


HAND = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 2.0], [0.0, 2.0, 4.0, np.nan]])
"""Variances of the differences, by hand: 2 / 3 of the first two (3 degrees of freedom), 4 and 1 of
the third to either (2 each). Together 12 / 7; so moderated by 4 degrees of freedom 1.2653, 2.4762
and 1.4762, and the errors of 4, 3 and 3 blocks are 0.5624, 0.9085 and 0.7015."""


def test_errors_by_hand() -> None:
    """The bound is that of the fewest blocks; what is visible exceeds it in 80 % of cases."""
    pairs = all_pairs(HAND, level=0.1, scatter_of=np.ones(3, dtype=bool))
    bound = critical(3, 3, 0.1)
    places = ([1, 2, 2], [0, 0, 1])

    errors = pairs.reach[places] / bound

    assert errors == pytest.approx([0.5624, 0.9085, 0.7015], abs=1e-4)
    # Two cells of the three are free to differ, with two degrees of freedom in each.
    found = nct.sf(bound, 4, pairs.visible[places] / errors)
    assert found == pytest.approx([0.8] * 3, abs=1e-6)
    assert pairs.reach.T[places] == pytest.approx(pairs.reach[places])
    assert np.isnan(np.diagonal(pairs.reach)).all()


def test_a_cell_with_too_few_blocks_costs_the_others_nothing() -> None:
    """It can be told from nobody, so nobody is held to a family with it."""
    more = np.vstack((HAND, [np.nan, np.nan, 5.0, 6.0]))

    without = all_pairs(HAND, level=0.1, scatter_of=np.ones(3, dtype=bool))
    beside = all_pairs(more, level=0.1, scatter_of=np.ones(4, dtype=bool))

    assert beside.reach[:3, :3] == pytest.approx(without.reach, nan_ok=True)
    assert np.isnan(beside.reach[3]).all()


def test_one_cell_that_says_how_all_scatter_is_none() -> None:
    """Scatter is that of pairs: with a single such cell it is that of all."""
    every = all_pairs(HAND, level=0.1, scatter_of=np.ones(3, dtype=bool))
    one = all_pairs(HAND, level=0.1, scatter_of=np.array([True, False, False]))

    assert one.reach == pytest.approx(every.reach, nan_ok=True)


def test_the_largest_difference_of_each_draw_by_hand() -> None:
    """Two draws of three cells in two blocks.

    First: differences of 2, 1 and 1, variances 2, 2 and 8, together 4; moderated by 4 degrees of
    freedom 3.6, 3.6 and 4.8: the largest t² is 2² × 2 / 3.6. Second: differences of 4, 3 and 7,
    variances 0, 2 and 2, together 4 / 3; moderated 1.067, 1.467 and 1.467: 7² × 2 / 1.467.
    """
    draws = np.array([[[0.0, 0.0], [1.0, 3.0], [2.0, 0.0]], [[0.0, 0.0], [4.0, 4.0], [-4.0, -2.0]]])

    assert _largest(draws) == pytest.approx([1.4907, 8.1742], abs=1e-4)


@pytest.mark.parametrize("level", [0.10, 0.05, 0.003])
def test_no_more_draws_reach_the_bound_than_the_level_allows(level: float) -> None:
    """A run of equal cells is one draw more; with one draw fewer below it would be too many."""
    maxima, bound = _maxima(3, 5), critical(3, 5, level)
    reaching = np.count_nonzero(maxima >= bound)

    assert reaching / (len(maxima) + 1) <= level < (reaching + 1) / (len(maxima) + 1)


def test_a_level_finer_than_the_draws_takes_the_largest() -> None:
    """What is beyond all draws is at least as rare as that."""
    assert critical(3, 5, 1e-9) == _maxima(3, 5)[-1]


def test_many_cells_are_drawn_less_often() -> None:
    """20 000 draws know the bound of 10 % to 1 %; of 50 cells they would take minutes."""
    assert [len(_maxima(cells, 3)) for cells in (3, 20, 50)] == [20_000, 10_000, 4_000]


def test_a_cell_that_broke_down_does_not_hide_what_the_others_show() -> None:
    """Its scatter is not theirs: with it in the common scatter nothing would be told apart."""
    steady = np.array([[0.0, 0.01, -0.01, 0.0, 0.01], [0.2, 0.22, 0.19, 0.2, 0.21]])
    broken = np.array([[9.0, 0.0, 5.0, 0.1, 7.0]])
    values = np.vstack((steady, broken))

    kept_out = all_pairs(values, level=0.1, scatter_of=np.array([True, True, False]))
    within = all_pairs(values, level=0.1, scatter_of=np.ones(3, dtype=bool))

    assert abs(kept_out.mean[0, 1]) > kept_out.reach[0, 1]
    assert abs(within.mean[0, 1]) < within.reach[0, 1]
