"""Ranges hold what a set of numbers holds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.engine.ranges import Ranges

NUMBERS = st.sets(st.integers(-5, 60))


def _of(numbers: set[int]) -> Ranges:
    return Ranges.of(np.array([*numbers, *list(numbers)[:2]], dtype=np.int64))


def _told(ranges: Ranges) -> set[int]:
    assert (ranges.starts < ranges.stops).all()
    assert (ranges.starts[1:] > ranges.stops[:-1]).all(), "two ranges touch"
    return set(ranges.numbers().tolist())


@given(NUMBERS, NUMBERS, st.integers(-8, 64), st.integers(-8, 64))
def test_they_are_sets(one: set[int], other: set[int], low: int, high: int) -> None:
    both = _of(one), _of(other)
    assert _told(both[0]) == one
    assert len(both[0]) == len(one)
    assert _told(both[0].union(both[1])) == one | other
    assert _told(both[0].minus(both[1])) == one - other
    numbers = np.arange(-8, 64)
    assert numbers[both[0].has(numbers)].tolist() == sorted(one)
    assert both[0].up_to(high) == sum(each <= high for each in one)
    assert both[0].between(low, high) == sum(low <= each <= high for each in one)


def test_a_billion_that_follow_one_another_are_one_range() -> None:
    found = Ranges()
    for first in range(0, 10**9, 10**8):
        found = found.union(Ranges(np.array([first]), np.array([first + 10**8])))
    assert found.starts.tolist() == [0]
    assert len(found) == 10**9
