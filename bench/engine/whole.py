"""Batches of which all are acknowledged, or none: one failure returns the others as well. Pure."""

from collections.abc import Iterator

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.engine.fates import WELL

_FAILED = (Ending.NAKED, Ending.TERMINATED, Ending.EXHAUSTED)

Ended = tuple[IntArray, IntArray]
"""Positions, and how each ended, both of shape (n,)."""


class WholeBatches:
    """Holds what ended until its batch is whole: so many in the order of their ends."""

    def __init__(self, batch: int) -> None:
        """Be ready; `batch` deliveries end together, or fewer when nothing is left in hand."""
        self._batch = batch
        self._positions: list[int] = []
        self._endings: list[int] = []

    def ended(self, positions: IntArray, endings: IntArray, *, idle: bool) -> list[Ended]:
        """Return the batches that are whole now, with what becomes of their deliveries."""
        self._positions += positions.tolist()
        self._endings += endings.tolist()
        return list(self._whole(idle=idle))

    def _whole(self, *, idle: bool) -> Iterator[Ended]:
        while self._positions and (idle or len(self._positions) >= self._batch):
            yield self._next()

    def _next(self) -> Ended:
        """Return the first batch, and hold it no more."""
        positions, endings = (
            np.array(each[: self._batch], dtype=np.int64)
            for each in (self._positions, self._endings)
        )
        del self._positions[: self._batch], self._endings[: self._batch]
        return positions, together(endings)


def together(endings: IntArray) -> IntArray:
    """Return how the deliveries of a batch end: none well where one has failed, shape (n,)."""
    if not np.isin(endings, _FAILED).any():
        return endings
    return np.where(endings == WELL, Ending.RETURNED, endings)
