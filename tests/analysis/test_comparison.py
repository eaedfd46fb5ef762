"""What the blocks can tell apart."""

from bench.analysis.comparison import separable
from bench.analysis.figures import Estimate


def estimate(*values: float, first_block: int = 1) -> Estimate:
    """An estimate from these values, one for each block; its own interval plays no part."""
    by_block = dict(enumerate(values, start=first_block))
    return Estimate(value=sum(values) / len(values), low=None, high=None, by_block=by_block)


def test_a_small_difference_within_every_block_is_separable() -> None:
    """The host drifts by a factor of two, the cells differ by 5 % in each block: pairs see it."""
    a = estimate(100.0, 150.0, 200.0)

    assert separable(a, estimate(105.0, 157.6, 210.5)) is True


def test_a_large_difference_that_comes_and_goes_is_not() -> None:
    """30 % better on the mean, but worse in one block of three: chance does as much."""
    assert separable(estimate(100.0, 100.0, 100.0), estimate(150.0, 95.0, 145.0)) is False


def test_two_blocks_tell_nothing() -> None:
    """The quickstart has two blocks: neither yes nor no would be honest."""
    assert separable(estimate(100.0, 100.0), estimate(200.0, 200.0)) is None


def test_blocks_that_are_not_shared_do_not_count() -> None:
    """An invalid trial takes its pair out; unpaired blocks carry the host's drift."""
    a, b = estimate(1.0, 1.0, 1.0, 1.0), estimate(2.0, 2.0, 2.0, 2.0, first_block=3)

    assert separable(a, b) is None


def test_a_slope_below_zero_is_compared_by_difference() -> None:
    """There is no ratio of -1 msg/s to 50 msg/s."""
    assert separable(estimate(-1.0, 0.0, 1.0), estimate(50.0, 51.0, 49.0)) is True


def test_equal_values_are_not_separable() -> None:
    """No scatter and no difference is no difference."""
    assert separable(estimate(5.0, 5.0, 5.0), estimate(5.0, 5.0, 5.0)) is False
