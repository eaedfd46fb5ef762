"""What is wrong where a failure returns all of its batch.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator, Sequence

from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

_KEY = "ack.whole_batches"


def _returned(settings: Settings) -> Iterator[Objection]:
    if not settings.ack.whole_batches:
        return
    if settings.ack.timing != "per-batch":
        yield Objection(
            key=_KEY,
            against=("ack.timing",),
            what=f"with ack.timing {settings.ack.timing} no batch waits for its end",
            allowed="whole_batches: false, or ack.timing per-batch",
        )
    if settings.failure.answer != "nak":
        yield Objection(
            key=_KEY,
            against=("failure.answer",),
            what=f"a batch is returned by nak, and the answer is {settings.failure.answer}",
            allowed="whole_batches: false, or answer nak",
        )
    if settings.effect.idempotency != "none":
        yield Objection(
            key=_KEY,
            against=("effect.idempotency",),
            what="what is returned was not handled, and idempotency "
            f"{settings.effect.idempotency} would take it for done when it comes again",
            allowed="whole_batches: false, or idempotency none",
        )


def _written(settings: Settings, workload: Stream) -> Iterator[Objection]:
    plain = settings.effect.idempotency == "none"
    if settings.ack.whole_batches and plain and workload.writes(settings):
        yield Objection(
            key=_KEY,
            what="an effect that is written is not taken back when its batch is returned",
            allowed="whole_batches: false, or effects that are not written",
        )


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that nothing fails under a kind of workload."""
    if settings.ack.whole_batches and kind not in fit:
        yield Objection(
            key=_KEY,
            what=f"handlers of a workload of the kind {kind} do not fail for a batch",
            allowed=f"whole_batches: false, or a workload of the kind {' or '.join(fit)}",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_returned,)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_written,)
