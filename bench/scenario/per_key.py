"""Whether messages of a subject were handled in their order, and which stood for others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NEVER_NS, Flags, MessageTable, happened, ours
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario import evicting
from bench.scenario.rows import applied
from bench.spec.cast import Part
from bench.spec.paced_parts import OVERTAKEN, SUPERSEDED, TURNED_AWAY, UNFINISHED

_NO_SEQ = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of the messages of a part, by the places of those that say no other one again.

    Attributes:
        keys: of each, shape (n,).
        seqs: of each in its stream, the first where it stands there twice, -1 of those that never
            came, shape (n,).
        applied_ns: when its handler first did its work, from the trial's start, or NEVER_NS, (n,).
        again_ns: when it last did, as often as the same one of the stream came; likewise.
        set_aside: a delivery of it ended superseded, shape (n,).
    """

    keys: IntArray
    seqs: IntArray
    applied_ns: IntArray
    again_ns: IntArray
    set_aside: Flags

    @property
    def superseded(self) -> Flags:
        """Which were set aside, and never handled themselves, shape (n,)."""
        found: Flags = self.set_aside & (self.applied_ns == NEVER_NS)
        return found


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what became of messages; what was superseded is done with its successor."""
    found = evicting.audited(cell, traffic, evidence)
    tables, counts = dict(found.tables), dict(found.counts)
    for part in cell.cast.observing:
        records, flow = evidence.observers.get(part.name, ()), traffic[part.flow]
        done = done_of(records, flow, evidence.start_ns) if _by_key(part) else None
        if done is not None and SUPERSEDED.name in _names(part):
            tables[part.name] = with_successors(tables[part.name], done)
        own = {**_turned_away(part, records), **(_counted(part, done, flow) if done else {})}
        counts[part.name] = {**counts.get(part.name, {}), **own}
    return replace(found, tables=tables, counts=counts)


def done_of(records: Sequence[ConsumerRecord], traffic: Traffic, start_ns: int) -> Done:
    """Return what became of the messages of a flow, by what those who took them wrote down."""
    own = np.flatnonzero(traffic.firsts)
    seqs, applied_ns = np.full(own.size, NEVER_NS), np.full(own.size, NEVER_NS)
    set_aside = np.zeros(own.size, dtype=np.bool_)
    for record in records:
        known = ours(record.ids, own.size)
        np.minimum.at(seqs, record.ids[known], record.stream_seqs[known])
        set_aside[record.ids[known & (record.ending == Ending.SUPERSEDED)]] = True
        applied = known & _applied(record)
        np.minimum.at(applied_ns, record.ids[applied], record.handled_ns[applied] - start_ns)
    keys = traffic.subject_index[own]
    first = np.where(seqs == NEVER_NS, _NO_SEQ, seqs)
    return Done(
        keys=keys,
        seqs=first,
        applied_ns=applied_ns,
        again_ns=np.maximum(applied_ns, _last_ns(records, seqs, start_ns)),
        set_aside=set_aside,
    )


def _last_ns(records: Sequence[ConsumerRecord], seqs: IntArray, start_ns: int) -> IntArray:
    """Return when the first of each that stands in the stream was last handled, shape (n,)."""
    found = np.full(seqs.size, np.iinfo(np.int64).min)
    for record in records:
        own = np.flatnonzero(ours(record.ids, seqs.size) & _applied(record))
        own = own[record.stream_seqs[own] == seqs[record.ids[own]]]
        np.maximum.at(found, record.ids[own], record.handled_ns[own] - start_ns)
    return found


def _applied(record: ConsumerRecord) -> Flags:
    return applied(record.ending, record.handled_ns)


def overtaken(done: Done) -> int:
    """Return how many messages were handled when a later one of their key had been.

    For the first time or again: either sets back what the later one made of it. Two whose ends were
    noticed together count as in order.
    """
    handled = done.again_ns < NEVER_NS
    return int(np.count_nonzero(handled & (later_ns(done) < done.again_ns)))


def later_ns(done: Done) -> IntArray:
    """Return when the first of the later messages of its key was handled, of each; shape (n,).

    NEVER_NS where none was, and of those that never came.
    """
    came = np.flatnonzero(done.seqs != _NO_SEQ)
    order = came[np.lexsort((done.seqs[came], done.keys[came]))]
    keys, (instants, rank) = (
        done.keys[order],
        np.unique(done.applied_ns[order], return_inverse=True),
    )
    # Of each key from its last message backwards: a key before it lies below all of them.
    key_rank = np.cumsum(np.r_[0, keys[1:] != keys[:-1]][: keys.size]) * instants.size
    least = np.minimum.accumulate((rank + key_rank)[::-1])[::-1] - key_rank
    found = np.full(done.keys.size, NEVER_NS)
    same = keys[1:] == keys[:-1]
    found[order[:-1][same]] = instants[least[1:][same]]
    return found


def with_successors(table: MessageTable, done: Done) -> MessageTable:
    """Return a table in which what was superseded is handled when the first after it was.

    Nor was it through before that, however early it was acknowledged; nor before it came itself,
    where another process had that first.
    """
    after_ns = later_ns(done)
    after_ns = np.where(after_ns < NEVER_NS, np.maximum(after_ns, table.received_ns), after_ns)
    rows = done.superseded & (after_ns < NEVER_NS)
    late = rows & happened(table.acked_ns)
    return replace(
        table,
        handled_ns=np.where(rows, after_ns, table.handled_ns),
        acked_ns=np.where(late, np.maximum(after_ns, table.acked_ns), table.acked_ns),
    )


def unfinished_keys(done: Done, hopeless: Flags) -> int:
    """Return of how many keys the last message that came was not handled.

    Args:
        done: what became of messages.
        hopeless: which can never be handled, shape (n,); they are none.
    """
    able = np.flatnonzero((done.seqs != _NO_SEQ) & ~hopeless)
    order = able[np.lexsort((done.seqs[able], done.keys[able]))]
    keys = done.keys[order]
    last = np.r_[keys[1:] != keys[:-1], True][: keys.size]
    return int(np.count_nonzero(done.applied_ns[order[last]] == NEVER_NS))


def _counted(part: Part, done: Done, traffic: Traffic) -> Mapping[str, int]:
    names = _names(part)
    found = {OVERTAKEN.name: overtaken(done)}
    if SUPERSEDED.name in names:
        hopeless = traffic.faults.hopeless(np.flatnonzero(traffic.firsts))
        found[SUPERSEDED.name] = int(np.count_nonzero(done.superseded))
        found[UNFINISHED.name] = unfinished_keys(done, hopeless)
    return found


def _turned_away(part: Part, records: Sequence[ConsumerRecord]) -> Mapping[str, int]:
    if TURNED_AWAY.name not in _names(part):
        return {}
    away = sum(int(np.count_nonzero(each.ending == Ending.TURNED_AWAY)) for each in records)
    return {TURNED_AWAY.name: away}


def _by_key(part: Part) -> bool:
    return OVERTAKEN.name in _names(part)


def _names(part: Part) -> set[str]:
    return {each.name for each in part.entries}
