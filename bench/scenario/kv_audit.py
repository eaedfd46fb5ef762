"""What is counted of a bucket, and what must be true of it at the end."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bench.broker.latest import Held, Last
from bench.clients.buckets import Value, Whole, told_apart
from bench.clients.port import Outcome
from bench.core.units import NS_PER_MS
from bench.engine.audit import Audited, Evidence
from bench.engine.keyed import (
    NOTHING,
    Writes,
    said,
    settling,
    stale,
    wrong,
)
from bench.engine.lifetimes import (
    FOR_EVER_NS,
    LATE_NS,
    Written,
    doubled,
    latest_ns,
    outlived,
    over,
    read_late,
)
from bench.engine.losses import UNKNOWN
from bench.engine.presence import presence
from bench.engine.table import MessageTable, driven, happened, some_of
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.reading import PRELOADED, Source, reads_of, surely_ns
from bench.scenario.watching import Keeping, Told, Watcher, broken_checks, writes_of
from bench.spec.filters import matching
from bench.spec.grouped_parts import GROUP_GET, GROUP_PUT
from bench.spec.keyed_parts import CREATE, GET, PUT, UPDATE
from bench.spec.kinds.kv import Kv
from bench.spec.variant import ReadSettings

MOMENT_NS = 100 * NS_PER_MS
"""So long after a write a cache that was filled meanwhile may take its key for one without a value.
"""

_Traffics = Mapping[str, Traffic]


def audited(cell: Cell, traffic: _Traffics, evidence: Evidence) -> Audited:
    """Return what is counted of each part of a bucket, and examples of what does not hold."""
    kv = cell.workload
    if not isinstance(kv, Kv):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    tables, told = dict(evidence.tables), dict[str, Told]()
    bucket = cell.settings.bucket
    kept = Keeping(bucket=bucket, preloaded=kv.preloaded_in(bucket), life_ns=bucket.ttl_ns)
    for part, watch in zip(cell.cast.observing, kv.watch.values(), strict=True):
        keeping = replace(kept, life_ns=kv.life_ns(part.flow, bucket))
        watcher = Watcher(part, watch, traffic[part.flow], keeping)
        seen = watcher.seen(evidence)
        tables[part.name], told[part.name] = seen.table, watcher.told(seen, evidence)
    if PUT in traffic and bucket.ttl_ns is not None:
        told[PUT] = _kept(traffic[PUT], evidence, _written(PUT, traffic, evidence, bucket.ttl_ns))
    if GET in traffic:
        told[GET] = _read(traffic, evidence, kept, cell.settings.read), ()
        tables[GET] = _dated(traffic, evidence, kept)
    if UPDATE in traffic:
        told[UPDATE] = _updated(traffic[UPDATE], evidence)
    if CREATE in traffic:
        marker_ns = bucket.limit_markers_ns or 0
        life_ns = kv.life_ns(CREATE, bucket)
        written = _written(CREATE, traffic, evidence, life_ns)
        told[CREATE] = _created(traffic[CREATE], evidence, written, marker_ns)
    if GROUP_GET in traffic:
        told[GROUP_GET] = _gathered(traffic, evidence), ()
    for name in kv.scans:
        told[name] = _scanned(kv, name, traffic, evidence, kept), ()
    return Audited(
        tables=tables,
        counts={name: counts for name, (counts, _) in told.items()},
        findings=tuple(broken_checks(told)),
    )


def _scanned(
    kv: Kv, part: str, traffic: _Traffics, evidence: Evidence, kept: Keeping
) -> Mapping[str, int]:
    """Return how many keys scans brought, and how many brought other than there are.

    Where keys come and go there may be fewer than all, never more, and never fewer than surely had
    a value. A key that is written while a scan is under way may not come: the server passes over
    its old value, and says that nothing is pending before it has delivered the new one.
    """
    table, names = evidence.tables[part], kv.names.names
    answered = happened(table.stored_ns)
    found = said(evidence.drivers.get(part, ()), answered.size)[answered] - 1
    matched = frozenset(matching(kv.scans[part].subjects, names))
    writes, written = _writes(traffic, evidence)
    chosen = np.array([name in matched for name in names])[writes.keys]
    there = presence(
        writes.among(chosen),
        some_of(written, chosen),
        preloaded=len(matched) if kept.preloaded else 0,
        life_ns=surely_ns(kept.life_ns),
    )
    least = there.throughout(table.sent_ns[answered], table.stored_ns[answered])
    stable = kept.preloaded and kept.life_ns is None and not (kv.put and kv.put.acts)
    most = len(matched)
    return {
        "keys_found": int(found.sum()),
        "keys_missed": int((most - found).clip(min=0).sum()) if stable else 0,
        "miscounted": int(np.count_nonzero((found < least) | (found > most))),
    }


def _writes(traffic: _Traffics, evidence: Evidence) -> tuple[Writes, MessageTable]:
    """Return the writes of the keys that are read, and when they were; perhaps none."""
    if PUT in traffic:
        return writes_of(traffic[PUT]), evidence.tables[PUT]
    none = np.empty(0, dtype=np.int64)
    nothing = Writes(keys=none, removes=none.astype(np.bool_), purges=none.astype(np.bool_))
    return nothing, driven(none, (), 0)


def _gathered(traffic: _Traffics, evidence: Evidence) -> Mapping[str, int]:
    """Return how many groups were read torn, in part, or as something old or wrong."""
    table, asked = evidence.tables[GROUP_GET], traffic[GROUP_GET]
    numbers = said(evidence.drivers.get(GROUP_GET, ()), asked.subject_index.size)
    versions, whole = told_apart(numbers)
    reads = reads_of(table, asked, versions)
    kinds = whole[happened(table.stored_ns)]
    torn = int(np.count_nonzero(kinds == Whole.TORN))
    counts = {
        "torn": torn,
        "incoherent": torn,
        "partial": int(np.count_nonzero(kinds == Whole.PARTIAL)),
        "group_stale": 0,
    }
    if GROUP_PUT not in traffic:
        return {**counts, "group_wrong": int(np.count_nonzero(reads.found >= 0))}
    writes = writes_of(traffic[GROUP_PUT])
    old = stale(reads, writes, evidence.tables[GROUP_PUT])
    return {**counts, "group_stale": old, "group_wrong": wrong(reads, writes)}


def _kept(traffic: Traffic, evidence: Evidence, written: Written) -> Told:
    """Return how many keys the bucket still holds though their time was over."""
    if evidence.held is None:
        return {"outlived": UNKNOWN}, ()
    until_ns, offset = latest_ns(evidence.tables), traffic.payloads[0].id_offset
    names = [
        name
        for name in traffic.subjects
        if name in evidence.held and _is_over(written, evidence.held[name], offset, until_ns)
    ]
    return {"outlived": len(names)}, names


def _is_over(written: Written, kept: Last, id_offset: int, until_ns: int) -> bool:
    number = Value(data=kept.data).number(id_offset) - 1
    if kept.operation != "":
        return False
    if number == PRELOADED:  # as old as the trial, or older
        return until_ns >= written.life_ns + LATE_NS
    return 0 <= number < written.keys.size and over(written, number, until_ns)


def _written(part: str, traffic: _Traffics, evidence: Evidence, life_ns: int | None) -> Written:
    return Written(
        keys=traffic[part].subject_index,
        table=evidence.tables[part],
        life_ns=FOR_EVER_NS if life_ns is None else life_ns,
    )


def _created(traffic: Traffic, evidence: Evidence, written: Written, marker_ns: int) -> Told:
    """Return how many keys were created that had a value, or had one when it was to be gone."""
    twice = doubled(written)
    late = outlived(written, written.table.outcome == Outcome.CONFLICT, marker_ns)
    counts, kept = _kept(traffic, evidence, written)
    found = counts["outlived"] if not late.size else max(0, counts["outlived"]) + late.size
    keys = written.keys[np.concatenate([twice, late])]
    names = [traffic.subjects[key] for key in np.unique(keys)]
    return {"doubled": twice.size, "outlived": found}, list(dict.fromkeys([*names, *kept]))


def _read(
    traffic: _Traffics, evidence: Evidence, kept: Keeping, how: ReadSettings
) -> Mapping[str, int]:
    """Return how many reads found nothing, or something old or wrong."""
    table, asked = evidence.tables[GET], traffic[GET]
    reads = reads_of(table, asked, said(evidence.drivers.get(GET, ()), asked.subject_index.size))
    source, life_ns = _source(traffic, evidence, kept), kept.life_ns
    late = source.behind_ns(reads) > LATE_NS + (
        how.max_age_ns if how.strategy == "cache-with-ttl" else 0
    )
    # A watch that begins may pass over a key which is being written, for a moment.
    nothing = reads.found == NOTHING
    late &= ~(nothing & settling(reads, source.writes, source.table, MOMENT_NS))
    missed = int(np.count_nonzero(late))
    return {
        **source.counts(reads),
        "outlived": 0 if life_ns is None else read_late(reads, source.table, life_ns),
        "missed": missed,
        "overlooked": missed,
    }


def _source(traffic: _Traffics, evidence: Evidence, kept: Keeping) -> Source:
    writes, written = _writes(traffic, evidence)
    return Source(
        writes=writes,
        table=written,
        life_ns=surely_ns(kept.life_ns),
        preloaded=bool(kept.preloaded),
    )


def _dated(traffic: _Traffics, evidence: Evidence, kept: Keeping) -> MessageTable:
    """Return the reads with when what they brought was written."""
    table, asked = evidence.tables[GET], traffic[GET]
    reads = reads_of(table, asked, said(evidence.drivers.get(GET, ()), table.stored_ns.size))
    return _source(traffic, evidence, kept).dated(table, reads)


def _updated(traffic: Traffic, evidence: Evidence) -> Told:
    """Return how often another writer was faster, and how far counters are off."""
    table = evidence.tables[UPDATE]
    tries = said(evidence.drivers.get(UPDATE, ()), traffic.subject_index.size)
    conflicts = int(np.maximum(tries - 1, 0).sum())
    if evidence.held is None:
        return {"conflicts": conflicts, "lost_updates": UNKNOWN}, ()
    names = traffic.subjects
    found = np.array([_count(evidence.held, name) for name in names])
    done = np.bincount(traffic.subject_index[happened(table.stored_ns)], minlength=len(names))
    open_ = happened(table.sent_ns) & ~happened(table.stored_ns) & ~table.refused
    perhaps = np.bincount(traffic.subject_index[open_], minlength=len(names))
    off = np.maximum(done - found, 0) + np.maximum(found - done - perhaps, 0)
    counts = {"conflicts": conflicts, "lost_updates": int(off.sum())}
    return counts, [names[number] for number in np.flatnonzero(off).tolist()]


def _count(held: Held, name: str) -> int:
    return Value(data=held[name].data).count if name in held else 0
