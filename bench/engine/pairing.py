"""What became of operations of two writes: when both were there, and what is not there; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.table import NOT_YET, Flags, happened, ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What writers and reconciler saw of each operation, ns from the trial's start, shape (n,).

    Attributes:
        first_ns: its first write was confirmed to its writer; NOT_YET where it was not.
        through_ns: its writer was through with it, at its end or where it was to be left.
        found_ns: the reconciler found one half alone.
        mended_ns: the reconciler's write was confirmed.
    """

    first_ns: IntArray
    through_ns: IntArray
    found_ns: IntArray
    mended_ns: IntArray


def written(
    size: int,
    writers: Sequence[PublisherRecord],
    reconcilers: Sequence[ConsumerRecord],
    start_ns: int,
) -> Written:
    """Return what records of `size` operations tell, from a start on the records' clock."""
    columns = {name: np.full(size, NOT_YET) for name in Written.__slots__}
    for writer in writers:
        columns["first_ns"][writer.ids] = _since(writer.said, start_ns)
        columns["through_ns"][writer.ids] = _since(writer.stored_ns, start_ns)
    for record in reconcilers:
        known = ours(record.ids, size)
        ids = record.ids[known]
        columns["found_ns"][ids] = _since(record.received_ns[known], start_ns)
        columns["mended_ns"][ids] = _since(record.handled_ns[known], start_ns)
    return Written(**columns)


def _since(instants_ns: IntArray, start_ns: int) -> IntArray:
    return np.where(instants_ns == NEVER, NOT_YET, instants_ns - start_ns)


def paired_ns(seen: Written, left: Flags) -> IntArray:
    """Return when both halves of each operation were there, by whomever; NOT_YET where never.

    Args:
        seen: of each.
        left: which their writer was to leave between two writes, shape (n,).
    """
    by_writer = np.where(left, NOT_YET, seen.through_ns)
    return earliest(by_writer, seen.mended_ns)


def earliest(one_ns: IntArray, other_ns: IntArray) -> IntArray:
    """Return the earlier of two instants, the one that came where the other did not."""
    both = happened(one_ns) & happened(other_ns)
    return np.where(both, np.minimum(one_ns, other_ns), np.maximum(one_ns, other_ns))


def overtaken_ns(instants_ns: IntArray, keys: IntArray) -> IntArray:
    """Return for each operation the earliest such instant of it and of later ones of its key.

    Of values: a later one of a key stands for those before it.
    """
    far = np.iinfo(np.int64).max
    by_key = np.argsort(keys, kind="stable")
    came = np.where(happened(instants_ns), instants_ns, far)[by_key]
    first = np.flatnonzero(np.diff(keys[by_key], prepend=-1))
    for part in np.split(np.arange(keys.size), first[1:]):
        came[part] = np.minimum.accumulate(came[part][::-1])[::-1]
    found = np.empty_like(came)
    found[by_key] = came
    return np.where(found == far, NOT_YET, found)


def once_begun(whole_ns: IntArray, first_ns: IntArray) -> IntArray:
    """Return when each was whole, not before its first write was confirmed, nor without it."""
    came = happened(whole_ns) & happened(first_ns)
    return np.where(came, np.maximum(whole_ns, first_ns), NOT_YET)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnServer:
    """What the server holds of each operation at the end, shape (n,).

    Attributes:
        value: its value, itself, an entry of an outbox that is marked, or a later value of its key.
        itself: its value or entry, and no later one in its place, marked or not.
        event: how often its event is in the stream.
    """

    value: Flags
    itself: Flags
    event: IntArray


def diverged(server: OnServer, confirmed: Flags) -> Flags:
    """Return what has one half alone at the end, or less than was confirmed, shape (n,).

    Args:
        server: what it holds.
        confirmed: a write of the operation was confirmed to somebody.
    """
    event = server.event > 0
    whole = server.value & event
    begun = confirmed | event | server.itself
    return begun & ~whole
