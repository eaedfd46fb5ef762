"""What became of the writes of keys, as those saw them who read and watched; pure.

A key belongs to one writer, so its writes are stored in the order of their ids: that is all that is
asked of the order. A watcher is owed what the bucket's history keeps: a write that `history` later
ones of its key, or a purge, have pushed out may never come, and is superseded when a later one of
its key was seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.clients.port import IntArray
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import Flags, MessageTable, happened, ours

BEFORE = -1
"""Of what was read: older than any write of the trial."""

NOTHING = -2
"""Of what was read: the key had no value."""

FRESH = -1
"""Of how far behind a read was: it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """The writes of keys by id, of shape (n,).

    Attributes:
        keys: number of the key of each.
        removes: it takes the value away.
        purges: it takes the history away as well.
    """

    keys: IntArray
    removes: Flags
    purges: Flags

    def among(self, chosen: Flags) -> "Writes":
        """Return some of them, which keep their order."""
        return Writes(
            keys=self.keys[chosen], removes=self.removes[chosen], purges=self.purges[chosen]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a watcher saw of the writes that it is due.

    Attributes:
        table: of the writes; one that was superseded counts as seen when a later one was.
        superseded: which were, shape (n,).
        missing: which were stored, are owed and never came, shape (n,).
        overtaken: of those, which a later one of their key came after, so that they never will.
    """

    table: MessageTable
    superseded: Flags
    missing: Flags
    overtaken: Flags


def watched(table: MessageTable, writes: Writes, history: int) -> Seen:
    """Return what a watcher of a bucket with this history saw."""
    received = happened(table.received_ns)
    later = _next_seen(writes.keys, received)
    may_miss = _pushed_out(table, writes, history) & (later >= 0) & ~received
    superseded = may_miss & happened(table.sent_ns)
    missing = happened(table.stored_ns) & ~received & ~may_miss
    filled = replace(
        table,
        received_ns=np.where(superseded, table.received_ns[later], table.received_ns),
        handled_ns=np.where(superseded, table.handled_ns[later], table.handled_ns),
    )
    overtaken = missing & (later >= 0)
    return Seen(table=filled, superseded=superseded, missing=missing, overtaken=overtaken)


def _next_seen(keys: IntArray, received: Flags) -> IntArray:
    """Return for each write the next one of its key that was received, itself too; -1 for none."""
    by_key, size = np.argsort(keys, kind="stable"), keys.size
    places = np.where(received[by_key], np.arange(size), size)
    following = np.minimum.accumulate(places[::-1])[::-1]
    there = following.clip(max=max(0, size - 1))
    same = (following < size) & (keys[by_key][there] == keys[by_key])
    found = np.full(size, -1)
    found[by_key] = np.where(same, by_key[there], -1)
    return found


def _pushed_out(table: MessageTable, writes: Writes, history: int) -> Flags:
    """Return which writes the bucket no longer keeps: too many came after them, or a purge."""
    stored = happened(table.stored_ns)
    found: Flags = (_later(writes.keys, stored) >= history) | (
        _later(writes.keys, stored & writes.purges) > 0
    )
    return found


def _later(keys: IntArray, counted: Flags) -> IntArray:
    """Return for each write how many counted ones of its key come after it, shape (n,)."""
    by_key = np.argsort(keys, kind="stable")
    so_far = np.cumsum(counted[by_key])
    last = np.searchsorted(keys[by_key], keys[by_key], side="right") - 1
    found = np.empty(keys.size, dtype=np.int64)
    found[by_key] = so_far[last] - so_far if keys.size else so_far
    return found


def last_seqs(records: Sequence[ConsumerRecord], keys: IntArray, count: int) -> IntArray:
    """Return the highest stream sequence that came of each of `count` keys; 0 where none did."""
    found = np.zeros(count, dtype=np.int64)
    for record in records:
        known = ours(record.ids, keys.size)
        np.maximum.at(found, keys[record.ids[known]], record.stream_seqs[known])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Reads of keys that were answered, of shape (n,).

    Attributes:
        keys: number of the key of each.
        sent_ns, answered_ns: when; from the trial's start.
        found: id of the write that was read; BEFORE, or NOTHING.
    """

    keys: IntArray
    sent_ns: IntArray
    answered_ns: IntArray
    found: IntArray


def said(records: Sequence[PublisherRecord], size: int) -> IntArray:
    """Return the number that the answer to each operation held, by id, shape (size,)."""
    numbers = np.zeros(size, dtype=np.int64)
    for record in records:
        numbers[record.ids] = record.said
    return numbers


def written_ns(reads: Reads, writes: Writes, table: MessageTable) -> IntArray:
    """Return since when what was read stood there, shape (n,): before its answer in any case.

    What was there before the trial stood there since it began, or longer; of a key without a value
    it is since the last write that was confirmed before the read was sent.
    """
    size = writes.keys.size
    known = (reads.found >= 0) & (reads.found < size)
    stored_ns = np.append(table.stored_ns, 0)
    since_ns = stored_ns[np.where(known, reads.found, size)]
    gone = np.flatnonzero(reads.found == NOTHING)
    since_ns[gone] = _last_before(reads, writes, table, gone)
    since_ns = np.where(happened(since_ns), since_ns, reads.answered_ns)
    found: IntArray = np.minimum(since_ns, reads.answered_ns - 1)
    return found


def _last_before(reads: Reads, writes: Writes, table: MessageTable, chosen: IntArray) -> list[int]:
    """Return when the last write before each chosen read was confirmed; 0 where none was."""
    found = []
    for read in chosen.tolist():
        stored_ns = table.stored_ns[writes.keys == reads.keys[read]]
        before = stored_ns[happened(stored_ns) & (stored_ns <= reads.sent_ns[read])]
        found.append(int(before.max()) if before.size else 0)
    return found


def under_way(table: MessageTable, begin_ns: IntArray, end_ns: IntArray) -> IntArray:
    """Return how many operations may have been done between each begin and end, shape as given."""
    sent = happened(table.sent_ns)
    begun_ns = np.sort(table.sent_ns[sent])
    ended_ns = np.sort(table.stored_ns[sent & happened(table.stored_ns)])
    begun = np.searchsorted(begun_ns, end_ns, side="right")
    return begun - np.searchsorted(ended_ns, begin_ns, side="left")


def wrong(reads: Reads, writes: Writes) -> int:
    """Return how many reads brought what was never written to their key."""
    size = writes.keys.size
    is_write = reads.found >= 0
    known = is_write & (reads.found < size)
    there = np.where(known, reads.found, 0)
    alike = known & (writes.keys[there] == reads.keys) if size else known
    fits = alike & ~writes.removes[there] if size else alike
    return int(np.count_nonzero(is_write & ~fits))


def stale(
    reads: Reads,
    writes: Writes,
    table: MessageTable,
    life_ns: int | None = None,
    *,
    preloaded: bool = False,
) -> int:
    """Return how many reads brought less than was confirmed before they were sent."""
    behind = behind_ns(reads, writes, table, life_ns, preloaded=preloaded)
    return int(np.count_nonzero(behind >= 0))


def behind_ns(
    reads: Reads,
    writes: Writes,
    table: MessageTable,
    life_ns: int | None = None,
    *,
    preloaded: bool = False,
) -> IntArray:
    """Return for how long a read brought less than was confirmed when it was sent, shape (n,).

    Below 0 of one that brought no less. Nothing is old where the last confirmed write took the
    value away, or a later one, that was sent before the answer came, may have; or where its time
    may have been over.

    Args:
        reads: answered.
        writes: of the keys.
        table: of the writes.
        life_ns: how long a value surely lives; None for ever.
        preloaded: every key had a value before the trial.
    """
    found = np.full(reads.found.size, FRESH)
    for chosen, own, ids in _by_key(reads, writes):
        history = _history(ids, writes, table, preloaded=preloaded)
        found[chosen] = _behind(own, history, life_ns)
    return found


def settling(reads: Reads, writes: Writes, table: MessageTable, within_ns: int) -> Flags:
    """Return by which reads a write of their key was under way, or done within so long, (n,)."""
    found = np.zeros(reads.found.size, dtype=np.bool_)
    for chosen, own, ids in _by_key(reads, writes):
        sent_ns, stored_ns = table.sent_ns[ids], table.stored_ns[ids]
        begun_ns = sent_ns[happened(sent_ns)]
        done_ns = np.where(happened(stored_ns), stored_ns, sent_ns)[happened(sent_ns)]
        begun = np.searchsorted(np.sort(begun_ns), own.answered_ns, side="right")
        done = np.searchsorted(np.sort(done_ns + within_ns), own.sent_ns, side="left")
        found[chosen] = begun > done
    return found


def _by_key(reads: Reads, writes: Writes) -> Iterator[tuple[IntArray, Reads, IntArray]]:
    """Yield which reads are of one key, with them and the ids of its writes, ascending."""
    by_key = np.argsort(writes.keys, kind="stable")
    sorted_keys = writes.keys[by_key]
    order = np.argsort(reads.keys, kind="stable")
    keys, firsts = np.unique(reads.keys[order], return_index=True)
    for key, of_key in zip(keys.tolist(), np.split(order, firsts[1:]), strict=False):
        first, stop = np.searchsorted(sorted_keys, [key, key + 1])
        own = Reads(
            keys=reads.keys[of_key],
            sent_ns=reads.sent_ns[of_key],
            answered_ns=reads.answered_ns[of_key],
            found=reads.found[of_key],
        )
        yield of_key, own, by_key[first:stop]


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    """The writes of one key.

    Attributes:
        ids: that were confirmed, ascending; BEFORE of what was there before the trial.
        sent_ns, stored_ns: of those; what was there before was it for ever, and from 0 on.
        removals: of those, the ids that took the value away.
        removing, removing_ns: all that may have, and when they were sent.
    """

    ids: IntArray
    sent_ns: IntArray
    stored_ns: IntArray
    removals: IntArray
    removing: IntArray
    removing_ns: IntArray


def _history(ids: IntArray, writes: Writes, table: MessageTable, *, preloaded: bool) -> _History:
    confirmed = ids[happened(table.stored_ns[ids])]
    stored_ns = np.maximum.accumulate(table.stored_ns[confirmed])
    removing = ids[writes.removes[ids] & happened(table.sent_ns[ids])]
    before = int(preloaded)
    return _History(
        ids=np.append(np.full(before, BEFORE), confirmed),
        sent_ns=np.append(np.full(before, _LONG_AGO_NS), table.sent_ns[confirmed]),
        stored_ns=np.append(np.zeros(before, dtype=np.int64), stored_ns),
        removals=confirmed[writes.removes[confirmed]],
        removing=removing,
        removing_ns=table.sent_ns[removing],
    )


_LONG_AGO_NS = -(2**62)


def _behind(reads: Reads, history: _History, life_ns: int | None) -> IntArray:
    if not history.ids.size:
        return np.full(reads.found.size, FRESH)
    ids, stored_ns = history.ids, history.stored_ns
    place = np.searchsorted(stored_ns, reads.sent_ns, side="right") - 1
    newest = ids[place.clip(min=0)]
    older = (place >= 0) & (reads.found < newest)
    if life_ns is not None:
        over = reads.answered_ns >= history.sent_ns[place.clip(min=0)] + life_ns
        older &= ~(over & (reads.found == NOTHING))
    for read in np.flatnonzero(older & (reads.found == NOTHING)).tolist():
        older[read] = not np.any(
            (history.removing >= newest[read]) & (history.removing_ns <= reads.answered_ns[read])
        )
    # A key that was read as without a value was without one since its last removal.
    gone = np.append(NOTHING, history.removals)
    since = gone[np.searchsorted(gone, newest, side="left") - 1]
    known = np.where(reads.found == NOTHING, since, reads.found)
    following = np.searchsorted(ids, known, side="right").clip(max=ids.size - 1)
    behind: IntArray = np.where(older, reads.sent_ns - stored_ns[following], FRESH)
    return behind
