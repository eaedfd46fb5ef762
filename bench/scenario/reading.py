"""Reads of keys of a bucket, and what they brought; as several kinds of workload have them."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.clients.buckets import NOBODY
from bench.clients.port import IntArray
from bench.engine.keyed import BEFORE, NOTHING, Reads, Writes, behind_ns, written_ns, wrong
from bench.engine.lifetimes import EARLY_NS
from bench.engine.table import NOT_YET, MessageTable, happened
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import Traffic

PRELOADED: Final[int] = 10**ID_DIGITS - 1
"""Stands for the id of what was in the bucket before the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What there is to be read.

    Attributes:
        writes: of the keys, by id.
        table: of the writes: when each was begun at the earliest, and confirmed.
        life_ns: how long a value surely lives; None for ever.
        preloaded: every key had a value before the trial.
    """

    writes: Writes
    table: MessageTable
    life_ns: int | None = None
    preloaded: bool = False

    def behind_ns(self, reads: Reads) -> IntArray:
        """Return for how long reads brought less than was confirmed; below 0 of none, (n,)."""
        return behind_ns(reads, self.writes, self.table, self.life_ns, preloaded=self.preloaded)

    def counts(self, reads: Reads) -> dict[str, int]:
        """Return how many reads found nothing, or something old or wrong."""
        return {
            "absent": int(np.count_nonzero(reads.found == NOTHING)),
            "dated": reads.found.size,
            "stale": int(np.count_nonzero(self.behind_ns(reads) >= 0)),
            "wrong": wrong(reads, self.writes),
        }

    def dated(self, table: MessageTable, reads: Reads) -> MessageTable:
        """Return the table of all reads with since when what they brought stood there."""
        answered = happened(table.stored_ns)
        since_ns = np.full(answered.size, NOT_YET)
        since_ns[answered] = written_ns(reads, self.writes, self.table)
        return replace(table, received_ns=since_ns)


def surely_ns(life_ns: int | None) -> int | None:
    """Return how long a value lives at least, by our clock; None for ever."""
    return None if life_ns is None else max(0, life_ns - EARLY_NS)


def reads_of(table: MessageTable, asked: Traffic, numbers: IntArray) -> Reads:
    """Return the reads that were answered, by what their answers said, shape (n,)."""
    answered = happened(table.stored_ns)
    return Reads(
        keys=asked.subject_index[answered],
        sent_ns=table.sent_ns[answered],
        answered_ns=table.stored_ns[answered],
        found=_found(numbers)[answered],
    )


def _found(numbers: IntArray) -> IntArray:
    """Return whose write was read, from what answers held: its id and 1, and 0 of no value.

    What nobody of ours wrote has an id that no write has.
    """
    ids = np.where(numbers == PRELOADED + 1, BEFORE, numbers - 1)
    known = np.where(numbers == NOBODY, PRELOADED, ids)
    return np.where(numbers == 0, NOTHING, known)
