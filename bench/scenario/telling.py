"""What consumers of one stream say besides their acks, beside what became of messages."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bench.clients.port import Ending
from bench.engine.attempts import retried, settled_ns
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.table import NOT_YET, MessageTable, Tables, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario import failures
from bench.scenario.waiting import begun_ns
from bench.spec import paced_parts
from bench.spec.retried import RETRIED, SETTLED
from bench.spec.told_parts import COUNTED, RETURNED
from bench.spec.waiting import BEGUN

_NAMES = tuple(each.name for each in (*COUNTED, *paced_parts.COUNTED))


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what became of messages, and what was said of them, by the parts that count it."""
    found = failures.audited(cell, traffic, evidence)
    own = {part.name: said_of(cell, part.name, evidence) for part in cell.cast.observing}
    both = {name: {**found.counts.get(name, {}), **counted} for name, counted in own.items()}
    tables = {**found.tables, **_begun(cell, traffic, evidence, found)}
    tables = {**tables, **_retried(cell, evidence, tables)}
    both = {name: {**counted, **_through(tables[name])} for name, counted in both.items()}
    return replace(found, tables=tables, counts={**found.counts, **both})


def _begun(
    cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence, found: Audited
) -> Tables:
    """Return the tables of the parts that tell when handlers began."""
    return {
        part.name: replace(
            found.tables[part.name],
            begun_ns=begun_ns(
                traffic[part.flow], evidence.observers.get(part.name, ()), evidence.start_ns
            ),
        )
        for part in cell.cast.observing
        if any(each.name == BEGUN for each in part.instants)
    }


def _retried(cell: Cell, evidence: Evidence, tables: Tables) -> Tables:
    """Return the tables of the parts that tell of what came more than once."""
    parts = [p for p in cell.cast.observing if any(e.name == RETRIED for e in p.instants)]
    return {part.name: _tried(tables[part.name], part.name, evidence) for part in parts}


def _tried(table: MessageTable, name: str, evidence: Evidence) -> MessageTable:
    records, size = evidence.observers.get(name, ()), table.sent_ns.size
    return replace(
        table,
        retried_ns=np.where(retried(records, size), table.intended_ns, NOT_YET),
        settled_ns=settled_ns(records, size, evidence.start_ns),
    )


def _through(table: MessageTable) -> Mapping[str, int]:
    """Return how many messages came more than once, and of how many that came to an end."""
    told = {RETRIED: table.retried_ns, SETTLED: table.settled_ns}
    return {
        name: int(np.count_nonzero(happened(at_ns)))
        for name, at_ns in told.items()
        if at_ns is not None
    }


def said_of(cell: Cell, name: str, evidence: Evidence) -> Mapping[str, int]:
    """Return what the processes of a part counted; UNKNOWN where one of them was killed."""
    entries = {each.name for each in cell.cast.part(name).entries}
    wanted = [each for each in _NAMES if each in entries]
    counted = {} if _killed(cell) else evidence.counts.get(name, {})
    found = {each: counted.get(each, UNKNOWN) for each in wanted}
    return {**found, **(_returned(name, evidence) if RETURNED.name in entries else {})}


def _returned(name: str, evidence: Evidence) -> Mapping[str, int]:
    records = evidence.observers.get(name, ())
    return {RETURNED.name: sum(int(np.count_nonzero(e.ending == Ending.RETURNED)) for e in records)}


def _killed(cell: Cell) -> bool:
    crashes = any(load.crashes for load in cell.workload.loads.values())
    return crashes or any(each.do == "crash" for each in cell.disturbances)
