"""What is counted of a bucket, and what must be true of it at the end."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import NOBODY, Value
from bench.clients.port import IntArray
from bench.core import text
from bench.engine.audit import Audited, Evidence
from bench.engine.keyed import (
    BEFORE,
    NOTHING,
    Reads,
    Seen,
    Writes,
    last_seqs,
    said,
    stale,
    watched,
    wrong,
)
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags, happened, ours
from bench.plan.model import Cell
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.spec.cast import Part
from bench.spec.filters import matching
from bench.spec.keyed import Watch
from bench.spec.keyed_parts import GET, PUT, UPDATE
from bench.spec.kinds.kv import Kv

PRELOADED = 10**ID_DIGITS - 1
"""Stands for the id of what was in the bucket before the trial."""

EXAMPLES = 3

_Traffics = Mapping[str, Traffic]
_Told = tuple[Mapping[str, int], Sequence[str]]
"""Counts of a part, and the keys of which something does not hold."""


def audited(cell: Cell, traffic: _Traffics, evidence: Evidence) -> Audited:
    """Return what is counted of each part of a bucket, and examples of what does not hold."""
    kv = cell.workload
    if not isinstance(kv, Kv):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    tables, told = dict(evidence.tables), dict[str, _Told]()
    for part, watch in zip(cell.cast.observing, kv.watch.values(), strict=True):
        watcher = _Watcher(cell, kv, part, watch, traffic[PUT])
        seen = watcher.seen(evidence)
        tables[part.name], told[part.name] = seen.table, watcher.told(seen, evidence)
    if GET in traffic:
        told[GET] = _read(traffic, evidence), ()
    if UPDATE in traffic:
        told[UPDATE] = _updated(traffic[UPDATE], evidence)
    return Audited(
        tables=tables,
        counts={name: counts for name, (counts, _) in told.items()},
        findings=tuple(_findings(told)),
    )


def _findings(told: Mapping[str, _Told]) -> Iterator[Finding]:
    for part, (_, keys) in told.items():
        if keys:
            few = text.listed(list(keys[:EXAMPLES]))
            words = f"{part}: {text.plural(len(keys), 'key')} not as they must be at the end: {few}"
            yield Finding(level=Level.WARNING, code="check-broken", text=words)


def writes_of(traffic: Traffic) -> Writes:
    """Return what the writes of a bucket are."""
    names = np.array([act.name for act in traffic.acts])[traffic.act_index]
    return Writes(keys=traffic.subject_index, removes=names != "publish", purges=names == "purge")


class _Watcher:
    """One watcher, and the writes that it is due."""

    def __init__(self, cell: Cell, kv: Kv, part: Part, watch: Watch, written: Traffic) -> None:
        matched = matching(watch.subjects, written.subjects)
        self._names = written.subjects
        self._seen_keys = np.array([name in matched for name in written.subjects])
        writes = writes_of(written)
        self._writes = writes.among(self._seen_keys[writes.keys])
        self._part, self._watch = part, watch
        self._bucket = cell.settings.bucket
        self._preloaded = kv.keys.count if kv.keys.preload else 0

    def seen(self, evidence: Evidence) -> Seen:
        """Return what it saw of them."""
        return watched(evidence.tables[self._part.name], self._writes, self._bucket.history)

    def told(self, seen: Seen, evidence: Evidence) -> _Told:
        """Return what is counted of it, and the keys of which it did not see the last value."""
        records = evidence.observers[self._part.name]
        size, came = self._writes.keys.size, happened(evidence.tables[self._part.name].received_ns)
        known = sum(int(np.count_nonzero(ours(record.ids, size))) for record in records)
        deliveries = sum(record.ids.size for record in records)
        before = sum(int(np.count_nonzero(self._is_before(record))) for record in records)
        missing = int(np.count_nonzero(seen.missing))
        unlike = None if evidence.held is None else self._unlike(records, evidence.held)
        counts = {
            "superseded": int(np.count_nonzero(seen.superseded)),
            # What grew too old may never have come.
            "lost": UNKNOWN if missing and self._bucket.ttl_ns else missing,
            "duplicates": known - int(np.count_nonzero(came)),
            "foreign": deliveries - before - known,
            "unlike": UNKNOWN if unlike is None else len(unlike),
        }
        return counts, unlike or ()

    def _is_before(self, record: ConsumerRecord) -> Flags:
        found: Flags = record.stream_seqs <= self._preloaded
        return found

    def _unlike(self, records: Sequence[ConsumerRecord], held: Held) -> list[str]:
        """Return the keys whose last value, as the bucket holds it, did not come."""
        last = last_seqs(records, self._writes.keys, len(self._names))
        first = self._first_values(records)
        return [
            name
            for number, name in enumerate(self._names)
            if self._seen_keys[number] and not self._agrees(held, name, last[number], first)
        ]

    def _first_values(self, records: Sequence[ConsumerRecord]) -> frozenset[int]:
        return frozenset(
            seq
            for record in records
            for seq in record.stream_seqs[self._is_before(record)].tolist()
        )

    def _agrees(self, held: Held, name: str, last_seq: int, first: frozenset[int]) -> bool:
        """Say whether the last that came of a key is what the bucket holds."""
        kept = held.get(name)
        if kept is None or kept.operation not in ("", "DEL", "PURGE"):
            return last_seq == 0 or self._bucket.ttl_ns is not None
        if kept.seq <= self._preloaded:
            return last_seq == 0 and (kept.seq in first or not self._watch.snapshot)
        return kept.seq == last_seq


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


def _updated(traffic: Traffic, evidence: Evidence) -> _Told:
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
