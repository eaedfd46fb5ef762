"""Percentiles of histograms, and none where they would flatter.

Equal to the library's own values, which cost 1.4 ms each; here they come from cumulated counts.
How rough a percentile is depends on the messages beyond it: 10 give about +-35 %, 100 about
+-10 % (docs/MEASUREMENT.md R4).

A message that never finished has no time, but it belongs to the distribution: without it a
consumer that falls behind would look the faster, the fewer messages it finishes. It counts as
longer than all that finished; a percentile that falls among such messages is unknown.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.stats.histogram import Histogram, IntArray, highest_ns, lowest_ns

_POINTS_PER_HALVING = 5
_MOST_POINTS = 100


def percentile_ns(
    histogram: Histogram, percentile: float, *, beyond: int, unfinished: int = 0
) -> int | None:
    """Return the value at a percentile.

    Args:
        histogram: of what finished.
        percentile: 0 to 100.
        beyond: messages that must lie above it.
        unfinished: messages without a time, longer than all others.

    Returns:
        The value as the library gives it; None when it is unknown or too few lie beyond.
    """
    finished = histogram.total_count
    total = finished + unfinished
    # The library's own rounding, so that both name the same message.
    rank = max(int(percentile * total / 100 + 0.5), 1)
    if rank > finished or total - rank < beyond:
        return None
    at = np.searchsorted(np.cumsum(histogram.counts), [rank])
    value = highest_ns if percentile else lowest_ns
    return int(value(histogram.indices[at])[0])


def percentile_of_each(
    histograms: Sequence[Histogram], percentile: float, *, beyond: int, unfinished: IntArray
) -> NDArray[np.float64]:
    """Return `percentile_ns` of every histogram, NaN for None, shape (len(histograms),).

    `percentile` is above 0; `unfinished` has the histograms' length. All are done at once.
    """
    if not histograms:
        return np.empty(0)
    indices = np.concatenate([histogram.indices for histogram in histograms])
    cumulated = np.cumsum(np.concatenate([histogram.counts for histogram in histograms]))
    ends = np.cumsum([histogram.indices.size for histogram in histograms])
    through = np.concatenate(([0], cumulated))[ends]
    before = np.concatenate(([0], through))[:-1]
    finished = through - before
    totals = finished + unfinished
    ranks = np.maximum((percentile * totals / 100 + 0.5).astype(np.int64), 1)
    known = (ranks <= finished) & (totals - ranks >= beyond)
    values = np.full(len(histograms), np.nan)
    at = np.searchsorted(cumulated, before[known] + ranks[known])
    values[known] = highest_ns(indices[at])
    return values


def spectrum(
    histogram: Histogram, *, beyond: int, unfinished: int = 0
) -> tuple[tuple[float, int], ...]:
    """Return the percentile curve as (percentile, ns) pairs, at most 100.

    The distance to 100 % shrinks evenly on a log scale, as percentile plots are drawn, down to the
    last percentile that `percentile_ns` would tell; empty when it tells none.
    """
    finished = histogram.total_count
    total = finished + unfinished
    last_rank = min(finished, total - beyond)
    if last_rank < 1 or last_rank == total:
        return ()
    halvings = math.log2(total / (total - last_rank))
    points = min(_MOST_POINTS, math.ceil(halvings * _POINTS_PER_HALVING) + 1)
    percentiles = 100 * (1 - 0.5 ** np.linspace(0, halvings, points))
    ranks = np.clip((percentiles * total / 100 + 0.5).astype(np.int64), 1, last_rank)
    at = np.searchsorted(np.cumsum(histogram.counts), ranks)
    values = highest_ns(histogram.indices[at])
    values[0] = lowest_ns(histogram.indices[:1])[0]  # the 0th percentile is the least value
    return tuple(zip(percentiles.tolist(), values.tolist(), strict=True))
