"""Percentiles of a trial, and what is written where messages never came, by hand."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from bench.analysis.figures import PERCENTILES, TimeFigures, TrialFigures
from bench.analysis.latency import (
    by_time,
    longer_than_ns,
    longest,
    p99_of_slices,
    time_figures,
    unfinished,
    unfinished_of,
    window_histogram,
    written,
)
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.hlog import Interval
from bench.record.schema import Window
from bench.stats.histogram import tally
from tests.analysis import runs
from tests.gate.figures import time_of, trial_of
from tests.parts import Time, cast, without_acks

THOUSAND = np.arange(1, 1001)
"""1 to 1000 ns: below 2048 ns a histogram of three digits knows every value."""


def interval(second: float, *, time: Time = Time.RESPONSE, count: int = 1000) -> Interval:
    """A second in which 1 to `count` ns were timed."""
    start_ns = round(second * NS_PER_S)
    histogram = tally(THOUSAND[:count]).histogram
    return Interval(time=time, start_ns=start_ns, end_ns=start_ns + NS_PER_S, histogram=histogram)


def test_times_are_grouped_in_the_order_in_which_they_are_named() -> None:
    """Whatever the order of the log; a time that nobody measured has no group."""
    log = [interval(0, time=Time.END_TO_END), interval(0, time=Time.SLIP), interval(1)]

    groups = by_time([*log, interval(1, time=Time.SLIP)], cast())

    assert list(groups) == [Time.SLIP, Time.RESPONSE, Time.END_TO_END]
    assert [each.start_ns for each in groups[Time.SLIP]] == [0, NS_PER_S]


def test_the_window_takes_the_slices_that_begin_within_it() -> None:
    """The one at its start does, the one at its end does not."""
    window = Window(window_start_ns=2 * NS_PER_S, window_end_ns=4 * NS_PER_S, drained_ns=0)
    log = [interval(second, count=10**place) for place, second in enumerate((1, 2, 3, 4))]

    assert window_histogram(log, window).total_count == 10 + 100


def test_figures_of_a_time_are_those_of_what_was_timed() -> None:
    """1 to 1000 ns, all of which came: p50 is 500, the mean 500.5, and p99.9 has too few beyond."""
    found = time_figures(tally(THOUSAND).histogram, offered=1000)

    assert (found.count, found.mean_ns, found.max_ns) == (1000, 500.5, 1000)
    assert found.percentiles_ns == {
        50.0: 500, 90.0: 900, 95.0: 950, 99.0: 990, 99.9: None, 99.99: None,
    }  # fmt: skip
    assert found.spectrum[0] == (0.0, 1)
    assert found.spectrum[-1] == pytest.approx((99.0, 990))


def test_what_never_came_counts_as_longer_than_all_that_did() -> None:
    """As many again never came: p50 is the longest of what did, and beyond it nothing is known."""
    found = time_figures(tally(THOUSAND).histogram, offered=2000)

    assert (found.count, found.max_ns) == (1000, 1000)
    assert found.percentiles_ns == {50.0: 1000, **dict.fromkeys(PERCENTILES[1:])}
    assert found.spectrum[-1] == pytest.approx((50.0, 1000))


def test_more_than_was_offered_leaves_nothing_unfinished() -> None:
    """Messages of the second before may be counted with the window's."""
    histogram = tally(THOUSAND).histogram

    assert unfinished(histogram, offered=1002) == 2
    assert unfinished(histogram, offered=1000) == 0
    assert unfinished(histogram, offered=998) == 0


def trial(
    times: Mapping[str, TimeFigures], *, offered: int = 10_000, drain_s: float = 3.0
) -> TrialFigures:
    """A trial of 12 s and a drain in which so many messages were offered."""
    made = trial_of(runs.cell("one"), 1, 1.0, messages=offered)
    window = made.record.window
    assert window is not None
    window = replace(window, drained_ns=window.window_end_ns + round(drain_s * NS_PER_S))
    return replace(made, times=times, record=replace(made.record, window=window))


def hidden(count: int, max_ms: float = 1.0) -> TimeFigures:
    """So many messages came, and no percentile can be told."""
    return replace(time_of(max_ms, count), percentiles_ns=dict.fromkeys(PERCENTILES))


@pytest.mark.parametrize(
    ("count", "max_ms", "percentile", "bound_ms"),
    [
        (9899, 1.0, 99.0, 3000),  # one too few for a p99: it waited for the whole drain
        (9899, 4000.0, 99.0, 4000),  # what came had waited longer than the drain
        (9900, 1.0, 99.0, None),  # it came, and had too few beyond it to be told
        (5000, 1.0, 50.0, None),
        (4999, 1.0, 50.0, 3000),
        (1, 1.0, 50.0, 3000),
        (0, 1.0, 50.0, 15_000),  # nothing came: longer than window and drain
        (20_000, 1.0, 99.0, None),
    ],
)
def test_a_percentile_among_what_never_came_exceeds_what_was_waited(
    count: int, max_ms: float, percentile: float, bound_ms: int | None
) -> None:
    """Of ten thousand offered."""
    found = longer_than_ns(trial({Time.RESPONSE: hidden(count, max_ms)}), Time.RESPONSE, percentile)

    assert found == (None if bound_ms is None else bound_ms * NS_PER_MS)


def test_what_can_be_told_needs_no_bound() -> None:
    """However few came."""
    told = replace(hidden(100), percentiles_ns={50.0: 5, 99.0: None})

    assert longer_than_ns(trial({Time.RESPONSE: told}), Time.RESPONSE, 50.0) is None
    assert longer_than_ns(trial({Time.RESPONSE: told}), Time.RESPONSE, 99.0) == 3 * NS_PER_S


def test_without_any_message_that_has_the_time_the_whole_trial_was_waited() -> None:
    """Unless nothing was offered; a single one is enough."""
    assert longer_than_ns(trial({}), Time.RESPONSE, 50.0) == 15 * NS_PER_S
    assert longer_than_ns(trial({}, offered=1), Time.RESPONSE, 50.0) == 15 * NS_PER_S
    assert longer_than_ns(trial({}, offered=0), Time.RESPONSE, 50.0) is None


def test_a_trial_that_broke_off_or_never_acks_has_no_such_bound() -> None:
    """It was not waited for, or no ack was to come; its other times still have one."""
    whole = trial({})
    never = replace(whole, record=without_acks(whole.record))
    broken = [
        replace(whole, record=replace(whole.record, **change))
        for change in ({"completed": False}, {"window": None}, {"window_counts": None})
    ]

    assert longer_than_ns(never, Time.END_TO_END, 50.0) is None
    assert longer_than_ns(never, Time.COMPLETION, 50.0) == 15 * NS_PER_S
    assert longer_than_ns(whole, Time.END_TO_END, 50.0) == 15 * NS_PER_S
    assert [longer_than_ns(each, Time.RESPONSE, 50.0) for each in broken] == [None] * 3


def test_a_percentile_is_written_with_its_bound_where_it_is_hidden() -> None:
    """1.00 ms, at least the drain of 3 s, at least the trial of 15 s, or nothing to be said."""
    some = trial({Time.RESPONSE: time_of(1.0), Time.DELIVERY: hidden(100), Time.SLIP: hidden(9990)})

    assert written(some, Time.RESPONSE, 99.0) == "1.00 ms"
    assert written(some, Time.DELIVERY, 99.0) == "≥ 3.00 s"
    assert written(some, Time.COMPLETION, 99.0) == "≥ 15.0 s"
    assert written(some, Time.SLIP, 99.0) == "n/a"


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (time_of(4.0, 10_000), "4.00 ms"),
        (time_of(4.0, 9999), "≥ 3.00 s"),
        (time_of(4000.0, 9999), "≥ 4.00 s"),
        (replace(time_of(4.0, 0), max_ns=None), "n/a"),
    ],
)
def test_the_longest_time_is_at_least_what_was_waited_for_one_that_never_came(
    figures: TimeFigures, words: str
) -> None:
    """The drain of 3 s, or what came longer than that."""
    assert longest(trial({Time.RESPONSE: figures}), Time.RESPONSE) == words


def test_without_a_window_the_longest_time_is_what_was_timed() -> None:
    """Nothing is known of what was waited."""
    some = trial({Time.RESPONSE: time_of(4.0, 100)})
    broken = replace(some, record=replace(some.record, window=None))

    assert longest(broken, Time.RESPONSE) == "4.00 ms"


def test_messages_that_never_came_so_far_are_those_of_the_window() -> None:
    """Offered less timed, and never below 0; of a trial that broke off none are known."""

    def left(count: int) -> int:
        return unfinished_of(trial({Time.RESPONSE: hidden(count)}), Time.RESPONSE)

    some = trial({Time.RESPONSE: hidden(9000)})
    broken = replace(some, record=replace(some.record, window_counts=None))

    assert [left(count) for count in (9000, 10_000, 10_001)] == [1000, 0, 0]
    assert unfinished_of(some, Time.DELIVERY) == 10_000
    assert unfinished_of(broken, Time.RESPONSE) == 0


def test_each_slice_has_its_own_p99_where_it_can_be_told() -> None:
    """The second second was not timed, of the third a tenth never came, the fourth had too few.

    What was offered in the fifth and came later, or more than once, counts as it came; a sixth
    that the counts do not have is left out.
    """
    offered = (1000, 1000, 1100, 999, 500)
    log = [
        interval(0), interval(2), interval(3, count=900), interval(4), interval(5),
    ]  # fmt: skip

    found = p99_of_slices(log, offered).tolist()

    assert found == pytest.approx([990.0, *[math.nan] * 3, 990.0], nan_ok=True)


def test_a_second_in_which_a_window_ends_is_one_all_the_same() -> None:
    """Its two slices are told together: the first alone would lack what the second has."""
    log = [interval(0, count=900), interval(0.5), interval(1)]

    found = p99_of_slices(log, (1900, 1000)).tolist()

    assert found == pytest.approx([981.0, 990.0])
    assert p99_of_slices(log[:1], (1900, 1000)).tolist() == pytest.approx(
        [math.nan, math.nan], nan_ok=True
    )


def test_a_slice_with_ten_beyond_its_p99_has_just_enough() -> None:
    """Of 1009 offered and 1000 timed p99 is the 999th, and ten lie beyond it."""
    offered = (1009, 990)

    found = p99_of_slices([interval(0), interval(1, count=940)], offered).tolist()

    assert found == pytest.approx([999.0, math.nan], nan_ok=True)
