"""Recorders of a soak: rows that were read are given back, and what comes to them later is a log.

A row is closed when everything that was recorded so far is told. What happens to its message after
that, an answer hours late, say, is written into a log of its own: by position where messages are
sent, by message and sequence where they come. So nothing is lost, whenever it happens, and a
process that is killed leaves what it knew. Rows that are not closed are written as ever
(`bench.engine.recorder`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.clients.inarow import selection
from bench.clients.port import Ending, IntArray, Outcome
from bench.core.errors import MeasurementError
from bench.engine.recorder import (
    CONSUMER_COLUMNS,
    NEVER,
    PUBLISHER_COLUMNS,
    ConsumeRecorder,
    PublishRecorder,
)
from bench.engine.sliding import Sliding

STORED, OUTCOME, HANDLED, ACKED = range(1, 5)
"""What a row of a log says."""

LATE_COLUMNS = ("key", "seq", "says", "value")
"""Position or id, sequence, what is said, and the instant or number."""

LATE_ROWS = 1 << 28
MORE_DELIVERIES = 8
"""Deliveries that a consumer has numbers for, of each message: those that do not come take no room.
"""

AHEAD_ROWS = 1 << 20
_LATE_AHEAD = 1 << 14

_IS_HANDLED, _IS_ACKED = 1, 2


@dataclass(frozen=True, slots=True)
class Closed:
    """Up to where a recorder has told all: rows, and rows of its log."""

    rows: int
    late: int


NOTHING_CLOSED = Closed(0, 0)


class Late:
    """The log of a recorder.

    Attributes:
        rows: written so far.
    """

    def __init__(self, path: Path) -> None:
        self._sliding = Sliding(path, (len(LATE_COLUMNS), LATE_ROWS), "w+")
        self._keys, self._seqs, self._says, self._values = self._sliding.columns
        self._claimed = 0
        self.rows = 0
        self.claim()

    def claim(self) -> None:
        """Have room for more."""
        if self.rows + _LATE_AHEAD > self._claimed:
            self._sliding.claim(self._claimed, self.rows + 2 * _LATE_AHEAD)
            self._claimed = self.rows + 2 * _LATE_AHEAD

    def note(self, keys: IntArray, seqs: IntArray | int, says: int, values: IntArray | int) -> None:
        """Write down what happened late; shape (n,), or one for all."""
        stop = self.rows + keys.size
        if stop > LATE_ROWS:
            raise MeasurementError(f"more than {LATE_ROWS} things happened late")
        rows = slice(self.rows, stop)
        self._keys[rows] = keys
        self._seqs[rows] = seqs
        self._values[rows] = values
        self._says[rows] = says  # last: a row that says nothing is not there
        self.rows = stop
        self.claim()


class Open:
    """Rows that are closed and may change, ascending, with what is known of each."""

    def __init__(self, columns: int) -> None:
        self._rows: IntArray = np.empty((columns, 0), dtype=np.int64)

    @property
    def rows(self) -> IntArray:
        """Their numbers, shape (n,)."""
        found: IntArray = self._rows[0]
        return found

    def add(self, rows: IntArray) -> None:
        """Take rows behind those that are there: their numbers, and the rest, shape (k, n)."""
        self._rows = np.concatenate([self._rows, rows], axis=1)

    def places(self, rows: IntArray) -> IntArray:
        """Return where each of these is, -1 where it is not there, shape (n,)."""
        if not self._rows.shape[1]:
            return np.full(rows.size, -1)
        near = np.minimum(np.searchsorted(self._rows[0], rows), self._rows.shape[1] - 1)
        return np.where(self._rows[0, near] == rows, near, -1)

    def column(self, column: int, places: IntArray) -> IntArray:
        """Return what is known at these places, shape as given."""
        found: IntArray = self._rows[column, places]
        return found

    def set(self, column: int, places: IntArray, value: IntArray | int) -> None:
        """Know something else."""
        self._rows[column, places] = value

    def settle(self, places: IntArray) -> None:
        """Forget what changes no more."""
        kept = np.ones(self._rows.shape[1], dtype=np.bool_)
        kept[places] = False
        self._rows = self._rows[:, kept]


class RotatingPublishRecorder(PublishRecorder):
    """Notes sends and PubAcks of a soak."""

    def __init__(self, planned: int, path: Path, ahead: int = AHEAD_ROWS) -> None:
        """Have numbers for so many messages, and room for the first ones.

        Args:
            planned: messages.
            path: where to keep what is noted; its log stands beside it.
            ahead: messages that there is room for at first.
        """
        self._sliding = Sliding(path, (len(PUBLISHER_COLUMNS), max(1, planned)), "w+")
        self._ahead = ahead
        self._sliding.claim(0, ahead)
        self._begin(self._sliding.columns, planned, None)
        self._late = Late(late_path(path))
        self._closed = 0
        self._open = Open(2)

    def close(self, stop: int) -> Closed:
        """Close all messages that were sent: positions below `stop`.

        Raises:
            MeasurementError: the disk is full.
        """
        fresh = np.flatnonzero(self._stored_ns[self._closed : stop] == NEVER) + self._closed
        self._open.add(np.stack([fresh, (self._outcome[fresh] != 0).astype(np.int64)]))
        self._closed = stop
        self._fresh = max(self._fresh, stop)
        self._sliding.claim(stop, stop + self._ahead)
        return Closed(stop, self._late.rows)

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        """Answers came for these positions; those of closed ones go to the log."""
        if self._all_open(positions):
            super().stored(positions, stored_ns)
            return
        given = np.r_[positions] if isinstance(positions, range) else np.asarray(positions)
        self._stored_late(given[given < self._closed], stored_ns)
        super().stored(given[given >= self._closed], stored_ns)

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """Another answer than the wanted one came for this position."""
        if position >= self._closed:
            super().refused(position, reason, outcome)
            return
        if reason:
            self._refusals.note(reason)
        row = np.array([position])
        place = self._open.places(row)
        if place[0] < 0:
            self.again += 1
            return
        if self._open.column(1, place)[0]:
            self.again += 1
        else:
            self._refused += 1
            self.settled += 1
            if self._abandoned:
                self._answered_late(row)
        self._open.set(1, place, 1)
        self._late.note(row, 0, OUTCOME, int(outcome))

    def abandoned(self, stop: int) -> None:
        """The connection broke: positions below `stop` without an answer will hardly get one."""
        rows = self._open.rows
        closed = (rows >= self._abandoned_stop) & (rows < stop)
        closed &= self._open.column(1, np.arange(rows.size)) == 0
        given_up = int(np.count_nonzero(closed))
        self._abandoned += given_up
        self.settled += given_up
        self._abandoned_stop = max(self._abandoned_stop, min(stop, self._closed))
        super().abandoned(stop)

    def said(self, positions: IntArray | range, numbers: IntArray) -> None:
        """Nobody asks in a soak what an answer holds besides."""

    def _all_open(self, positions: IntArray | Sequence[int]) -> bool:
        """Say whether none of these is closed."""
        if isinstance(positions, range):
            return positions.start >= self._closed
        if isinstance(positions, np.ndarray):
            return not positions.size or int(positions.min()) >= self._closed
        return not positions or min(positions) >= self._closed

    def _stored_late(self, positions: IntArray, stored_ns: int) -> None:
        """Note answers to closed ones: the first to each, the others are answers again."""
        first_ones = np.unique(positions)
        places = self._open.places(first_ones)
        known = places >= 0
        count = int(np.count_nonzero(known))
        self.again += positions.size - count
        rows, places = first_ones[known], places[known]
        self._stored += count
        refused = self._open.column(1, places) != 0
        before = int(np.count_nonzero(refused))
        self.settled += count - before
        self._refused -= before
        self.again += before
        if self._abandoned:
            self._answered_late(rows[~refused])
        self._late.note(rows, 0, STORED, stored_ns)
        self._open.settle(places)


class RotatingConsumeRecorder(ConsumeRecorder):
    """Notes deliveries of a soak, handler ends and acks."""

    def __init__(
        self, expected: int, path: Path, *, acks: bool = True, ahead: int = AHEAD_ROWS
    ) -> None:
        """Have numbers for deliveries, and room for the first ones.

        Args:
            expected: messages.
            path: where to keep what is noted; its log stands beside it.
            acks: they are acknowledged.
            ahead: deliveries that there is room for at first.
        """
        rows = max(1, expected) * MORE_DELIVERIES + ahead
        self._sliding = Sliding(path, (len(CONSUMER_COLUMNS), rows), "w+")
        self._ahead = ahead
        self._sliding.claim(0, ahead)
        self._path = path
        self._begin(self._sliding.columns)
        self._late = Late(late_path(path))
        self._closed = 0
        self._all = _IS_HANDLED | _IS_ACKED if acks else _IS_HANDLED
        self._open = Open(5)

    def close(self) -> Closed:
        """Close all deliveries that came.

        Raises:
            MeasurementError: the disk is full.
        """
        fresh = slice(self._closed, self._stop)
        state = (self._handled_ns[fresh] != NEVER) * _IS_HANDLED
        state |= (self._acked_ns[fresh] != NEVER) * _IS_ACKED
        open_ = np.flatnonzero((state & self._all != self._all) & (self._ending[fresh] == 0))
        rows = open_ + self._closed
        told = (self._ids[rows], self._stream_seqs[rows], self._deliveries[rows])
        self._open.add(np.stack([rows, *told, state[open_]]))
        self._closed = self._stop
        self._sliding.claim(self._stop, self._stop + self._ahead)
        return Closed(self._stop, self._late.rows)

    def handled_at(self, positions: IntArray, handled_ns: int) -> None:
        """Handlers of these deliveries were seen to have ended at this instant."""
        if self._all_open(positions):
            super().handled_at(positions, handled_ns)
            return
        late = positions < self._closed
        self._note(positions[late], HANDLED, handled_ns)
        self._handled += int(np.count_nonzero(late))
        super().handled_at(positions[~late], handled_ns)

    def acked_at(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """These deliveries were acknowledged, each at its instant or all at one."""
        if self._all_open(positions):
            super().acked_at(positions, acked_ns)
            return
        late = positions < self._closed
        each_ns = np.broadcast_to(np.asarray(acked_ns), positions.shape)
        self._note(positions[late], ACKED, each_ns[late])
        self._acked += int(np.count_nonzero(late))
        super().acked_at(positions[~late], each_ns[~late])

    def in_stream_order(self, positions: IntArray) -> IntArray:
        """Return these deliveries with the highest stream sequence last; of repeats, the latest."""
        return positions[np.argsort(self.seqs_of(positions), kind="stable")]

    def told(self, positions: IntArray) -> tuple[IntArray, IntArray]:
        """Return the message ids and the delivery counts of these deliveries."""
        if self._all_open(positions):
            return super().told(positions)
        ids, deliveries = super().told(np.maximum(positions, self._closed - 1))
        return self._filled(ids, positions, 1), self._filled(deliveries, positions, 3)

    def seqs_of(self, positions: IntArray) -> IntArray:
        """Return the stream sequences of these deliveries."""
        if self._all_open(positions):
            return super().seqs_of(positions)
        return self._filled(super().seqs_of(np.maximum(positions, self._closed - 1)), positions, 2)

    def known_at(self, positions: IntArray, known_ns: int) -> None:
        """Refuse: nobody else does the work of a soak."""
        raise NotImplementedError

    def ended(self, positions: IntArray, ending: Ending, *, answered: bool) -> None:
        """Refuse what ends otherwise after it was closed: nobody fails in a soak."""
        if not self._all_open(positions):
            raise NotImplementedError
        super().ended(positions, ending, answered=answered)

    def _all_open(self, positions: IntArray) -> bool:
        """Say whether none of these is closed."""
        chosen = selection(positions)
        if isinstance(chosen, slice):
            return int(chosen.start) >= self._closed
        return not positions.size or int(positions.min()) >= self._closed

    def _note(self, positions: IntArray, says: int, values: IntArray | int) -> None:
        """Write down what happened to closed ones, by their messages."""
        places = self._open.places(positions)
        known = places >= 0
        told = values[known] if isinstance(values, np.ndarray) else values
        places = places[known]
        ids, seqs, _, state = (self._open.column(column, places) for column in range(1, 5))
        self._late.note(ids, seqs, says, told)
        state |= _IS_HANDLED if says == HANDLED else _IS_ACKED
        self._open.set(4, places, state)
        self._open.settle(places[state & self._all == self._all])

    def _filled(self, found: IntArray, positions: IntArray, column: int) -> IntArray:
        """Return what is known of deliveries, of closed ones as it was kept of them."""
        places = self._open.places(positions)
        known = places >= 0
        filled = found.copy()
        filled[known] = self._open.column(column, places[known])
        return filled

    def _grow(self, size: int) -> None:
        """Refuse: there are numbers for many times what was planned."""
        raise MeasurementError(f"more deliveries than a soak has numbers for: {size}")


def late_path(path: Path) -> Path:
    """Return where the log of a record stands."""
    return path.with_suffix(".late.npy")
