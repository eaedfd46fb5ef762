"""A step that was set back within the window: what came again, when, and what was done twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.setting_back import WasSetBack
from bench.engine.table import NOT_YET, MessageTable, happened
from bench.scenario.again import handled_again, repeats_in_hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of it.

    Attributes:
        table: every message that the step had, from where it was set back to; shape (n,).
        counts: what is counted otherwise.
    """

    table: MessageTable
    counts: Mapping[str, int]


def replayed(evidence: Evidence, step: str) -> Replayed:
    """Return what a step went through again; nothing, and nobody can tell, where it was not set.

    Args:
        evidence: of the trial.
        step: that was to be set back.
    """
    if (done := evidence.set_back) is None:
        unknown = dict.fromkeys(("no_ops", "left_behind", "redone"), UNKNOWN)
        return Replayed(table=_table(0, np.empty((3, 0), dtype=np.int64)), counts=unknown)
    times_ns = again_ns(evidence.observers[step], done, evidence.start_ns)
    table = _table(done.at_ns, times_ns)
    caught_up = int(np.count_nonzero(happened(table.handled_ns)))
    redone = _redone(evidence, step)
    counts = {
        "no_ops": UNKNOWN if redone == UNKNOWN else max(0, caught_up - redone),
        "left_behind": table.intended_ns.size - caught_up,
        "redone": redone,
    }
    return Replayed(table=table, counts=counts)


def again_ns(records: Sequence[ConsumerRecord], done: WasSetBack, start_ns: int) -> IntArray:
    """Return when each message that was had came, was handled and acknowledged again, (3, n).

    In the order of the stream, ns from the trial's start, NOT_YET where it was not. What had left
    the server before, and came after, is the first delivery of its message and none that came
    again.

    Args:
        records: of the step's processes.
        done: what was done to its consumer.
        start_ns: of the trial.
    """
    rows = _rows(records, start_ns)
    rows = rows[:, (rows[0] >= done.first_seq) & (rows[0] <= done.last_seq)]
    rows = rows[:, np.lexsort((rows[1], rows[0]))]
    _, first, count = np.unique(rows[0], return_index=True, return_counts=True)
    last = first + count - 1
    again = (count > 1) & (rows[1, last] >= done.at_ns)
    found: IntArray = np.where(again, rows[1:, last], NOT_YET)
    return found


def _rows(records: Sequence[ConsumerRecord], start_ns: int) -> IntArray:
    """Return sequence and instants of every delivery, shape (4, n)."""
    columns = ("received_ns", "handled_ns", "acked_ns")
    of_each = [
        np.stack([each.stream_seqs, *(_since(getattr(each, name), start_ns) for name in columns)])
        for each in records
    ]
    return np.concatenate([np.empty((4, 0), dtype=np.int64), *of_each], axis=1)


def _since(instants_ns: IntArray, start_ns: int) -> IntArray:
    return np.where(instants_ns == NEVER, NOT_YET, instants_ns - start_ns)


def _table(at_ns: int, times_ns: IntArray) -> MessageTable:
    """Return what is due at one instant, and when it came, was handled and acknowledged."""
    due_ns = np.full(times_ns.shape[1], at_ns, dtype=np.int64)
    received_ns, handled_ns, acked_ns = times_ns
    return MessageTable(
        intended_ns=due_ns,
        sent_ns=due_ns,
        stored_ns=due_ns,
        received_ns=received_ns,
        handled_ns=handled_ns,
        acked_ns=acked_ns,
        outcome=np.zeros(due_ns.size, dtype=np.int64),
    )


def _redone(evidence: Evidence, step: str) -> int:
    """Return how many deliveries of the step were worked for beyond the first of each workflow.

    By its workers' own word: what they handled again, and did not count as a repeat.
    """
    records = evidence.observers[step]
    if (repeats := evidence.counts.get(step, {}).get("repeats")) is None:
        return UNKNOWN
    again = handled_again(evidence.tables[step], records)
    return max(0, again - repeats + sum(map(repeats_in_hand, records)))
