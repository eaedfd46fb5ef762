"""Columns of whole numbers mapped from a file of which a stretch alone takes room.

The file is as long as the whole trial would be and holds nothing where nobody has written: rows
keep their numbers, so whoever writes is not told that there is a stretch. What was read is given
back to the disk and leaves the memory of every process that has it mapped; it reads as zeros then.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np

from bench.clients.port import IntArray
from bench.core.errors import MeasurementError

_KEEP_SIZE, _PUNCH_HOLE = 1, 2
_ROW_BYTES = 8

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class Sliding:
    """A table of columns, shape (k, rows), of which rows are claimed and given back.

    Attributes:
        columns: the table, shape (k, rows).
    """

    def __init__(self, path: Path, shape: tuple[int, int], mode: Literal["w+", "r+", "r"]) -> None:
        """Map a file.

        Args:
            path: of the file.
            shape: columns and rows.
            mode: `w+` makes it, `r+` maps what is there, `r` so that it cannot be written.
        """
        made = np.lib.format.open_memmap(
            path, mode=mode, dtype=np.int64, shape=shape if mode == "w+" else None
        )
        self._offset: int = made.offset
        self._path = path
        self.columns: IntArray = np.asarray(made)

    @property
    def rows(self) -> int:
        """How many it can hold."""
        return int(self.columns.shape[1])

    def claim(self, first: int, stop: int) -> None:
        """Have room for rows first..stop-1, or for those of them that there can be.

        Raises:
            MeasurementError: the disk is full, as a signal would say it in the window.
        """
        for at, length in self._bytes(first, stop):
            with _opened(self._path) as file:
                try:
                    os.posix_fallocate(file, at, length)
                except OSError as error:
                    raise MeasurementError(_told(error, self._path)) from error

    def release(self, first: int, stop: int) -> None:
        """Give rows first..stop-1 back; nobody is to write there again.

        Raises:
            MeasurementError: the file system keeps what it has.
        """
        for at, length in self._bytes(first, stop):
            with _opened(self._path) as file:
                if _libc.fallocate(file, _PUNCH_HOLE | _KEEP_SIZE, at, length):
                    error = OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                    raise MeasurementError(_told(error, self._path))

    def _bytes(self, first: int, stop: int) -> list[tuple[int, int]]:
        """Return where rows stand in the file, column by column: offset and length."""
        stop = min(stop, self.rows)
        if stop <= first:
            return []
        return [
            (
                self._offset + (column * self.rows + first) * _ROW_BYTES,
                (stop - first) * _ROW_BYTES,
            )
            for column in range(self.columns.shape[0])
        ]


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Have a file open for as long as it takes."""
    file = os.open(path, os.O_RDWR)
    try:
        yield file
    finally:
        os.close(file)


def _told(error: OSError, path: Path) -> str:
    """Return why rows could not be claimed or given back."""
    if error.errno == errno.ENOSPC:
        return f"no space left for what is recorded, in {path.parent}"
    return f"{path.parent} cannot hold a record that slides: {error.strerror}"
