"""The histograms of a soak's seconds: in memory while messages are added, then in a file.

A day has half a million of them. A late message has its second written once more; what belongs
together is added up when all is over.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from bench.clients.port import IntArray
from bench.record.hlog import Interval
from bench.stats.histogram import Histogram, merged

_Key = tuple[str, int, int]
_HEAD = 4


class Spool:
    """Adds up histograms by time and slice."""

    def __init__(self, path: Path, times: Iterable[str]) -> None:
        """Hold none.

        Args:
            path: of the file.
            times: names of what is measured, in the order in which it is told.
        """
        self._path = path
        self._times = tuple(times)
        self._held: dict[_Key, Histogram] = {}
        path.write_bytes(b"")

    def add(self, intervals: Iterable[Interval]) -> None:
        """Add what was counted."""
        for each in intervals:
            key = each.time, each.start_ns, each.end_ns
            held = self._held.get(key)
            both = each.histogram if held is None else merged([held, each.histogram])
            self._held[key] = both

    def put_away(self, until_ns: int) -> None:
        """Write slices to the file that end by then; OSError where it cannot be written."""
        over = [key for key in self._held if key[2] <= until_ns]
        with self._path.open("ab") as file:
            for key in over:
                file.write(self._packed(key, self._held.pop(key)).tobytes())

    def intervals(self) -> tuple[Interval, ...]:
        """Return all, by time and slice."""
        self.put_away(np.iinfo(np.int64).max)
        found: dict[_Key, list[Histogram]] = {}
        for key, histogram in self._read():
            found.setdefault(key, []).append(histogram)
        order = sorted(found, key=lambda key: (self._times.index(key[0]), key[1]))
        return tuple(
            Interval(time=key[0], start_ns=key[1], end_ns=key[2], histogram=_together(found[key]))
            for key in order
        )

    def _packed(self, key: _Key, histogram: Histogram) -> IntArray:
        time, start_ns, end_ns = key
        head = (self._times.index(time), start_ns, end_ns, histogram.indices.size)
        return np.concatenate([np.array(head), histogram.indices, histogram.counts])

    def _read(self) -> Iterator[tuple[_Key, Histogram]]:
        numbers = np.fromfile(self._path, dtype=np.int64)
        at = 0
        while at < numbers.size:
            time, start_ns, end_ns, size = numbers[at : at + _HEAD].tolist()
            middle, stop = at + _HEAD + size, at + _HEAD + 2 * size
            histogram = Histogram(indices=numbers[at + _HEAD : middle], counts=numbers[middle:stop])
            yield (self._times[time], start_ns, end_ns), histogram
            at = stop


def _together(histograms: list[Histogram]) -> Histogram:
    return histograms[0] if len(histograms) == 1 else merged(histograms)
