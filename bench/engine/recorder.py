"""Where workers write what they saw: integers into arrays, nothing else in the hot path.

The arrays are mapped from files: what a worker wrote is there for the conductor even when the
worker was killed, and a long run spills to disk instead of growing. An instant of 0 means "did not
happen"; real ones are CLOCK_MONOTONIC and far from 0.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.clients.faults import Faults
from bench.clients.inarow import in_a_row, selection, span_of
from bench.clients.port import NO_ID, Delivered, Ending, IntArray, Outcome

NEVER = 0
Flags = NDArray[np.bool_]
_NOBODY_WAITS = sys.maxsize
RECENT = 1000
"""Deliveries that the figure for whoever watches looks back on: a fraction of a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherRecord:
    """What one publisher saw, by position; all of shape (n,).

    Attributes:
        ids: message ids.
        sent_ns: instant of handing over, NEVER when it was not sent.
        stored_ns: instant of the PubAck, NEVER when none came.
        outcome: what else the answer was (bench.clients.port.Outcome), 0 where none came.
        said: a number that the answer held, by the kind of operation; 0 where none.
    """

    ids: IntArray
    sent_ns: IntArray
    stored_ns: IntArray
    outcome: IntArray
    said: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerRecord:
    """What one consumer process saw, by delivery in the order they came; all of shape (n,).

    Attributes:
        ids: message ids, NO_ID where the payload has none.
        stream_seqs: stream sequences.
        deliveries: how often the server had delivered each, 1 for the first time.
        received_ns: instant of arrival.
        handled_ns: instant of noticing that its handler ended, NEVER when it did not.
        acked_ns: instant just before handing its ack over, NEVER when it was not acknowledged.
        ending: how it ended otherwise (bench.clients.port.Ending), 0 where it did not.
    """

    ids: IntArray
    stream_seqs: IntArray
    deliveries: IntArray
    received_ns: IntArray
    handled_ns: IntArray
    acked_ns: IntArray
    ending: IntArray


PUBLISHER_COLUMNS = tuple(field.name for field in fields(PublisherRecord))
CONSUMER_COLUMNS = tuple(field.name for field in fields(ConsumerRecord))


class PublishRecorder:
    """Notes sends and PubAcks; the AckSink of a publisher link.

    Attributes:
        planned: messages that it has room for.
        again: answers to messages that had theirs.
        settled: how many messages have their answer, good or bad, or will not get one.
    """

    def __init__(self, ids: IntArray, path: Path, again: Flags | None = None) -> None:
        """Have room for messages.

        Args:
            ids: of them, shape (n,).
            path: where to keep what is noted.
            again: which say another one again: that a stream knows them is no complaint; shape
                (n,), None for none.
        """
        columns = _new_columns(path, len(PUBLISHER_COLUMNS), ids.size)
        self._begin(columns, ids.size, again)
        self._ids[:] = NO_ID
        self._ids[: ids.size] = ids

    def _begin(self, columns: IntArray, planned: int, again: Flags | None) -> None:
        """Have noted nothing."""
        self._again = again
        self._ids, self._sent_ns, self._stored_ns, self._outcome, self._said = columns
        self.planned = planned
        self.again = 0
        self.settled = 0
        self._stored = 0
        self._refused = 0
        self._fresh = 0
        self._abandoned = 0
        self._abandoned_stop = 0
        self._refusals = Faults()
        self._awaited = _NOBODY_WAITS
        self._call: Callable[[], None] = _nothing

    @property
    def stored_msgs(self) -> int:
        """How many messages have a PubAck."""
        return self._stored

    @property
    def refusals(self) -> tuple[str, ...]:
        """The kinds of error PubAcks, in the order they first came, with their counts."""
        return self._refusals.words()

    def recent_ns_p99(self, due_ns: IntArray, sent: int) -> int:
        """Return p99 from due to answered over the last RECENT sent, for whoever watches.

        -1 with too few of them.
        """
        recent = slice(max(0, sent - RECENT), sent)
        return _p99_of(self._stored_ns[recent], due_ns[recent])

    def when_settled(self, count: int, call: Callable[[], None]) -> None:
        """Call once, when `count` messages have their answer; an earlier wish is forgotten."""
        self._awaited, self._call = count, call

    def sent(self, first: int, stop: int, sent_ns: int) -> None:
        """Positions first..stop-1 are handed over at this instant."""
        self._sent_ns[first:stop] = sent_ns

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        """Answers came for these positions; a second one for the same is told apart."""
        if not (count := len(positions)):
            return
        chosen = _selection(positions)
        if isinstance(chosen, slice) and chosen.start >= self._fresh:
            self._fresh = chosen.stop
        else:
            chosen, count = self._unanswered(chosen, count)
        self._stored_ns[chosen] = stored_ns
        self._stored += count
        self.settled += count
        if self._refused:
            chosen = self._unrefused(chosen)
        if self._abandoned:
            self._answered_late(chosen)

    def _unanswered(self, chosen: IntArray | slice, count: int) -> tuple[IntArray | slice, int]:
        """Return those of `count` chosen positions that have no answer yet, and how many."""
        last, distinct = _last_and_distinct(chosen)
        self._fresh = max(self._fresh, last + 1)
        if distinct and not np.count_nonzero(self._stored_ns[chosen]):
            return chosen, count
        given = np.r_[chosen]  # rare, so what follows may be dear
        first_ones = np.unique(given[self._stored_ns[given] == NEVER])
        self.again += count - first_ones.size
        return first_ones, first_ones.size

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        """Another answer than the wanted one came for this position."""
        if self._outcome[position] or self._stored_ns[position] != NEVER:
            self.again += 1
        else:
            self._refused += 1
            self.settled += 1
            if self._abandoned:
                self._answered_late(np.array([position]))
        self._outcome[position] = outcome
        if reason and not self._is_meant(position, outcome):
            self._refusals.note(reason)

    def _is_meant(self, position: int, outcome: Outcome) -> bool:
        """Say whether a stream is asked to know a message again, and did."""
        if outcome is not Outcome.DUPLICATE or self._again is None:
            return False
        return bool(self._again[position])

    def said(self, positions: IntArray | range, numbers: IntArray) -> None:
        """The answers for these positions hold these numbers, both of shape (n,).

        Told before `stored`: what had its answer keeps what the first one said.
        """
        chosen = _selection(positions)
        if isinstance(chosen, slice) and chosen.start >= self._fresh:
            self._said[chosen] = numbers
            return
        given = np.r_[chosen]
        open_ = np.flatnonzero(self._stored_ns[given] == NEVER)[::-1]
        self._said[given[open_]] = numbers[open_]  # of repeats the last one written stays

    def abandoned(self, stop: int) -> None:
        """The connection broke: positions below `stop` without an answer will hardly get one.

        They free the window, and stay in the record as unanswered.
        """
        fresh = slice(self._abandoned_stop, stop)
        open_ = (self._stored_ns[fresh] == NEVER) & (self._outcome[fresh] == 0)
        given_up = int(np.count_nonzero(open_))
        self._abandoned += given_up
        self.settled += given_up
        self._abandoned_stop = max(stop, self._abandoned_stop)

    def caught_up(self) -> None:
        """Call whoever waits for as many answers as there are by now."""
        if self.settled >= self._awaited:
            self._awaited = _NOBODY_WAITS
            self._call()

    def _unrefused(self, chosen: IntArray | slice) -> IntArray | slice:
        """Return those that were not refused before; what was has its second answer now."""
        before = self._outcome[chosen] != 0
        count = int(np.count_nonzero(before))
        self._refused -= count
        self.settled -= count
        self.again += count
        return np.r_[chosen][~before] if count else chosen

    def _answered_late(self, chosen: IntArray | slice) -> None:
        """Take back what was abandoned and has its answer after all."""
        late = int(np.count_nonzero(np.r_[chosen] < self._abandoned_stop))
        self._abandoned -= late
        self.settled -= late


class ConsumeRecorder:
    """Notes deliveries, handler ends and acks; row = the link's position of a delivery."""

    def __init__(self, expected: int, path: Path) -> None:
        self._path = path
        self._begin(_new_columns(path, len(CONSUMER_COLUMNS), expected))

    def _begin(self, columns: IntArray) -> None:
        """Have noted nothing."""
        self._map(columns)
        self._stop = 0
        self._handled = 0
        self._acked = 0

    @property
    def room(self) -> int:
        """Deliveries that it can take without growing."""
        return int(self._ids.size)

    @property
    def received(self) -> int:
        """Deliveries so far."""
        return self._stop

    @property
    def handled(self) -> int:
        """Handlers ended so far."""
        return self._handled

    @property
    def acked(self) -> int:
        """Deliveries acknowledged so far."""
        return self._acked

    def recent_ns_p99(self, due_ns: IntArray) -> int:
        """Return p99 from due to done over the last RECENT deliveries, for whoever watches.

        Done is acked, or handled where nothing was ever acked. -1 with too few of them.
        """
        recent = slice(max(0, self._stop - RECENT), self._stop)
        ids, done_ns = (
            self._ids[recent],
            (self._acked_ns if self._acked else self._handled_ns)[recent],
        )
        known = (ids >= 0) & (ids < due_ns.size)
        return _p99_of(done_ns[known], due_ns[ids[known]])

    def take(self, block: Delivered) -> IntArray:
        """Note a block of deliveries; return their positions."""
        first, stop = self._stop, self._stop + block.ids.size
        if stop > self._ids.size:
            self._grow(2 * stop)
        rows = slice(first, stop)
        self._ids[rows] = block.ids
        self._stream_seqs[rows] = block.stream_seqs
        self._deliveries[rows] = block.deliveries
        self._received_ns[rows] = block.received_ns
        self._stop = stop
        return in_a_row(first, stop)

    def in_stream_order(self, positions: IntArray) -> IntArray:
        """Return these deliveries with the highest stream sequence last; of repeats, the latest."""
        return positions[np.argsort(self._stream_seqs[positions], kind="stable")]

    def take_one(self, received_ns: int, message_id: int, stream_seq: int, deliveries: int) -> int:
        """Note one delivery, faster than as a block of one; return its position."""
        row = self._stop
        if row == self._ids.size:
            self._grow(2 * row)
        self._ids[row] = message_id
        self._stream_seqs[row] = stream_seq
        self._deliveries[row] = deliveries
        self._received_ns[row] = received_ns
        self._stop = row + 1
        return row

    def handled_at(self, positions: IntArray, handled_ns: int) -> None:
        """Handlers of these deliveries were seen to have ended at this instant."""
        self._handled_ns[selection(positions)] = handled_ns
        self._handled += positions.size

    def acked_at(self, positions: IntArray, acked_ns: IntArray | int) -> None:
        """These deliveries were acknowledged, each at its instant or all at one."""
        self._acked_ns[selection(positions)] = acked_ns
        self._acked += positions.size

    def known_at(self, positions: IntArray, known_ns: int) -> None:
        """Work of these deliveries was seen to be done, by whoever did it; `passed` counts them."""
        self._handled_ns[positions] = known_ns

    def passed(self, positions: IntArray) -> None:
        """Handlers of these deliveries ended, and the messages are not handled."""
        self._handled += positions.size

    def ended(self, positions: IntArray, ending: Ending, *, answered: bool) -> None:
        """These deliveries ended otherwise; no ack of theirs is to be noted unless `answered`."""
        self._ending[positions] = ending
        if not answered:
            self._acked += positions.size

    def told(self, positions: IntArray) -> tuple[IntArray, IntArray]:
        """Return the message ids and the delivery counts of these deliveries."""
        return self._ids[positions], self._deliveries[positions]

    def seqs_of(self, positions: IntArray) -> IntArray:
        """Return the stream sequences of these deliveries."""
        seqs: IntArray = self._stream_seqs[positions]
        return seqs

    def _map(self, columns: IntArray) -> None:
        """Keep a view of each column: picking one out of the table costs as much as writing it."""
        self._columns = columns
        self._ids, self._stream_seqs, self._deliveries = columns[:3]
        self._received_ns, self._handled_ns, self._acked_ns, self._ending = columns[3:]

    def _grow(self, size: int) -> None:
        """Make room for deliveries beyond the plan: a storm of redeliveries brings them."""
        larger_path = self._path.with_suffix(".larger")
        larger = _new_columns(larger_path, len(CONSUMER_COLUMNS), size)
        larger[:, : self._stop] = self._columns[:, : self._stop]
        larger_path.replace(self._path)
        self._map(larger)


def load_publisher(path: Path) -> PublisherRecord:
    """Return what a publisher has written so far, whether it still lives or not."""
    columns = np.load(path, mmap_mode="r")
    known = _rows(columns, columns[0] != NO_ID)
    return PublisherRecord(**dict(zip(PUBLISHER_COLUMNS, known, strict=True)))


def load_consumer(path: Path) -> ConsumerRecord:
    """Return what a consumer has written so far, whether it still lives or not."""
    columns = np.load(path, mmap_mode="r")
    received_ns = columns[CONSUMER_COLUMNS.index("received_ns")]
    known = _rows(columns, received_ns != NEVER)
    return ConsumerRecord(**dict(zip(CONSUMER_COLUMNS, known, strict=True)))


def done_msgs(record: ConsumerRecord) -> int:
    """Return how many messages a process was through with: acknowledged, or handled if it never is.

    What was given up is done with as well, and what it received more than once counts once.
    """
    acked = record.acked_ns != NEVER
    done = acked if acked.any() else record.handled_ns != NEVER
    given_up = np.isin(record.ending, (Ending.TERMINATED, Ending.EXHAUSTED))
    return int(np.unique(record.ids[done | given_up]).size)


def joined(records: Sequence[ConsumerRecord]) -> ConsumerRecord:
    """Return what the generations of one process saw, one after the other, as one record."""
    if len(records) == 1:
        return records[0]
    columns = {
        name: np.concatenate([getattr(record, name) for record in records])
        for name in CONSUMER_COLUMNS
    }
    return ConsumerRecord(**columns)


def chosen_of(record: ConsumerRecord, chosen: Flags) -> ConsumerRecord:
    """Return some deliveries of a record, shape (n,)."""
    return ConsumerRecord(**{name: getattr(record, name)[chosen] for name in CONSUMER_COLUMNS})


def _rows(columns: IntArray, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> IntArray:
    """Return the known rows of every column; without a copy when they are the first ones."""
    count = int(np.count_nonzero(known))
    return columns[:, :count] if known[:count].all() else columns[:, known]


def _selection(positions: IntArray | Sequence[int]) -> IntArray | slice:
    """Return what selects these rows: a slice for those in a row, which costs half as much."""
    if isinstance(positions, range):
        return slice(positions.start, positions.stop)
    if isinstance(positions, np.ndarray):
        return span_of(positions) or positions
    first, stop = positions[0], positions[0] + len(positions)
    if list(positions) == list(range(first, stop)):
        return slice(first, stop)
    return np.array(positions, dtype=np.int64)


def _last_and_distinct(chosen: IntArray | slice) -> tuple[int, bool]:
    """Return the highest position, and whether each is there once."""
    if isinstance(chosen, slice):
        return chosen.stop - 1, True
    ordered = np.sort(chosen)
    return int(ordered[-1]), not np.count_nonzero(ordered[1:] == ordered[:-1])


def _p99_of(done_ns: IntArray, due_ns: IntArray) -> int:
    """Return p99 from due to done, ns; -1 where too few are done."""
    done = done_ns != NEVER
    if np.count_nonzero(done) < RECENT // 10:
        return -1
    return int(np.percentile((done_ns - due_ns)[done], 99))


def _nothing() -> None:
    """Nobody waits."""


def _new_columns(path: Path, count: int, size: int) -> IntArray:
    """Return zeroed columns, shape (count, max(1, size)), that are kept in a file as they change.

    Every page is claimed at once: memory is flat from here on, and a full disk is told now and
    not by a signal in the middle of the trial.
    """
    mapped = np.lib.format.open_memmap(path, mode="w+", dtype=np.int64, shape=(count, max(1, size)))
    columns: IntArray = np.asarray(mapped)
    columns[:] = NEVER
    return columns
