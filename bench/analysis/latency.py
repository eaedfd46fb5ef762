"""The recorded times of a trial: percentiles of merged histograms, never their averages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bench.analysis.figures import MIN_BEYOND, PERCENTILES, Array, TimeFigures, TrialFigures
from bench.core import text
from bench.core.units import NS_PER_S, human_duration
from bench.record.hlog import Interval
from bench.record.schema import TrialRecord, Window
from bench.spec.cast import Cast, spans
from bench.stats.histogram import Histogram, merged
from bench.stats.percentile import percentile_ns, percentile_of_each, spectrum


def by_time(intervals: Sequence[Interval], cast: Cast) -> Mapping[str, Sequence[Interval]]:
    """Return the intervals of each time that has any, in the order of the cast."""
    groups: dict[str, list[Interval]] = {time: [] for time in spans(cast)}
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


def time_figures(histogram: Histogram, *, offered: int) -> TimeFigures:
    """Return the figures of one time from its merged histogram.

    Of `offered` messages, those that never came so far count as longer than all others.
    """
    left = unfinished(histogram, offered=offered)
    return TimeFigures(
        count=histogram.total_count,
        percentiles_ns={
            percentile: percentile_ns(histogram, percentile, beyond=MIN_BEYOND, unfinished=left)
            for percentile in PERCENTILES
        },
        mean_ns=histogram.mean_ns,
        max_ns=histogram.max_ns,
        spectrum=spectrum(histogram, beyond=MIN_BEYOND, unfinished=left),
    )


def unfinished(histogram: Histogram, *, offered: int) -> int:
    """Return how many of the offered messages never came so far as to have this time."""
    return max(offered - histogram.total_count, 0)


def offered_of(record: TrialRecord, time: str) -> int:
    """Return how many operations of the window should have come so far as to have a time.

    None of a trial whose cast never comes so far.
    """
    known = time in spans(record.cast)
    return (record.window_counts or {}).get(due_of(record.cast, time), 0) if known else 0


def due_of(cast: Cast, time: str) -> str:
    """Return the flat name of the instant of the operations that should have a time of a cast."""
    part, span = spans(cast)[time]
    return cast.instant(part, span.due) if span.due else cast.due(part)


def unfinished_of(trial: TrialFigures, time: str) -> int:
    """Return how many messages of a trial's window never came so far as to have this time."""
    figures = trial.times.get(time)
    return max(offered_of(trial.record, time) - (figures.count if figures else 0), 0)


def longer_than_ns(trial: TrialFigures, time: str, percentile: float) -> int | None:
    """Return what a percentile surely exceeds where too many messages never came so far.

    What never came had waited at least since the window's end when the drain ended; where nothing
    came at all it counts from the window's start, longer than anything such a trial can measure.

    Returns:
        None where the percentile can be told, is too rough for want of messages, or is none: of a
        trial that broke off, offered nothing, or never acknowledges.
    """
    record, window, figures = trial.record, trial.record.window, trial.times.get(time)
    never_ends = time not in spans(record.cast)
    if window is None or never_ends or not record.completed:
        return None
    if figures is None or not figures.count:
        due = offered_of(record, time)
        return window.drained_ns - window.window_start_ns if due else None
    told = figures.percentiles_ns[percentile] is not None
    offered = figures.count + unfinished_of(trial, time)
    if told or figures.count >= offered * percentile / 100:
        return None
    return max(figures.max_ns or 0, window.drained_ns - window.window_end_ns)


def never_sooner_ns(trial: TrialFigures, time: str) -> int | None:
    """Return what the longest of a time surely exceeds where some messages never came so far.

    None where all did, none was due, or the trial broke off.
    """
    record, window, figures = trial.record, trial.record.window, trial.times.get(time)
    if window is None or not record.completed or not unfinished_of(trial, time):
        return None
    if figures is None or not figures.max_ns:
        return window.drained_ns - window.window_start_ns
    return max(figures.max_ns, window.drained_ns - window.window_end_ns)


def written(trial: TrialFigures, time: str, percentile: float) -> str:
    """Write a percentile of a trial: `1.52 ms`, `≥ 13.0 s` where it is hidden, else `n/a`."""
    figures = trial.times.get(time)
    value_ns = None if figures is None else figures.percentiles_ns.get(percentile)
    if value_ns is not None:
        return human_duration(value_ns)
    bound_ns = longer_than_ns(trial, time, percentile)
    return text.NA if bound_ns is None else f"≥ {human_duration(bound_ns)}"


def longest(trial: TrialFigures, time: str) -> str:
    """Write the longest time of a trial: `13.0 ms`, or `≥ 2.00 s` where some never came so far."""
    window, figures = trial.record.window, trial.times[time]
    if figures.max_ns is None:
        return text.NA
    if window is None or not unfinished_of(trial, time):
        return human_duration(figures.max_ns)
    return f"≥ {human_duration(max(figures.max_ns, window.drained_ns - window.window_end_ns))}"


def p99_of_slices(intervals: Sequence[Interval], due: Sequence[int]) -> Array:
    """Return the p99 of each of the trial's slices, ns, NaN where it cannot be told, shape (k,).

    Args:
        intervals: of one time.
        due: operations that were due in each slice.
    """
    offered = np.array(due, dtype=np.int64)
    inside = [each for each in _seconds(intervals) if each.start_ns // NS_PER_S < len(offered)]
    places = [each.start_ns // NS_PER_S for each in inside]
    finished = np.array([each.histogram.total_count for each in inside], dtype=np.int64)
    values = np.full(len(offered), np.nan)
    values[places] = percentile_of_each(
        [each.histogram for each in inside],
        99.0,
        beyond=MIN_BEYOND,
        unfinished=np.maximum(offered[places] - finished, 0),
    )
    return values


def _seconds(intervals: Sequence[Interval]) -> Sequence[Interval]:
    """Return one interval for each second: that in which a window ends has two of them."""
    groups: dict[int, list[Interval]] = {}
    for each in intervals:
        groups.setdefault(each.start_ns // NS_PER_S, []).append(each)
    return [
        replace(first, histogram=merged(each.histogram for each in (first, *others)))
        if others
        else first
        for first, *others in groups.values()
    ]
