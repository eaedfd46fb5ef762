"""The instants of every operation, joined from what drivers and observers wrote down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import NO_ID, Ending, IntArray
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.spec.cast import Cast, Part, Side
from bench.spec.retried import RETRIED, SETTLED
from bench.spec.waiting import BEGUN

NOT_YET = np.iinfo(np.int64).min
"""Stands for an instant that never came; relative instants may be any other number."""

NEVER_NS = np.iinfo(np.int64).max
"""Likewise, where what never happens is later than all that does."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTable:
    """Every operation of a flow by id, and what one part saw of it; of shape (n,).

    Instants are ns from the trial's start.

    Attributes:
        intended_ns: always known.
        sent_ns, stored_ns: handed over and answered as wanted, or NOT_YET.
        received_ns, handled_ns, acked_ns: the first of each, or NOT_YET; of a part that drives,
            nobody received anything. Of one that reads, the first is when what it read was written.
        outcome: what else the answer was (bench.clients.port.Outcome); NONE where none came.
        begun_ns: when the handler began, or NOT_YET; None where a kind of workload does not tell.
        retried_ns, settled_ns: when one that came more than once was due, and when it was
            acknowledged or given up in the end; likewise.
    """

    intended_ns: IntArray
    sent_ns: IntArray
    stored_ns: IntArray
    received_ns: IntArray
    handled_ns: IntArray
    acked_ns: IntArray
    outcome: IntArray
    begun_ns: IntArray | None = None
    retried_ns: IntArray | None = None
    settled_ns: IntArray | None = None

    @property
    def refused(self) -> Flags:
        """Where another answer came than was wanted, shape (n,)."""
        unlike: Flags = self.outcome != 0
        return unlike

    def instants(self, part: Part) -> Mapping[str, IntArray]:
        """Return a part's own instants by its names for them."""
        columns = {
            Side.DRIVES: (self.sent_ns, self.stored_ns, self.received_ns),
            Side.OBSERVES: (self.received_ns, self.handled_ns, self.acked_ns),
        }
        due = {instant.name: self.intended_ns for instant in part.instants if instant.due}
        told = [instant.name for instant in part.own]
        again = {RETRIED: self.retried_ns, SETTLED: self.settled_ns}
        reckoned = {BEGUN: self.begun_ns, **again}
        names = (name for name in told if name not in reckoned)
        own = dict(zip(names, columns[part.side], strict=False))
        found = {name: self._or_never(reckoned[name]) for name in told if name in reckoned}
        return {**due, **own, **found}

    def _or_never(self, instants_ns: IntArray | None) -> IntArray:
        return np.full_like(self.intended_ns, NOT_YET) if instants_ns is None else instants_ns


Tables = Mapping[str, MessageTable]
"""By part: of those that observe a flow, each has its operations and what it saw of them."""


def instants_of(tables: Tables, cast: Cast) -> Mapping[str, IntArray]:
    """Return the instants of all parts by their flat names."""
    return {
        cast.instant(part, name): column
        for part in cast.parts
        for name, column in tables[part.name].instants(part).items()
    }


def reached(tables: Tables, cast: Cast, part: Part) -> Mapping[str, IntArray]:
    """Return all instants that a part names, its flow's as well, of the operations it is about."""
    table = tables[part.name]
    return {**table.instants(cast.part(part.flow)), **table.instants(part)}


def join(
    intended_ns: IntArray,
    publishers: Sequence[PublisherRecord],
    consumers: Sequence[ConsumerRecord],
    start_ns: int,
) -> MessageTable:
    """Join the records of a flow, and of one part that observes it.

    Args:
        intended_ns: from the trial's start, by id, shape (n,).
        publishers: each operation in at most one of them.
        consumers: an operation may be in several, and several times in one.
        start_ns: the trial's start on the clock of the records.
    """
    return seen_by(driven(intended_ns, publishers, start_ns), consumers, start_ns)


def driven(
    intended_ns: IntArray,
    publishers: Sequence[PublisherRecord],
    start_ns: int,
    *,
    answer_within_ns: int | None = None,
) -> MessageTable:
    """Return a flow's operations, seen by nobody.

    Args:
        intended_ns: from the trial's start, by id, shape (n,).
        publishers: each operation in at most one of them.
        start_ns: the trial's start on the clock of the records.
        answer_within_ns: an answer that takes longer came to nobody; None where any is waited for.
    """
    size = intended_ns.size
    sent_ns, stored_ns = np.full(size, NOT_YET), np.full(size, NOT_YET)
    outcome = np.zeros(size, dtype=np.int64)
    for record in publishers:
        sent_ns[record.ids] = _relative(record.sent_ns, start_ns)
        stored_ns[record.ids] = _relative(record.stored_ns, start_ns)
        outcome[record.ids] = record.outcome
    if answer_within_ns is not None:
        late = happened(stored_ns) & (stored_ns - sent_ns > answer_within_ns)
        stored_ns[late] = NOT_YET
    nothing_ns: IntArray = np.broadcast_to(np.int64(NOT_YET), (size,))
    return MessageTable(
        intended_ns=intended_ns,
        sent_ns=sent_ns,
        stored_ns=stored_ns,
        received_ns=nothing_ns,
        handled_ns=nothing_ns,
        acked_ns=nothing_ns,
        outcome=outcome,
    )


def some_of(table: MessageTable, chosen: Flags) -> MessageTable:
    """Return the table of some operations, which keep their order.

    Args:
        table: of a flow.
        chosen: which, shape (n,).
    """
    return replace(
        table,
        **{e.name: c[chosen] for e in fields(table) if (c := getattr(table, e.name)) is not None},
    )


def renumbered(records: Sequence[ConsumerRecord], chosen: Flags) -> list[ConsumerRecord]:
    """Return records whose ids are places among the chosen operations, NO_ID where not chosen."""
    places = np.where(chosen, np.cumsum(chosen) - 1, NO_ID)
    known = [np.where(ours(record.ids, places.size), record.ids, 0) for record in records]
    return [
        replace(record, ids=np.where(ours(record.ids, places.size), places[ids], _none(record.ids)))
        for record, ids in zip(records, known, strict=True)
    ]


def _none(ids: IntArray) -> IntArray:
    """Return what stands for ids that are not of a flow: what they are, where they tell that."""
    return np.minimum(ids, NO_ID)


def seen_by(
    table: MessageTable, consumers: Sequence[ConsumerRecord], start_ns: int
) -> MessageTable:
    """Return a flow's operations with what another part saw of them; the rest is shared."""
    size = table.intended_ns.size
    return replace(
        table,
        received_ns=_first(size, consumers, "received_ns", start_ns),
        handled_ns=_first(size, consumers, "handled_ns", start_ns),
        acked_ns=_first(size, consumers, "acked_ns", start_ns),
    )


def happened(instants_ns: IntArray) -> Flags:
    """Return where the instant came, shape as given."""
    came: Flags = instants_ns != NOT_YET
    return came


def ours(ids: IntArray, size: int) -> Flags:
    """Return which ids are those of a flow of `size` operations."""
    known: Flags = (ids >= 0) & (ids < size)
    return known


def _relative(instants_ns: IntArray, start_ns: int) -> IntArray:
    return np.where(instants_ns == NEVER, NOT_YET, instants_ns - start_ns)


def given_up_ns(record: ConsumerRecord) -> IntArray:
    """Return when deliveries were acknowledged, or the server was told not to wait for that."""
    ended: IntArray = np.where(
        record.ending == Ending.TERMINATED, record.handled_ns, record.acked_ns
    )
    return ended


def _first(size: int, consumers: Sequence[ConsumerRecord], column: str, start_ns: int) -> IntArray:
    """Return the earliest instant of a column for each id."""
    earliest = np.full(size, np.iinfo(np.int64).max)
    for record in consumers:
        instants = given_up_ns(record) if column == "acked_ns" else getattr(record, column)
        counted = ours(record.ids, size) & (instants != NEVER)
        np.minimum.at(earliest, record.ids[counted], instants[counted] - start_ns)
    return np.where(earliest == np.iinfo(np.int64).max, NOT_YET, earliest)
