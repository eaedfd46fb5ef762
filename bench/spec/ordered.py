"""What rules out that a consumer is an ordered one: a client's, on a push consumer without acks.

Rules as in `jetstream`: pure functions, the reason in the text.

Source: ADR-17 (github.com/nats-io/nats-architecture-and-design).
"""

from collections.abc import Callable, Iterator, Sequence

from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

_KEY = "consumer.ordered"


def _made_anew(settings: Settings) -> Iterator[Objection]:
    """Yield what does not go with a consumer that is deleted and made anew behind a gap."""
    if not settings.consumer.ordered:
        return
    for key, fits, what, allowed in _unlike(settings):
        if not fits:
            yield Objection(
                key=_KEY, against=(key,), what=what, allowed=f"ordered: false, or {allowed}"
            )


def _unlike(settings: Settings) -> Iterator[tuple[str, bool, str, str]]:
    """Yield what it depends on: key, whether it fits, why it would not, and what does."""
    consumer, stream = settings.consumer, settings.stream
    yield (
        "consumer.mode",
        consumer.mode == "push",
        "an ordered consumer of jetbench's is pushed",
        "mode push",
    )
    yield (
        "consumer.ack_policy",
        consumer.ack_policy == "none",
        "an ordered consumer acknowledges nothing: what is missing makes it begin anew",
        "ack_policy none",
    )
    yield (
        "client",
        settings.client == "wire",
        "nats-py makes its own under a name that nobody else knows, so that nothing could be "
        "asked about it",
        "client wire",
    )
    yield (
        "consumer.deliver_policy",
        consumer.deliver_policy == "all",
        "an ordered consumer begins with the first message, and anew behind the last one that came",
        "deliver_policy all",
    )
    yield (
        "consumer.max_deliver",
        consumer.max_deliver is None,
        "an ordered consumer delivers each message once",
        "no max_deliver",
    )
    yield (
        "consumer.num_replicas",
        consumer.num_replicas is None,
        "an ordered consumer is kept in memory, by one server",
        "no num_replicas",
    )
    yield (
        "stream.retention",
        stream.retention == "limits",
        f"under retention {stream.retention} what was delivered is gone, and could not come again",
        "retention limits",
    )
    yield (
        "stream.history",
        stream.history is None,
        "an ordered consumer would begin with the stream's past",
        "no history",
    )


def _one_process(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if not settings.consumer.ordered:
        return
    count = workload.consume.consumers
    if count > 1:
        yield Objection(
            key=_KEY,
            what=f"an ordered consumer delivers to one process, and there are {count}",
            allowed="ordered: false, or consume.consumers 1",
        )
    killed = any(each.do == "crash" for each in workload.disturbed_by(settings))
    if workload.consume.crashes or killed:
        yield Objection(
            key=_KEY,
            what="whoever follows on a process that crashed does not know where it was",
            allowed="ordered: false, or no crash",
        )


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that consumers of a kind of workload are none."""
    if settings.consumer.ordered and kind not in fit:
        yield Objection(
            key=_KEY,
            what=f"consumers of a workload of the kind {kind} are not made anew by their client",
            allowed=f"ordered: false, or a workload of the kind {' or '.join(fit)}",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_made_anew,)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_one_process,)
