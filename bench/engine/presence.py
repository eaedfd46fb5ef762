"""How many keys surely had a value for the whole of a time; pure."""

from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine.keyed import Writes
from bench.engine.table import MessageTable, happened

_FAR_NS = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Times for which keys surely had a value, ns from the trial's start, each ascending.

    Attributes:
        begin_ns: a value was confirmed, or there before.
        end_ns: the next write of its key was sent, or its time may have been over.
    """

    begin_ns: IntArray
    end_ns: IntArray

    def throughout(self, begin_ns: IntArray, end_ns: IntArray) -> IntArray:
        """Return how many keys surely had one value from each begin to its end, at least, (n,).

        Each write in between takes one away, of whatever key it is.
        """
        there = np.searchsorted(self.begin_ns, begin_ns, side="right")
        gone = np.searchsorted(self.end_ns, end_ns, side="right")
        least: IntArray = np.maximum(there - gone, 0)
        return least


def presence(
    writes: Writes, table: MessageTable, *, preloaded: int, life_ns: int | None = None
) -> Presence:
    """Return when keys surely had a value.

    Args:
        writes: of the keys; those of one key are stored in the order of their ids.
        table: of the writes.
        preloaded: keys that had one before; of those that live for a time nothing is sure.
        life_ns: how long a value surely lives; None for ever.
    """
    may_be = happened(table.sent_ns) & ~(table.refused & ~happened(table.stored_ns))
    ids = np.flatnonzero(may_be)
    order = ids[np.argsort(writes.keys[ids], kind="stable")]
    keys, sent_ns, stored_ns = writes.keys[order], table.sent_ns[order], table.stored_ns[order]
    end_ns = np.append(sent_ns[1:], _FAR_NS)[: order.size]
    end_ns[np.append(np.diff(keys) != 0, True)[: order.size]] = _FAR_NS
    if life_ns is not None:
        end_ns = np.minimum(end_ns, sent_ns + life_ns)
    brings = happened(stored_ns) & ~writes.removes[order] & (stored_ns < end_ns)
    first = 0 if life_ns is not None else preloaded
    first_ns = sent_ns[np.append(True, np.diff(keys) != 0)[: order.size]][:first]
    return Presence(
        begin_ns=np.sort(np.append(np.full(first, -_FAR_NS), stored_ns[brings])),
        end_ns=np.sort(np.append(first_ns, end_ns[brings])),
    )
