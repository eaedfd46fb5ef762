"""Keys that live for a time: what is gone too early, what stays too long, what is marked; pure.

A server lets a value live for its whole time, and takes it away soon after: it looks about once a
second, so what is still there a moment later is no fault yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.keyed import BEFORE, Reads
from bench.engine.table import Flags, MessageTable, Tables, happened

LATE_NS = 2 * NS_PER_S
"""So long after its time a value may still be there."""

EARLY_NS = 50 * NS_PER_MS
"""So much earlier it may be gone: the server's clock is another one than ours."""

FOR_EVER_NS = 10**15
"""The time of what has none: longer than any trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Writes of keys that live for a time, of shape (n,).

    Attributes:
        keys: number of the key of each.
        table: of the writes.
        life_ns: how long what they bring lives.
    """

    keys: IntArray
    table: MessageTable
    life_ns: int

    @property
    def silent(self) -> Flags:
        """Which were sent and had no answer: they may have been stored or not."""
        table = self.table
        return happened(table.sent_ns) & ~happened(table.stored_ns) & ~table.refused

    def of_key(self, key: int, chosen: Flags) -> IntArray:
        """Return which of the chosen are of a key."""
        return np.flatnonzero(chosen & (self.keys == key))


def doubled(written: Written) -> IntArray:
    """Return which creations succeeded while another one of their key surely lived."""
    sent_ns, stored_ns = written.table.sent_ns, written.table.stored_ns
    lives_ns = written.life_ns - EARLY_NS
    order = np.lexsort((stored_ns, written.keys))
    order = order[happened(stored_ns[order])]
    before, after = order[:-1], order[1:]
    overlap = (
        (written.keys[before] == written.keys[after])
        & (stored_ns[after] < sent_ns[before] + lives_ns)
        & (stored_ns[before] < sent_ns[after] + lives_ns)
    )
    twice: IntArray = after[overlap]
    return twice


def outlived(written: Written, taken: Flags, marker_ns: int) -> IntArray:
    """Return which creations found their key taken though the time of all others was over.

    Args:
        written: the creations.
        taken: which found it so, shape (n,).
        marker_ns: how long a marker stands in the place of what is gone; some clients take it for
            a value.
    """
    stays_ns = written.life_ns + marker_ns + LATE_NS
    found = [
        number
        for key in np.unique(written.keys[taken]).tolist()
        for number in _unexplained(written, key, taken, stays_ns)
    ]
    return np.array(found, dtype=np.int64)


def _unexplained(written: Written, key: int, taken: Flags, stays_ns: int) -> Iterator[int]:
    """Yield the creations of a key that found it taken by nobody."""
    makers = written.of_key(key, happened(written.table.stored_ns) | written.silent)
    for number in written.of_key(key, taken).tolist():
        if not np.any(_explains(written, makers, number, stays_ns)):
            yield number


def _explains(written: Written, makers: IntArray, number: int, stays_ns: int) -> Flags:
    """Return which of a key's others may have been there when a creation found it taken."""
    table, at_ns = written.table, int(written.table.sent_ns[number])
    made_ns = table.stored_ns[makers]
    lives = ~happened(made_ns) | (made_ns + stays_ns > at_ns)
    explains: Flags = (table.sent_ns[makers] <= at_ns + LATE_NS) & lives
    return explains


def latest_ns(tables: Tables) -> int:
    """Return the last instant at which something was answered or came; 0 of nothing."""
    columns = [
        column[happened(column)]
        for table in tables.values()
        for column in (table.stored_ns, table.received_ns)
    ]
    return max((int(column.max()) for column in columns if column.size), default=0)


def over(written: Written, number: int, at_ns: int) -> bool:
    """Say whether the time of what a write brought was surely over at an instant."""
    stored_ns = int(written.table.stored_ns[number])
    return happened_at(stored_ns) and stored_ns + written.life_ns + LATE_NS <= at_ns


def read_late(reads: Reads, table: MessageTable, life_ns: int) -> int:
    """Return how many reads brought what was written so long ago that it had to be gone.

    What was there before the trial is as old as the trial, or older.
    """
    number = np.where((reads.found >= 0) & (reads.found < table.stored_ns.size), reads.found, -1)
    written_ns = np.append(table.stored_ns, 0)[number]
    known = happened(written_ns) & ((number >= 0) | (reads.found == BEFORE))
    late = known & (reads.sent_ns >= written_ns + life_ns + LATE_NS)
    return int(np.count_nonzero(late))


def happened_at(instant_ns: int) -> bool:
    """Say whether an instant came."""
    return bool(happened(np.array([instant_ns]))[0])


def expired(written: Written, removes: Flags, count: int, until_ns: int) -> IntArray:
    """Return how often the value of each key was surely gone for its age, shape (count,).

    Args:
        written: the writes.
        removes: which take a value away themselves, shape (n,).
        count: how many keys there are.
        until_ns: instant to which the server was seen to be there.
    """
    table = written.table
    may_be = happened(table.sent_ns) & ~(table.refused & ~happened(table.stored_ns))
    order = np.lexsort((table.sent_ns, written.keys))
    order = order[may_be[order]]
    next_ns = np.append(table.sent_ns[order[1:]], until_ns)
    next_ns[np.append(np.diff(written.keys[order]) != 0, True)[: order.size]] = until_ns
    stored_ns = table.stored_ns[order]
    alone = next_ns[: order.size] - stored_ns >= written.life_ns + LATE_NS
    gone = order[happened(stored_ns) & alone & ~removes[order]]
    return np.bincount(written.keys[gone], minlength=count)
