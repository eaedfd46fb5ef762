"""How often messages came, and until when those that came more than once were in hand."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.engine.fates import GIVEN_UP
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import NOT_YET, Flags, ours
from bench.record.schema import MOST_ATTEMPTS


def attempts(records: Sequence[ConsumerRecord], size: int) -> Mapping[int, int]:
    """Return how many messages came once, twice and so on; none of what never came.

    Args:
        records: of all processes of a part.
        size: of its flow; what has another id is none of it.
    """
    often = np.bincount(np.minimum(_came(records, size), MOST_ATTEMPTS), minlength=1)
    return {times: int(often[times]) for times in np.flatnonzero(often).tolist() if times}


def retried(records: Sequence[ConsumerRecord], size: int) -> Flags:
    """Return which messages came more than once, shape (size,); arguments as of `attempts`."""
    again: Flags = _came(records, size) > 1
    return again


def settled_ns(records: Sequence[ConsumerRecord], size: int, start_ns: int) -> IntArray:
    """Return when messages that came more than once were through; NOT_YET for others, (size,).

    Acknowledged or given up, and received no more after that.

    Args:
        records: as of `attempts`.
        size: likewise.
        start_ns: of the trial, on the clock of the records.
    """
    last_ns, through_ns = np.full(size, NOT_YET), np.full(size, NOT_YET)
    for record in records:
        known = ours(record.ids, size)
        np.maximum.at(last_ns, record.ids[known], record.received_ns[known] - start_ns)
        ended_ns = _ended_ns(record)
        known &= ended_ns != NEVER
        np.maximum.at(through_ns, record.ids[known], ended_ns[known] - start_ns)
    through = retried(records, size) & (through_ns >= last_ns)
    return np.where(through, through_ns, NOT_YET)


def _came(records: Sequence[ConsumerRecord], size: int) -> IntArray:
    """Return how often each message came, shape (size,)."""
    found = np.zeros(size, dtype=np.int64)
    for record in records:
        found += np.bincount(record.ids[ours(record.ids, size)], minlength=size)
    return found


def _ended_ns(record: ConsumerRecord) -> IntArray:
    """Return when deliveries were acknowledged or given up, NEVER where they were not."""
    given_up = np.isin(record.ending, GIVEN_UP)
    return np.where(given_up, np.maximum(record.handled_ns, record.acked_ns), record.acked_ns)
