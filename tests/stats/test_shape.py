"""The shape of a distribution: no message is lost on the way from the histogram to the drawing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.histogram import HIGHEST_NS, tally
from bench.stats.shape import PER_DECADE, Shape, begin_ns, shape

MS = 1_000_000


def of(*values_ns: int, unfinished: int = 0) -> Shape:
    return shape(tally(np.array(values_ns, dtype=np.int64)).histogram, unfinished=unfinished)


@given(st.lists(st.integers(0, HIGHEST_NS), max_size=40))
def test_every_message_is_in_one_bin(values_ns: list[int]) -> None:
    """A message that the drawing drops would flatter the cell."""
    assert of(*values_ns).counts.sum() == len(values_ns)


def test_a_time_lies_in_the_bin_that_begins_at_most_two_percent_below() -> None:
    """10 ** (120 * 6 / 120) ns is a millisecond, so 1.01 ms lies in the bin of k = 720."""
    found = of(round(1.01 * MS))

    assert (found.first, found.counts.tolist()) == (6 * PER_DECADE, [1])
    assert begin_ns(found.first) == pytest.approx(MS)


def test_messages_that_never_finished_count_but_have_no_bin() -> None:
    """They are longer than all others; a share of those that finished alone would hide them."""
    found = of(MS, MS, unfinished=3)

    assert (found.counts.sum(), found.total_count) == (2, 5)


def test_two_decades_gather_into_the_bins_of_an_axis() -> None:
    """1.1 ms lies in the first decade of 1 to 100 ms, 20 ms in the second."""
    found = of(round(1.1 * MS), 20 * MS, 21 * MS).gathered(MS, 100 * MS, 2)

    assert found.tolist() == [1, 2]


def test_a_bin_wider_than_those_of_the_axis_is_shared_out_evenly() -> None:
    """Else a narrow axis would show combs that nobody measured."""
    found = Shape(first=0, counts=np.array([8]), unfinished=0)

    assert found.gathered(1, begin_ns(1), 4).tolist() == pytest.approx([2, 2, 2, 2])


def test_an_axis_that_ends_before_the_times_leaves_the_rest_out() -> None:
    """What lies outside must not heap up at the edge as if it had been measured there."""
    assert of(MS, 50 * MS).gathered(MS / 2, 10 * MS, 10).sum() == pytest.approx(1)


def test_the_ends_are_those_of_bins_with_enough_messages() -> None:
    """A single message far out would stretch the axis for a height that nobody sees."""
    many = of(*[MS] * 50, *[2 * MS] * 50, 900 * MS)

    low_ns, high_ns = many.ends_ns(10) or (0, 0)
    assert low_ns <= MS < 2 * MS <= high_ns < 2.1 * MS


@pytest.mark.parametrize(
    ("least", "ends"), [(0, (720, 724)), (2, (720, 723)), (5, (720, 723)), (10, (722, 723))]
)
def test_the_ends_by_hand(least: float, ends: tuple[int, int]) -> None:
    """5, none, 10 and 1 message from a millisecond on; what just has enough counts, none never."""
    found = Shape(first=720, counts=np.array([5, 0, 10, 1]), unfinished=0)

    assert found.ends_ns(least) == (begin_ns(ends[0]), begin_ns(ends[1]))


def test_the_least_times_lie_in_the_first_bin() -> None:
    """0 ns has no logarithm, and 1 ns is where bins begin."""
    found = of(0, 1)

    assert (found.first, found.counts.tolist()) == (0, [2])
    assert found.counts.dtype == np.int64


def test_a_shape_of_nothing_has_no_bin() -> None:
    """What never finished is counted all the same."""
    found = of(unfinished=9)

    assert (found.first, found.counts.tolist()) == (0, [])
    assert found.counts.dtype == np.int64
    assert found.total_count == 9


@pytest.mark.parametrize("empty", [of(), of(unfinished=9)])
def test_without_a_message_there_are_no_ends(empty: Shape) -> None:
    """A cell that finished nothing still stands in the table, with an empty drawing."""
    assert empty.ends_ns(1) is None
    assert empty.gathered(MS, 10 * MS, 3).tolist() == [0, 0, 0]
