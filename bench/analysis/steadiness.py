"""Whether a trial had settled before its window began (MEASUREMENT.md R5).

A trial that never settles is flagged, not trimmed: no rule for cutting saves a trial whose
transient is longer than the trial.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.analysis.figures import MIN_BEYOND, LagFigures, LagVerdict
from bench.analysis.latency import due_of, unfinished
from bench.core import text
from bench.core.units import NS_PER_S
from bench.record.hlog import Interval
from bench.record.schema import Finding, Level, TrialRecord, Window
from bench.spec.cast import Cast, Side, instants, spans, tail
from bench.stats.histogram import merged
from bench.stats.percentile import percentile_ns
from bench.stats.steady import BATCHES, Trend, trend

FULL_WINDOW_S = 60
"""From this length on a drift makes a trial invalid. The rule was tried on batches of 20 s; in a
window shortened for a look a drift is a warning."""

MIN_BATCH_MSGS = 1000
"""With fewer, chance alone makes batches differ by more than 3 %, and false alarms grow to 10 %."""

Places = NDArray[np.int64]


def steadiness(
    record: TrialRecord,
    intervals: Mapping[str, Sequence[Interval]],
    lag: LagFigures | None,
    ranked: str,
) -> tuple[Finding, ...]:
    """Return what drifted over the window: rates, and the p50 of what was timed.

    A growing lag lengthens by its nature what consumers time; that is a result, not a fault.

    Args:
        record: of the trial.
        intervals: by time.
        lag: None where it is not known.
        ranked: the time that says most of its cell, by the plan: a record of version 1 does not
            know whether messages were acknowledged before they were handled.
    """
    if record.window is None or record.slices is None:
        return ()
    seconds = _whole_slices(record.window, max(map(len, record.slices.values())))
    if len(seconds) < BATCHES:
        return (_too_short(len(seconds)),)
    batches = np.array_split(seconds, BATCHES)
    values = _rates(record, record.slices, batches)
    growing = lag is not None and lag.verdict is LagVerdict.GROWING
    for time in _watched(record.cast, ranked, growing=growing):
        due = record.slices[due_of(record.cast, time)]
        name = f"{time.replace('_', '-')} p50"
        values[name] = _p50_of_each(intervals.get(time, ()), due, batches)
    level = Level.INVALID if len(seconds) >= FULL_WINDOW_S else Level.WARNING
    return _findings(values, batches, level)


def _watched(cast: Cast, ranked: str, *, growing: bool) -> Iterator[str]:
    """Yield the times that must stand still: of each part the whole way, and what is ranked by.

    An ack before the handler ends a time that stands still however late the work is done: then
    both are watched, of each part.
    """
    for name, (part, span) in spans(cast).items():
        whole = span is part.spans[-1] or span.name == tail(ranked)
        if whole and not (growing and part.side is Side.OBSERVES):
            yield name


def _whole_slices(window: Window, slices: int) -> Places:
    first = -(-window.window_start_ns // NS_PER_S)
    stop = min(window.window_end_ns // NS_PER_S, slices)
    return np.arange(first, max(stop, first), dtype=np.int64)


def _rates(
    record: TrialRecord, slices: Mapping[str, Sequence[int]], batches: Sequence[Places]
) -> dict[str, list[float] | None]:
    done = tail(record.cast.done)
    through = (name for name in instants(record.cast) if tail(name) == done)
    names = dict.fromkeys((*record.cast.served, *through))
    return {f"{name} rate": _rate_of_each(np.array(slices[name]), batches) for name in names}


def _rate_of_each(counts: NDArray[np.int64], batches: Sequence[Places]) -> list[float] | None:
    if any(counts[batch].sum() < MIN_BATCH_MSGS for batch in batches):
        return None
    return [float(counts[batch].mean()) for batch in batches]


def _p50_of_each(
    intervals: Sequence[Interval], due: Sequence[int], batches: Sequence[Places]
) -> list[float] | None:
    by_second = {interval.start_ns // NS_PER_S: interval.histogram for interval in intervals}
    offered = np.array(due)
    values = []
    for batch in batches:
        histogram = merged(by_second[second] for second in batch.tolist() if second in by_second)
        left = unfinished(histogram, offered=int(offered[batch].sum()))
        p50_ns = percentile_ns(histogram, 50, beyond=MIN_BEYOND, unfinished=left)
        if p50_ns is None or histogram.total_count < MIN_BATCH_MSGS:
            return None
        values.append(float(p50_ns))
    return values


def _findings(
    values: Mapping[str, list[float] | None], batches: Sequence[Places], level: Level
) -> tuple[Finding, ...]:
    length = sum(len(batch) for batch in batches)
    places = [float(batch.mean() + 0.5 - batches[0][0]) / length for batch in batches]
    found = []
    for name, of_each in values.items():
        fitted = None if of_each is None else trend(places, of_each)
        if fitted is not None and fitted.drifting:
            found.append(_drift(name, fitted, level))
    return tuple(found)


def _drift(name: str, fitted: Trend, level: Level) -> Finding:
    return Finding(
        level=level,
        code="not-steady",
        text=(
            f"The {name} changed by {text.share(fitted.change)} over the window (90 % interval "
            f"{text.share_interval(fitted.low, fitted.high)}): the trial had not settled. "
            "A longer warm-up may help."
        ),
    )


def _too_short(seconds: int) -> Finding:
    return Finding(
        level=Level.NOTE,
        code="steadiness-unknown",
        text=f"A window of {seconds} s is too short to see whether the trial had settled.",
    )
