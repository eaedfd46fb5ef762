"""Messages that take the place of those before them: what was replaced before it came."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import passed_ns
from bench.engine.table import NEVER_NS, NOT_YET, Flags, MessageTable, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario import telling
from bench.spec.expiring import ROLLED_UP


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what became of messages; what was replaced before it came is told apart from lost."""
    found = telling.audited(cell, traffic, evidence)
    parts = [part for part in cell.cast.observing if ROLLED_UP in part.entries]
    tables, counts = dict(found.tables), dict(found.counts)
    for part in parts:
        table = tables[part.name]
        gone = rolled_up(table, traffic[part.flow].subject_index)
        tables[part.name] = replace(table, stored_ns=np.where(gone, NOT_YET, table.stored_ns))
        own = {"rolled_up": int(np.count_nonzero(gone))}
        counts[part.name] = {**counts.get(part.name, {}), **own}
    return Audited(tables=tables, counts=counts, findings=found.findings)


def rolled_up(table: MessageTable, subject_index: IntArray) -> Flags:
    """Return which messages never came because a later one of their subject was stored, (n,).

    What was passed over before that one was sent is none of them: it was still there.

    Args:
        table: of who takes them.
        subject_index: of each message, shape (n,).
    """
    missing = happened(table.stored_ns) & ~happened(table.received_ns)
    replaced_ns = _replaced_ns(table, subject_index)
    return missing & (replaced_ns < NEVER_NS) & (replaced_ns <= passed_ns(table))


def _replaced_ns(table: MessageTable, subject_index: IntArray) -> IntArray:
    """Return when the next stored message of its subject was sent, from each on; shape (n,)."""
    found = np.full(table.stored_ns.size, NEVER_NS)
    stored = np.flatnonzero(happened(table.stored_ns))
    order = stored[np.lexsort((table.sent_ns[stored], subject_index[stored]))]
    same = subject_index[order[1:]] == subject_index[order[:-1]]
    found[order[:-1][same]] = table.sent_ns[order[1:][same]]
    return found
