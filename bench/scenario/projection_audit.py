"""Whether a read model is what its events come to, computed apart from the projector."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import Value
from bench.engine.audit import Audited, Evidence
from bench.engine.keyed import said
from bench.engine.losses import UNKNOWN
from bench.engine.projecting import fold, read_held
from bench.engine.table import NOT_YET, MessageTable, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.again import stored_by_either
from bench.scenario.reading import Source, reads_of, surely_ns
from bench.scenario.watchers import due
from bench.scenario.watching import Keeping, Told, Watcher, broken_checks, writes_of
from bench.spec.filling import PUBLISH
from bench.spec.kinds.projection import PROJECT, READ, Projected


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what is counted of the projector and of each watcher, and what does not hold."""
    load, events = cell.workload, traffic[PUBLISH]
    if not isinstance(load, Projected):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    parts = tuple(part for part in cell.cast.observing if part.name != PROJECT)
    watching = tuple(zip(parts, load.watch.values(), strict=True))
    flags = {PROJECT: events.firsts, **due(watching, traffic)}
    if load.publish.repeats:
        evidence = replace(evidence, tables=stored_by_either(events, evidence.tables, flags))
    tables, told = dict(evidence.tables), {PROJECT: _projected(events, evidence)}
    bucket = cell.settings.bucket
    keeping = Keeping(bucket=bucket, preloaded=0, life_ns=bucket.ttl_ns)
    for part, watch in watching:
        watcher = Watcher(part, watch, events, keeping)
        seen = watcher.seen(evidence)
        tables[part.name], told[part.name] = seen.table, watcher.told(seen, evidence)
    if READ in traffic:
        tables[READ], told[READ] = _read(traffic, evidence, bucket.ttl_ns)
    return Audited(
        tables=tables,
        counts={name: counts for name, (counts, _) in told.items()},
        findings=tuple(broken_checks(told)),
    )


def _read(
    traffic: Mapping[str, Traffic], evidence: Evidence, life_ns: int | None
) -> tuple[MessageTable, Told]:
    """Return reads with since when what they brought stood there, and what is counted of them."""
    table, asked = evidence.tables[READ], traffic[READ]
    numbers = said(evidence.drivers.get(READ, ()), table.stored_ns.size)
    reads = reads_of(table, asked, numbers)
    source = replace(_changes(traffic[PUBLISH], evidence), life_ns=surely_ns(life_ns))
    return source.dated(table, reads), (source.counts(reads), ())


def _changes(events: Traffic, evidence: Evidence) -> Source:
    """Return the changes of the model by the ids of their events, as its projector knows them.

    One is begun when its event was received, at the earliest, and is confirmed when it was handled.
    What is said again brings none: no value has its id.
    """
    changed, writes = evidence.tables[PROJECT], writes_of(events)
    begun_ns, done_ns = (np.full(events.firsts.size, NOT_YET) for _ in range(2))
    begun_ns[events.firsts] = changed.received_ns
    done_ns[events.firsts] = changed.handled_ns
    return Source(
        writes=replace(writes, removes=writes.removes | ~events.firsts),
        table=replace(evidence.tables[PUBLISH], sent_ns=begun_ns, stored_ns=done_ns),
    )


def _projected(events: Traffic, evidence: Evidence) -> Told:
    """Return what the projector counted, and the keys whose value is not what events come to."""
    own = evidence.counts.get(PROJECT, {})
    model = None if evidence.held is None else tuple(_model(events, evidence, evidence.held))
    off = [] if model is None else [each.name for each in model if each.found != each.wanted]
    counts = {
        "conflicts": own.get("conflicts", 0),
        "repeats": own.get("repeats", 0),
        "unchanged": own.get("failed", UNKNOWN),
        "misprojected": UNKNOWN if model is None else len(off),
        "reapplied": UNKNOWN if model is None else sum(each.beyond for each in model),
    }
    return counts, off


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entity:
    """What the model has of an entity, and is to have: the last event, and how many."""

    name: str
    found: tuple[int, int]
    wanted: tuple[int, int]

    @property
    def beyond(self) -> int:
        """How many events its value counts that it did not have."""
        return max(0, self.found[1] - self.wanted[1])


def _model(events: Traffic, evidence: Evidence, held: Held) -> Iterator[_Entity]:
    """Yield each entity; what may have been stored counts if it was seen."""
    table = evidence.tables[PROJECT]
    own = np.flatnonzero(events.firsts)
    there = own[happened(table.stored_ns) | happened(table.received_ns)]
    removes = np.array([act.empty for act in events.acts])[events.act_index]
    folded = fold(events.subject_index[there], removes[there], len(events.subjects))
    for name, place, count in zip(
        events.subjects, folded.event.tolist(), folded.count.tolist(), strict=True
    ):
        last = int(there[place]) if place >= 0 else -1
        yield _Entity(name=name, found=_found(held, name), wanted=(last, count))


def _found(held: Held, name: str) -> tuple[int, int]:
    """Return the last event of a key and its count, as the bucket has them."""
    if name not in held:
        return -1, 0
    kept = held[name]
    value = read_held(Value(seq=kept.seq, gone=bool(kept.operation), data=kept.data))
    return value.event, value.count
