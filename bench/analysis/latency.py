"""The recorded times of a trial: percentiles of merged histograms, never their averages."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.analysis.figures import MIN_BEYOND, PERCENTILES, Array, TimeFigures
from bench.core.units import NS_PER_S
from bench.record.hlog import Interval
from bench.record.schema import Time, Window
from bench.stats.histogram import Histogram, merged
from bench.stats.percentile import percentile_ns, percentile_of_each, spectrum

Curve = tuple[tuple[float, int], ...]


def by_time(intervals: Sequence[Interval]) -> Mapping[Time, Sequence[Interval]]:
    """Return the intervals of each time that has any, in the order of `Time`."""
    groups: dict[Time, list[Interval]] = {time: [] for time in Time}
    for interval in intervals:
        groups[interval.time].append(interval)
    return {time: group for time, group in groups.items() if group}


def window_histogram(intervals: Sequence[Interval], window: Window) -> Histogram:
    """Return the merged histogram of the slices that begin within the window."""
    return merged(
        interval.histogram
        for interval in intervals
        if window.window_start_ns <= interval.start_ns < window.window_end_ns
    )


def time_figures(histogram: Histogram) -> TimeFigures:
    """Return the figures of one time from its merged histogram."""
    return TimeFigures(
        count=histogram.total_count,
        percentiles_ns={
            percentile: percentile_ns(histogram, percentile, beyond=MIN_BEYOND)
            for percentile in PERCENTILES
        },
        mean_ns=histogram.mean_ns,
        max_ns=histogram.max_ns,
        spectrum=curve(histogram),
    )


def curve(histogram: Histogram) -> Curve:
    """Return the percentile curve up to the last percentile with enough messages beyond it."""
    return spectrum(histogram, beyond=MIN_BEYOND)


def p99_of_slices(intervals: Sequence[Interval], slices: int) -> Array:
    """Return the p99 of each of the trial's slices, ns, NaN where too few, shape (slices,)."""
    values = np.full(slices, np.nan)
    places = np.array([interval.start_ns // NS_PER_S for interval in intervals], dtype=np.int64)
    of_each = percentile_of_each(
        [interval.histogram for interval in intervals], 99.0, beyond=MIN_BEYOND
    )
    there = places < slices
    values[places[there]] = of_each[there]
    return values
