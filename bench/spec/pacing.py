"""What is wrong where messages are to wait for others of their subject, or handlers to try again.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator, Sequence

from bench.spec.failing import UNANSWERED
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings


def _keys(settings: Settings) -> list[str]:
    """Return which of the keys have messages wait in a line of their own."""
    handler = settings.handler
    by_key = ["per_key"] if handler.per_key in ("in-order", "latest") else []
    return by_key + [key for key in ("retry", "breaker") if getattr(handler, key) is not None]


def _without(key: str) -> str:
    return "per_key none or counted" if key == "per_key" else f"no {key}"


def _by_virtual_workers(settings: Settings) -> Iterator[Objection]:
    for key in _keys(settings):
        if settings.handler.run == "task":
            yield Objection(
                key=f"handler.{key}",
                against=("handler.run",),
                what="coroutines begin as the library has it, and try once: who waits for whom is "
                "kept by virtual workers",
                allowed=f"handler.run virtual, or {_without(key)}",
            )
        if settings.ack.whole_batches:
            yield Objection(
                key=f"handler.{key}",
                against=("ack.whole_batches",),
                what="what waits for others of its subject, or tries again, has no batch to end in",
                allowed=f"whole_batches: false, or {_without(key)}",
            )


def _again(settings: Settings) -> Iterator[Objection]:
    retry = settings.handler.retry
    if retry is not None and retry.attempts == 1:
        yield Objection(
            key="handler.retry.attempts",
            what="the first attempt counts as well: nothing would be tried again",
            allowed="2 or more, or no retry",
        )


def _turned_away(settings: Settings) -> Iterator[Objection]:
    breaker, timing = settings.handler.breaker, settings.ack.timing
    if breaker is None or breaker.while_open == "pause":
        return
    if timing in UNANSWERED:
        what = f"with ack.timing {timing} a message that is turned away never comes again"
    elif timing == "cumulative":
        what = "a cumulative ack covers the messages before it, those turned away as well"
    else:
        return
    yield Objection(
        key="handler.breaker.while_open",
        against=("ack.timing",),
        what=what,
        allowed="while_open pause, or another ack.timing",
    )


def _not_both(settings: Settings, workload: Stream) -> Iterator[Objection]:
    for key in _keys(settings):
        if workload.writes(settings):
            yield Objection(
                key=f"handler.{key}",
                what="where effects are written, whoever is free takes the message that came "
                "first, and tries once",
                allowed=f"effects that are not written, or {_without(key)}",
            )
        if workload.consume.handler.cycle_ns:
            yield Objection(
                key=f"handler.{key}",
                what="a cost for each request is kept where messages begin in the order they came",
                allowed=f"no cycle in the workload, or {_without(key)}",
            )


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that handlers of a kind of workload do none of it."""
    if kind in fit:
        return
    told = ["per_key"] if settings.handler.per_key == "counted" else _keys(settings)
    for key in told:
        yield Objection(
            key=f"handler.{key}",
            what=f"handlers of a workload of the kind {kind} begin as their messages come, and try "
            "once",
            allowed=f"leave it out, or a workload of the kind {' or '.join(fit)}",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _by_virtual_workers,
    _again,
    _turned_away,
)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_not_both,)
