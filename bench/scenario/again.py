"""What came again, by the records of whoever took it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import NOT_YET, Flags, MessageTable, Tables, happened, ours
from bench.plan.traffic import Traffic
from bench.spec.filling import PUBLISH


def stored_first_ns(plan: Traffic, table: MessageTable) -> IntArray:
    """Return when the id of each message was stored, by whichever carried it, shape (n,)."""
    stored, never = happened(table.stored_ns), np.iinfo(np.int64).max
    first_ns = np.full(table.stored_ns.size, never)
    np.minimum.at(first_ns, plan.carried[stored], table.stored_ns[stored])
    first_ns[first_ns == never] = NOT_YET
    return first_ns


def stored_by_either(plan: Traffic, tables: Tables, flags: Mapping[str, Flags]) -> Tables:
    """Return tables in which a message is stored where any that carries its id is.

    Args:
        plan: what is published.
        tables: of each part.
        flags: which messages a part is due, shape (n,), by the parts that are due some.
    """
    stored_ns = stored_first_ns(plan, tables[PUBLISH])
    own = {
        name: replace(tables[name], stored_ns=stored_ns[chosen]) for name, chosen in flags.items()
    }
    return {**tables, **own}


LEFT_ALONE = (Ending.REPEATED, Ending.IN_HAND)
"""Of a delivery whose message a process had handled, or had in hand."""


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


def repeated(records: Sequence[ConsumerRecord]) -> int:
    """Return how many deliveries were left alone, because their message was known."""
    return sum(int(np.count_nonzero(np.isin(each.ending, LEFT_ALONE))) for each in records)
