"""Exact HdrHistogram counts of whole arrays.

`HdrHistogram.record_value` costs about 1 µs a value and each object 270 kB; counting an array into
the same counters costs some 30 ns a value, and only the counters in use are kept. The result
equals the library's own bit for bit (tests/stats/test_histogram.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

LOWEST_NS = 1
HIGHEST_NS = 3_600 * 10**9
DIGITS = 3

IntArray = NDArray[np.int64]

_REFERENCE = HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)
_HALF_MAGNITUDE = int(_REFERENCE.sub_bucket_half_count_magnitude)
_HALF_COUNT = int(_REFERENCE.sub_bucket_half_count)
_MASK = np.int64(_REFERENCE.sub_bucket_mask)

COUNTERS = int(_REFERENCE.counts_len)
"""Counters of a histogram of our range and precision."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histogram:
    """The counters of an HdrHistogram (1 ns to 1 h, 3 digits) that hold any message.

    Attributes:
        indices: of those counters, ascending, shape (k,).
        counts: messages in each, above 0, shape (k,).
    """

    indices: IntArray
    counts: IntArray

    @property
    def total_count(self) -> int:
        """Messages counted."""
        return int(self.counts.sum())

    @property
    def max_ns(self) -> int | None:
        """Largest value, to 3 digits, as `HdrHistogram.get_max_value`; None when empty."""
        return int(highest_ns(self.indices[-1:])[0]) if self.indices.size else None

    @property
    def mean_ns(self) -> float | None:
        """Mean of the counters' middles, as `HdrHistogram.get_mean_value`; None when empty."""
        if not self.indices.size:
            return None
        low, high = lowest_ns(self.indices), highest_ns(self.indices)
        middle_ns = low + ((high - low + 1) >> 1)
        # In floats: the sum of a long run passes 2**63 ns.
        return float(self.counts.astype(np.float64) @ middle_ns) / self.total_count

    def to_hdr(self) -> HdrHistogram:
        """Return the library's own object, for its encoder."""
        histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)
        if self.indices.size:
            np.frombuffer(histogram.counts, dtype=np.uint64)[self.indices] = self.counts
            histogram.set_internal_tacking_values(
                int(self.indices[0]), int(self.indices[-1]), self.total_count
            )
        return histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A histogram and what could not go into it.

    Attributes:
        histogram: the values that were in range.
        negatives: values below zero; a clock or bookkeeping fault.
        overflows: values above HIGHEST_NS.
    """

    histogram: Histogram
    negatives: int
    overflows: int


def tally(values_ns: IntArray) -> Tally:
    """Count `values_ns`, shape (n,), into a new histogram; n may be 0."""
    in_range = values_ns[(values_ns >= 0) & (values_ns <= HIGHEST_NS)]
    return Tally(
        histogram=from_dense(np.bincount(_indices(in_range), minlength=COUNTERS)),
        negatives=int(np.count_nonzero(values_ns < 0)),
        overflows=int(np.count_nonzero(values_ns > HIGHEST_NS)),
    )


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return the sum of histograms; percentiles are merged this way and never averaged."""
    dense = np.zeros(COUNTERS, dtype=np.int64)
    for histogram in histograms:
        dense[histogram.indices] += histogram.counts  # indices are unique within one histogram
    return from_dense(dense)


def from_dense(counts: IntArray) -> Histogram:
    """Return the histogram of all counters, shape (COUNTERS,)."""
    indices = np.flatnonzero(counts != 0)
    return Histogram(indices=indices, counts=counts[indices])


def lowest_ns(indices: IntArray) -> IntArray:
    """Return the least value that each counter stands for."""
    bucket = _bucket(indices)
    return (indices - (bucket << _HALF_MAGNITUDE)) << bucket


def highest_ns(indices: IntArray) -> IntArray:
    """Return the greatest value that each counter stands for."""
    return lowest_ns(indices) + (1 << _bucket(indices)) - 1


def _bucket(indices: IntArray) -> IntArray:
    # The first bucket has twice as many counters as the others, hence the floor at 0.
    bucket: IntArray = np.maximum((indices >> _HALF_MAGNITUDE) - 1, 0)
    return bucket


def _indices(values: IntArray) -> IntArray:
    # frexp is exact below 2**53, and HIGHEST_NS is below 2**42.
    bit_length = np.frexp((values | _MASK).astype(np.float64))[1].astype(np.int64)
    bucket = bit_length - (_HALF_MAGNITUDE + 1)
    sub_bucket = values >> bucket
    return ((bucket + 1) << _HALF_MAGNITUDE) + (sub_bucket - _HALF_COUNT)
