"""How long each delivery had its worker, where only a clock can tell: kept beside a record.

From when a worker was given it until that worker was free: what it waited for the event loop, and
its ack, are within. And how long it had the event loop for itself, so that nothing else went on.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.clients.port import IntArray


def took_path(record_path: Path) -> Path:
    """Return where it is kept for the process that keeps this record."""
    return record_path.with_suffix(".took.npy")


class Took:
    """Notes how long deliveries had what, by their positions; kept as it changes."""

    def __init__(self, path: Path, expected: int) -> None:
        self._path = path
        self._took_ns = _mapped(path, expected)

    def note(self, position: int, worker_ns: int, loop_ns: int) -> None:
        """A delivery had its worker for so long, and of that the event loop for so long."""
        if position >= self._took_ns.shape[1]:
            self._grow(2 * (position + 1))
        self._took_ns[:, position] = worker_ns, loop_ns

    def _grow(self, size: int) -> None:
        larger_path = self._path.with_suffix(".larger")
        larger = _mapped(larger_path, size)
        larger[:, : self._took_ns.shape[1]] = self._took_ns
        larger_path.replace(self._path)
        self._took_ns = larger


def load_took(paths: Sequence[Path], rows: int) -> IntArray | None:
    """Return how long deliveries had a worker, and the loop, ns, shape (2, n); None if unknown.

    Args:
        paths: of the record of each generation of one process: of several, nobody knows which
            delivery was whose.
        rows: n deliveries.
    """
    (path, *others) = map(took_path, paths)
    if not path.exists() or any(each.exists() for each in others):
        return None
    took_ns: IntArray = np.load(path, mmap_mode="r")
    return took_ns[:, :rows] if took_ns.shape[1] >= rows else None


def _mapped(path: Path, size: int) -> IntArray:
    mapped = np.lib.format.open_memmap(path, mode="w+", dtype=np.int64, shape=(2, max(1, size)))
    return np.asarray(mapped)
