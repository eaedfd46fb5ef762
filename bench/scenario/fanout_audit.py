"""What consumers beside each other did with what came: once, twice, or not at all."""

from collections.abc import Iterator, Mapping

import numpy as np

from bench.core import text
from bench.engine.audit import Audited, Evidence
from bench.engine.table import MessageTable, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.scenario.again import handled_again, repeated
from bench.spec.kinds.fanout import Fanout
from bench.spec.members import TAKEN_BY_SLOW, Member
from bench.spec.repeated import HANDLED_TWICE

EXAMPLES = 3


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what plain subscribers missed, what slow members took, and what had two effects."""
    del traffic
    if not isinstance(cell.workload, Fanout):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    members = cell.workload.members.values()
    of_each = {part.name: m for part, m in zip(cell.cast.observing, members, strict=True)}
    counts = {name: _counts(evidence, name, member) for name, member in of_each.items()}
    return Audited(
        tables=evidence.tables,
        counts=counts,
        findings=tuple(_undone_findings(cell, evidence)),
    )


def _counts(evidence: Evidence, name: str, member: Member) -> dict[str, int]:
    table, records = evidence.tables[name], evidence.observers[name]
    if member.is_core:
        return {"lost": _missed(table)}
    found = {HANDLED_TWICE.name: handled_again(table, records)}
    if member.once:
        found["repeats"] = repeated(records)
    if member.slow is not None:
        slow = records[-member.slow.processes :]
        found[TAKEN_BY_SLOW.name] = sum(record.ids.size for record in slow)
    return found


def _missed(table: MessageTable) -> int:
    return int(np.count_nonzero(happened(table.stored_ns) & ~happened(table.received_ns)))


def _undone_findings(cell: Cell, evidence: Evidence) -> Iterator[Finding]:
    """Yield examples of what was acknowledged and never handled, by the place in its schedule."""
    for part in cell.cast.observing:
        table = evidence.tables[part.name]
        undone = happened(table.acked_ns) & ~happened(table.handled_ns)
        if places := np.flatnonzero(undone).tolist():
            few = text.listed([f"{place}" for place in places[:EXAMPLES]])
            words = (
                f"{part.name}: {text.plural(len(places), 'message')} acknowledged and never "
                f"handled: of those that it is due number {few}"
            )
            yield Finding(level=Level.WARNING, code="check-broken", text=words)
