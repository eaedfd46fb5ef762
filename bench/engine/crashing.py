"""The messages at which a consumer process ends itself, and where that is written down.

All consumer processes of a trial share one file, and so does the conductor: a process that ends as
by SIGKILL has no last word. What it wrote into mapped files until then is there.
"""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench.clients.port import IntArray
from bench.engine.clock import now_ns

_IDS, _PIDS, _AT_NS = range(3)


class CrashBook:
    """Which process ended itself when, at each of some messages; once at each."""

    def __init__(self, rows: IntArray) -> None:
        """Use rows of shape (3, n): ids, processes (0 where none ended yet), instants."""
        self._rows = rows
        self._places = {message: place for place, message in enumerate(rows[_IDS].tolist())}

    @classmethod
    def create(cls, path: Path, ids: Sequence[int]) -> "CrashBook":
        """Begin a book in a file."""
        shape = (3, len(ids))
        rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.int64, shape=shape)
        rows[:] = 0
        rows[_IDS] = ids
        return cls(np.asarray(rows))

    @classmethod
    def open(cls, path: Path) -> "CrashBook":
        """Take part in a book that another process began."""
        return cls(np.asarray(np.load(path, mmap_mode="r+")))

    def is_due(self, message_id: int) -> bool:
        """Say whether a process is to end itself at a message, and none has."""
        place = self._places.get(message_id)
        return place is not None and not self._rows[_PIDS, place]

    def enter(self, message_id: int, pid: int, at_ns: int) -> None:
        """Write down that a process ends itself now."""
        place = self._places[message_id]
        self._rows[_AT_NS, place] = at_ns
        self._rows[_PIDS, place] = pid

    def ended_ns(self, pid: int) -> int | None:
        """Return when a process ended itself, CLOCK_MONOTONIC; None where it did not."""
        (places,) = np.nonzero(self._rows[_PIDS] == pid)
        return int(self._rows[_AT_NS, places[0]]) if places.size else None

    def message_of(self, pid: int) -> int:
        """Return the message at which a process ended itself; IndexError where it did not."""
        (places,) = np.nonzero(self._rows[_PIDS] == pid)
        return int(self._rows[_IDS, places[0]])

    @property
    def missed(self) -> int:
        """At how many of the messages no process ended itself."""
        return int(np.count_nonzero(self._rows[_PIDS] == 0))


def end_process() -> None:
    """End this process as by SIGKILL: nothing is flushed, closed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


class Crasher:
    """Ends this process at the messages of its book."""

    def __init__(self, book: CrashBook, end: Callable[[], None] = end_process) -> None:
        """Take the book, and what ends the process."""
        self._book = book
        self._end = end

    def is_due(self, message_id: int) -> bool:
        """Say whether this process is to end itself at a message."""
        return self._book.is_due(message_id)

    def crash(self, message_id: int) -> None:
        """Write it down, and end."""
        self._book.enter(message_id, os.getpid(), now_ns())
        self._end()
