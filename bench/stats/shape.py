"""How often each time occurred, by its logarithm: what the drawing of a distribution needs.

A few hundred counts in place of a histogram's thousands, fine enough that any axis can gather them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.stats.histogram import Histogram, IntArray, highest_ns, lowest_ns

PER_DECADE = 120
"""Bins of a decade: each ends 1.9 % above its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """Counts of times by bins of equal ratio; bin k begins at 10 ** (k / PER_DECADE) ns.

    Attributes:
        first: k of the first count.
        counts: messages in each bin from there on, shape (n,); n is 0 where none finished.
        unfinished: messages without a time, longer than all others.
    """

    first: int
    counts: IntArray
    unfinished: int

    @property
    def total_count(self) -> int:
        """Messages, with those that never finished."""
        return int(self.counts.sum()) + self.unfinished

    def ends_ns(self, least_count: float) -> tuple[float, float] | None:
        """Return where the bins that hold so many messages begin and end; None without one."""
        places = np.flatnonzero(self.counts >= max(least_count, 1))
        if not places.size:
            return None
        return begin_ns(self.first + int(places[0])), begin_ns(self.first + int(places[-1]) + 1)

    def gathered(self, low_ns: float, high_ns: float, bins: int) -> NDArray[np.float64]:
        """Return the counts between two times in bins of equal ratio, shape (bins,).

        A bin of ours that lies in several of theirs is shared out evenly; what lies outside is
        left out.
        """
        edges = np.linspace(_place(low_ns), _place(high_ns), bins + 1)
        borders = self.first + np.arange(self.counts.size + 1)
        up_to = np.concatenate(([0], np.cumsum(self.counts)))
        gathered: NDArray[np.float64] = np.diff(np.interp(edges, borders, up_to))
        return gathered


def shape(histogram: Histogram, *, unfinished: int) -> Shape:
    """Return the shape of a histogram; `unfinished` messages have no time."""
    if not histogram.indices.size:
        return Shape(first=0, counts=np.zeros(0, dtype=np.int64), unfinished=unfinished)
    middles_ns = (lowest_ns(histogram.indices) + highest_ns(histogram.indices)) / 2
    places = np.floor(PER_DECADE * np.log10(np.maximum(middles_ns, 1))).astype(np.int64)
    first = int(places[0])
    counts = np.bincount(places - first, weights=histogram.counts).astype(np.int64)
    return Shape(first=first, counts=counts, unfinished=unfinished)


def begin_ns(place: int) -> float:
    """Return where a bin begins."""
    return float(10 ** (place / PER_DECADE))


def _place(time_ns: float) -> float:
    return PER_DECADE * float(np.log10(time_ns))
