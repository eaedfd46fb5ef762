"""What JetStream refuses, and what it takes and ignores: known before anything runs.

Each rule was tried on nats-server 2.15.1; the number in a text is the server's error code, and a
rule without one is ours: the server accepts the setting, but it means nothing or measures the
wrong thing. A rule is a pure function that yields what it objects to.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from bench.core.units import NS_PER_MS, format_duration, format_size
from bench.spec import (
    ageing,
    applying,
    asking_when,
    capped,
    checking,
    delivered,
    doubled,
    failing,
    flow_acked,
    handling,
    limited,
    marked,
    ordered,
    pacing,
    prioritised,
    progress,
    publishing,
    pulling,
    readdressed,
    whole_batches,
    work,
)
from bench.spec.faults import LETTER_BYTES
from bench.spec.headers import header_bytes
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.partly import readable
from bench.spec.variant import Settings
from bench.spec.workload import MAX_PAYLOAD_BYTES

SERVER_MAX_ACK_PENDING = 1000
"""What the server takes when `max_ack_pending` is left out (and messages are acknowledged)."""

SERVER_MAX_PAYLOAD_BYTES = 1024**2
MIN_INTERVAL_NS = 100 * NS_PER_MS
"""The shortest max_age, duplicate_window and idle_heartbeat that the server takes."""


def max_ack_pending(settings: Settings) -> int | None:
    """Return how many unacknowledged messages the server allows; None without acks."""
    if settings.consumer.ack_policy == "none":
        return None
    allowed = settings.stream.consumer_limits.max_ack_pending
    return settings.consumer.max_ack_pending or allowed or SERVER_MAX_ACK_PENDING


def ack_wait_ns(settings: Settings) -> int:
    """Return how long the server waits for an ack before the first redelivery."""
    return progress.ack_waits_ns(settings)[0]


def gathers_acks(settings: Settings) -> bool:
    """Say whether messages are acknowledged in batches."""
    return settings.ack.timing in ("per-batch", "cumulative")


def ack_batch(settings: Settings) -> int:
    """Return how many messages are acknowledged together: 1 unless the timing gathers them."""
    return (settings.ack.batch or settings.pull.batch) if gathers_acks(settings) else 1


def objections(settings: Settings) -> tuple[Objection, ...]:
    """Return everything wrong with the settings on any server and under any workload."""
    each = (readable(partial(rule, settings)) for rule in _RULES)
    return tuple(chain.from_iterable(each))


def workload_objections(settings: Settings, workload: Stream) -> tuple[Objection, ...]:
    """Return what is wrong with the settings under this workload."""
    each = (readable(partial(rule, settings, workload)) for rule in _WORKLOAD_RULES)
    return tuple(chain.from_iterable(each))


def _zeros(settings: Settings) -> Iterator[Objection]:
    stream, consumer, server = settings.stream, settings.consumer, settings.server
    quantities = {
        "stream.max_bytes": stream.max_bytes,
        "stream.max_age": stream.max_age_ns,
        "stream.duplicate_window": stream.duplicate_window_ns,
        "stream.max_msg_size": stream.max_msg_size,
        "stream.consumer_limits.inactive_threshold": stream.consumer_limits.inactive_threshold_ns,
        "consumer.inactive_threshold": consumer.inactive_threshold_ns,
        "consumer.priority_timeout": consumer.priority_timeout_ns,
        "consumer.max_expires": consumer.max_expires_ns,
        "consumer.max_bytes": consumer.max_bytes,
        "consumer.ack_wait": consumer.ack_wait_ns,
        "consumer.idle_heartbeat": consumer.idle_heartbeat_ns,
        "pull.expires": settings.pull.expires_ns,
        "pull.max_bytes": settings.pull.max_bytes,
        "pull.idle_heartbeat": settings.pull.idle_heartbeat_ns,
        "server.sync_interval": server.sync_interval,
        "server.max_payload": server.max_payload,
        "server.max_file": server.max_file,
        "server.max_mem": server.max_mem,
        "server.max_buffered_size": server.max_buffered_size,
        "server.write_deadline": server.write_deadline_ns,
        "server.limits.batch.timeout": server.limits.batch.timeout_ns,
        "server.gomemlimit": server.gomemlimit,
    }
    for key, quantity in quantities.items():
        if quantity == 0:
            what = "0 does not mean none: the server puts its default in its place"
            yield Objection(key=key, what=what, allowed="above 0, or leave it out")
    if 0 in (consumer.backoff_ns or ()):
        what = "a backoff step of 0 is taken and ignored"
        yield Objection(key="consumer.backoff", what=what, allowed="steps above 0")


def _stream_times(settings: Settings) -> Iterator[Objection]:
    age_ns = settings.stream.max_age_ns
    duplicates_ns = settings.stream.duplicate_window_ns
    for key, interval_ns in (("max_age", age_ns), ("duplicate_window", duplicates_ns)):
        if interval_ns and interval_ns < MIN_INTERVAL_NS:
            what = f"{key} is too short for the server (10052)"
            yield Objection(key=f"stream.{key}", what=what, allowed="100ms or more")
    if age_ns and duplicates_ns and duplicates_ns > age_ns:
        longest = format_duration(age_ns)
        yield Objection(
            key="stream.duplicate_window",
            against=("stream.max_age",),
            what=f"duplicate_window is longer than max_age, {longest} (10052)",
            allowed=f"a duplicate_window from 100ms to {longest}",
        )


def _stream_storage(settings: Settings) -> Iterator[Objection]:
    stream = settings.stream
    if stream.storage == "memory":
        yield from _memory_storage(settings)
    if stream.persist_mode == "async" and stream.num_replicas > 1:
        yield Objection(
            key="stream.persist_mode",
            against=("stream.num_replicas",),
            what="persist_mode async does not work on a replicated stream (10052)",
            allowed="persist_mode default, or num_replicas 1",
        )
    limits = (stream.max_msgs, stream.max_bytes, stream.discard_new_per_subject)
    if stream.discard == "new" and not any(limits):
        yield Objection(
            key="stream.discard",
            what="discard new does nothing without a limit to reach",
            allowed="discard old, or set max_msgs, max_bytes or discard_new_per_subject",
        )


def _memory_storage(settings: Settings) -> Iterator[Objection]:
    against = ("stream.storage",)
    if settings.stream.persist_mode == "async":
        yield Objection(
            key="stream.persist_mode",
            against=against,
            what="persist_mode async needs file storage (10052)",
            allowed="persist_mode default, or storage file",
        )
    if settings.stream.compression == "s2":
        yield Objection(
            key="stream.compression",
            against=against,
            what="compression s2 is taken and ignored on memory storage",
            allowed="compression none, or storage file",
        )
    for key in ("sync_interval", "encryption"):
        if getattr(settings.server, key) is not None:
            yield Objection(
                key=f"server.{key}",
                against=against,
                what=f"{key} means nothing to memory storage",
                allowed=f"no {key}, or storage file",
            )


def _replicas(settings: Settings) -> Iterator[Objection]:
    own, streams = settings.consumer.num_replicas, settings.stream.num_replicas
    if own is not None and own > streams:
        yield Objection(
            key="consumer.num_replicas",
            against=("stream.num_replicas",),
            what=f"the consumer has {own} replicas, more than its stream, {streams} (10126)",
            allowed=f"consumer.num_replicas up to {streams}",
        )


def _pull_mode(settings: Settings) -> Iterator[Objection]:
    consumer = settings.consumer
    if consumer.mode != "pull":
        return
    push_only = (
        ("rate_limit_bps", consumer.rate_limit_bps, 10086),
        ("idle_heartbeat", consumer.idle_heartbeat_ns, 10088),
        ("flow_control", consumer.flow_control, 10089),
    )
    for key, value, code in push_only:
        if value:
            yield Objection(
                key=f"consumer.{key}",
                against=("consumer.mode",),
                what=f"{key} is for push consumers alone ({code})",
                allowed=f"no {key}, or mode push",
            )


def _push_mode(settings: Settings) -> Iterator[Objection]:
    consumer = settings.consumer
    if consumer.mode != "push":
        return
    if consumer.max_waiting is not None:
        yield Objection(
            key="consumer.max_waiting",
            against=("consumer.mode",),
            what="max_waiting is for pull consumers alone (10080)",
            allowed="no max_waiting, or mode pull",
        )
    heartbeat_ns = consumer.idle_heartbeat_ns
    if heartbeat_ns and heartbeat_ns < MIN_INTERVAL_NS:
        what = "idle_heartbeat is too short for the server (10083)"
        yield Objection(key="consumer.idle_heartbeat", what=what, allowed="100ms or more")
    if consumer.flow_control and not heartbeat_ns:
        what = "flow_control needs heartbeats as well (10108)"
        allowed = "set idle_heartbeat to 100ms or more"
        yield Objection(key="consumer.flow_control", what=what, allowed=allowed)


def _without_acks(settings: Settings) -> Iterator[Objection]:
    consumer = settings.consumer
    if consumer.ack_policy != "none":
        return
    tracked = (
        ("max_ack_pending", consumer.max_ack_pending),
        ("ack_wait", consumer.ack_wait_ns),
        ("max_deliver", consumer.max_deliver),
        ("backoff", consumer.backoff_ns),
    )
    for key, value in tracked:
        if value is not None:
            refused = " (10082)" if key == "max_ack_pending" and consumer.mode == "push" else ""
            yield Objection(
                key=f"consumer.{key}",
                against=("consumer.ack_policy",),
                what=f"{key} means nothing with ack_policy none{refused}",
                allowed=f"{key}: null, or another ack_policy",
            )


def _backoff(settings: Settings) -> Iterator[Objection]:
    steps, most = settings.consumer.backoff_ns, settings.consumer.max_deliver
    if steps is not None and not steps:
        yield Objection(key="consumer.backoff", what="backoff is empty", allowed="steps, or null")
    if steps and most is not None and len(steps) > most:
        yield Objection(
            key="consumer.backoff",
            against=("consumer.max_deliver",),
            what=f"backoff has {len(steps)} steps, more than max_deliver, {most} (10116)",
            allowed=f"up to {most} steps",
        )


_KEPT = ("explicit", "flow_control")
"""Ack policies that a stream goes by whose messages leave when they are acknowledged."""


def _workqueue(settings: Settings) -> Iterator[Objection]:
    consumer = settings.consumer
    if settings.stream.retention == "workqueue" and consumer.ack_policy not in _KEPT:
        code = 10084 if (consumer.mode, consumer.ack_policy) == ("pull", "none") else 10098
        yield Objection(
            key="consumer.ack_policy",
            against=("stream.retention",),
            what=f"a workqueue stream needs explicit acks ({code})",
            allowed="ack_policy explicit or flow_control, or another retention",
        )


def _ack_timing(settings: Settings) -> Iterator[Objection]:
    timing, policy = settings.ack.timing, settings.consumer.ack_policy
    needed = _POLICIES.get(timing, ("explicit",))
    if policy not in needed:
        yield Objection(
            key="ack.timing",
            against=("consumer.ack_policy",),
            what=f"ack.timing {timing} does not go with ack_policy {policy}",
            allowed=f"ack_policy {' or '.join(needed)}, or ack.timing {_TIMINGS[policy]}",
        )


_POLICIES = {"none": ("none",), "cumulative": ("all", "flow_control")}
"""The ack policies that carry out an ack timing, where that is not explicit alone."""


_TIMINGS = {
    "none": "none",
    "all": "cumulative",
    "flow_control": "cumulative",
    "explicit": "after-handler, after-validation or per-batch",
}
"""The ack timings that each ack policy can carry out."""


def _double(settings: Settings) -> Iterator[Objection]:
    if settings.ack.double and settings.ack.timing == "none":
        yield Objection(
            key="ack.double",
            against=("ack.timing",),
            what="there is no ack that the server could confirm",
            allowed="double: false, or another ack.timing",
        )


def _batches(settings: Settings) -> Iterator[Objection]:
    limit = max_ack_pending(settings)
    if limit is None:
        return
    origin = "" if settings.consumer.max_ack_pending else f", {_origin(settings)}"
    beyond = f"is more than max_ack_pending, {limit}{origin}"
    if settings.consumer.mode == "pull" and settings.pull.batch > limit:
        yield Objection(
            key="pull.batch",
            against=("consumer.max_ack_pending",),
            what=f"pull.batch {settings.pull.batch} {beyond}: every request would wait until "
            "it expires",
            allowed=f"pull.batch up to {limit}, or a larger max_ack_pending",
        )
    elif ack_batch(settings) > limit:
        key = "ack.batch" if settings.ack.batch else "pull.batch"
        yield Objection(
            key=key,
            against=("consumer.max_ack_pending", "ack.timing"),
            what=f"an ack batch of {ack_batch(settings)} messages {beyond}: none would be whole",
            allowed=f"{key} up to {limit}, or a larger max_ack_pending",
        )


def _origin(settings: Settings) -> str:
    """Return where a consumer that says nothing has its max_ack_pending from."""
    allowed = settings.stream.consumer_limits.max_ack_pending
    return "the server's default" if allowed is None else "what stream.consumer_limits allows"


def _server_payload(settings: Settings) -> Iterator[Objection]:
    if (settings.server.max_payload or 0) > MAX_PAYLOAD_BYTES:
        largest = format_size(MAX_PAYLOAD_BYTES)
        what = f"no server starts with a max_payload above its max_pending, {largest}"
        yield Objection(key="server.max_payload", what=what, allowed=f"up to {largest}")


def _shared_consumer(settings: Settings, workload: Stream) -> Iterator[Objection]:
    count = workload.consume.consumers
    consumer = settings.consumer
    if count == 1:
        return
    if consumer.ack_policy in ("all", "flow_control"):
        yield Objection(
            key="consumer.ack_policy",
            what=f"ack_policy {consumer.ack_policy} is unsafe for {count} consumers: an ack of one "
            "covers messages of the others",
            allowed="ack_policy explicit, or consume.consumers 1",
        )
    if consumer.mode == "push":
        group_blind = {
            "idle_heartbeat": consumer.idle_heartbeat_ns,
            "flow_control": consumer.flow_control,
        }
        for key in (key for key, value in group_blind.items() if value):
            what = f"{key} means nothing in a queue group, which {count} consumers are"
            allowed = f"no {key}, or consume.consumers 1"
            yield Objection(key=f"consumer.{key}", what=what, allowed=allowed)


def _payload_fits(settings: Settings, workload: Stream) -> Iterator[Objection]:
    headers = header_bytes(workload.publish.headers, settings.publish)
    largest = max(workload.payload.sizes) + headers
    limit = settings.server.max_payload or SERVER_MAX_PAYLOAD_BYTES
    if largest > limit:
        with_headers = ", headers included," if headers else ""
        yield Objection(
            key="server.max_payload",
            what=f"payloads of {format_size(largest)}{with_headers} are above max_payload, "
            f"{format_size(limit)}",
            allowed=f"server.max_payload of {format_size(largest)} or more",
        )


def _letters_fit(settings: Settings, workload: Stream) -> Iterator[Objection]:
    largest = workload.largest_bytes(settings.publish) + LETTER_BYTES
    limit = settings.server.max_payload or SERVER_MAX_PAYLOAD_BYTES
    if settings.failure.dead_letters and largest > limit:
        yield Objection(
            key="failure.dead_letters",
            what="a dead letter says in headers what became of its message: with them it may have "
            f"{format_size(largest)}, above max_payload, {format_size(limit)}",
            allowed=f"no dead_letters, or server.max_payload of {format_size(largest)} or more",
        )


_RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _zeros,
    _stream_times,
    _stream_storage,
    _replicas,
    _pull_mode,
    _push_mode,
    _without_acks,
    _backoff,
    _workqueue,
    _ack_timing,
    _batches,
    _double,
    _server_payload,
    *pulling.RULES,
    *capped.RULES,
    *prioritised.RULES,
    *limited.RULES,
    *delivered.RULES,
    *ordered.RULES,
    *flow_acked.RULES,
    *marked.RULES,
    *readdressed.RULES,
    *handling.RULES,
    *progress.RULES,
    *asking_when.RULES,
    *pacing.RULES,
    *whole_batches.RULES,
    *publishing.RULES,
    *ageing.RULES,
    *failing.RULES,
    *checking.RULES,
    *applying.RULES,
)

_WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _shared_consumer,
    _payload_fits,
    _letters_fit,
    *handling.WORKLOAD_RULES,
    *work.WORKLOAD_RULES,
    *asking_when.WORKLOAD_RULES,
    *pacing.WORKLOAD_RULES,
    *whole_batches.WORKLOAD_RULES,
    *pulling.WORKLOAD_RULES,
    *prioritised.WORKLOAD_RULES,
    *limited.WORKLOAD_RULES,
    *delivered.WORKLOAD_RULES,
    *ordered.WORKLOAD_RULES,
    *flow_acked.WORKLOAD_RULES,
    *marked.WORKLOAD_RULES,
    *publishing.WORKLOAD_RULES,
    *failing.WORKLOAD_RULES,
    *checking.WORKLOAD_RULES,
    *doubled.RULES,
    *applying.WORKLOAD_RULES,
)
