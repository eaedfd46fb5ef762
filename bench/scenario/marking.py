"""Streams that mark what left them by its age: markers apart from messages and from losses.

A marker takes a sequence of the stream, and is delivered and acknowledged as messages are. One that
was set and never received can hide a message, or be one of somebody else's: how many there can be
follows from when subjects were emptied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.clients.buckets import are_markers
from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.lifetimes import EARLY_NS
from bench.engine.losses import UNKNOWN, Backlog, lost
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags, MessageTable, happened, ours
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario import per_key
from bench.spec.cast import Part
from bench.spec.expiring import MARKERS
from bench.spec.variant import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """How many markers there are.

    Attributes:
        received: of them, each once.
        unseen: set besides, at most, and received by nobody.
    """

    received: int
    unseen: int


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what became of messages; markers are told apart from them where some are set."""
    if cell.settings.stream.subject_delete_marker_ttl_ns is None:
        return per_key.audited(cell, traffic, evidence)
    marked = {
        part.name: _marked(cell.settings, part, traffic[part.flow], evidence)
        for part in cell.cast.observing
    }
    known = {
        name: replace(held, unseen_markers=marked[name].unseen)
        for name, held in evidence.backlogs.items()
    }
    found = per_key.audited(cell, traffic, replace(evidence, backlogs=known))
    counts = dict(found.counts)
    for part in cell.cast.observing:
        records, backlog = evidence.observers.get(part.name, ()), known.get(part.name)
        own = _counted(found.tables[part.name], records, backlog)
        counts[part.name] = {**own, **counts.get(part.name, {})}
        held = {} if backlog is None else {"held": _held(backlog, marked[part.name])}
        counts[part.flow] = {**held, **counts.get(part.flow, {})}
    return replace(found, counts=counts)


def _marked(settings: Settings, part: Part, traffic: Traffic, evidence: Evidence) -> Marked:
    """Return how many markers came, and how many more the stream can have had."""
    backlog = evidence.backlogs.get(part.name)
    records = evidence.observers.get(part.name, ())
    received = seen(records)
    if backlog is None or backlog.stream_msgs < 0:
        return Marked(received=received, unseen=0)
    table = evidence.tables[part.flow]
    known = received + strange(records, table.intended_ns.size)
    more = backlog.stream_msgs - known - int(np.count_nonzero(happened(table.stored_ns)))
    most = emptied(table, traffic.subject_index, _life_ns(settings), backlog.asked_ns) - received
    return Marked(received=received, unseen=max(0, min(more, most)))


def _life_ns(settings: Settings) -> int:
    """Return how long a message stays at least."""
    return min(filter(None, (settings.stream.max_age_ns, settings.publish.ttl_ns)))


def seen(records: Sequence[ConsumerRecord]) -> int:
    """Return how many markers came, each once."""
    return _distinct([record.stream_seqs[are_markers(record.ids)] for record in records])


def strange(records: Sequence[ConsumerRecord], size: int) -> int:
    """Return how many came, each once, that are neither markers nor one of so many messages."""
    return _distinct([record.stream_seqs[_are_strange(record, size)] for record in records])


def _are_strange(record: ConsumerRecord, size: int) -> Flags:
    return ~ours(record.ids, size) & ~are_markers(record.ids)


def _distinct(seqs: Sequence[IntArray]) -> int:
    return int(np.unique(np.concatenate([np.empty(0, dtype=np.int64), *seqs])).size)


def emptied(table: MessageTable, subject_index: IntArray, life_ns: int, until_ns: int) -> int:
    """Return how often a subject can have lost its last message by age, at most.

    That is after each message whose time was over when the next of its subject was stored, or when
    the stream was last looked at; what was not confirmed may have been stored, too.

    Args:
        table: of who filled the stream.
        subject_index: of each message, shape (n,).
        life_ns: how long a message stays at least.
        until_ns: when the stream was last looked at.
    """
    stored = np.flatnonzero(happened(table.stored_ns))
    order = stored[np.lexsort((table.stored_ns[stored], subject_index[stored]))]
    next_ns = np.full(order.size, until_ns)
    same = subject_index[order[1:]] == subject_index[order[:-1]]
    next_ns[:-1][same] = table.stored_ns[order[1:]][same]
    over = table.sent_ns[order] + life_ns - EARLY_NS <= next_ns
    silent = happened(table.sent_ns) & ~happened(table.stored_ns) & ~table.refused
    return int(np.count_nonzero(over)) + int(np.count_nonzero(silent))


def _counted(
    table: MessageTable, records: Sequence[ConsumerRecord], backlog: Backlog | None
) -> Mapping[str, int]:
    """Return the markers that came, what else is foreign, and what is lost for all of them."""
    size = table.intended_ns.size
    return {
        MARKERS.name: seen(records),
        "foreign": sum(int(np.count_nonzero(_are_strange(each, size))) for each in records),
        "lost": UNKNOWN if backlog is None else lost(table, records, backlog),
    }


def _held(backlog: Backlog, marked: Marked) -> int:
    """Return how many messages the stream ever stored, without its markers."""
    if backlog.stream_msgs < 0:
        return UNKNOWN
    return backlog.stream_msgs - marked.received - marked.unseen
