"""Which batch a message goes into, and where in it.

A batch is known by the position of its first message. It ends when it is full, with the last
message of all, or early: because it waited too long, or because the server gave it up.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bench.clients.port import IntArray

FIRST, MIDDLE, LAST = range(3)
"""The part that a message has in its batch; the only one of a batch is its LAST."""


class Place(NamedTuple):
    """Where a message stands: the first position of its batch, and its number in it from 1 on."""

    batch: int
    sequence: int


class Asking:
    """Which messages of a batch ask for an answer, by their number in it; the last never does."""

    def __init__(self, first: bool, every: int | None, size: int) -> None:
        """Be ready.

        Args:
            first: the first message does.
            every: and one of so many; none when None.
            size: of a batch.
        """
        self._first = first
        self._every = every or size
        self._size = size

    def asks(self, sequences: IntArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Say of each whether it asks, shape (n,)."""
        found: np.ndarray[tuple[int], np.dtype[np.bool_]] = sequences % self._every == 0
        if self._first:
            found |= sequences == 1
        return found

    def ahead(self, sequence: int) -> int:
        """Return how many messages there are from this one to the next that asks, with both."""
        if self._first and sequence == 1:
            return 1
        due = -(-sequence // self._every) * self._every
        if due < self._size:
            return due - sequence + 1
        return self._size - sequence + 1 + (1 if self._first else self._every)


class Batches:
    """Positions dealt into batches of one size.

    Attributes:
        epoch: how many batches ended early.
        start: position of the first message behind the last early end.
    """

    def __init__(self, size: int, count: int) -> None:
        self._size = size
        self._count = count
        self.epoch = 0
        self.start = 0

    def place(self, position: int) -> Place:
        """Return where a position that lies behind the last early end stands."""
        before = (position - self.start) % self._size
        return Place(position - before, before + 1)

    def is_last(self, position: int) -> bool:
        """Say whether the message ends its batch."""
        return self.place(position).sequence == self._size or position == self._count - 1

    def end(self, stop: int) -> None:
        """The batch before position `stop` ends there; the next one begins with it."""
        self.epoch += 1
        self.start = stop

    def numbers(self, positions: IntArray) -> tuple[IntArray, Mapping[str, IntArray]]:
        """Return the part, `batch` and `sequence` of positions behind the last early end."""
        before = (positions - self.start) % self._size
        part = np.where(before == 0, FIRST, MIDDLE)
        part[(before == self._size - 1) | (positions == self._count - 1)] = LAST
        batch = positions - before
        return part, {"batch": batch, "sequence": before + 1, "position": positions}
