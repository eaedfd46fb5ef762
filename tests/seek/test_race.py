"""A race of points whose truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.seek.race import LEVEL, MOST_BLOCKS, left

Array = NDArray[np.float64]


def _table(*truths: float, blocks: int = 6, scatter: float = 0.01, seed: int = 1) -> Array:
    """Points as bad as these, under a drift that all of a block share."""
    rng = np.random.default_rng(seed)
    drift = rng.normal(0.0, 0.3, (1, blocks))
    noise = rng.normal(0.0, scatter, (len(truths), blocks))
    table: Array = np.array(truths)[:, None] + drift + noise
    return table


def test_what_is_clearly_worse_leaves_and_the_others_stay() -> None:
    assert left([_table(0.0, 0.5, 0.001)]) == {1: 3}


def test_nothing_leaves_before_there_are_three_blocks() -> None:
    assert left([_table(0.0, 5.0, blocks=2)]) == {}


def test_what_left_is_not_judged_again_and_lacks_nothing() -> None:
    """After it left it has no trial; the others go on without it."""
    table = _table(0.0, 0.5, 0.1, blocks=8)
    table[1, 3:] = np.nan

    assert left([table]).keys() == {1, 2}


def test_what_is_out_neither_leaves_nor_beats_anybody() -> None:
    """A point that lost messages may be fast."""
    assert left([_table(-2.0, 0.0, 0.001)], out=[0]) == {}


def test_a_block_without_a_valid_trial_takes_nothing_from_the_others() -> None:
    table = _table(0.0, 0.5, blocks=4)
    table[1, 0] = np.nan

    assert left([table]) == {1: 4}


def test_of_two_objectives_what_leaves_is_worse_in_both() -> None:
    rate, p99 = _table(0.0, 0.5, 0.6), _table(0.5, 0.0, 0.9, seed=2)

    assert left([rate, p99]).keys() == {2}


def test_the_best_never_leaves() -> None:
    assert 0 not in left([_table(*np.arange(0, 3, 0.05), blocks=MOST_BLOCKS)])


@pytest.mark.simulates
def test_of_equal_points_hardly_any_ever_leaves() -> None:
    rng, races = np.random.default_rng(5), 150
    drifts = rng.normal(0.0, 0.1, (races, 1, MOST_BLOCKS))
    tables = drifts + rng.normal(0.0, 0.04, (races, 8, MOST_BLOCKS))
    tables += rng.exponential(0.25, tables.shape) * (rng.random(tables.shape) < 0.07)

    erring = sum(bool(left([table])) for table in tables) / races

    assert erring <= LEVEL + 0.02
