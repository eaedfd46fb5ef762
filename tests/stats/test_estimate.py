"""Means over trials with known answers."""

import math

import pytest

from bench.stats.estimate import arithmetic_mean, geometric_mean


def test_t_interval_by_hand() -> None:
    """1, 2, 3: mean 2, sd 1; t(2 df, 95th percentile) = 2.920 from the table; 2.920 / sqrt(3)."""
    mean = arithmetic_mean([1.0, 2.0, 3.0], confidence=0.90)

    assert mean.value == 2.0
    assert mean.low == pytest.approx(2 - 1.6859, abs=1e-4)
    assert mean.high == pytest.approx(2 + 1.6859, abs=1e-4)


def test_geometric_mean_by_hand() -> None:
    """1, 10, 100: the mean of logs is that of 10; twice as slow and twice as fast cancel out."""
    mean = geometric_mean([1.0, 10.0, 100.0], confidence=0.90)

    assert mean.value == pytest.approx(10.0)
    assert mean.low is not None
    assert mean.high is not None
    assert math.log10(mean.high) - 1 == pytest.approx(1.6859, abs=1e-4)
    assert mean.low * mean.high == pytest.approx(100.0)


def test_two_trials_have_no_interval() -> None:
    """With one degree of freedom the interval is six standard errors wide: it says nothing."""
    mean = arithmetic_mean([1.0, 2.0], confidence=0.90)

    assert (mean.value, mean.low, mean.high) == (1.5, None, None)


def test_equal_values_have_an_interval_of_no_width() -> None:
    """Nothing scattered, so nothing is uncertain; and no warning is raised on the way."""
    mean = arithmetic_mean([4.0] * 5, confidence=0.90)

    assert (mean.low, mean.high) == (4.0, 4.0)


def test_a_zero_makes_the_geometric_mean_zero() -> None:
    """A consumer that acked nothing in one block must not crash the report of all others."""
    mean = geometric_mean([0.0, 5.0, 5.0], confidence=0.90)

    assert (mean.value, mean.low, mean.high) == (0.0, None, None)


def test_a_mean_of_nothing_is_refused() -> None:
    """A cell without a valid trial has no figure; 0 would be the best there is."""
    with pytest.raises(ValueError, match="at least one value"):
        arithmetic_mean([], confidence=0.90)


def test_a_geometric_mean_takes_what_is_below_one_and_nothing_below_zero() -> None:
    """A quarter and 1 are each half and twice 0.5; of -1 there is no logarithm."""
    mean = geometric_mean([0.25, 1.0], confidence=0.90)

    assert mean.value == pytest.approx(0.5)
    assert (mean.low, mean.high) == (None, None)
    with pytest.raises(ValueError, match="values of 0 or more"):
        geometric_mean([5.0, -1.0, 5.0], confidence=0.90)
