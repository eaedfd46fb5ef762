"""What a watcher of a bucket saw, and whether it is what it is owed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import marked_keys
from bench.clients.port import IntArray
from bench.core import text
from bench.engine.audit import Evidence
from bench.engine.keyed import Seen, Writes, last_seqs, watched
from bench.engine.lifetimes import Written, expired, latest_ns
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
    values = np.array([act.again or act.name == "publish" for act in traffic.acts])
    return Writes(
        keys=traffic.subject_index,
        removes=~values[traffic.act_index],
        purges=names == "purge",
    )


def _seq(held: Held, name: str) -> int:
    return held[name].seq if name in held else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How a bucket keeps what is written.

    Attributes:
        bucket: its settings.
        preloaded: values that were there before, the first of the stream.
        life_ns: how long what is written lives; None for ever.
    """

    bucket: BucketSettings
    preloaded: int
    life_ns: int | None


class Watcher:
    """One watcher, and the writes that it is due."""

    def __init__(
        self,
        part: Part,
        watch: Watch,
        written: Traffic,
        keeping: Keeping,
    ) -> None:
        """Be ready to say what it saw.

        Args:
            part: of the cast.
            watch: what it filters for.
            written: the writes, or what becomes one each.
            keeping: how the bucket that it watches keeps them.
        """
        matched = matching(watch.subjects, written.subjects)
        self._names = written.subjects
        self._seen_keys = np.array([name in matched for name in written.subjects])
        writes = writes_of(written)
        self._writes = writes.among(self._seen_keys[writes.keys] & written.firsts)
        self._part, self._watch = part, watch
        self._bucket, self._preloaded = keeping.bucket, keeping.preloaded
        self._life_ns = keeping.life_ns

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
        markers = self._markers(records)
        unlike, others = self._compared(records, evidence)
        counts = {
            "superseded": int(np.count_nonzero(seen.superseded)),
            "lost": self._lost(seen, evidence),
            "duplicates": known - int(np.count_nonzero(came)),
            "foreign": deliveries - before - known - int(markers.sum()),
            "unlike": others,
            "markers": int(markers.sum()),
            "first_values": len(self._first_values(records)),
            "unmarked": 0,
        }
        unmarked: Sequence[str] = ()
        if self._life_ns is not None and self._marked:
            unmarked = self._unmarked(markers, evidence, self._life_ns)
            counts["unmarked"] = len(unmarked)
        if evidence.broken_off and unmarked:
            counts["unmarked"], unmarked = UNKNOWN, ()
        return counts, (*unlike, *unmarked)

    def _lost(self, seen: Seen, evidence: Evidence) -> int:
        """Return how many never came: what grew too old, or was on its way, may be none."""
        missing, surely = (int(np.count_nonzero(each)) for each in (seen.missing, seen.overtaken))
        if self._life_ns is not None:
            return UNKNOWN if missing else 0
        if evidence.broken_off:
            return surely or (UNKNOWN if missing else 0)
        return missing

    def _compared(
        self, records: Sequence[ConsumerRecord], evidence: Evidence
    ) -> tuple[Sequence[str], int]:
        """Return the keys that it surely knew wrong at the end, and how many there are."""
        if evidence.held is None:
            return (), UNKNOWN
        unlike = self._unlike(records, evidence.held)
        if not evidence.broken_off:
            return unlike, len(unlike)
        newest = max((int(each.stream_seqs.max(initial=0)) for each in records), default=0)
        # A connection keeps the order: what is older than something that came is not on its way.
        surely = [name for name in unlike if _seq(evidence.held, name) <= newest]
        return surely, len(surely) or (UNKNOWN if unlike else 0)

    def _markers(self, records: Sequence[ConsumerRecord]) -> IntArray:
        """Return how many markers of the server's came of each key that it sees."""
        ids = np.concatenate([np.empty(0, dtype=np.int64), *(each.ids for each in records)])
        keys = marked_keys(ids)
        keys = keys[keys < len(self._names)]
        markers: IntArray = np.bincount(keys, minlength=len(self._names)) * self._seen_keys
        return markers

    def _unmarked(self, markers: IntArray, evidence: Evidence, life_ns: int) -> list[str]:
        """Return the keys whose time was over more often than a marker of them came."""
        table = evidence.tables[self._part.name]
        written = Written(keys=self._writes.keys, table=table, life_ns=life_ns)
        until_ns = latest_ns(evidence.tables)
        owed = expired(written, self._writes.removes, len(self._names), until_ns)
        return [self._names[number] for number in np.flatnonzero(owed > markers).tolist()]

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

    @property
    def _marked(self) -> bool:
        return self._bucket.limit_markers_ns is not None

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
            return last_seq == 0 or self._life_ns is not None
        if kept.seq <= self._preloaded:
            return last_seq == 0 and (kept.seq in first or self._watch.begins == "new")
        return kept.seq == last_seq
