"""Answers that come in the order of what they answer: known beforehand, byte for byte.

Answers of one kind differ in the digits of their position, and perhaps of a number that goes up
with it. So what is to come can be written down ahead, and a chunk is then read by one comparison,
whatever it holds. A handful of numpy's operations would cost as much as all else that is done for
a few dozen answers: each takes microseconds when the processor has just woken up.
"""

import numpy as np

from bench.clients.wire.digits import digits_in_a_row
from bench.clients.wire.frames import NUMBER_DIGITS

AHEAD = 512
"""Answers written down at a time; that takes some 50 µs."""

MOST = 128
"""Answers in a chunk that are compared; for more, numpy's fixed cost does not count."""

PATIENCE = 32
"""So many chunks are not compared after one in another order."""

NOTHING = range(0)
_TOO_FAR = 10**NUMBER_DIGITS - AHEAD


class InOrder:
    """Reads runs of answers that follow one another. No I/O."""

    def __init__(self, answer: bytes, token: slice, counter: slice | None = None) -> None:
        """Write down nothing yet.

        Args:
            answer: the model of all.
            token: where in it the NUMBER_DIGITS digits of its position stand.
            counter: where the digits of a number stand that goes up with the position, below
                NUMBER_DIGITS of them; None without such one.
        """
        self._answer = np.frombuffer(answer, dtype=np.uint8)
        self._size = len(answer)
        self._token = token
        self._counter = counter
        self._first = self._stop = 0
        self._ahead = b""
        self._skip = 0

    def read(self, data: bytes) -> range:
        """Return the positions of the answers that `data` holds from its start to the last one.

        They are none where anything but the beginning of an answer lies among or behind them, or
        where they do not follow one another.
        """
        count = len(data) // self._size
        if not 0 < count <= MOST:
            return NOTHING
        if self._skip:
            self._skip -= 1
            return NOTHING
        first = int(digits) if (digits := data[self._token]).isdigit() else _TOO_FAR
        if first < _TOO_FAR and self._is_next(data[: count * self._size], first, count):
            return range(first, first + count)
        self._skip = PATIENCE
        return NOTHING

    def _is_next(self, run: bytes, first: int, count: int) -> bool:
        """Say whether these answers, the first one to this position, were foreseen."""
        if not self._first <= first <= self._stop - count:
            self._write_down(run, first)
        if self._ahead.startswith(run, (first - self._first) * self._size):
            return True
        self._stop = 0  # they are in another order, or what goes up with them has leapt
        return False

    def _write_down(self, run: bytes, first: int) -> None:
        """Write down what follows this run, it too."""
        rows = np.empty((AHEAD, self._size), dtype=np.uint8)
        rows[:] = self._answer
        rows[:, self._token] = digits_in_a_row(first, AHEAD)
        if self._counter is not None and (counted := run[self._counter]).isdigit():
            rows[:, self._counter] = digits_in_a_row(int(counted), AHEAD)[:, -len(counted) :]
        self._ahead, self._first, self._stop = rows.tobytes(), first, first + AHEAD
