"""Streams with limits: what a limit took before it was delivered, apart from what is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from bench.clients.port import NO_ID, IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.evictions import Kept, Limits, Some, evicted
from bench.engine.losses import UNKNOWN, lost
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags, ours
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record import samples
from bench.scenario import rolled
from bench.spec.cast import Part
from bench.spec.expiring import EVICTED
from bench.spec.stream_settings import StreamSettings


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what became of messages; what a limit took is told apart from what is lost."""
    found = rolled.audited(cell, traffic, evidence)
    counts, taken = dict(found.counts), dict(found.taken)
    for part in cell.cast.observing:
        if EVICTED in part.entries:
            seen = replace(evidence, tables=found.tables)
            own = taken_of(cell, part, traffic[part.flow], seen)
            counts[part.name] = {**counts.get(part.name, {}), **own.counts}
            taken[part.name] = own.ids
    return replace(found, counts=counts, taken=taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What limits took of a part.

    Attributes:
        counts: of its ledger: how many, UNKNOWN where nobody can tell, and how many are lost.
        ids: which, in their flow, shape (k,).
    """

    counts: Mapping[str, int]
    ids: IntArray


def taken_of(
    cell: Cell,
    part: Part,
    traffic: Traffic,
    evidence: Evidence,
    due: Mapping[str, Flags] = MappingProxyType({}),
) -> Taken:
    """Return what limits took of a part before it came there.

    Args:
        cell: of the trial.
        part: that is to count it.
        traffic: of its flow.
        evidence: all that is known.
        due: which of its flow each part is to see, shape (n,); all where it is absent.
    """
    name, none = part.name, np.empty(0, dtype=np.int64)
    if (backlog := evidence.backlogs.get(name)) is None:
        return Taken(counts={EVICTED.name: UNKNOWN}, ids=none)
    kept = Kept(
        subject_index=traffic.subject_index,
        size_bytes=_size_bytes(cell, part, traffic, evidence),
        some=_some(cell, part, evidence, due),
    )
    table, records = evidence.tables[name], evidence.observers.get(name, ())
    limits = limits_of(cell.settings.stream, np.unique(traffic.subject_index).size)
    gone = evicted(table, records, backlog, limits, kept)
    if gone is None:
        return Taken(counts={EVICTED.name: UNKNOWN}, ids=none)
    ids = np.flatnonzero(gone) if name not in due else np.flatnonzero(due[name])[gone]
    counts = {EVICTED.name: ids.size, "lost": lost(table, records, backlog, gone)}
    return Taken(counts=counts, ids=ids)


def _some(cell: Cell, part: Part, evidence: Evidence, due: Mapping[str, Flags]) -> Some | None:
    """Return what is known of the whole flow of a part that is due some of it; None where all."""
    if part.name not in due:
        return None
    flow = evidence.tables[part.flow]
    records = [
        _of_flow(record, due.get(each.name))
        for each in cell.cast.observing
        if each.flow == part.flow
        for record in evidence.observers.get(each.name, ())
    ]
    return Some(flow=flow, due=due[part.name], records=records)


def _of_flow(record: ConsumerRecord, due: Flags | None) -> ConsumerRecord:
    """Return a record by the ids of the flow, and not by the places of what its part is due."""
    if due is None:
        return record
    places = np.flatnonzero(due)
    known = ours(record.ids, places.size)
    ids = np.full_like(record.ids, NO_ID)
    ids[known] = places[record.ids[known]]
    return replace(record, ids=ids)


def _size_bytes(cell: Cell, part: Part, traffic: Traffic, evidence: Evidence) -> IntArray | None:
    """Return what each message takes, as was told of one of the consumers of its flow."""
    flow = (each.name for each in cell.cast.observing if each.flow == part.flow)
    prefixes = (samples.prefix(name, len(evidence.backlogs)) for name in flow)
    told = (size_bytes(traffic, evidence, prefix) for prefix in prefixes)
    return next((each for each in told if each is not None), None)


def limits_of(stream: StreamSettings, subjects: int | None = None) -> Limits:
    """Return the limits at which a stream gives up what it has stored.

    What it keeps under other subjects than it was published under is not told by subject, and what
    its past takes of its bytes is not known by message. A limit that it cannot come to, since that
    of its subjects keeps it below, takes nothing.

    Args:
        stream: its settings.
        subjects: under which it is published to; None where nobody knows how many.
    """
    old = stream.discard == "old"
    by_subject = not stream.discard_new_per_subject and stream.subject_transform is None
    return Limits(
        max_age_ns=stream.max_age_ns,
        max_msgs=stream.max_msgs if old and not (by_subject and _below(stream, subjects)) else None,
        max_bytes=stream.max_bytes if old and stream.history is None else None,
        max_msgs_per_subject=stream.max_msgs_per_subject if by_subject else None,
    )


def _below(stream: StreamSettings, subjects: int | None) -> bool:
    """Say whether the limit of its subjects keeps a stream from that of all its messages."""
    most, each = stream.max_msgs, stream.max_msgs_per_subject
    if most is None or each is None or subjects is None or stream.history is not None:
        return False
    return subjects * each < most  # one more is there for a moment


def size_bytes(traffic: Traffic, evidence: Evidence, prefix: str) -> IntArray | None:
    """Return what each message takes in the stream, shape (n,); None where no sample told of bytes.

    That is its payload, and as much besides as the server told when the stream was at its largest.
    """
    told = [
        (stored, count)
        for row in evidence.rows
        if (stored := row.get(f"{prefix}stream_bytes"))
        and (count := row.get(f"{prefix}stream_msgs"))
    ]
    if not told:
        return None
    stored, count = max(told)
    own = np.array([len(each.content) for each in traffic.payloads])[traffic.payload_index]
    besides: int = max(0, round(stored / count - float(own.mean())))
    found: IntArray = own + besides
    return found
