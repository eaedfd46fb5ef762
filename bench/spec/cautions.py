"""What is worth saying about settings that are valid: the reader may well mean them."""

from collections.abc import Callable, Iterator

from bench.core.text import percent, plural
from bench.core.units import NS_PER_S, format_duration, human_duration, human_size
from bench.spec import (
    ageing,
    applying_cautions,
    checking,
    doubled,
    failing_cautions,
    pacing_cautions,
    progress,
    work,
)
from bench.spec.base import LARGEST
from bench.spec.jetstream import ack_wait_ns, max_ack_pending
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.working import all_workers

_BUSY = 0.5
"""A callback that awaits 1 ms was done after 1.2 to 1.8 ms."""


def cautions(settings: Settings, workload: Stream) -> tuple[Objection, ...]:
    """Return what may surprise about these settings under this workload; none stops a run."""
    return tuple(caution for rule in _RULES for caution in rule(settings, workload))


def sharing(name: str, workload: Stream) -> Iterator[str]:
    """Yield what several consumers of a workload mean: easily taken for a consumer each."""
    consume = workload.consume
    if consume.consumers > 1:
        yield (
            f"workload {name}: {consume.consumers} processes share one JetStream consumer, so each "
            f"message goes to one of them; workers count per process, {consume.consumers} x "
            f"{consume.workers} = {consume.consumers * consume.workers} messages at a time"
        )


def _backoff_overrides(settings: Settings, _: Stream) -> Iterator[Objection]:
    consumer = settings.consumer
    if consumer.backoff_ns and consumer.ack_wait_ns not in (None, consumer.backoff_ns[0]):
        first = format_duration(consumer.backoff_ns[0])
        what = f"ack_wait is overridden by the first step of backoff, {first}"
        yield Objection(key="consumer.ack_wait", what=what)


def _slow_handler(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.ack.timing in ("none", "after-validation") or settings.ack.in_progress_ns:
        return
    wait_ns, handler = ack_wait_ns(settings), workload.consume.handler.time
    if handler.p99_ns > wait_ns:
        what = (
            f"ack_wait {format_duration(wait_ns)} is below the handler's p99, "
            f"{human_duration(handler.p99_ns)}: expect redeliveries"
        )
        yield Objection(key="consumer.ack_wait", what=what)
        return
    flying, workers = in_flight(settings, workload), all_workers(settings, workload.consume)
    held_ns = flying * handler.mean_ns / workers
    if held_ns > wait_ns:
        what = (
            f"{plural(workers, 'worker')} take {human_duration(held_ns)} for the {flying} messages "
            f"that may be in flight, longer than ack_wait, {format_duration(wait_ns)}: expect "
            "redeliveries"
        )
        yield Objection(key="consumer.ack_wait", what=what)


def _barely_in_time(settings: Settings, _: Stream) -> Iterator[Objection]:
    yield from progress.barely(settings)


def in_flight(settings: Settings, workload: Stream) -> int:
    """Return how many messages may be delivered and not yet acked at a time.

    What all requests of all processes ask for together, and never more than max_ack_pending.
    """
    limit = max_ack_pending(settings) or LARGEST
    if settings.consumer.mode == "push":
        return limit
    return min(limit, settings.pull.batch * settings.pull.requests * workload.consume.consumers)


def _idle_workers(settings: Settings, workload: Stream) -> Iterator[Objection]:
    limit, workers = max_ack_pending(settings), all_workers(settings, workload.consume)
    if settings.ack.timing == "after-validation" or limit is None:
        return
    if limit < workers:
        what = (
            f"max_ack_pending {limit} is below the {workers} workers: {workers - limit} of them "
            "have nothing to do at any time"
        )
        yield Objection(key="consumer.max_ack_pending", what=what)


_REQUESTS = 20
"""So many swings of a lag within a window, or its slope is that of a part of one."""


def _seldom_asked(settings: Settings, workload: Stream) -> Iterator[Objection]:
    limit, length_ns = max_ack_pending(settings), workload.phases.measure_ns
    due = workload.publish.rate_msgs_per_s * length_ns / NS_PER_S
    if settings.consumer.flow_acks and limit and due < _REQUESTS * limit:
        what = (
            f"flow control asks for acks when {plural(limit, 'message')} wait for one, some "
            f"{due / limit:.0f} times in the window: the lag swings by as many, and whether it "
            "grows may not be told"
        )
        yield Objection(key="consumer.max_ack_pending", what=what)


def _buffers(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Source: nats-server refuses what comes beyond them with 429, error code 10167."""
    publish, server = workload.publish, settings.server
    waiting = publish.publishers
    if settings.publish.mode != "one-by-one":
        waiting *= publish.window_msgs
    waiting_bytes = round(waiting * workload.payload.mean_bytes)
    refused = "the server refuses what comes beyond it (10167)"
    if server.max_buffered_msgs is not None and server.max_buffered_msgs < waiting:
        what = f"up to {waiting} messages may wait to be stored: {refused}"
        yield Objection(key="server.max_buffered_msgs", what=what)
    if server.max_buffered_size is not None and server.max_buffered_size < waiting_bytes:
        what = f"up to {human_size(waiting_bytes)} may wait to be stored: {refused}"
        yield Objection(key="server.max_buffered_size", what=what)


def _overload(settings: Settings, workload: Stream) -> Iterator[Objection]:
    consume, workers = workload.consume, all_workers(settings, workload.consume)
    busy = workload.publish.rate_msgs_per_s * consume.handler.time.mean_ns / NS_PER_S
    if busy > workers:
        what = f"the load needs {busy:.1f} workers and has {workers}: the lag will grow"
        yield Objection(key="consumer", what=what)


def _flattered(settings: Settings, workload: Stream) -> Iterator[Objection]:
    consume, workers = workload.consume, all_workers(settings, workload.consume)
    busy = workload.publish.rate_msgs_per_s * consume.handler.time.mean_ns / NS_PER_S
    virtual = settings.client == "nats-py" and settings.handler.run == "virtual"
    if virtual and busy > _BUSY * workers:
        what = (
            f"virtual workers are busy {percent(busy / workers)} of the time, a service's "
            "coroutines would be more so: `handler.run: task` has them measured"
        )
        yield Objection(key="handler.run", what=what)


def _rate_limit(settings: Settings, workload: Stream) -> Iterator[Objection]:
    limit = settings.consumer.rate_limit_bps
    offered = workload.publish.rate_msgs_per_s * workload.payload.mean_bytes * 8
    if limit is not None and limit < offered:
        what = f"rate_limit_bps {limit} is below the {offered:.0f} offered: the lag will grow"
        yield Objection(key="consumer.rate_limit_bps", what=what)


def _shared_requests(settings: Settings, workload: Stream) -> Iterator[Objection]:
    limit, batch = max_ack_pending(settings), settings.pull.batch
    wanted = batch * workload.consume.consumers
    if settings.consumer.mode == "pull" and limit is not None and batch <= limit < wanted:
        what = f"the consumers ask for {wanted} together, more than max_ack_pending, {limit}"
        yield Objection(key="pull.batch", what=what)


def _small_stream(settings: Settings, workload: Stream) -> Iterator[Objection]:
    stream, messages = settings.stream, workload.messages
    if stream.retention != "limits":  # acked messages leave by themselves
        return
    dropped = "the oldest are dropped" if stream.discard == "old" else "the newest are refused"
    payload_bytes = round(messages * workload.payload.mean_bytes)
    if stream.max_msgs is not None and stream.max_msgs < messages:
        what = f"max_msgs is below the {messages} messages of a trial: {dropped}"
        yield Objection(key="stream.max_msgs", what=what)
    if stream.max_bytes is not None and stream.max_bytes < payload_bytes:
        what = f"max_bytes is below the {human_size(payload_bytes)} of a trial: {dropped}"
        yield Objection(key="stream.max_bytes", what=what)


def _full_subjects(settings: Settings, workload: Stream) -> Iterator[Objection]:
    stream, subjects = settings.stream, len(workload.addressed)
    each = stream.max_msgs_per_subject or 0
    refuses = stream.discard_new_per_subject and stream.retention == "limits"
    if refuses and each * subjects < workload.messages:
        what = (
            f"{each} messages of each subject come to less than the {workload.messages} of a "
            "trial: the newest are refused"
        )
        yield Objection(key="stream.max_msgs_per_subject", what=what)


def _same_noise(settings: Settings, _: Stream) -> Iterator[Objection]:
    if settings.stream.compression == "s2":
        what = "messages of one size differ in their id alone, so s2 saves more than on real data"
        yield Objection(key="stream.compression", what=what)


def _replicated_store(settings: Settings, _: Stream) -> Iterator[Objection]:
    """Source: nats-server #7163 (2.12) and #8447 (2.15)."""
    stream = settings.stream
    if stream.storage != "file" or stream.num_replicas == 1:
        return
    what = (
        "a replicated file stream is flushed asynchronously from nats-server 2.12 on: its figures "
        "are those of a version"
    )
    yield Objection(key="stream.num_replicas", what=what)
    if settings.server.sync_interval == "always":
        what = (
            "with replicas, always means one fsync per append to the Raft log from nats-server "
            "2.15 on, and no more one per message of the stream: its figures are those of a version"
        )
        yield Objection(key="server.sync_interval", what=what)


_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _backoff_overrides,
    _slow_handler,
    _barely_in_time,
    _idle_workers,
    _seldom_asked,
    _overload,
    _flattered,
    _rate_limit,
    _shared_requests,
    _small_stream,
    _full_subjects,
    _same_noise,
    _buffers,
    _replicated_store,
    ageing.evicted,
    *failing_cautions.RULES,
    *pacing_cautions.RULES,
    *doubled.CAUTIONS,
    *checking.CAUTIONS,
    *work.CAUTIONS,
    *applying_cautions.RULES,
)
