"""A set of whole numbers that mostly follow one another: their ranges, not the numbers.

The stream sequences of a billion messages that all came are one range.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import IntArray

Flags = NDArray[np.bool_]


class Ranges:
    """Numbers in ranges: ascending, none touching the next.

    Attributes:
        starts, stops: of each range, the stop is not in it; shape (k,).
    """

    __slots__ = ("starts", "stops")

    def __init__(self, starts: IntArray | None = None, stops: IntArray | None = None) -> None:
        """Hold ranges that ascend and do not touch; none by themselves."""
        none = np.empty(0, dtype=np.int64)
        self.starts = none if starts is None else starts
        self.stops = none if stops is None else stops

    @classmethod
    def of(cls, numbers: IntArray) -> Self:
        """Return the set of numbers in any order, shape (n,)."""
        found = np.unique(numbers)
        cuts = np.flatnonzero(np.diff(found) > 1) + 1
        first, last = np.append(0, cuts), np.append(cuts, found.size) - 1
        return cls(found[first], found[last] + 1) if found.size else cls()

    def __len__(self) -> int:
        """Return how many numbers there are."""
        return int((self.stops - self.starts).sum())

    def union(self, other: "Ranges") -> "Ranges":
        """Return what is in either."""
        if not other.starts.size:
            return self
        starts = np.concatenate([self.starts, other.starts])
        order = np.argsort(starts, kind="stable")
        starts, stops = starts[order], np.concatenate([self.stops, other.stops])[order]
        reach = np.maximum.accumulate(stops)
        begins = np.append(True, starts[1:] > reach[:-1])
        ends = np.append(begins[1:], True)
        return Ranges(starts[begins], reach[ends])

    def minus(self, other: "Ranges") -> "Ranges":
        """Return what is in this one alone."""
        edges = np.concatenate([self.starts, self.stops, other.starts, other.stops])
        own = np.repeat([1, -1, 0, 0], self._pairs(other))
        others = np.repeat([0, 0, 1, -1], self._pairs(other))
        order = np.argsort(edges, kind="stable")
        edges = edges[order]
        inside = (np.cumsum(own[order]) > 0) & (np.cumsum(others[order]) == 0)
        if not edges.size:
            return Ranges()
        starts, stops, kept = edges[:-1], edges[1:], inside[:-1]
        kept = kept & (starts < stops)
        return _touching_joined(starts[kept], stops[kept])

    def _pairs(self, other: "Ranges") -> tuple[int, int, int, int]:
        return self.starts.size, self.starts.size, other.starts.size, other.starts.size

    def has(self, numbers: IntArray) -> Flags:
        """Return which of these numbers are there, shape as given."""
        if not self.starts.size:
            return np.zeros(numbers.shape, dtype=np.bool_)
        place = np.searchsorted(self.starts, numbers, side="right") - 1
        found: Flags = (place >= 0) & (numbers < self.stops[np.maximum(place, 0)])
        return found

    def up_to(self, number: int) -> int:
        """Return how many there are up to this one, itself included."""
        return int((np.minimum(self.stops, number + 1) - self.starts).clip(min=0).sum())

    def between(self, first: int, last: int) -> int:
        """Return how many there are from one to another, both included."""
        return max(0, self.up_to(last) - self.up_to(first - 1))

    def numbers(self) -> IntArray:
        """Return all of them, ascending, shape (n,)."""
        lengths = self.stops - self.starts
        before = np.cumsum(lengths) - lengths
        found: IntArray = np.repeat(self.starts - before, lengths) + np.arange(int(lengths.sum()))
        return found


def _touching_joined(starts: IntArray, stops: IntArray) -> Ranges:
    """Return ranges, ascending, of which those that touch are one."""
    if not starts.size:
        return Ranges()
    begins = np.append(True, starts[1:] > stops[:-1])
    return Ranges(starts[begins], stops[np.append(begins[1:], True)])
