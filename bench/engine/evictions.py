"""Which messages a limit of their stream took before anybody received them.

A limit says when a message must go: by its age, or when so many messages or bytes, or messages of
its subject, were stored after it. That one went is told by what the stream has at the end: none of
the places that may be the message's own. What came later while the message had its place still was
passed over, and so is lost whatever became of it; and so is what nobody can show to be gone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine.losses import Backlog, Present, aged_out, passed_ns
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NEVER_NS, Flags, MessageTable, happened, ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """At which a stream gives up its oldest messages; None without.

    Attributes:
        max_age_ns: of a message.
        max_msgs, max_bytes: in the stream.
        max_msgs_per_subject: likewise, of each subject.
    """

    max_age_ns: int | None = None
    max_msgs: int | None = None
    max_bytes: int | None = None
    max_msgs_per_subject: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a stream keeps of messages; by id, shape (n,).

    Attributes:
        subject_index: a number of its subject.
        size_bytes: that it takes in the stream; None where nobody told.
        some: where somebody is asked about who was to receive some of it; None where all.
    """

    subject_index: IntArray
    size_bytes: IntArray | None
    some: "Some | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """All of a flow, of which somebody was to receive some.

    Attributes:
        flow: what became of it.
        due: which of it that was, shape (n,).
        records: of all who take from it, by the ids of the flow.
    """

    flow: MessageTable
    due: Flags
    records: Sequence[ConsumerRecord]


def evicted(
    table: MessageTable,
    consumers: Sequence[ConsumerRecord],
    backlog: Backlog,
    limits: Limits,
    kept: Kept,
) -> Flags | None:
    """Return which messages a limit took, shape (m,); None where the server told nothing.

    Args:
        table: of who was to receive them.
        consumers: what his processes saw.
        backlog: what the server held for him, and what its stream has.
        limits: of the stream.
        kept: what it keeps.
    """
    if backlog.msgs < 0 or backlog.present is None:
        return None
    missing = happened(table.stored_ns) & ~happened(table.received_ns) & ~aged_out(table, backlog)
    if not missing.any():
        return missing
    until_ns = np.minimum(passed_ns(table), backlog.asked_ns)
    some = kept.some or Some(flow=table, due=np.ones_like(missing), records=consumers)
    due: Flags = missing & (due_ns(some.flow, limits, kept)[some.due] <= until_ns)
    return due & gone(some.flow, some.records, backlog.present)[some.due]


def due_ns(table: MessageTable, limits: Limits, kept: Kept) -> IntArray:
    """Return when each message must go by a limit, at the earliest; shape (n,)."""
    found = np.full(table.sent_ns.size, NEVER_NS)
    stored = np.flatnonzero(happened(table.stored_ns))
    order = stored[np.argsort(table.sent_ns[stored], kind="stable")]
    instants_ns = table.sent_ns[order], table.stored_ns[order]
    for due in _dues(instants_ns, order, limits, kept):
        found[order] = np.minimum(found[order], due)
    return found


def _dues(
    instants_ns: tuple[IntArray, IntArray], order: IntArray, limits: Limits, kept: Kept
) -> Iterator[IntArray]:
    """Yield when messages must go by each of the limits, in the order in which they were sent.

    Of what was on its way when a message was sent some may stand behind it: each may have any place
    from behind those that were confirmed by then, and goes no earlier than from the first of them.

    Args:
        instants_ns: sent and stored, in that order, each of shape (k,).
        order: their ids.
        limits: of the stream.
        kept: what it keeps.
    """
    sent_ns, stored_ns = instants_ns
    firsts = np.searchsorted(np.sort(stored_ns), sent_ns, side="right")
    if limits.max_age_ns is not None:
        yield sent_ns + limits.max_age_ns
    if limits.max_msgs is not None:
        yield _after(sent_ns, firsts + limits.max_msgs)
    if limits.max_bytes is not None and kept.size_bytes is not None:
        yield _after(sent_ns, _overflowing(kept.size_bytes[order], firsts, limits.max_bytes))
    if limits.max_msgs_per_subject is not None:
        subject_index = kept.subject_index[order]
        yield _by_subject(instants_ns, subject_index, limits.max_msgs_per_subject)


def _after(sent_ns: IntArray, places: IntArray) -> IntArray:
    """Return when the messages at these places were sent, or the next; never where none is."""
    later = np.maximum(places, np.arange(sent_ns.size) + 1)
    return np.append(sent_ns, NEVER_NS)[np.minimum(later, sent_ns.size)]


def _overflowing(size_bytes: IntArray, firsts: IntArray, max_bytes: int) -> IntArray:
    """Return with which message those from these places on are more than a stream may hold."""
    until = np.concatenate([[0], np.cumsum(size_bytes)])
    return np.searchsorted(until, until[firsts] + max_bytes, side="right") - 1


def _by_subject(
    instants_ns: tuple[IntArray, IntArray], subject_index: IntArray, most: int
) -> IntArray:
    """Return when so many later ones of its subject were sent, of each, as `_dues` does."""
    sent_ns, stored_ns = instants_ns
    order = np.argsort(subject_index, kind="stable")
    _, ranks = np.unique(np.concatenate([sent_ns, stored_ns]), return_inverse=True)
    sent, stored = (
        subject_index * (ranks.max(initial=0) + 1) + each for each in np.split(ranks, 2)
    )
    firsts = np.searchsorted(np.sort(stored), sent[order], side="right")
    later = np.maximum(firsts + most, np.arange(order.size) + 1)
    known = np.flatnonzero(later < order.size)
    known = known[subject_index[order[later[known]]] == subject_index[order[known]]]
    found = np.full(sent_ns.size, NEVER_NS)
    found[order[known]] = sent_ns[order[later[known]]]
    return found


def gone(table: MessageTable, consumers: Sequence[ConsumerRecord], present: Present) -> Flags:
    """Return which messages the stream has no more, for sure; shape (n,).

    Of what came to nobody the place is not written down. It lies between the places of what was
    confirmed before they were sent and of what was sent after they were confirmed; where the stream
    has nothing there that did not come, they are gone.
    """
    seqs = _seqs(table.sent_ns.size, consumers)
    left = np.isin(seqs, present.among(seqs))
    least, most = _least(table, seqs), _most(table, seqs, present.last_seq)
    there = _unreceived(present, consumers)
    none: Flags = np.searchsorted(there, least) == np.searchsorted(there, most, side="right")
    return np.where(seqs > 0, ~left, none)


def _seqs(size: int, consumers: Sequence[ConsumerRecord]) -> IntArray:
    """Return the sequence of each message that came, 0 of others; shape (n,)."""
    found = np.zeros(size, dtype=np.int64)
    for record in consumers:
        known = ours(record.ids, size)
        found[record.ids[known]] = record.stream_seqs[known]
    return found


def _least(table: MessageTable, seqs: IntArray) -> IntArray:
    """Return the lowest sequence that each message can have."""
    before = np.flatnonzero((seqs > 0) & happened(table.stored_ns))
    before = before[np.argsort(table.stored_ns[before], kind="stable")]
    highest = np.append(0, np.maximum.accumulate(seqs[before]))
    return highest[np.searchsorted(table.stored_ns[before], table.sent_ns, side="right")] + 1


def _most(table: MessageTable, seqs: IntArray, last_seq: int) -> IntArray:
    """Return the highest sequence that each message can have."""
    sent_ns = np.sort(table.sent_ns[happened(table.stored_ns)])
    behind = sent_ns.size - np.searchsorted(sent_ns, table.stored_ns)
    after = np.flatnonzero((seqs > 0) & happened(table.sent_ns))
    after = after[np.argsort(table.sent_ns[after], kind="stable")]
    lowest = np.append(np.minimum.accumulate(seqs[after][::-1])[::-1], NEVER_NS)
    known = lowest[np.searchsorted(table.sent_ns[after], table.stored_ns)] - 1
    highest: IntArray = np.minimum(known, last_seq - behind)
    return highest


def _unreceived(present: Present, consumers: Sequence[ConsumerRecord]) -> IntArray:
    """Return the sequences of what the stream has and nobody received, ascending."""
    there = present.among(np.arange(present.first_seq, present.last_seq + 1))
    came = [np.empty(0, dtype=np.int64), *(record.stream_seqs for record in consumers)]
    left: IntArray = np.setdiff1d(there, np.concatenate(came))
    return left
