"""What is wrong, and what may surprise, where handlers say that they still work on a message.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator, Sequence

from bench.core.units import NS_PER_MS, NS_PER_S, format_duration
from bench.spec.objection import Objection
from bench.spec.variant import Settings

SERVER_ACK_WAIT_NS = 30 * NS_PER_S
"""What the server takes when `ack_wait` is left out."""

NEVER_NS = 2**62
"""Longer than anything: where flow control asks for acks, nothing comes again."""

SHORTEST_NS = NS_PER_MS
"""Below it a process does little else than say so."""

_DONE_BEFORE = ("none", "after-validation")
"""Ack timings after which the server waits for nothing while a handler works."""


def ack_waits_ns(settings: Settings) -> tuple[int, ...]:
    """Return how long the server waits for an ack at each delivery; the last one goes on."""
    consumer = settings.consumer
    if consumer.flow_acks:
        return (NEVER_NS,)
    return consumer.backoff_ns or (consumer.ack_wait_ns or SERVER_ACK_WAIT_NS,)


def _awaited(settings: Settings) -> Iterator[Objection]:
    timing = settings.ack.timing
    if settings.ack.in_progress_ns is not None and timing in _DONE_BEFORE:
        yield Objection(
            key="ack.in_progress",
            against=("ack.timing",),
            what=f"with ack.timing {timing} the server waits for no ack while a handler works",
            allowed="no in_progress, or another ack.timing",
        )


def _in_time(settings: Settings) -> Iterator[Objection]:
    every_ns, wait_ns = settings.ack.in_progress_ns, min(ack_waits_ns(settings))
    if every_ns is None:
        return
    if every_ns < SHORTEST_NS:
        what = "in_progress is so short that a process does little else than say so"
        yield Objection(key="ack.in_progress", what=what, allowed="1ms or more, or leave it out")
    elif every_ns >= wait_ns:
        backoff = bool(settings.consumer.backoff_ns)
        told = "the shortest step of backoff" if backoff else "ack_wait"
        yield Objection(
            key="ack.in_progress",
            against=("consumer.backoff" if backoff else "consumer.ack_wait",),
            what=f"in_progress {format_duration(every_ns)} is useless: the server delivers again "
            f"after {told}, {format_duration(wait_ns)}, before it is told",
            allowed=f"in_progress below {format_duration(wait_ns)}, or a longer wait",
        )


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that handlers of a kind of workload do not say that they work on a message."""
    if settings.ack.in_progress_ns is not None and kind not in fit:
        yield Objection(
            key="ack.in_progress",
            what=f"handlers of a workload of the kind {kind} do not say that they still work",
            allowed=f"no in_progress, or a workload of the kind {' or '.join(fit)}",
        )


def barely(settings: Settings) -> Iterator[Objection]:
    """Yield that one heartbeat that is late comes too late."""
    every_ns, wait_ns = settings.ack.in_progress_ns, min(ack_waits_ns(settings))
    if every_ns is not None and wait_ns < 2 * every_ns:
        what = (
            f"within {format_duration(wait_ns)} the server is told once that a message is in "
            f"progress, after {format_duration(every_ns)}: one that is late comes too late"
        )
        yield Objection(key="ack.in_progress", what=what)


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_awaited, _in_time)
