"""Streams with limits: what a limit took before it was delivered, apart from what is lost."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.evictions import Kept, Limits, evicted
from bench.engine.losses import UNKNOWN, lost
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record import samples
from bench.scenario import rolled
from bench.spec.expiring import EVICTED
from bench.spec.stream_settings import StreamSettings


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what became of messages; what a limit took is told apart from what is lost."""
    found = rolled.audited(cell, traffic, evidence)
    counts = dict(found.counts)
    for part in cell.cast.observing:
        if EVICTED in part.entries:
            own = _counted(
                cell, part.name, traffic[part.flow], replace(evidence, tables=found.tables)
            )
            counts[part.name] = {**counts.get(part.name, {}), **own}
    return replace(found, counts=counts)


def _counted(cell: Cell, part: str, traffic: Traffic, evidence: Evidence) -> Mapping[str, int]:
    """Return how many messages of a part limits took, and how many are lost."""
    backlog, records = evidence.backlogs.get(part), evidence.observers.get(part, ())
    if backlog is None:
        return {EVICTED.name: UNKNOWN}
    table, stream = evidence.tables[part], cell.settings.stream
    kept = Kept(
        subject_index=traffic.subject_index,
        size_bytes=size_bytes(traffic, evidence, samples.prefix(part, len(evidence.backlogs))),
    )
    limits = limits_of(stream, np.unique(traffic.subject_index).size)
    gone = evicted(table, records, backlog, limits, kept)
    if gone is None:
        return {EVICTED.name: UNKNOWN}
    taken = int(np.count_nonzero(gone))
    return {EVICTED.name: taken, "lost": lost(table, records, backlog, gone)}


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
