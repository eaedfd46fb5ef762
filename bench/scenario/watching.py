"""What a watcher of a bucket saw, and whether it is what it is owed."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bench.broker.latest import Held
from bench.core import text
from bench.engine.audit import Evidence
from bench.engine.keyed import Seen, Writes, last_seqs, watched
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags, happened, ours
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.spec.cast import Part
from bench.spec.filters import matching
from bench.spec.keyed import Watch
from bench.spec.variant import BucketSettings

EXAMPLES = 3

Told = tuple[Mapping[str, int], Sequence[str]]
"""Counts of a part, and the keys of which something does not hold."""


def broken_checks(told: Mapping[str, Told]) -> Iterator[Finding]:
    """Yield a finding for each part of which something does not hold, with examples."""
    for part, (_, keys) in told.items():
        if keys:
            few = text.listed(list(keys[:EXAMPLES]))
            words = f"{part}: {text.plural(len(keys), 'key')} not as they must be at the end: {few}"
            yield Finding(level=Level.WARNING, code="check-broken", text=words)


def writes_of(traffic: Traffic) -> Writes:
    """Return what the writes of a bucket are."""
    names = np.array([act.name for act in traffic.acts])[traffic.act_index]
    return Writes(keys=traffic.subject_index, removes=names != "publish", purges=names == "purge")


class Watcher:
    """One watcher, and the writes that it is due."""

    def __init__(
        self, part: Part, watch: Watch, written: Traffic, bucket: BucketSettings, preloaded: int
    ) -> None:
        """Be ready to say what it saw.

        Args:
            part: of the cast.
            watch: what it filters for.
            written: the writes, or what becomes one each.
            bucket: that it watches.
            preloaded: values that were there before, the first of the stream.
        """
        matched = matching(watch.subjects, written.subjects)
        self._names = written.subjects
        self._seen_keys = np.array([name in matched for name in written.subjects])
        writes = writes_of(written)
        self._writes = writes.among(self._seen_keys[writes.keys])
        self._part, self._watch = part, watch
        self._bucket, self._preloaded = bucket, preloaded

    def seen(self, evidence: Evidence) -> Seen:
        """Return what it saw of them."""
        return watched(evidence.tables[self._part.name], self._writes, self._bucket.history)

    def told(self, seen: Seen, evidence: Evidence) -> Told:
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
