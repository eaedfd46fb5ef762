"""Percentiles against the HdrHistogram library's own, and the rule of enough messages beyond."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.histogram import HIGHEST_NS, Histogram, tally
from bench.stats.percentile import percentile_ns, percentile_of_each, spectrum

VALUES_NS = st.lists(st.integers(0, HIGHEST_NS), min_size=1, max_size=80)
PERCENTILES = st.one_of(st.floats(0, 100), st.sampled_from([0.0, 50.0, 99.0, 99.9, 99.99, 100.0]))


def counted(values_ns: list[int]) -> Histogram:
    return tally(np.array(values_ns, dtype=np.int64)).histogram


@given(values_ns=VALUES_NS, percentile=PERCENTILES)
def test_percentile_equals_the_librarys(values_ns: list[int], percentile: float) -> None:
    """Whoever opens the log with a standard tool must find the report's figure."""
    histogram = counted(values_ns)

    theirs = histogram.to_hdr().get_value_at_percentile(percentile)

    assert percentile_ns(histogram, percentile, beyond=0) == theirs


SLICES = st.tuples(st.lists(st.integers(0, 10**7), max_size=40), st.integers(0, 5))


@given(many=st.lists(SLICES, max_size=6))
def test_percentiles_of_each_equal_those_of_one(many: list[tuple[list[int], int]]) -> None:
    """The way over all slices at once is the same figure, only faster."""
    histograms = [counted(values) for values, _ in many]
    unfinished = np.array([left for _, left in many], dtype=np.int64)

    one_by_one = [
        percentile_ns(h, 90.0, beyond=2, unfinished=left)
        for h, (_, left) in zip(histograms, many, strict=True)
    ]
    at_once = percentile_of_each(histograms, 90.0, beyond=2, unfinished=unfinished)

    assert [None if math.isnan(v) else int(v) for v in at_once] == one_by_one


def test_a_slice_in_which_nothing_finished_has_no_percentile() -> None:
    """Nor does it take one from its neighbours; a single message is every percentile of its own."""
    histograms = [counted([]), counted([5]), counted([]), counted([7, 9])]

    for percentile, last in ((10.0, 7), (50.0, 7), (100.0, 9)):
        found = percentile_of_each(
            histograms, percentile, beyond=0, unfinished=np.zeros(4, dtype=np.int64)
        )
        assert found == pytest.approx([math.nan, 5, math.nan, last], nan_ok=True)


def test_the_first_slice_is_read_from_its_first_message() -> None:
    """1 to 20 ns: the tenth part of them is two."""
    histograms = [counted(list(range(1, 21))), counted([5])]

    found = percentile_of_each(histograms, 10.0, beyond=0, unfinished=np.zeros(2, dtype=np.int64))

    assert found.tolist() == [2, 5]


@pytest.mark.parametrize(
    ("messages", "percentile", "shown"),
    [
        (1000, 99.0, True),
        (949, 99.0, False),
        (10_000, 99.9, True),
        (9_000, 99.9, False),
        (20, 50.0, True),
        (18, 50.0, False),
        (0, 50.0, False),
    ],
)
def test_a_percentile_needs_ten_messages_beyond(
    messages: int, percentile: float, shown: bool
) -> None:
    """With fewer it is one or two messages' luck: a p99 of 900 messages is 9 messages beyond."""
    histogram = counted(list(range(1, messages + 1)))

    assert (percentile_ns(histogram, percentile, beyond=10) is not None) is shown


def test_unfinished_messages_count_as_longer_than_all_others() -> None:
    """600 of 1200 finished: their own median is the 300th of them, the load's is not known yet.

    Without this rule a consumer that falls behind would show the time of its luckier half.
    """
    histogram = counted(list(range(1, 601)))

    assert percentile_ns(histogram, 50.0, beyond=10) == 300
    assert percentile_ns(histogram, 25.0, beyond=10, unfinished=600) == 300
    assert percentile_ns(histogram, 50.0, beyond=10, unfinished=600) == 600
    assert percentile_ns(histogram, 51.0, beyond=10, unfinished=600) is None


def test_the_spectrum_ends_where_the_unfinished_begin() -> None:
    """600 of 1200 finished: the curve knows the lower half."""
    curve = spectrum(counted(list(range(1, 601))), beyond=10, unfinished=600)

    (first, least_ns), (last, longest_ns) = curve[0], curve[-1]
    assert (first, least_ns) == (0.0, 1)
    assert last == pytest.approx(50.0)
    assert longest_ns == 600


def test_the_spectrum_halves_the_distance_and_stops_in_time() -> None:
    """A curve beyond the last honest percentile would show one message as a tail."""
    histogram = counted(list(range(1, 10_001)))  # values 1 to 10 000 ns, one message each

    curve = spectrum(histogram, beyond=10)
    percentiles = [percentile for percentile, _ in curve]

    assert curve[0] == (0.0, 1)
    assert percentiles[-1] == pytest.approx(99.9)
    distances = [100 - percentile for percentile in percentiles]
    steps = [near / far for far, near in pairwise(distances)]
    assert steps == pytest.approx([steps[0]] * len(steps))
    assert len(curve) <= 100
    for percentile, value_ns in curve[1:]:
        assert value_ns == percentile_ns(histogram, percentile, beyond=10)


def test_the_spectrum_takes_five_steps_for_each_halving() -> None:
    """Of 20 messages ten may be shown: half of the way to 100 %."""
    curve = spectrum(counted(list(range(1, 21))), beyond=10)

    assert [percentile for percentile, _ in curve] == pytest.approx(
        [100 * (1 - 0.5 ** (step / 5)) for step in range(6)]
    )


def test_the_shortest_spectra_by_hand() -> None:
    """Of 11 messages only the first has ten beyond it; of 12, the first at 8.7 % and the second."""
    one, two = (spectrum(counted(list(range(1, n + 1))), beyond=10) for n in (11, 12))

    assert np.array(one) == pytest.approx(np.array([[0.0, 1], [9.09, 1]]), abs=0.01)
    assert np.array(two) == pytest.approx(np.array([[0.0, 1], [8.71, 1], [16.67, 2]]), abs=0.01)


def test_the_spectrum_of_too_few_messages_is_empty() -> None:
    """Ten messages have nothing with ten beyond it."""
    assert spectrum(counted([5] * 10), beyond=10) == ()


def test_the_spectrum_of_very_many_messages_stays_small() -> None:
    """A report holds hundreds of curves; 10^9 messages may not make one of them longer."""
    histogram = Histogram(indices=np.array([7, 9]), counts=np.array([10**9, 10**3]))

    assert len(spectrum(histogram, beyond=10)) == 100
