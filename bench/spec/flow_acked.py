"""What goes with acks by flow control, and what does not: the server asks, and the answer acks.

Rules as in `jetstream`: pure functions, the server's error code in the text.

Source: ADR-60 (github.com/nats-io/nats-architecture-and-design), as tried on nats-server 2.15.1.
"""

from collections.abc import Callable, Iterator, Sequence

from bench.core.units import NS_PER_S, format_duration
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

_KEY = "consumer.ack_policy"

HEARTBEAT_NS = NS_PER_S
"""The only one that the server takes; it asks with it when nothing else has it ask."""

SHORTEST_DRAIN_NS = 3 * HEARTBEAT_NS
"""The last messages are acked with a heartbeat, and those whose handlers end then with the next."""

_BREAKING = ("crash", "restart-server")
"""Disturbances that end a connection with what is on its way."""


def _pushed(settings: Settings) -> Iterator[Objection]:
    """Yield what the server refuses, or has as it likes whatever is asked."""
    if not settings.consumer.flow_acks:
        return
    for key, fits, what, allowed in _unlike(settings):
        if not fits:
            yield Objection(
                key=_KEY, against=(key,), what=what, allowed=f"another ack_policy, or {allowed}"
            )


def _unlike(settings: Settings) -> Iterator[tuple[str, bool, str, str]]:
    """Yield what it depends on: key, whether it fits, why it would not, and what does."""
    consumer = settings.consumer
    yield (
        "consumer.mode",
        consumer.mode == "push",
        "only a push consumer has a flow that could be controlled (10218)",
        "mode push",
    )
    yield (
        "consumer.flow_control",
        consumer.flow_control or consumer.mode == "pull",
        "the server sets flow_control, and a variant would say that there is none",
        "flow_control: true",
    )
    yield (
        "consumer.idle_heartbeat",
        consumer.idle_heartbeat_ns == HEARTBEAT_NS or consumer.mode == "pull",
        "the server asks with a heartbeat a second, whatever a variant says",
        "idle_heartbeat 1s",
    )
    for key in ("ack_wait", "backoff"):
        yield (
            f"consumer.{key}",
            getattr(consumer, f"{key}_ns") is None,
            "no message comes again, however long it waits for its ack (10221)",
            f"no {key}",
        )
    yield (
        "consumer.max_deliver",
        consumer.max_deliver is None,
        "no message comes again, so none could come too often (10222)",
        "no max_deliver",
    )
    yield (
        "client",
        settings.client == "wire",
        "nats-py answers flow control with nothing, so that no message would ever be acknowledged",
        "client wire",
    )


def _answered(settings: Settings) -> Iterator[Objection]:
    """Yield what needs more of an ack than that it is meant by an answer."""
    if not settings.consumer.flow_acks:
        return
    against = (_KEY,)
    if settings.ack.double:
        yield Objection(
            key="ack.double",
            against=against,
            what="nobody confirms an answer to flow control",
            allowed="double: false, or another ack_policy",
        )
    if settings.ack.in_progress_ns is not None:
        yield Objection(
            key="ack.in_progress",
            against=against,
            what="no message comes again, however long a handler works on it",
            allowed="no in_progress, or another ack_policy",
        )
    if settings.handler.check:
        yield Objection(
            key="handler.check",
            against=against,
            what="the answer covers what a handler refused as well",
            allowed="no check, or another ack_policy",
        )


def _unbroken(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if not settings.consumer.flow_acks:
        return
    found = {each.do for each in workload.disturbed_by(settings)} & {*_BREAKING}
    if workload.consume.crashes:
        found.add("crash")
    if found:
        yield Objection(
            key=_KEY,
            what="what is on its way when a connection ends never comes again, unless somebody has "
            f"the consumer reset, which jetbench does not ({', '.join(sorted(found))})",
            allowed=f"another ack_policy, or no {' and no '.join(sorted(found))}",
        )


def _drained(settings: Settings, workload: Stream) -> Iterator[Objection]:
    drain_ns = workload.phases.drain_ns
    if settings.consumer.flow_acks and drain_ns < SHORTEST_DRAIN_NS:
        shortest = format_duration(SHORTEST_DRAIN_NS)
        yield Objection(
            key=_KEY,
            what="the last messages are acknowledged when the server asks with a heartbeat, after "
            f"a second of silence: phases.drain {format_duration(drain_ns)} may be over before",
            allowed=f"another ack_policy, or phases.drain of {shortest} or more",
        )


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that consumers of a kind of workload have none."""
    if settings.consumer.flow_acks and kind not in fit:
        yield Objection(
            key=_KEY,
            what=f"consumers of a workload of the kind {kind} acknowledge by themselves",
            allowed=f"another ack_policy, or a workload of the kind {' or '.join(fit)}",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_pushed, _answered)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _unbroken,
    _drained,
)
