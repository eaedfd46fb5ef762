"""What may surprise about settings where handlers do not all go well."""

from collections.abc import Callable, Iterator

from bench.core.units import format_duration, human_duration
from bench.spec.failing import UNANSWERED
from bench.spec.jetstream import ack_wait_ns
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings


def _endless(settings: Settings, workload: Stream) -> Iterator[Objection]:
    hopeless = any(fault.kind == "permanent" for fault in workload.consume.faults)
    failure, ends = settings.failure, settings.consumer.max_deliver is not None
    if not hopeless or settings.ack.timing in UNANSWERED:
        return
    if not ends and failure.attempts is None and failure.answer != "term":
        what = "a message whose handler always fails comes again without end"
        yield Objection(key="failure.attempts", what=what)


def _slow(settings: Settings, workload: Stream) -> Iterator[Objection]:
    wait_ns = ack_wait_ns(settings)
    if settings.ack.timing in UNANSWERED:
        return
    for fault in workload.consume.faults:
        if fault.time_ns is not None and fault.time_ns >= wait_ns:
            what = (
                f"ack_wait {format_duration(wait_ns)} is over before a handler of "
                f"{human_duration(fault.time_ns)} ends: such a message is delivered "
                f"{1 + fault.time_ns // wait_ns} times, where a worker is free"
            )
            yield Objection(key="consumer.ack_wait", what=what)


def _forgetful(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.effect.idempotency == "memory" and workload.consume.consumers > 1:
        what = "what one process remembers another one does not know"
        yield Objection(key="effect.idempotency", what=what)


RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _endless,
    _slow,
    _forgetful,
)
