"""Positions that follow one another, told without a look at each.

Blocks come, are handled and are acknowledged in one call after the other, mostly with the same
array of positions. Whoever makes it remembers it: the same object has the same bounds, as nobody
can change it.
"""

import numpy as np

from bench.clients.port import IntArray

_MOST = 4096
_STEPS = np.arange(_MOST, dtype=np.int64).tobytes()


class _Latest:
    """The positions made last, and their bounds."""

    __slots__ = ("first", "positions", "stop")

    def __init__(self) -> None:
        self.first = self.stop = 0
        self.positions: IntArray = np.empty(0, dtype=np.int64)


_latest = _Latest()


def in_a_row(first: int, stop: int) -> IntArray:
    """Return first..stop-1, shape (n,), not to be changed."""
    positions = np.arange(first, stop, dtype=np.int64)
    positions.setflags(write=False)
    _latest.positions, _latest.first, _latest.stop = positions, first, stop
    return positions


def selection(positions: IntArray) -> IntArray | slice:
    """Return what selects these of a column: a slice where they were made last, in a row."""
    if positions is _latest.positions:
        return slice(_latest.first, _latest.stop)
    return positions


def are(positions: IntArray, first: int, stop: int) -> bool:
    """Say whether these were made last, and are first..stop-1."""
    known = positions is _latest.positions
    return known and _latest.first == first and _latest.stop == stop


def span_of(positions: IntArray) -> slice | None:
    """Return the bounds of positions that follow one another; None of others, and of none.

    Their bytes are compared: a fifth of the time that their differences take.
    """
    if not positions.size:
        return None
    first, stop = int(positions[0]), int(positions[-1]) + 1
    if stop - first != positions.size or not _steps_by_one(positions):
        return None
    return slice(first, stop)


def _steps_by_one(positions: IntArray) -> bool:
    if positions.size > _MOST:
        return bool((np.diff(positions) == 1).all())
    steps: bytes = (positions - positions[0]).tobytes()
    return steps == _STEPS[: len(steps)]
