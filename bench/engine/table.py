"""The five instants of every message, joined from what publishers and consumers wrote down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.spec.cast import Cast, Side

NOT_YET = np.iinfo(np.int64).min
"""Stands for an instant that never came; relative instants may be any other number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTable:
    """Every message of a trial by id; instants are ns from the trial's start, shape (n,).

    Attributes:
        intended_ns: always known.
        sent_ns, stored_ns, received_ns, handled_ns, acked_ns: the first of each, or NOT_YET.
        refused: an error PubAck came, bool.
    """

    intended_ns: IntArray
    sent_ns: IntArray
    stored_ns: IntArray
    received_ns: IntArray
    handled_ns: IntArray
    acked_ns: IntArray
    refused: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def at(self, cast: Cast) -> Mapping[str, IntArray]:
        """Return the instants by the names that a cast gives them."""
        columns = {
            Side.DRIVES: (self.intended_ns, self.sent_ns, self.stored_ns),
            Side.OBSERVES: (self.received_ns, self.handled_ns, self.acked_ns),
        }
        return {
            cast.instant(part, instant.name): column
            for part in cast.parts
            for instant, column in zip(part.instants, columns[part.side], strict=False)
        }


def join(
    intended_ns: IntArray,
    publishers: Sequence[PublisherRecord],
    consumers: Sequence[ConsumerRecord],
    start_ns: int,
) -> MessageTable:
    """Join the records of a trial.

    Args:
        intended_ns: from the trial's start, by id, shape (n,).
        publishers: each message in at most one of them.
        consumers: a message may be in several, and several times in one.
        start_ns: the trial's start on the clock of the records.
    """
    size = intended_ns.size
    columns = {name: np.full(size, NOT_YET) for name in ("sent", "stored")}
    refused = np.zeros(size, dtype=np.bool_)
    for record in publishers:
        columns["sent"][record.ids] = _relative(record.sent_ns, start_ns)
        columns["stored"][record.ids] = _relative(record.stored_ns, start_ns)
        refused[record.ids] = record.refused.astype(np.bool_)
    return MessageTable(
        intended_ns=intended_ns,
        sent_ns=columns["sent"],
        stored_ns=columns["stored"],
        received_ns=_first(size, consumers, "received_ns", start_ns),
        handled_ns=_first(size, consumers, "handled_ns", start_ns),
        acked_ns=_first(size, consumers, "acked_ns", start_ns),
        refused=refused,
    )


def happened(instants_ns: IntArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return where the instant came, shape as given."""
    came: np.ndarray[tuple[int], np.dtype[np.bool_]] = instants_ns != NOT_YET
    return came


def ours(ids: IntArray, size: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which ids are those of a trial of `size` messages."""
    known: np.ndarray[tuple[int], np.dtype[np.bool_]] = (ids >= 0) & (ids < size)
    return known


def _relative(instants_ns: IntArray, start_ns: int) -> IntArray:
    return np.where(instants_ns == NEVER, NOT_YET, instants_ns - start_ns)


def _first(size: int, consumers: Sequence[ConsumerRecord], column: str, start_ns: int) -> IntArray:
    """Return the earliest instant of a column for each id."""
    earliest = np.full(size, np.iinfo(np.int64).max)
    for record in consumers:
        instants: IntArray = getattr(record, column)
        counted = ours(record.ids, size) & (instants != NEVER)
        np.minimum.at(earliest, record.ids[counted], instants[counted] - start_ns)
    return np.where(earliest == np.iinfo(np.int64).max, NOT_YET, earliest)
