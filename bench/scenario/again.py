"""What came again, by the records of whoever took it."""

from collections.abc import Sequence

import numpy as np

from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import MessageTable, happened, ours


def handled_again(table: MessageTable, records: Sequence[ConsumerRecord]) -> int:
    """Return how many deliveries were handled of messages that were handled before."""
    size = table.intended_ns.size
    all_of_them = sum(
        int(np.count_nonzero(ours(each.ids, size) & (each.handled_ns != NEVER))) for each in records
    )
    return all_of_them - int(np.count_nonzero(happened(table.handled_ns)))


def repeats_in_hand(record: ConsumerRecord) -> int:
    """Return how many deliveries of what had come before to a process it had not handled."""
    _, first = np.unique(record.ids, return_index=True)
    later = np.ones(record.ids.size, dtype=bool)
    later[first] = False
    return int(np.count_nonzero(later & (record.ids >= 0) & (record.handled_ns == NEVER)))
