"""What became of schedules: how late each came, and what the server still holds back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from bench.broker.latest import Held
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.table import NOT_YET, Flags, MessageTable, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.spec.filling import PUBLISH
from bench.spec.kinds.schedule import CONSUME, Scheduling

LEFT = "left"
"""The operation of what the server held, and a moment later did not: it was being let go."""


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what was seen of messages from when their time had come, and what never came.

    What still waits is not lost: it is told apart, and falls short as well.
    """
    if not isinstance(cell.workload, Scheduling):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    del traffic
    seen = when_due(evidence.tables[CONSUME], cell.workload.after_ns)
    counts = {PUBLISH: {"unfired": UNKNOWN}}
    if evidence.held is not None:
        waiting = waits(evidence.held, seen)
        counts[PUBLISH]["unfired"] = int(np.count_nonzero(waiting))
        away = waiting & ~happened(seen.received_ns)
        seen = replace(seen, stored_ns=np.where(away, NOT_YET, seen.stored_ns))
    return Audited(tables={**evidence.tables, CONSUME: seen}, counts=counts)


def when_due(table: MessageTable, after_ns: int) -> MessageTable:
    """Return a table whose operations are due when their messages were to come.

    When the server let each go nobody saw: not before that instant, and not after it was received.

    Args:
        table: of the consumers.
        after_ns: from when each was offered to that.
    """
    due_ns = table.intended_ns + after_ns
    came = happened(table.received_ns)
    return replace(
        table,
        intended_ns=due_ns,
        sent_ns=np.where(happened(table.sent_ns), np.maximum(table.sent_ns, due_ns), NOT_YET),
        stored_ns=np.where(happened(table.stored_ns) & came, table.received_ns, table.stored_ns),
    )


def waits(held: Held, table: MessageTable) -> Flags:
    """Return which messages were stored and still wait, shape (n,); ids are last in subjects.

    What came and is held all the same waits to come once more; unless it left at a second look.
    """
    came = happened(table.received_ns)
    kept = {name: last for name, last in held.items() if last.operation != LEFT}
    return happened(table.stored_ns) & np.where(
        came, _named(kept, came.size), _named(held, came.size)
    )


def _named(names: Iterable[str], size: int) -> Flags:
    flags = np.zeros(size, dtype=np.bool_)
    flags[[int(name) for name in names if name.isdigit() and int(name) < size]] = True
    return flags
