"""Rows that are taken over a day: in memory a few, the others in a file."""

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

Row = Mapping[str, int | None]
_MOST = 1000


class Rows:
    """Rows in the order they came."""

    def __init__(self, path: Path | None = None) -> None:
        """Hold none; where a path is given, most are to stand there."""
        self._path = path
        self._held: list[Row] = []

    def append(self, row: Row) -> None:
        """Take a row; OSError where the file cannot be written."""
        self._held.append(row)
        if self._path is not None and len(self._held) >= _MOST:
            with self._path.open("ab") as file:
                pickle.dump(self._held, file)
            self._held = []

    def __iter__(self) -> Iterator[Row]:
        """Yield all of them."""
        if self._path is not None and self._path.exists():
            with self._path.open("rb") as file:
                size = self._path.stat().st_size
                while file.tell() < size:
                    yield from pickle.load(file)  # noqa: S301 - our own, of a moment ago
        yield from self._held
