"""What rotating recorders have closed, read once and given back to the disk."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.clients.port import IntArray
from bench.core.errors import MeasurementError
from bench.engine.recorder import (
    CONSUMER_COLUMNS,
    NEVER,
    PUBLISHER_COLUMNS,
    ConsumerRecord,
    PublisherRecord,
)
from bench.engine.rotating import (
    ACKED,
    HANDLED,
    LATE_COLUMNS,
    OUTCOME,
    STORED,
    Closed,
    late_path,
)
from bench.engine.sliding import Sliding

_STEP_ROWS = 1 << 20

_AGAIN_ROWS = 1 << 19
"""Given back once more with the rows behind them: where both stand in one page of up to 4 MB,
whoever wrote the later ones has brought the earlier ones back, as zeros."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sent:
    """What a publisher wrote down since the look before.

    Attributes:
        record: of messages that it has sent since.
        stored_ids, stored_ns: PubAcks of earlier ones.
        outcome_ids, outcome: other answers to earlier ones.
    """

    record: PublisherRecord
    stored_ids: IntArray
    stored_ns: IntArray
    outcome_ids: IntArray
    outcome: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What happened to deliveries of which the rest was told before.

    Attributes:
        ids, seqs: of their messages.
        at_ns: when.
    """

    ids: IntArray
    seqs: IntArray
    at_ns: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Came:
    """What a consumer process wrote down since the look before.

    Attributes:
        record: of deliveries that came since.
        handled, acked: of earlier ones.
    """

    record: ConsumerRecord
    handled: Told
    acked: Told


class _Rows:
    """The rows of a sliding file, one stretch after the other."""

    def __init__(self, path: Path, shows: int) -> None:
        """Begin with the first row.

        Args:
            path: of the file.
            shows: column that is not 0 in any row that was written.
        """
        self._sliding = Sliding(path, (0, 0), "r+")
        self._shows = shows
        self.first = 0

    def next(self, stop: int | None) -> IntArray:
        """Return a copy of the rows up to `stop`, and give them back.

        Args:
            stop: None for all that were written: whoever wrote them is gone.

        Raises:
            MeasurementError: some are not there any more, though it was told that they are.
        """
        first, stop = self.first, self._written() if stop is None else stop
        rows = self._sliding.columns[:, first:stop].copy()
        if not rows[self._shows].all():
            raise MeasurementError(f"rows that were told are gone, from {first} to {stop}")
        self._sliding.release(max(0, first - _AGAIN_ROWS), stop)
        self.first = stop
        return rows

    def _written(self) -> int:
        """Return up to where rows were written."""
        stop = self.first
        while stop < self._sliding.rows:
            shown = self._sliding.columns[self._shows, stop : stop + _STEP_ROWS] != 0
            if not shown.all():
                return stop + int(np.argmin(shown))
            stop += shown.size
        return stop


_SAYS = LATE_COLUMNS.index("says")


class Published:
    """Reads what a publisher has closed."""

    def __init__(self, path: Path, *, share: int, shares: int) -> None:
        """Begin with its first message.

        Args:
            path: of its record.
            share: its messages are those whose id leaves this,
            shares: divided by this.
        """
        self._rows = _Rows(path, PUBLISHER_COLUMNS.index("sent_ns"))
        self._late = _Rows(late_path(path), _SAYS)
        self._share, self._shares = share, shares

    @property
    def stop(self) -> int:
        """How many of its messages were read."""
        return self._rows.first

    def read(self, closed: Closed | None) -> Sent:
        """Return what it wrote down since the look before; None for all: it is gone."""
        first = self._rows.first
        rows = self._rows.next(None if closed is None else closed.rows)
        keys, _, says, values = self._late.next(None if closed is None else closed.late)
        columns = dict(zip(PUBLISHER_COLUMNS, rows, strict=True))
        columns["ids"] = self._ids(np.arange(first, self._rows.first))
        stored, other = says == STORED, says == OUTCOME
        return Sent(
            record=PublisherRecord(**columns),
            stored_ids=self._ids(keys[stored]),
            stored_ns=values[stored],
            outcome_ids=self._ids(keys[other]),
            outcome=values[other],
        )

    def _ids(self, positions: IntArray) -> IntArray:
        return self._share + positions * self._shares


class Consumed:
    """Reads what a consumer process has closed."""

    def __init__(self, path: Path) -> None:
        """Begin with its first delivery; the record stands at a path."""
        self._rows = _Rows(path, CONSUMER_COLUMNS.index("received_ns"))
        self._late = _Rows(late_path(path), _SAYS)

    def read(self, closed: Closed | None) -> Came:
        """Return what it wrote down since the look before; None for all: it is gone."""
        rows = self._rows.next(None if closed is None else closed.rows)
        ids, seqs, says, values = self._late.next(None if closed is None else closed.late)
        handled, acked = (
            Told(ids=ids[those], seqs=seqs[those], at_ns=values[those])
            for those in (says == HANDLED, says == ACKED)
        )
        record = ConsumerRecord(**dict(zip(CONSUMER_COLUMNS, rows, strict=True)))
        return Came(record=record, handled=handled, acked=acked)


assert NEVER == 0, "a sliding file reads as zeros where nothing was written"  # noqa: S101
