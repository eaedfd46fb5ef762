"""What is counted of a bucket, and what must be true of it at the end."""

from collections.abc import Mapping

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import NOBODY, Value
from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.keyed import (
    BEFORE,
    NOTHING,
    Reads,
    said,
    stale,
    wrong,
)
from bench.engine.losses import UNKNOWN
from bench.engine.table import happened
from bench.plan.model import Cell
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import Traffic
from bench.scenario.watching import Told, Watcher, broken_checks, writes_of
from bench.spec.keyed_parts import GET, PUT, UPDATE
from bench.spec.kinds.kv import Kv

PRELOADED = 10**ID_DIGITS - 1
"""Stands for the id of what was in the bucket before the trial."""

_Traffics = Mapping[str, Traffic]


def audited(cell: Cell, traffic: _Traffics, evidence: Evidence) -> Audited:
    """Return what is counted of each part of a bucket, and examples of what does not hold."""
    kv = cell.workload
    if not isinstance(kv, Kv):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    tables, told = dict(evidence.tables), dict[str, Told]()
    for part, watch in zip(cell.cast.observing, kv.watch.values(), strict=True):
        watcher = Watcher(part, watch, traffic[PUT], cell.settings.bucket, _preloaded(kv))
        seen = watcher.seen(evidence)
        tables[part.name], told[part.name] = seen.table, watcher.told(seen, evidence)
    if GET in traffic:
        told[GET] = _read(traffic, evidence), ()
    if UPDATE in traffic:
        told[UPDATE] = _updated(traffic[UPDATE], evidence)
    return Audited(
        tables=tables,
        counts={name: counts for name, (counts, _) in told.items()},
        findings=tuple(broken_checks(told)),
    )


def _preloaded(kv: Kv) -> int:
    return kv.keys.count if kv.keys.preload else 0


def _read(traffic: _Traffics, evidence: Evidence) -> Mapping[str, int]:
    """Return how many reads found nothing, or something old or wrong."""
    table, asked = evidence.tables[GET], traffic[GET]
    answered = happened(table.stored_ns)
    found = _found(said(evidence.drivers.get(GET, ()), answered.size))
    reads = Reads(
        keys=asked.subject_index[answered],
        sent_ns=table.sent_ns[answered],
        answered_ns=table.stored_ns[answered],
        found=found[answered],
    )
    counts = {"absent": int(np.count_nonzero(reads.found == NOTHING)), "stale": 0}
    if PUT not in traffic:
        return {**counts, "wrong": int(np.count_nonzero(reads.found >= 0))}
    writes = writes_of(traffic[PUT])
    return {
        **counts,
        "stale": stale(reads, writes, evidence.tables[PUT]),
        "wrong": wrong(reads, writes),
    }


def _found(numbers: IntArray) -> IntArray:
    """Return whose write was read, from what answers held: its id and 1, and 0 of no value.

    What nobody of ours wrote has an id that no write has.
    """
    ids = np.where(numbers == PRELOADED + 1, BEFORE, numbers - 1)
    known = np.where(numbers == NOBODY, PRELOADED, ids)
    return np.where(numbers == 0, NOTHING, known)


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
    return counts, [names[number] for number in np.flatnonzero(off)]


def _count(held: Held, name: str) -> int:
    return Value(data=held[name].data).count if name in held else 0
