"""What is said of a trial that is over: by its kind, and of whoever takes messages in any kind."""

from collections.abc import Mapping
from dataclasses import replace

from bench.engine.audit import Audited, Evidence
from bench.engine.table import Flags, MessageTable, Tables
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.evicting import Taken, taken_of
from bench.scenario.kind import Kind
from bench.scenario.telling import said_of
from bench.scenario.waiting import begun_ns
from bench.spec.cast import Part
from bench.spec.expiring import EVICTED
from bench.spec.handler import Constant
from bench.spec.kinds.fanout import Fanout
from bench.spec.waiting import BEGUN


def audited(kind: Kind, cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what a kind says of a trial, with how messages were asked for, and when begun.

    Args:
        kind: of the cell's workload.
        cell: of the trial.
        traffic: its operations, by the part that drives them.
        evidence: all that is known of it.
    """
    found = kind.audit(cell, traffic, evidence)
    due = kind.due(cell, traffic)
    said = {part.name: said_of(cell, part.name, evidence) for part in cell.cast.observing}
    own = _taken(cell, traffic, evidence, found, due)
    counts = {
        name: {**of_part, **(own[name].counts if name in own else {}), **found.counts.get(name, {})}
        for name, of_part in said.items()
    }
    begun = _begun(cell, traffic, evidence, found.tables, due)
    return replace(
        found,
        tables={**found.tables, **begun},
        counts={**found.counts, **counts},
        taken={**found.taken, **{name: each.ids for name, each in own.items()}},
    )


def _taken(
    cell: Cell,
    traffic: Mapping[str, Traffic],
    evidence: Evidence,
    found: Audited,
    due: Mapping[str, Flags],
) -> Mapping[str, Taken]:
    """Return what limits took of the parts that count it, where their kind does not."""
    seen = replace(evidence, tables=found.tables)
    return {
        part.name: taken_of(cell, part, traffic[part.flow], seen, due)
        for part in cell.cast.observing
        if EVICTED in part.entries and EVICTED.name not in found.counts.get(part.name, {})
    }


def _is_untold(part: Part, table: MessageTable) -> bool:
    """Say whether a part is to tell when handlers began, and its kind did not."""
    return table.begun_ns is None and any(each.name == BEGUN for each in part.instants)


def _begun(
    cell: Cell,
    traffic: Mapping[str, Traffic],
    evidence: Evidence,
    tables: Tables,
    due: Mapping[str, Flags],
) -> Tables:
    """Return the tables of the parts that tell when handlers began, where their kind does not."""
    return {
        part.name: replace(
            tables[part.name],
            begun_ns=begun_ns(
                traffic[part.flow],
                evidence.observers.get(part.name, ()),
                evidence.start_ns,
                due.get(part.name),
                _takes_ns(cell, part),
            ),
        )
        for part in cell.cast.observing
        if _is_untold(part, tables[part.name])
    }


def _takes_ns(cell: Cell, part: Part) -> int | None:
    """Return how long a handler of a part takes, where its flow does not say it; else None."""
    if not isinstance(cell.workload, Fanout):
        return None
    time = cell.workload.members[part.name].handler.time
    return time.constant_ns if isinstance(time, Constant) else None
