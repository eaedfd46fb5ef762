"""Our counts against the HdrHistogram library's own."""

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.histogram import DIGITS, HIGHEST_NS, LOWEST_NS, Histogram, merged, tally

VALUES_NS = st.lists(
    st.one_of(st.integers(0, 5000), st.integers(0, HIGHEST_NS), st.just(HIGHEST_NS)), max_size=60
)


def library(values_ns: list[int]) -> HdrHistogram:
    """The same values, one by one through the library."""
    histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)
    for value in values_ns:
        assert histogram.record_value(value)
    return histogram


def array(values_ns: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values_ns, dtype=np.int64)


@given(values_ns=VALUES_NS)
def test_encoded_text_equals_the_librarys_byte_for_byte(values_ns: list[int]) -> None:
    """A log of ours must be one that any HdrHistogram tool reads, or it is no record."""
    ours = tally(array(values_ns)).histogram.to_hdr()

    assert ours.encode() == library(values_ns).encode()


@given(values_ns=VALUES_NS.filter(len))
def test_max_and_mean_equal_the_librarys(values_ns: list[int]) -> None:
    """Figures read from our counts must be those that a reader finds with the library."""
    theirs = library(values_ns)
    ours = tally(array(values_ns)).histogram

    assert ours.max_ns == theirs.get_max_value()
    assert ours.mean_ns == pytest.approx(theirs.get_mean_value(), rel=1e-12)
    assert ours.total_count == len(values_ns)


@given(first=VALUES_NS, second=VALUES_NS)
def test_merging_equals_counting_all_at_once(first: list[int], second: list[int]) -> None:
    """Slices are added up to a window; nothing may be lost or moved on the way."""
    together = merged([tally(array(first)).histogram, tally(array(second)).histogram])
    at_once = tally(array(first + second)).histogram

    assert together.indices.tolist() == at_once.indices.tolist()
    assert together.counts.tolist() == at_once.counts.tolist()


def test_merging_loses_no_message_of_very_many() -> None:
    """2^53 and one: a float would take them for 2^53."""
    many, one = (Histogram(indices=array([7]), counts=array([n])) for n in (2**53, 1))

    assert merged([many, one]).total_count == 2**53 + 1


def test_values_out_of_range_are_counted_and_kept_out() -> None:
    """A negative time is a fault of a clock, an hour a fault of a trial: neither may vanish."""
    counted = tally(array([-5, -1, 0, 7, HIGHEST_NS, HIGHEST_NS + 1]))

    assert (counted.negatives, counted.overflows, counted.histogram.total_count) == (2, 1, 3)


def test_an_empty_histogram_has_no_max_and_no_mean() -> None:
    """The library says 0 ns for nothing measured, which reads like a perfect result."""
    empty = tally(array([])).histogram

    assert (empty.total_count, empty.max_ns, empty.mean_ns) == (0, None, None)


def test_a_mean_of_a_long_run_does_not_overflow() -> None:
    """Ten million messages of an hour are 3.6e19 ns, more than an int64 holds."""
    hour = tally(array([HIGHEST_NS])).histogram
    many = Histogram(indices=hour.indices, counts=array([10_000_000]))

    assert many.mean_ns == pytest.approx(HIGHEST_NS, rel=0.001)
