"""How many messages are lost: stored, never received, and not held for delivery any more.

What the server waits to have acknowledged is no excuse by itself: most of it was received. Asked is
which of it was not, and, by sequences, whether the stream still has what nobody received.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import Ending, IntArray
from bench.engine.ranges import Ranges
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import Flags, MessageTable, happened

UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Which messages the stream still has.

    Attributes:
        first_seq, last_seq: of the oldest and the newest; none when the first is above the last.
        deleted_seqs: gone from between, ascending.
    """

    first_seq: int
    last_seq: int
    deleted_seqs: tuple[int, ...] = ()

    @property
    def msgs(self) -> int:
        """How many there are."""
        return max(0, self.last_seq - self.first_seq + 1) - len(self.deleted_seqs)

    def among(self, seqs: IntArray) -> IntArray:
        """Return those of these sequences that the stream still has."""
        inside = seqs[(seqs >= self.first_seq) & (seqs <= self.last_seq)]
        return inside[~np.isin(inside, np.array(self.deleted_seqs, dtype=np.int64))]

    def count(self, seqs: Ranges) -> int:
        """Return how many of these sequences the stream still has."""
        gone = seqs.has(np.array(self.deleted_seqs, dtype=np.int64))
        return seqs.between(self.first_seq, self.last_seq) - int(np.count_nonzero(gone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What the server said when the drain had ended and no client was left.

    Attributes:
        msgs: still held for the consumer: not delivered yet, or delivered and waiting for an ack;
            -1 when it could not be asked.
        stream_msgs: ever stored in the stream; -1 when it could not be asked.
        ack_pending_msgs: of `msgs`, those that wait for an ack.
        present: which messages the stream has; None when it was not told.
        tracked: the server keeps what it has delivered until it is acknowledged; without that,
            what is on its way stands in no count.
        max_deliver: of the consumer; it gives up what was delivered so often.
        ttl_ns: how long each message is kept; 0 for as long as the stream keeps any.
        asked_ns: when the server was asked, from the trial's start.
        unseen_markers: markers of the server's own in the stream at most that nobody received.
        sparse: the consumer is due some messages of the stream alone, so that a sequence which
            never came may be another's.
    """

    msgs: int
    stream_msgs: int
    ack_pending_msgs: int = 0
    present: Present | None = None
    tracked: bool = True
    max_deliver: int | None = None
    ttl_ns: int = 0
    asked_ns: int = 0
    unseen_markers: int = 0
    sparse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Stream sequences that came, each once.

    Attributes:
        seqs: all of them.
        open_seqs: those never acknowledged, ascending.
        given_up_seqs: of those, delivered so often that the server gives them up: at once, or when
            the wait for the last ack is over.
        last_in_all: every process has received this one or a later one.
    """

    seqs: Ranges
    open_seqs: IntArray
    given_up_seqs: IntArray
    last_in_all: int


def lost(
    table: MessageTable,
    consumers: Sequence[ConsumerRecord],
    backlog: Backlog,
    gone: Flags | None = None,
) -> int:
    """Return how many messages are lost, at least; UNKNOWN when it may be none and may be some.

    Args:
        table: of who was to receive them.
        consumers: what his processes saw.
        backlog: what the server held for him.
        gone: those of which it is known that a limit of the stream took them, shape (n,).
    """
    missing = _missing(table)
    if gone is not None:
        missing &= ~gone
    if not missing.any():
        return 0
    if backlog.msgs < 0:
        return UNKNOWN
    return lost_by(table, missing, _receipts(consumers, backlog.max_deliver), backlog)


def lost_by(table: MessageTable, missing: Flags, receipts: Receipts, backlog: Backlog) -> int:
    """Return how many messages are lost, as `lost` does.

    Args:
        table: of all messages, or of those alone that have not come or have no answer.
        missing: which of them never came, shape (n,).
        receipts: what came.
        backlog: what the server held; it could be asked.
    """
    unseen = int(np.count_nonzero(missing & ~aged_out(table, backlog)))
    least, most = _held(table, receipts, backlog, unseen)
    surely, perhaps = max(0, unseen - most), max(0, unseen - least)
    return UNKNOWN if perhaps and not surely else surely


def _missing(table: MessageTable) -> Flags:
    """Return which messages were stored and never came, shape (n,)."""
    missing: Flags = happened(table.stored_ns) & ~happened(table.received_ns)
    return missing


def aged_out(table: MessageTable, backlog: Backlog) -> Flags:
    """Return which messages never came because their time to live was over, shape (n,).

    Who was passed over earlier, as a later message came while it had time left, is none of them.
    """
    missing = _missing(table)
    if not backlog.ttl_ns or not missing.any():
        return np.zeros_like(missing)
    over_ns = table.sent_ns + backlog.ttl_ns
    return missing & (over_ns <= np.minimum(passed_ns(table), backlog.asked_ns))


def passed_ns(table: MessageTable) -> IntArray:
    """Return when the first message came that was stored after each; never is far away, (n,)."""
    came = happened(table.received_ns) & happened(table.sent_ns)
    order = np.argsort(table.sent_ns[came], kind="stable")
    sent_ns, received_ns = table.sent_ns[came][order], table.received_ns[came][order]
    never = np.iinfo(np.int64).max
    first_ns = np.append(np.minimum.accumulate(received_ns[::-1])[::-1], never)
    return first_ns[np.searchsorted(sent_ns, table.stored_ns, side="right")]


def left_out(table: MessageTable, backlog: Backlog | None) -> int:
    """Return how many received messages were not handled, and are held for nobody any more.

    UNKNOWN where the server does not say whether it holds any. What was acknowledged it does not.

    Args:
        table: of who was to handle them.
        backlog: what the server held for him; None where it holds nothing by its nature.
    """
    undone = happened(table.received_ns) & ~happened(table.handled_ns)
    if backlog is None or not backlog.tracked:
        return int(np.count_nonzero(undone))
    settled = int(np.count_nonzero(undone & happened(table.acked_ns)))
    waiting = int(np.count_nonzero(undone)) - settled
    if backlog.msgs < 0:
        return UNKNOWN if waiting and not settled else settled
    return settled + max(0, waiting - backlog.ack_pending_msgs)


def _held(
    table: MessageTable, receipts: Receipts, backlog: Backlog, unseen: int
) -> tuple[int, int]:
    """Return the least and the most of the unseen messages that may still be delivered."""
    pending = backlog.msgs - backlog.ack_pending_msgs
    nameless = _nameless(table) + backlog.unseen_markers
    if backlog.tracked:
        least, most = (pending + each for each in _on_the_way(receipts, backlog, unseen - pending))
    else:
        passed = 0 if backlog.sparse else _passed_over(receipts) - nameless
        least, most = pending, unseen - max(0, passed)
    if backlog.present is not None:
        unreceived = backlog.present.msgs - backlog.present.count(receipts.seqs)
        least, most = min(least, unreceived), min(most, unreceived)
    return least - nameless, most


def _on_the_way(receipts: Receipts, backlog: Backlog, missing: int) -> tuple[int, int]:
    """Return the least and the most of the missing messages that wait for an ack.

    What was given up may wait still. Where more wait than are missing, acks that we handed over
    never arrived, and then nobody can tell how many.
    """
    open_ = receipts.open_seqs
    if backlog.present is not None:
        open_ = backlog.present.among(open_)
    given_up = int(np.count_nonzero(np.isin(open_, receipts.given_up_seqs)))
    least = max(0, backlog.ack_pending_msgs - open_.size)
    most = max(0, backlog.ack_pending_msgs - open_.size + given_up)
    return 0 if least > missing else least, most


def _nameless(table: MessageTable) -> int:
    """Return how many messages without an answer nobody received: the server may hold them too."""
    open_ = happened(table.sent_ns) & ~happened(table.stored_ns) & ~table.refused
    return int(np.count_nonzero(open_ & ~happened(table.received_ns)))


def _passed_over(receipts: Receipts) -> int:
    """Return how many sequences never came although every process received later ones.

    A connection keeps the order, so they are not on their way.
    """
    return max(0, receipts.last_in_all - receipts.seqs.up_to(receipts.last_in_all))


def _receipts(consumers: Sequence[ConsumerRecord], max_deliver: int | None) -> Receipts:
    came = [record for record in consumers if record.stream_seqs.size]
    empty = np.empty(0, dtype=np.int64)
    settled = [
        record.stream_seqs[(record.acked_ns != NEVER) | (record.ending == Ending.TERMINATED)]
        for record in came
    ]
    given_up = [
        record.stream_seqs[record.deliveries >= (max_deliver or np.iinfo(np.int64).max)]
        for record in came
    ]
    seqs = np.unique(np.concatenate([empty, *(record.stream_seqs for record in came)]))
    silent = len(came) < len(consumers)
    return Receipts(
        seqs=Ranges.of(seqs),
        open_seqs=seqs[~np.isin(seqs, np.concatenate([empty, *settled]))],
        given_up_seqs=np.concatenate([empty, *given_up]),
        last_in_all=0 if silent else min((int(r.stream_seqs.max()) for r in came), default=0),
    )
