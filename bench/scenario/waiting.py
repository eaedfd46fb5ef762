"""When handlers began, from when they ended and what they were to take."""

from collections.abc import Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import NOT_YET, Flags, ours
from bench.plan.traffic import Traffic

_LAST = np.iinfo(np.int64).max


def begun_ns(
    traffic: Traffic,
    records: Sequence[ConsumerRecord],
    start_ns: int,
    due: Flags | None = None,
    takes_ns: int | None = None,
) -> IntArray:
    """Return when the handler of each message began that did the work, or NOT_YET.

    A handler's end is known when it is noticed, so this is later by as much, and never earlier than
    it began: microseconds with virtual workers, what a sleep is late with coroutines.

    Args:
        traffic: of the flow.
        records: of the processes of a part, by the places of messages among those that say no
            other one again.
        start_ns: of the trial, on the clock of the records.
        due: which of the flow's the part is to see, by whose places it is; those that say no
            other one again where None.
        takes_ns: how long each takes; as the flow has it where None.

    Returns:
        From the trial's start, shape (n,), n messages that it is to see.
    """
    own = np.flatnonzero(traffic.firsts if due is None else due)
    first = np.full(own.size, _LAST)
    for record in records:
        rows = ours(record.ids, own.size) & (record.handled_ns != NEVER)
        ids = own[record.ids[rows]]
        usual_ns = traffic.handler_ns[ids] if takes_ns is None else np.full(ids.size, takes_ns)
        took_ns = traffic.faults.handler_ns(ids, record.deliveries[rows], usual_ns)
        began_ns = np.maximum(record.handled_ns[rows] - took_ns, record.received_ns[rows])
        np.minimum.at(first, record.ids[rows], began_ns - start_ns)
    return np.where(first == _LAST, NOT_YET, first)
