"""What a server says of a live consumer at an instant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A stream and a consumer of it, as STREAM.INFO and CONSUMER.INFO tell of them.

    Attributes:
        at_s: when, on a clock of ours.
        push: the server sends by itself; else it is asked.
        bound: of a push consumer, that somebody listens.
        paused: it delivers nothing for now.
        acks: messages are acknowledged.
        ack_wait_ns: so long the server waits for an ack; 0 without acks.
        max_ack_pending: delivered and not acknowledged at most; None without end.
        max_waiting: pull requests that may wait; 0 of a push consumer.
        filtered: some subjects of the stream alone.
        pending_msgs: not delivered yet.
        unacked_msgs: delivered and not acknowledged.
        redelivered_msgs: of those, delivered more than once.
        waiting: pull requests that wait.
        deliveries: that ever were, repeats included.
        delivered_seq: highest stream sequence of them.
        floor_seq: up to this stream sequence all are acknowledged.
        acked_ago_s: since that moved for the last time, by the server's clock; None where it never
            did or is not told.
        retention, discard: of the stream.
        max_msgs, max_bytes, max_age_ns: of the stream; None without limit.
        stored_msgs, stored_bytes: in it.
        first_seq, last_seq: in it.
    """

    at_s: float
    push: bool
    bound: bool
    paused: bool
    acks: bool
    ack_wait_ns: int
    max_ack_pending: int | None
    max_waiting: int
    filtered: bool
    pending_msgs: int
    unacked_msgs: int
    redelivered_msgs: int
    waiting: int
    deliveries: int
    delivered_seq: int
    floor_seq: int
    acked_ago_s: float | None
    retention: str
    discard: str
    max_msgs: int | None
    max_bytes: int | None
    max_age_ns: int | None
    stored_msgs: int
    stored_bytes: int
    first_seq: int
    last_seq: int

    @property
    def lag_msgs(self) -> int:
        """Messages stored for it and not yet done with."""
        return self.pending_msgs + self.unacked_msgs
