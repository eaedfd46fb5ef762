"""What a server says of a live consumer, and of its stream's others, at an instant."""

from dataclasses import dataclass

from bench.core.units import NS_PER_S

FLOW_ASKS_NS = 3 * NS_PER_S
"""Flow control asks an idle consumer for acks each second: by then it did, and was not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Another stream that a stream copies.

    Attributes:
        name: of it.
        lag_msgs: that it has and the copy has not, as far as the copy heard.
        silent_s: since the copy last heard of it; None where it never did.
        fault: why it cannot, in the server's words; empty where it can.
    """

    name: str
    lag_msgs: int
    silent_s: float | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A stream and a consumer of it, as STREAM.INFO and CONSUMER.INFO tell of them.

    Attributes:
        at_s: when, on a clock of ours.
        server_at: when, as the server writes it; empty where it does not.
        created: when the consumer was made, as the server writes it.
        push: the server sends by itself; else it is asked.
        bound: of a push consumer, that somebody listens.
        paused: it delivers nothing for now.
        acks: messages are acknowledged.
        ack_wait_ns: so long the server waits for an ack; 0 without acks.
        flow_acks: answers to flow control are what acknowledges, and nothing comes again.
        backoff_ns: the longest step of it; 0 without.
        max_deliver: attempts at a message at most; None without end.
        max_ack_pending: delivered and not acknowledged at most; None without end.
        max_waiting: pull requests that may wait; 0 of a push consumer.
        filtered: some subjects of the stream alone.
        thinned: newer messages of a subject take the place of older ones, in the stream or for it.
        pending_msgs: not delivered yet.
        unacked_msgs: delivered and not acknowledged.
        redelivered_msgs: delivered more than once, and not acknowledged or given up.
        waiting: pull requests that wait.
        deliveries: that ever were, repeats included.
        delivered_seq: highest stream sequence of them.
        floor_seq: up to this stream sequence all are acknowledged.
        delivered_ago_s: since the last delivery, by the server's clock; None where none ever was,
            or it is not told.
        retention, discard: of the stream.
        max_msgs, max_bytes, max_age_ns: of the stream; None without limit.
        stored_msgs, stored_bytes: in it.
        first_seq, last_seq: in it.
        origins: streams that it copies, as a mirror of one or from several sources.
    """

    at_s: float
    server_at: str
    created: str
    push: bool
    bound: bool
    paused: bool
    acks: bool
    ack_wait_ns: int
    flow_acks: bool
    backoff_ns: int
    max_deliver: int | None
    max_ack_pending: int | None
    max_waiting: int
    filtered: bool
    thinned: bool
    pending_msgs: int
    unacked_msgs: int
    redelivered_msgs: int
    waiting: int
    deliveries: int
    delivered_seq: int
    floor_seq: int
    delivered_ago_s: float | None
    retention: str
    discard: str
    max_msgs: int | None
    max_bytes: int | None
    max_age_ns: int | None
    stored_msgs: int
    stored_bytes: int
    first_seq: int
    last_seq: int
    origins: tuple[Origin, ...] = ()

    @property
    def lag_msgs(self) -> int:
        """Messages stored for it and not yet done with."""
        return self.pending_msgs + self.unacked_msgs

    @property
    def given_up_msgs(self) -> int:
        """Messages that had all their attempts in vain, at least; after one alone none shows."""
        return 0 if self.max_deliver is None else max(0, self.redelivered_msgs - self.unacked_msgs)

    @property
    def asked(self) -> bool:
        """Whether somebody asks or listens for messages."""
        return self.bound if self.push else self.waiting > 0

    @property
    def patience_ns(self) -> int:
        """So long a message may be without its ack until the server has it come again, or asks."""
        if self.flow_acks:
            return FLOW_ASKS_NS
        return max(self.ack_wait_ns, self.backoff_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A consumer of a stream, this one or another.

    Attributes:
        name: of it.
        filters: what it takes; everything where empty.
        lag_msgs: stored for it and not yet done with.
    """

    name: str
    filters: tuple[str, ...]
    lag_msgs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What a stream that keeps messages for its consumers holds, and for whom.

    Attributes:
        subjects: that it stores; empty where others than its own subjects decide that.
        stored_msgs: in it all the while that its consumers were asked for, at least.
        peers: all its consumers.
    """

    subjects: tuple[str, ...]
    stored_msgs: int
    peers: tuple[Peer, ...]
