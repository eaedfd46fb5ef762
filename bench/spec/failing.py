"""What is wrong with settings where handlers do not all go well.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator

from bench.spec.bad import BAD
from bench.spec.faults import AS_USUAL, FAILING, WRITE_ERROR
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

UNANSWERED = ("none", "after-validation")
"""Ack timings after which a handler's end is told to nobody."""

_FAIL = {*FAILING, *BAD, WRITE_ERROR, "silent", "outage"}
"""Kinds of faults of which a message is not to be acknowledged, or not at once."""


def _answers(settings: Settings) -> Iterator[Objection]:
    failure, usual = settings.failure, AS_USUAL
    if settings.ack.timing in UNANSWERED and failure != usual:
        key = next(key for key, value in failure if value != getattr(usual, key))
        yield Objection(
            key=f"failure.{key.removesuffix('_ns')}",
            against=("ack.timing",),
            what=f"with ack.timing {settings.ack.timing} the server is told nothing when a handler "
            "has failed",
            allowed="no failure settings, or another ack.timing",
        )
    if failure.delay_ns is not None and failure.answer != "nak":
        yield Objection(
            key="failure.delay",
            against=("failure.answer",),
            what=f"a delay goes with a nak, and the answer is {failure.answer}",
            allowed="no delay, or answer nak",
        )


def _attempts(settings: Settings) -> Iterator[Objection]:
    attempts, most = settings.failure.attempts, settings.consumer.max_deliver
    if attempts is None:
        return
    if settings.failure.answer == "term":
        yield Objection(
            key="failure.attempts",
            against=("failure.answer",),
            what="with answer term the first failure is the last",
            allowed="no attempts, or another answer",
        )
    if most is not None and attempts > most:
        yield Objection(
            key="failure.attempts",
            against=("consumer.max_deliver",),
            what=f"the server makes {most} deliveries (max_deliver), so attempt {attempts} never "
            "comes",
            allowed=f"up to {most}, or a larger max_deliver",
        )


def _dead_letters(settings: Settings) -> Iterator[Objection]:
    failure, most = settings.failure, settings.consumer.max_deliver
    ends = failure.attempts is not None or failure.answer == "term" or most is not None
    if failure.dead_letters and not ends:
        yield Objection(
            key="failure.dead_letters",
            against=("failure.attempts",),
            what="nothing is ever given up: what fails comes again without end",
            allowed="no dead_letters, or attempts, answer term or consumer.max_deliver",
        )


def _cumulative(settings: Settings, workload: Stream) -> Iterator[Objection]:
    kinds = {fault.kind for fault in workload.consume.faults} & _FAIL
    if settings.ack.timing == "cumulative" and kinds:
        yield Objection(
            key="ack.timing",
            what=f"a cumulative ack covers the messages before it, those with a fault "
            f"({', '.join(sorted(kinds))}) as well",
            allowed="another ack.timing, or no such faults",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _answers,
    _attempts,
    _dead_letters,
)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_cumulative,)
