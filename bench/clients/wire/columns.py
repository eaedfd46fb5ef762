"""What a run of deliveries says, one column for each thing, in the order they came. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.clients.port import IntArray
from bench.clients.wire.digits import read_numbers

_ONES = np.ones(4096, dtype=np.int64)
_ONES.setflags(write=False)
"""Nearly every delivery is the first one of its message; making an array costs as much as this."""


class Columns(NamedTuple):
    """Deliveries, or what comes as one.

    Attributes:
        sids: of the subscriptions that they came to.
        ack_subjects: where the ack of each goes.
        deliveries: how often the server had delivered each, shape (n,).
        stream_seqs: sequence of each in the stream, shape (n,).
        ids: message id of each, NO_ID where it has none, shape (n,).
    """

    sids: Sequence[bytes]
    ack_subjects: Sequence[bytes]
    deliveries: IntArray
    stream_seqs: IntArray
    ids: IntArray


def columns_of(
    sids: Sequence[bytes],
    ack_subjects: Sequence[bytes],
    deliveries: Sequence[bytes],
    stream_seqs: Sequence[bytes],
    ids: Sequence[bytes],
) -> Columns:
    """Return the columns of deliveries whose numbers are given as their digits."""
    numbers, count = read_numbers([*ids, *stream_seqs]), len(ids)
    first = deliveries.count(b"1") == count
    counts = first_ones(count) if first else read_numbers(deliveries)
    return Columns(sids, ack_subjects, counts, numbers[count:], numbers[:count])


def one_of(
    sid: bytes, ack_subject: bytes, deliveries: int, stream_seq: int, message_id: int
) -> Columns:
    """Return the columns of one delivery."""
    numbers = np.array((deliveries, stream_seq, message_id), dtype=np.int64)
    return Columns((sid,), (ack_subject,), numbers[:1], numbers[1:2], numbers[2:])


def first_ones(count: int) -> IntArray:
    """Return the delivery counts of so many that were never delivered before; not to be changed."""
    return _ONES[:count] if count <= _ONES.size else np.ones(count, dtype=np.int64)


def chosen(columns: Columns, places: Sequence[int]) -> Columns:
    """Return the deliveries at these places."""
    sids, ack_subjects = ([column[place] for place in places] for column in columns[:2])
    rows = np.array(places, dtype=np.int64)
    return Columns(sids, ack_subjects, *(column[rows] for column in columns[2:]))


def joined(runs: Sequence[Columns]) -> Columns:
    """Return the deliveries of runs, one after the other; a single one as it is."""
    if len(runs) == 1:
        return runs[0]
    sids, ack_subjects = ([text for run in runs for text in run[place]] for place in range(2))
    counts, seqs, ids = (np.concatenate([run[place] for run in runs]) for place in range(2, 5))
    return Columns(sids, ack_subjects, counts, seqs, ids)
