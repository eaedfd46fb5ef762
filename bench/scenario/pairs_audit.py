"""Whether bucket and stream agree at the end: what the server holds, against the plan."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bench.broker.latest import Held
from bench.clients.pairs import NOBODY, PUBLISHED, Form, key_of_entry, read_entry
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.pairing import (
    OnServer,
    Written,
    diverged,
    once_begun,
    overtaken_ns,
    paired_ns,
    written,
)
from bench.engine.table import Flags, MessageTable, happened, some_of
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.watching import Told, broken_checks
from bench.spec.kinds.dual_write import DualWrite
from bench.spec.paired_parts import PAIR, REPAIR, WRITE
from bench.spec.variant import Strategy

_VALUE, _EVENT = "value", "event"


def value_place(key: str) -> str:
    """Return where among what is held the value of a key stands."""
    return f"{_VALUE}:{key}"


def event_place(key: str, seq: int) -> str:
    """Return where an event stands."""
    return f"{_EVENT}:{key}:{seq}"


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return when both halves of each operation were there, and what is not as it must be."""
    if not isinstance(cell.workload, DualWrite):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    plan, strategy = traffic[WRITE], cell.settings.writes.strategy
    size = plan.subject_index.size
    records = evidence.drivers.get(WRITE, ()), evidence.observers.get(PAIR, ())
    seen = written(size, *records, evidence.start_ns)
    tables = _tables(evidence, plan, seen, strategy)
    told = {PAIR: _agreed(plan, seen, evidence, strategy)}
    counts = {WRITE: _writer_counts(evidence.tables[WRITE], plan, seen), PAIR: told[PAIR][0]}
    named = {part.name for part in cell.cast.parts}
    return Audited(
        tables={name: table for name, table in tables.items() if name in named},
        counts=counts,
        findings=tuple(broken_checks(told)),
    )


def left(plan: Traffic) -> Flags:
    """Return which operations their writer is to leave between two writes, shape (n,)."""
    away: Flags = plan.act_index > 0
    return away


def _tables(
    evidence: Evidence, plan: Traffic, seen: Written, strategy: Strategy
) -> dict[str, MessageTable]:
    """Return what was written first, what is whole, and what was not whole by its writer."""
    begun = replace(evidence.tables[WRITE], stored_ns=seen.first_ns)
    whole_ns = paired_ns(seen, left(plan))
    if strategy == "event-then-kv":
        whole_ns = overtaken_ns(whole_ns, plan.subject_index)
    whole_ns = once_begun(whole_ns, seen.first_ns)
    alone = happened(seen.first_ns) & (left(plan) | ~happened(seen.through_ns))
    repair = replace(begun, received_ns=seen.found_ns, handled_ns=whole_ns)
    pair = replace(begun, received_ns=whole_ns)
    return {WRITE: begun, PAIR: pair, REPAIR: some_of(repair, alone)}


def _writer_counts(table: MessageTable, plan: Traffic, seen: Written) -> Mapping[str, int]:
    """Return what became of writes, the second of an operation as well as the first."""
    sent, through = happened(table.sent_ns), happened(seen.through_ns)
    return {
        "crashed": _count(left(plan) & through),
        "refused": _count(table.refused),
        "silent": _count(sent & ~through & ~table.refused),
    }


def _agreed(plan: Traffic, seen: Written, evidence: Evidence, strategy: Strategy) -> Told:
    """Return what is not on the server with both halves, what is there twice, what is strange."""
    unneeded = happened(seen.found_ns) & happened(seen.through_ns) & ~left(plan)
    counts = {"unneeded": _count(unneeded)}
    if evidence.held is None:
        return {**counts, **dict.fromkeys(("diverged", "events_twice", "foreign"), UNKNOWN)}, ()
    server, strange = on_server(plan, evidence.held, strategy)
    confirmed = happened(seen.first_ns) | happened(seen.mended_ns)
    off = np.flatnonzero(diverged(server, confirmed))
    counts |= {
        "diverged": off.size,
        "events_twice": int(np.maximum(server.event - 1, 0).sum()),
        "foreign": strange,
    }
    return counts, [_named(plan, number) for number in off.tolist()]


def _named(plan: Traffic, number: int) -> str:
    return f"{plan.subjects[plan.subject_index[number]]} (operation {number})"


def on_server(plan: Traffic, held: Held, strategy: Strategy) -> tuple[OnServer, int]:
    """Return what a server holds of each operation, and how much is of none."""
    size = plan.subject_index.size
    form = Form(
        strategy=strategy,
        events="",
        values="",
        headers=(),
        id_offset=plan.payloads[0].id_offset,
    )
    events, itself = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=bool)
    marked, strange = np.zeros(size, dtype=bool), 0
    last = np.full(len(plan.subjects), NOBODY)
    numbers = {name: number for number, name in enumerate(plan.subjects)}
    for place, kept in held.items():
        what, key, *_ = place.split(":")
        status, data = PUBLISHED, kept.data
        if what == _VALUE and strategy == "outbox":
            key, (status, data) = key_of_entry(key), read_entry(kept.data)
        number, of_key = form.id_of(data), numbers.get(key, NOBODY)
        if not 0 <= number < size or plan.subject_index[number] != of_key:
            strange += 1
        elif what == _EVENT:
            events[number] += 1
        else:
            itself[number], marked[number] = True, status == PUBLISHED
            last[of_key] = number
    value = marked if strategy == "outbox" else last[plan.subject_index] >= np.arange(size)
    return OnServer(value=value, itself=itself, event=events), strange


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
