"""What is wrong with settings of effects, and with consumers that crash at messages.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator

from bench.core.text import count
from bench.core.units import NS_PER_S, format_duration
from bench.spec.effects import MARKING, UNMARKED
from bench.spec.failing import UNANSWERED
from bench.spec.faults import WRITE_ERROR
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

MOST_COUNTED = 500_000
"""Effects that are read from a bucket."""


def _marker_ttl(settings: Settings) -> Iterator[Objection]:
    effect = settings.effect
    ttl_ns = effect.marker_ttl_ns
    if ttl_ns is None:
        return
    if effect.idempotency not in MARKING:
        yield Objection(
            key="effect.marker_ttl",
            against=("effect.idempotency",),
            what=f"idempotency {effect.idempotency} has no marker that stands by itself",
            allowed=f"no marker_ttl, or idempotency {' or '.join(MARKING)}",
        )
    if ttl_ns < NS_PER_S or ttl_ns % NS_PER_S:
        refused = "is refused (10165)" if ttl_ns < NS_PER_S else "is cut to whole seconds"
        yield Objection(
            key="effect.marker_ttl",
            what=f"a message's time to live of {format_duration(ttl_ns)} {refused}",
            allowed="1s, 2s, ...",
        )


def _steps(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield the steps at which no message comes by."""
    effect, timing = settings.effect, settings.ack.timing
    points = {crash.at for crash in workload.consume.crashes}
    if "after-marker" in points and effect.idempotency in UNMARKED:
        yield Objection(
            key="effect.idempotency",
            what=f"a consumer is to crash after the marker, and with {effect.idempotency} there is "
            "none",
            allowed="a strategy that marks, memory, or a crash after-effect",
        )
    if "before-ack" in points and timing in UNANSWERED:
        yield Objection(
            key="ack.timing",
            what=f"a consumer is to crash before the ack, and with ack.timing {timing} none comes "
            "after the handler",
            allowed="another ack.timing, or a crash after-effect",
        )


def _gaps(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.ack.timing == "cumulative" and workload.consume.crashes:
        yield Objection(
            key="ack.timing",
            what="a cumulative ack of who takes a crashed consumer's place covers what that had in "
            "hand",
            allowed="another ack.timing, or no crash",
        )


def _countable(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if workload.writes(settings) and workload.messages > MOST_COUNTED:
        yield Objection(
            key="effect",
            what=f"{count(workload.messages)} effects would have to be read one by one when all is "
            "over",
            allowed=f"up to {count(MOST_COUNTED)} messages a trial, or no written effects",
        )


def _refused(settings: Settings, workload: Stream) -> Iterator[Objection]:
    fails = any(each.kind == WRITE_ERROR for each in workload.consume.dealt)
    if fails and not workload.writes(settings):
        yield Objection(
            key="effect.written",
            what="the bucket is to refuse some effects, and none is written",
            allowed="written: true, a strategy that writes, or no faults of the kind write-error",
        )


def _one_at_a_time(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if workload.disturbed_by(settings) and workload.consume.crashes:
        yield Objection(
            key="disturbances",
            what="consumers crash at messages as well: nobody could tell whose effect is seen",
            allowed="no disturbances, or no faults of the kind crash",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_marker_ttl,)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _steps,
    _gaps,
    _countable,
    _refused,
    _one_at_a_time,
)
