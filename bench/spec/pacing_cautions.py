"""What may surprise where messages wait for others of their subject, or handlers try again."""

from collections.abc import Callable, Iterator

from bench.core.text import plural
from bench.core.units import format_duration, human_duration
from bench.spec.failing import UNANSWERED
from bench.spec.faults import FAILING
from bench.spec.jetstream import ack_wait_ns
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.working import workers


def _waits_for_acks(settings: Settings) -> bool:
    """Say whether a message comes again that is too long in hand."""
    return settings.ack.timing not in UNANSWERED and not settings.ack.in_progress_ns


def _fails(workload: Stream) -> bool:
    kinds = {fault.kind for fault in workload.consume.dealt}
    return bool(kinds & set(FAILING) or workload.consume.outages)


def _fails_at_last(settings: Settings, workload: Stream) -> bool:
    """Say whether a delivery may fail in spite of all its attempts."""
    retry, consume = settings.handler.retry, workload.consume
    attempts = 1 if retry is None else retry.attempts
    dealt = [fault for fault in consume.dealt if fault.kind in FAILING]
    lasting = any(e.deliveries is None or e.deliveries >= attempts for e in dealt)
    return lasting or bool(consume.outages)


def _longest_try(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that a message comes again while its handler still tries."""
    retry, consume = settings.handler.retry, workload.consume
    if retry is None or not _waits_for_acks(settings) or not _fails(workload):
        return
    own_ns = [each.time_ns or 0 for each in consume.dealt]
    away_ns = [each.time_ns or 0 for each in consume.outages]
    each_ns = max([consume.handler.time.p99_ns, *own_ns, *away_ns])
    takes_ns, wait_ns = retry.attempts * each_ns + retry.longest_ns, ack_wait_ns(settings)
    if takes_ns >= wait_ns:
        what = (
            f"{retry.attempts} attempts and the waits between them may take "
            f"{human_duration(takes_ns)}, and ack_wait is {format_duration(wait_ns)}: the message "
            "comes again while its handler still tries"
        )
        yield Objection(key="handler.retry", against=("consumer.ack_wait",), what=what)


def _idle_shards(settings: Settings, workload: Stream) -> Iterator[Objection]:
    count, subjects = workers(settings, workload.consume), len(workload.addressed)
    if settings.handler.per_key == "in-order" and subjects < count:
        what = (
            f"{plural(subjects, 'subject')} go to {subjects} of {count} workers at most: the "
            "others have nothing to do"
        )
        yield Objection(key="handler.per_key", what=what)


def _one_for_all(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that one message that waits for its subject keeps all other workers waiting."""
    by_key = settings.handler.per_key in ("in-order", "latest")
    pulls = settings.consumer.mode == "pull" and settings.pull.ask_ahead is None
    if by_key and pulls and workers(settings, workload.consume) > 1:
        what = (
            "more is asked for when no message waits, and one that waits for another of its "
            "subject does while workers are idle: pull.ask_ahead lets some wait"
        )
        yield Objection(key="handler.per_key", against=("pull.ask_ahead",), what=what)


def _beside_others(settings: Settings, workload: Stream) -> Iterator[Objection]:
    consumers = workload.consume.consumers
    if settings.handler.per_key in ("in-order", "latest") and consumers > 1:
        what = (
            f"{consumers} processes share one JetStream consumer, and each knows the order of what "
            "comes to it alone: messages of one subject go to all of them"
        )
        yield Objection(key="handler.per_key", what=what)


def _come_again(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that what failed is handled behind what came after it."""
    again = _fails_at_last(settings, workload) and settings.ack.timing not in UNANSWERED
    if settings.handler.per_key == "in-order" and again and settings.failure.answer != "term":
        what = (
            "a message that fails is delivered again behind later ones of its subject, which are "
            "handled before it: attempts within a delivery (handler.retry) keep the order"
        )
        yield Objection(key="handler.per_key", against=("failure.answer",), what=what)


def _handled_again(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that what gets no ack is handled once more, behind what came after it."""
    silent = any(fault.kind == "silent" for fault in workload.consume.dealt)
    again = settings.ack.timing not in UNANSWERED and settings.consumer.max_deliver != 1
    known = settings.effect.idempotency == "memory"
    if settings.handler.per_key == "in-order" and silent and again and not known:
        what = (
            "a message that gets no ack is delivered again and handled once more, behind later "
            "ones of its subject: effect.idempotency memory leaves it alone"
        )
        yield Objection(key="handler.per_key", against=("effect.idempotency",), what=what)


def _stands_for_others(settings: Settings, workload: Stream) -> Iterator[Objection]:
    hopeless = any(fault.kind == "permanent" for fault in workload.consume.dealt)
    if settings.handler.per_key == "latest" and hopeless:
        what = "a message that always fails takes the place of those before it: nobody handles them"
        yield Objection(key="handler.per_key", what=what)


def _nothing_fails(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if _fails(workload):
        return
    for key in ("retry", "breaker"):
        if getattr(settings.handler, key) is not None:
            what = "no handler of this workload fails: it never has anything to do"
            yield Objection(key=f"handler.{key}", what=what)


def _used_up(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that what is turned away counts as delivered, and may be given up untried."""
    breaker = settings.handler.breaker
    limits = (settings.consumer.max_deliver, settings.failure.attempts)
    last = min((each for each in limits if each is not None), default=None)
    if breaker is None or breaker.while_open == "pause" or last is None:
        return
    for outage in workload.consume.outages:
        times = 1 + outage.lasts_ns // breaker.open_for_ns
        if times >= last:
            what = (
                f"in an outage of {human_duration(outage.lasts_ns)} a message may be turned away "
                f"{times} times, each of them one of its {last} deliveries: it may be given up "
                "untried, or at its first failure"
            )
            yield Objection(key="handler.breaker.while_open", what=what)


def _held_too_long(settings: Settings, workload: Stream) -> Iterator[Objection]:
    """Yield that what waits for a breaker comes again meanwhile."""
    del workload
    breaker, wait_ns = settings.handler.breaker, ack_wait_ns(settings)
    if breaker is None or breaker.while_open == "nak" or not _waits_for_acks(settings):
        return
    if breaker.open_for_ns >= wait_ns:
        what = (
            f"what is in hand waits {human_duration(breaker.open_for_ns)} while the breaker is "
            f"open, and ack_wait is {format_duration(wait_ns)}: it comes again meanwhile"
        )
        yield Objection(key="handler.breaker", against=("consumer.ack_wait",), what=what)


RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (
    _longest_try,
    _idle_shards,
    _one_for_all,
    _beside_others,
    _come_again,
    _handled_again,
    _stands_for_others,
    _nothing_fails,
    _used_up,
    _held_too_long,
)
