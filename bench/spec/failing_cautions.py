"""What may surprise about settings where handlers do not all go well."""

from collections.abc import Callable, Iterator

from bench.core.units import (
    NS_PER_MS,
    NS_PER_S,
    format_duration,
    format_rate,
    human_duration,
)
from bench.spec.bad import BAD
from bench.spec.failing import UNANSWERED
from bench.spec.jetstream import ack_wait_ns
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

NAK_LOOK_NS = 10 * NS_PER_MS
"""How long after a nak with a delay nats-server looks for what is due; another one begins anew."""


def _endless(settings: Settings, workload: Stream) -> Iterator[Objection]:
    hopeless = any(
        fault.kind == "permanent" or (fault.kind in BAD and settings.handler.check)
        for fault in workload.consume.faults
    )
    failure, ends = settings.failure, settings.consumer.max_deliver is not None
    if not hopeless or settings.ack.timing in UNANSWERED:
        return
    if not ends and failure.attempts is None and failure.answer != "term":
        what = "a message whose handler always fails comes again without end"
        yield Objection(key="failure.attempts", what=what)


def _slow(settings: Settings, workload: Stream) -> Iterator[Objection]:
    wait_ns = ack_wait_ns(settings)
    if settings.ack.timing in UNANSWERED or settings.ack.in_progress_ns:
        return
    times_ns = [fault.time_ns for fault in workload.consume.dealt]
    for takes_ns in (*times_ns, *(outage.time_ns for outage in workload.consume.outages)):
        if takes_ns is not None and takes_ns >= wait_ns:
            what = (
                f"ack_wait {format_duration(wait_ns)} is over before a handler of "
                f"{human_duration(takes_ns)} ends: such a message is delivered "
                f"{1 + takes_ns // wait_ns} times, where a worker is free"
            )
            yield Objection(key="consumer.ack_wait", what=what)


def _outlasted(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that what comes when an outage begins has made all its attempts before it is over."""
    attempts = _attempts(settings)
    if attempts is None or settings.ack.timing in UNANSWERED:
        return
    for outage in workload.consume.outages:
        takes_ns = outage.time_ns or 0
        spent_ns = sum(_waits_ns(settings, attempts, takes_ns))
        if spent_ns < outage.lasts_ns:
            what = (
                f"all {attempts} attempts of a message may be over after "
                f"{human_duration(spent_ns)}, and an outage lasts {human_duration(outage.lasts_ns)}"
                ": it is given up, although it would succeed later"
            )
            yield Objection(key="failure.attempts", what=what)


def _held_back(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that naks with a delay put off what is due; tried on nats-server 2.15.1."""
    failure, rate = settings.failure, workload.publish.rate_msgs_per_s
    if failure.answer != "nak" or not failure.delay_ns or settings.ack.timing in UNANSWERED:
        return
    if workload.consume.outages and rate * NAK_LOOK_NS >= NS_PER_S:
        what = (
            f"{format_rate(rate)} fail in an outage, each with a nak: the server looks for what is "
            f"due {human_duration(NAK_LOOK_NS)} after the last one, so hardly anything comes again "
            "before the outage is over"
        )
        yield Objection(key="failure.delay", what=what)


def _attempts(settings: Settings) -> int | None:
    """Return how many attempts of a message are made at most; None without end."""
    if settings.failure.answer == "term":
        return 1
    return settings.failure.attempts or settings.consumer.max_deliver


def _waits_ns(settings: Settings, attempts: int, takes_ns: int) -> Iterator[int]:
    """Yield the time between one attempt and the next, of all that are made.

    After a nak the next one begins when the handler has ended and the delay is over, in silence
    when the wait for the ack is over, or its step of `backoff`; the last step goes on.
    """
    steps_ns = settings.consumer.backoff_ns or (ack_wait_ns(settings),)
    for attempt in range(attempts - 1):
        if settings.failure.answer == "nak":
            yield takes_ns + (settings.failure.delay_ns or 0)
        else:
            yield steps_ns[min(attempt, len(steps_ns) - 1)]


def _forgetful(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.effect.idempotency == "memory" and workload.consume.consumers > 1:
        what = "what one process remembers another one does not know"
        yield Objection(key="effect.idempotency", what=what)


RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _endless,
    _slow,
    _outlasted,
    _held_back,
    _forgetful,
)
