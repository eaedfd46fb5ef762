"""What must be true when a backlog is drained: all is done, and memory did not grow with it."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.core.text import plural
from bench.core.units import NS_PER_MS, NS_PER_S, human_duration, human_size
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.table import MessageTable, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.scenario.laying import outstanding, time_up_ns
from bench.spec.jetstream import max_ack_pending
from bench.spec.kinds.backlog import DRAIN, FRESH, Backlog
from bench.spec.laid import FILL

SLACK_BYTES = 32 * 1024**2
"""What a process takes besides: buffers of the connection, and what the interpreter keeps."""

GRACE_NS = NS_PER_S
"""What comes until the time is up is to be handled so soon after it: who has caught up does that,
and who takes less than comes does not."""

Row = Mapping[str, int | None]


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what holds of a backlog that is drained."""
    if not isinstance(cell.workload, Backlog):
        raise TypeError(f"{cell.workload_name} is judged as another kind than it is")
    released_ns = cell.workload.phases.warmup_ns
    grown = growth_bytes(evidence.rows, cell.cast.part(DRAIN).role, released_ns)
    allowed = in_flight_bytes(cell) + SLACK_BYTES
    over = [role for role, size in grown.items() if size > allowed]
    until_ns = time_up_ns(cell.workload.phases)
    by_ns = {DRAIN: until_ns, FRESH: until_ns + GRACE_NS}
    counts = {
        part.name: {"outstanding": outstanding(evidence, part, by_ns[part.name])}
        for part in cell.cast.observing
    }
    seen = len(grown) == cell.workload.consume.consumers
    counts[DRAIN]["overgrown"] = len(over) if over or seen else UNKNOWN
    del traffic
    findings = _told(over, grown, allowed)
    if (for_ns := cell.workload.backlog.for_ns) is not None:
        fill = evidence.tables[FILL]
        counts[FILL] = {"built_late": built_late(fill, cell.workload.pile.every_ns, for_ns)}
        findings += _built(fill)
    return Audited(tables=evidence.tables, counts=counts, findings=tuple(findings))


def built_late(fill: MessageTable, every_ns: int, for_ns: int) -> int:
    """Return how many messages of a backlog were stored late, for what it stands for.

    A tenth of its time and 100 ms are let pass. UNKNOWN where its first message was never sent.

    Args:
        fill: the messages in the stream's order.
        every_ns: from one to the next, as it was to be built.
        for_ns: time that it stands for.
    """
    if not happened(fill.sent_ns[:1]).all():
        return UNKNOWN
    due_ns = fill.sent_ns[0] + np.arange(fill.sent_ns.size) * every_ns
    late = fill.stored_ns - due_ns > for_ns // 10 + LATE_NS
    return int(np.count_nonzero(late & happened(fill.stored_ns)))


LATE_NS = 100 * NS_PER_MS


def _built(fill: MessageTable) -> list[Finding]:
    """Return within what time a backlog was built."""
    ends = np.array([fill.sent_ns[0], fill.stored_ns[-1]])
    if not happened(ends).all():
        return []
    took = human_duration(int(ends[1] - ends[0]))
    words = f"{FILL}: the {plural(fill.sent_ns.size, 'message')} of the backlog came within {took}"
    return [Finding(level=Level.NOTE, code="built", text=words)]


def in_flight_bytes(cell: Cell) -> int:
    """Return what may be in flight to one process at most, before it is handled.

    The least of what the server lets out and of what the process asks for.
    """
    pull, payload = cell.settings.pull, cell.workload.largest_bytes(cell.settings.publish)
    asked = pull.batch * pull.requests
    pending = max_ack_pending(cell.settings)
    return payload * (asked if pending is None else min(asked, pending))


def growth_bytes(rows: Sequence[Row], role: str, released_ns: int) -> Mapping[str, int]:
    """Return by how much each process of a role grew from its release on, where that was sampled.

    Where nothing was sampled before, from the first sample after it.

    Args:
        rows: of the samples table.
        role: of the processes.
        released_ns: from the trial's start.
    """
    columns = sorted({name for row in rows for name in row if _is_of(name, role)})
    found = {}
    for column in columns:
        told = [(row["t_ns"] or 0, size) for row in rows if (size := row.get(column)) is not None]
        before = [size for t_ns, size in told if t_ns <= released_ns]
        after = [size for t_ns, size in told if t_ns > released_ns]
        first = before[-1:] or after[:1]  # samples begin with the trial, a tenth of a second apart
        if len(before[-1:] + after) > 1:
            found[column.removesuffix("_rss_bytes")] = max(after) - first[0]
    return found


def _is_of(column: str, role: str) -> bool:
    return column.startswith(f"{role}-") and column.endswith("_rss_bytes")


def _told(over: Sequence[str], grown: Mapping[str, int], allowed: int) -> list[Finding]:
    if not over:
        return []
    worst = max(grown.values())
    words = (
        f"{DRAIN}: {plural(len(over), 'process', 'processes')} grew by up to {human_size(worst)}, "
        f"where {human_size(allowed)} may be in flight and besides"
    )
    return [Finding(level=Level.WARNING, code="check-broken", text=words)]
