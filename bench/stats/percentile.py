"""Percentiles of histograms, and none where too few messages lie beyond.

Equal to the library's own values, which cost 1.4 ms each; here they come from cumulated counts.
How rough a percentile is depends on the messages beyond it: 10 give about +-35 %, 100 about
+-10 % (docs/MEASUREMENT.md R4).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.stats.histogram import Histogram, IntArray, highest_ns, lowest_ns

_POINTS_PER_HALVING = 5
_MOST_POINTS = 100


def percentile_ns(histogram: Histogram, percentile: float, *, beyond: int) -> int | None:
    """Return the value at `percentile` (0 to 100); None with fewer than `beyond` messages above."""
    total = histogram.total_count
    rank = _rank(total, percentile)
    if total == 0 or total - rank < beyond:
        return None
    at = np.searchsorted(np.cumsum(histogram.counts), [rank])
    value = highest_ns if percentile else lowest_ns
    return int(value(histogram.indices[at])[0])


def percentile_of_each(
    histograms: Sequence[Histogram], percentile: float, *, beyond: int
) -> NDArray[np.float64]:
    """Return `percentile_ns` of every histogram, NaN for None, shape (len(histograms),).

    `percentile` is above 0. No histogram costs a round through Python of its own.
    """
    if not histograms:
        return np.empty(0)
    indices: IntArray = np.concatenate([histogram.indices for histogram in histograms])
    cumulated = np.cumsum(np.concatenate([histogram.counts for histogram in histograms]))
    ends = np.cumsum([histogram.indices.size for histogram in histograms])
    through = np.concatenate(([0], cumulated))[ends]
    before = np.concatenate(([0], through[:-1]))
    totals = through - before
    ranks = np.maximum((percentile * totals / 100 + 0.5).astype(np.int64), 1)
    honest = (totals > 0) & (totals - ranks >= beyond)
    values = np.full(len(histograms), np.nan)
    at = np.searchsorted(cumulated, before[honest] + ranks[honest])
    values[honest] = highest_ns(indices[at])
    return values


def spectrum(histogram: Histogram, *, beyond: int) -> tuple[tuple[float, int], ...]:
    """Return the percentile curve as (percentile, ns) pairs, at most 100.

    The distance to 100 % shrinks evenly on a log scale, as percentile plots are drawn, down to the
    last percentile that has `beyond` messages above it; empty when not even the least has.
    """
    total = histogram.total_count
    if total <= beyond or beyond < 1:
        return ()
    halvings = math.log2(total / beyond)
    points = min(_MOST_POINTS, math.ceil(halvings * _POINTS_PER_HALVING) + 1)
    percentiles = 100 * (1 - 0.5 ** np.linspace(0, halvings, points))
    ranks = np.maximum((percentiles * total / 100 + 0.5).astype(np.int64), 1)
    at = np.searchsorted(np.cumsum(histogram.counts), ranks)
    values = highest_ns(histogram.indices[at])
    values[0] = lowest_ns(histogram.indices[:1])[0]  # the 0th percentile is the least value
    return tuple(zip(percentiles.tolist(), values.tolist(), strict=True))


def _rank(total: int, percentile: float) -> int:
    # The library's own rounding, so that both name the same message.
    return max(int(percentile * total / 100 + 0.5), 1)
