"""Whether a read model is what its events come to, computed apart from the projector."""

from collections.abc import Mapping

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import Value
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.projecting import fold, read_held
from bench.engine.table import happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.watching import Keeping, Told, Watcher, broken_checks
from bench.spec.filling import PUBLISH
from bench.spec.kinds.projection import PROJECT, Projected


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what is counted of the projector and of each watcher, and what does not hold."""
    load, events = cell.workload, traffic[PUBLISH]
    if not isinstance(load, Projected):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    tables, told = dict(evidence.tables), {PROJECT: _projected(events, evidence)}
    bucket = cell.settings.bucket
    keeping = Keeping(bucket=bucket, preloaded=0, life_ns=bucket.ttl_ns)
    watching = (part for part in cell.cast.observing if part.name != PROJECT)
    for part, watch in zip(watching, load.watch.values(), strict=True):
        watcher = Watcher(part, watch, events, keeping)
        seen = watcher.seen(evidence)
        tables[part.name], told[part.name] = seen.table, watcher.told(seen, evidence)
    return Audited(
        tables=tables,
        counts={name: counts for name, (counts, _) in told.items()},
        findings=tuple(broken_checks(told)),
    )


def _projected(events: Traffic, evidence: Evidence) -> Told:
    """Return what the projector counted, and the keys whose value is not what events come to."""
    own = evidence.counts.get(PROJECT, {})
    off = None if evidence.held is None else _misprojected(events, evidence, evidence.held)
    counts = {
        "conflicts": own.get("conflicts", 0),
        "repeats": own.get("repeats", 0),
        "unchanged": own.get("failed", 0),
        "misprojected": UNKNOWN if off is None else len(off),
    }
    return counts, off or ()


def _misprojected(events: Traffic, evidence: Evidence, held: Held) -> list[str]:
    """Return the keys whose value is another; what may have been stored counts if it was seen."""
    table = evidence.tables[PROJECT]
    there = np.flatnonzero(happened(table.stored_ns) | happened(table.received_ns))
    removes = np.array([act.empty for act in events.acts])[events.act_index]
    folded = fold(events.subject_index[there], removes[there], len(events.subjects))
    expected = {
        name: (int(there[place]) if place >= 0 else -1, count)
        for name, place, count in zip(
            events.subjects, folded.event.tolist(), folded.count.tolist(), strict=True
        )
    }
    return [name for name, wanted in expected.items() if _found(held, name) != wanted]


def _found(held: Held, name: str) -> tuple[int, int]:
    """Return the last event of a key and its count, as the bucket has them."""
    if name not in held:
        return -1, 0
    kept = held[name]
    value = read_held(Value(seq=kept.seq, gone=bool(kept.operation), data=kept.data))
    return value.event, value.count
