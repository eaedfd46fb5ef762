"""A config file: the settings under test, and the variants that differ from its base.

JetStream's own words are spelt as on the wire (docs.nats.io, "Streams", "Consumers").
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.spec.base import Count, Duration, Loose, Share, Size, Spec
from bench.spec.calls import STATE, Called
from bench.spec.disturbances import Disturbance
from bench.spec.effects import Idempotency
from bench.spec.faults import FailureSettings
from bench.spec.server_settings import ServerSettings
from bench.spec.stream_settings import ConsumerLimits, StreamSettings
from bench.spec.trying import BreakerSettings, PerKey, RetrySettings

__all__ = [
    "WATCHING",
    "AckSettings",
    "AckTiming",
    "BreakerSettings",
    "BucketSettings",
    "ConfigFile",
    "ConsumerLimits",
    "ConsumerSettings",
    "DeliverPolicy",
    "EffectSettings",
    "HandlerRun",
    "HandlerSettings",
    "Idempotency",
    "PerKey",
    "PublishSettings",
    "PullSettings",
    "ReadSettings",
    "ReadStrategy",
    "RespondSettings",
    "RetrySettings",
    "ServerSettings",
    "Settings",
    "Strategy",
    "StreamSettings",
    "WritesSettings",
]

HandlerRun = Literal["virtual", "task"]
Strategy = Literal["kv-then-event", "event-then-kv", "outbox"]
AckTiming = Literal["after-handler", "after-validation", "per-batch", "cumulative", "none"]
DeliverPolicy = Literal[
    "all", "last", "new", "last_per_subject", "by_start_sequence", "by_start_time"
]
PriorityPolicy = Literal["none", "overflow", "prioritized", "pinned_client"]


class PublishSettings(Spec):
    """How publishers have messages confirmed.

    Attributes:
        mode: `async` sends on while up to the workload's `publish.window` messages wait for their
            PubAck; `one-by-one` waits for each; `atomic` has batches stored whole or not at all,
            one PubAck each; `fast` has many messages confirmed by one ack, without that promise.
        batch: messages of an atomic batch, or between two acks of a fast one at most.
        linger_ns: longest time that an unfinished batch waits for further messages, or for the
            next ack; it is ended then. While it waits for an answer that it asked for
            (`ack_first`, `ack_every`), that time does not run.
        gap: of a fast batch of which the server missed a message: it ends there (`fail`), or goes
            on without it (`ok`). What was missed is refused.
        ack_first: of a batch nothing more leaves until the server has answered its first message.
        ack_every: of an atomic batch the server is asked for an answer to each so manieth message,
            and nothing more leaves until it is there; never when left out.
        expect: `last-sequence` sends with each message the sequence that the stream should be at,
            so that it is refused when another writer was faster.
        ttl_ns: how long each message is kept (`Nats-TTL`), whatever the stream keeps; what was not
            delivered by then is no loss, and told apart.
        rollup: `subject`: each message takes the place of all before it of its subject
            (`Nats-Rollup`); what was replaced before it was delivered is told apart, too.
    """

    mode: Literal["async", "one-by-one", "atomic", "fast"] = "async"
    batch: int = Field(default=100, ge=1, le=65_535)
    linger_ns: Duration = Field(default=100 * NS_PER_MS, alias="linger")
    gap: Literal["fail", "ok"] = "fail"
    ack_first: bool = False
    ack_every: Count | None = None
    expect: Literal["nothing", "last-sequence"] = "nothing"
    ttl_ns: Duration | None = Field(default=None, alias="ttl")
    rollup: Literal["none", "subject"] = "none"

    @property
    def awaits(self) -> bool:
        """Whether batches wait for answers while they are open."""
        return self.ack_first or self.ack_every is not None

    @property
    def leaves(self) -> bool:
        """Whether messages leave the stream by themselves, delivered or not."""
        return self.ttl_ns is not None or self.rollup != "none"


class ConsumerSettings(Spec):
    """Consumer configuration; what is left out is the server's default.

    Attributes:
        mode: whether the server pushes or the client pulls.
        ordered: of push, without acks: the client has the consumer made anew behind the last
            message that came, wherever one is missing.
        ack_policy: each message is acked, one ack covers all before it, none is, or what answers
            flow control says how far messages are handled (`flow_control`, of push).
        ack_wait_ns: how long the server waits for an ack before it delivers again.
        max_ack_pending: most messages delivered and not yet acked; 1000 when left out.
        max_deliver: how often a message is delivered at most.
        backoff_ns: waits before each further delivery, in place of `ack_wait`.
        max_waiting: most pull requests that wait on the server.
        max_batch: most messages that a pull request may ask for.
        max_expires_ns: longest time that a pull request may wait.
        max_bytes: most bytes that a pull request may ask for.
        priority_policy: who of those that ask is served first: `overflow` serves some only when
            much is left (`pull.min_pending`, `pull.min_ack_pending`), `prioritized` the lowest
            `pull.priority` first, `pinned_client` one alone, for as long as it asks.
        priority_groups: the name of the one group that they ask within (`pull.group`).
        priority_timeout_ns: how long the one of `pinned_client` may be silent before another one
            takes its place.
        deliver_policy: where it begins; a trial's stream begins empty, so nearly all mean the same.
        opt_start_seq: the first sequence of `by_start_sequence`.
        opt_start_ago_ns: `by_start_time` begins with what was stored so long before the consumer
            was made, by our clock.
        headers_only: what it delivers has no payload; the id of a message is read from a header.
        sample_freq: share of acks that the server reports on, for whoever watches; jetbench checks
            its own ack times by them, and asks for some 50 a second when left out.
        inactive_threshold_ns: how long it stays when nobody takes from it.
        flow_control: the server of a push consumer asks whether the client keeps up.
        idle_heartbeat_ns: how often an idle push consumer is told that it is alive.
        rate_limit_bps: most bits a second that a push consumer is sent.
        num_replicas: servers that keep its state; as many as the stream's when left out.
        mem_storage: its state is kept in memory, whatever the stream's storage.
    """

    mode: Literal["pull", "push"] = "pull"
    ordered: bool = False
    ack_policy: Literal["explicit", "all", "none", "flow_control"] = "explicit"
    ack_wait_ns: Duration | None = Field(default=None, alias="ack_wait")
    max_ack_pending: Count | None = None
    max_deliver: Count | None = None
    backoff_ns: Annotated[tuple[Duration, ...], Loose] | None = Field(default=None, alias="backoff")
    max_waiting: Count | None = None
    max_batch: Count | None = None
    max_expires_ns: Duration | None = Field(default=None, alias="max_expires")
    max_bytes: Size | None = None
    priority_policy: PriorityPolicy = "none"
    priority_groups: Annotated[tuple[str, ...], Loose] | None = None
    priority_timeout_ns: Duration | None = Field(default=None, alias="priority_timeout")
    deliver_policy: DeliverPolicy = "all"
    opt_start_seq: Count | None = None
    opt_start_ago_ns: Duration | None = Field(default=None, alias="opt_start_ago")
    headers_only: bool = False
    sample_freq: Share | None = None
    inactive_threshold_ns: Duration | None = Field(default=None, alias="inactive_threshold")
    flow_control: bool = False
    idle_heartbeat_ns: Duration | None = Field(default=None, alias="idle_heartbeat")
    rate_limit_bps: Count | None = None
    num_replicas: int | None = Field(default=None, ge=1, le=5)
    mem_storage: bool = False

    @property
    def flow_acks(self) -> bool:
        """Whether answers to flow control are what acknowledges."""
        return self.ack_policy == "flow_control"


class PullSettings(Spec):
    """How a pull consumer asks.

    Attributes:
        batch: most messages one request brings.
        expires_ns: how long a request waits on the server.
        requests: how many requests are open at a time; a second one hides the round trip.
        max_bytes: most bytes that one request brings, subjects and headers included.
        idle_heartbeat_ns: how often the server shows that a request that waits is alive.
        no_wait: the server answers at once with what there is, and we ask again soon.
        group: of `consumer.priority_groups`, in which all processes ask.
        min_pending: with the policy `overflow`, all processes but the first are served only while
            so many messages wait for the consumer.
        min_ack_pending: likewise, only while so many are delivered and not yet acked.
        priority: with the policy `prioritized`, of all processes but the first, which asks with 0;
            who asks with a higher number is served when no lower one asks.
        ask_ahead: more is asked for while so many messages still wait for a worker; when left out,
            when none does: the last one in hand has begun.
        ask_idle: more is asked for only when so many workers are idle.
        ask_every_ns: and not before so long after the last time.
    """

    batch: int = Field(default=100, ge=1, le=10_000)
    requests: int = Field(default=1, ge=1, le=64)
    expires_ns: Duration = Field(default=5 * NS_PER_S, alias="expires")
    max_bytes: Size | None = None
    idle_heartbeat_ns: Duration | None = Field(default=None, alias="idle_heartbeat")
    no_wait: bool = False
    group: str | None = None
    min_pending: Count | None = None
    min_ack_pending: Count | None = None
    priority: int = Field(default=0, ge=0, le=9)
    ask_ahead: int | None = Field(default=None, ge=1, le=10_000)
    ask_idle: int | None = Field(default=None, ge=1, le=10_000)
    ask_every_ns: Duration | None = Field(default=None, alias="ask_every")


class AckSettings(Spec):
    """When a message is acknowledged.

    Attributes:
        timing: `after-handler` each when its handler ends; `after-validation` each once its id is
            read, before the handler; `per-batch` each, when its whole batch is handled;
            `cumulative` one ack for all up to it, when the batch is handled (`ack_policy: all`, or
            `flow_control`, where the next answer says it);
            `none` never (`ack_policy: none`).
        batch: messages in an ack batch for `per-batch` and `cumulative`; `pull.batch` when left
            out. A consumer with nothing left in hand acks an unfinished batch.
        double: the server confirms each ack, and a message counts as acked when it has.
        in_progress_ns: how often the server is told of a message in hand that it is still worked
            on, so that its ack_wait begins anew; never when left out.
        whole_batches: one failure returns the whole batch (of `per-batch`) by nak, as one
            transaction for all of it does.
    """

    timing: AckTiming = "after-handler"
    batch: Count | None = None
    double: bool = False
    in_progress_ns: Duration | None = Field(default=None, alias="in_progress")
    whole_batches: bool = False


HandlerCheck = Literal["signature", "envelope"]
"""What a handler can look at of a message."""


class HandlerSettings(Spec):
    """How a consumer process carries out the workload's handler time.

    Attributes:
        run: `virtual` keeps account of when each worker is free, exact and nearly without cost;
            `task` runs coroutines that sleep and then acknowledge, in the library's own callback
            or behind its fetch, as a service would: with `client: nats-py` alone.
        workers: messages that one consumer process handles at a time, in place of what the workload
            says.
        check: what a handler looks at of each message, when its time is over, and refuses what does
            not bear it: first the `signature`, how old that is, and that its nonce was not seen
            before; then the `envelope`, its fields, their types and its version. Nothing when left
            out.
        max_age_ns: how old a signature may be; as old as it likes when left out.
        per_key: whether messages of one subject are handled in their order: nobody looks (`none`);
            any worker takes any message, and who was overtaken is `counted`; all of a subject go to
            one worker (`in-order`); or of those that wait of a subject the `latest` alone is
            handled, and the others are acknowledged.
        retry: further attempts within one delivery, before its message counts as failed; none when
            left out.
        breaker: when a process stops calling what its handlers depend on; never when left out.
        call: `module:function` that is called with each message that is replayed, after its time;
            of workloads of the kind `replay`, whose versions are variants. Nothing when left out.
        state: name of the function of its module that returns what state the handlers came to, as
            a mapping or anything else that JSON can say; held against that of other variants.
    """

    run: HandlerRun = "virtual"
    workers: int | None = Field(default=None, ge=1, le=10_000)
    check: Annotated[tuple[HandlerCheck, ...], Loose] = ()
    max_age_ns: Duration | None = Field(default=None, alias="max_age")
    per_key: PerKey = "none"
    retry: RetrySettings | None = None
    breaker: BreakerSettings | None = None
    call: Called = None
    state: str = STATE


class EffectSettings(Spec):
    """What a handler does.

    Attributes:
        idempotency: what keeps the effect of a message that is delivered again from being made
            again: nothing (`none`); that it writes the same value once more (`overwrite`); the last
            sequence of its key, written behind the effect (`sequence-guard`); a marker of its
            message, written before it (`marker-first`), behind it (`marker-last`) or together with
            it (`marker-in-value`); or that each process remembers which it has handled (`memory`).
        written: effects are real writes, into a bucket of the trial's own, in place of a handler's
            time alone; they always are with a strategy that writes, and where consumers crash.
        marker_ttl_ns: how long a marker is kept that stands by itself; for ever when left out.
    """

    idempotency: Idempotency = "none"
    written: bool = False
    marker_ttl_ns: Duration | None = Field(default=None, alias="marker_ttl")


class RespondSettings(Spec):
    """Who answers requests; of workloads of the kind `request`.

    Attributes:
        responders: processes that share a queue group.
        workers: requests that one process handles at a time.
    """

    responders: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=1, ge=1, le=10_000)


class BucketSettings(Spec):
    """A key-value bucket; of workloads of the kind `kv`. What is left out is the server's default.

    Attributes:
        storage: where values are kept.
        history: how many values of each key are kept.
        allow_direct: any replica answers a get, and not the stream's leader alone.
        num_replicas: servers that keep a copy; more than 1 needs a cluster.
        ttl_ns: how long a value is kept.
        limit_markers_ns: how long a marker stands in the place of a value whose time was over;
            keys may have a time to live of their own then.
        max_bytes: most bytes kept; a write beyond them is refused.
        compression: of the file store.
    """

    storage: Literal["file", "memory"] = "file"
    history: int = Field(default=1, ge=1, le=64)
    allow_direct: bool = True
    num_replicas: int = Field(default=1, ge=1, le=5)
    ttl_ns: Duration | None = Field(default=None, alias="ttl")
    limit_markers_ns: Duration | None = Field(default=None, alias="limit_markers")
    max_bytes: Size | None = None
    compression: Literal["none", "s2"] = "none"

    def as_stream(self) -> StreamSettings:
        """Return the settings of the stream that keeps it (ADR-8 of NATS)."""
        return StreamSettings().model_copy(
            update={
                "storage": self.storage,
                "num_replicas": self.num_replicas,
                "discard": "new" if self.max_bytes else "old",
                "max_msgs_per_subject": self.history,
                "max_age_ns": self.ttl_ns,
                "max_bytes": self.max_bytes,
                "compression": self.compression,
                "allow_direct": self.allow_direct,
            }
        )


ReadStrategy = Literal[
    "get",
    "cache-with-ttl",
    "cache-by-watch",
    "read-then-watch",
    "watch-then-read",
    "watch-resumed",
    "at-revision",
]

WATCHING: tuple[ReadStrategy, ...] = (
    "cache-by-watch",
    "read-then-watch",
    "watch-then-read",
    "watch-resumed",
)
"""Those that keep a cache right by a watch."""


class ReadSettings(Spec):
    """How keys of a bucket are read; of workloads of the kind `kv`.

    Attributes:
        strategy: each key is asked for (`get`); believed for a time (`cache-with-ttl`); known by a
            watch that tells all values first (`cache-by-watch`), that begins when all have been
            read (`read-then-watch`) or before (`watch-then-read`), or that goes on where it was
            (`watch-resumed`); or read at the revision at which it was read first (`at-revision`).
        max_age_ns: how long `cache-with-ttl` believes what it got.
        restart_ns: how often a reader begins anew, as after a restart; never when left out.
        group: all keys of a group as they are `latest`, which may tear it, or as they were at a
            `boundary`: when the last key of the group was written.
    """

    strategy: ReadStrategy = "get"
    max_age_ns: Duration = Field(default=NS_PER_S, alias="max_age")
    restart_ns: Duration | None = Field(default=None, alias="restart")
    group: Literal["latest", "boundary"] = "latest"


class WritesSettings(Spec):
    """How a value and an event are written together; of workloads of the kind `dual-write`.

    Attributes:
        strategy: the value first, then the event; the other way round; or `outbox`: an entry that
            says pending, the event by its `Nats-Msg-Id`, and the entry again, published.
        reconcile: who looks for what has one half alone, and writes the other: nobody (`none`),
            a process when all writers are through (`after-window`), or one that looks at an
            `interval` while they write as well.
        every_ns: from one look to the next; what two looks in a row find is written.
    """

    strategy: Strategy = "kv-then-event"
    reconcile: Literal["none", "after-window", "interval"] = "interval"
    every_ns: Duration = Field(default=NS_PER_S, alias="every")


class Settings(Spec):
    """Everything a variant may set, resolved.

    Attributes:
        stream: how messages are kept.
        publish: how publishers have them confirmed.
        consumer: how they are handed out.
        pull: how a pull consumer asks.
        ack: when a message is acknowledged.
        failure: what becomes of a message whose handler failed.
        handler: how handlers are carried out.
        effect: what they do.
        respond: who answers requests.
        bucket: how keys are kept.
        read: how they are read.
        writes: how a value and an event are written together.
        server: the embedded server's configuration.
        client: what carries the load: `wire` speaks the protocol in batches, so that the server is
            the limit; `nats-py` is the library that Python services use, so it shows what they see,
            with `handler.run: task` of their handlers, too.
        disturbances: what is done to the system while it is measured, in place of what the workload
            says; `[]` for nothing.
    """

    stream: StreamSettings = StreamSettings()
    publish: PublishSettings = PublishSettings()
    consumer: ConsumerSettings = ConsumerSettings()
    pull: PullSettings = PullSettings()
    ack: AckSettings = AckSettings()
    failure: FailureSettings = FailureSettings()
    handler: HandlerSettings = HandlerSettings()
    effect: EffectSettings = EffectSettings()
    respond: RespondSettings = RespondSettings()
    bucket: BucketSettings = BucketSettings()
    read: ReadSettings = ReadSettings()
    writes: WritesSettings = WritesSettings()
    server: ServerSettings = ServerSettings()
    client: Literal["wire", "nats-py"] = "wire"
    disturbances: Annotated[tuple[Disturbance, ...], Loose] | None = None


class ConfigFile(Spec):
    """The content of `configs/<name>.yaml`, before its variants are resolved.

    Attributes:
        question: what comparing the variants answers.
        base: settings that all variants share.
        variants: name -> differences, as dotted keys (`pull.batch: 1`) or nested.
        axes: dotted key -> values; every combination is a variant. Either this or `variants`.
    """

    question: str = ""
    base: dict[str, Any] = Field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    axes: dict[str, list[Any]] = Field(default_factory=dict)
