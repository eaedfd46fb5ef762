"""What may surprise about settings of effects, and about consumers that crash at messages."""

from collections.abc import Callable, Iterator

from bench.core.units import format_duration
from bench.spec.bad import BAD
from bench.spec.failing import UNANSWERED
from bench.spec.faults import FAILING, WRITE_ERROR
from bench.spec.jetstream import ack_wait_ns
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings


def _kinds(workload: Stream) -> frozenset[str]:
    return frozenset(fault.kind for fault in workload.consume.faults)


def _claimed(settings: Settings, workload: Stream) -> Iterator[Objection]:
    fails = _kinds(workload) & {*FAILING, *BAD, WRITE_ERROR, "outage"}
    if settings.effect.idempotency == "marker-first" and fails:
        what = (
            "a message whose handler failed bears its marker already: it comes again and is taken "
            "for done"
        )
        yield Objection(key="effect.idempotency", what=what)


def _guarded(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.effect.idempotency != "sequence-guard":
        return
    if workload.consume.consumers > 1:
        what = "messages of a key come to any of several processes: an earlier one is taken for old"
        yield Objection(key="effect.idempotency", what=what)
    elif _kinds(workload) - {"slow"} and settings.consumer.max_ack_pending != 1:
        what = "what comes again after a later message of its key is taken for old, and never done"
        yield Objection(key="effect.idempotency", what=what)


def _forgotten(settings: Settings, workload: Stream) -> Iterator[Objection]:
    ttl_ns, wait_ns = settings.effect.marker_ttl_ns, ack_wait_ns(settings)
    del workload
    if ttl_ns is not None and ttl_ns <= wait_ns and settings.ack.timing not in UNANSWERED:
        what = (
            f"a message comes again after {format_duration(wait_ns)} (ack_wait), when its marker "
            "is gone: it has a second effect"
        )
        yield Objection(key="effect.marker_ttl", what=what)


def _dies_with_it(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.effect.idempotency == "memory" and workload.consume.crashes:
        what = "a consumer that crashes remembers nothing, and nobody else does"
        yield Objection(key="effect.idempotency", what=what)


def _never_again(settings: Settings, workload: Stream) -> Iterator[Objection]:
    wait_ns, drain_ns = ack_wait_ns(settings), workload.phases.drain_ns
    if workload.consume.crashes and settings.ack.timing not in UNANSWERED and wait_ns >= drain_ns:
        what = (
            f"what a crashed consumer had in hand comes again after ack_wait, "
            f"{format_duration(wait_ns)}: the drain of {format_duration(drain_ns)} may be over"
        )
        yield Objection(key="consumer.ack_wait", what=what)


RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _claimed,
    _guarded,
    _forgotten,
    _dies_with_it,
    _never_again,
)
