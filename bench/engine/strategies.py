"""How a handler makes its effect, and what keeps it from making it twice: one deed each; pure.

An effect is one added to the value of its message, so that whoever reads the bucket afterwards
knows how often it was made. A marker is a key of its own, or stands in the value: the message's id
beside the count. The guard of a key is the highest stream sequence whose effect was made.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from bench.clients.buckets import Value, counted
from bench.clients.deeds import Answer, Pause, Put, Step, read, wrote
from bench.plan.traffic import ID_DIGITS
from bench.spec.effects import CrashPoint, Idempotency

LARGEST_BYTES = 2 * ID_DIGITS
"""Of a value."""

KNOWN = True
"""What a deed returns where the effect was made before, or is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What a strategy knows of the delivery that is handled.

    Attributes:
        message_id: of its message.
        seq: of that in the stream.
        effect, marker, guard: subjects of the keys that are written.
        ttl_s: how long a marker is kept; 0 for ever.
        work_ns: asked when the handler begins, how long it takes.
        succeeds: asked when the handler has ended, whether it did its work.
        reached: told of each step behind which a consumer may crash.
    """

    message_id: int
    seq: int
    effect: str
    marker: str
    guard: str
    ttl_s: int
    work_ns: Callable[[], int]
    succeeds: Callable[[], bool]
    reached: Callable[[CrashPoint], None]


Doing = Generator[Step, Answer, bool]
"""Makes an effect; returns KNOWN where there was nothing to be done."""


def _plain(handled: Handled) -> Doing:
    """Add one, whatever was there."""
    if (yield from _worked(handled)):
        yield from _added(handled)
    return not KNOWN


def _remembered(handled: Handled) -> Doing:
    """Add one; the process itself knows that it did, for as long as it lives."""
    if (yield from _worked(handled)):
        yield from _added(handled)
        handled.reached("after-marker")
    return not KNOWN


def _overwrite(handled: Handled) -> Doing:
    """Write what comes out the same however often it is written."""
    if (yield from _worked(handled)):
        value = counted(b"", handled.message_id, 1)
        yield from wrote(Put(subject=handled.effect, payload=value))
        handled.reached("after-effect")
    return not KNOWN


def _sequence_guard(handled: Handled) -> Doing:
    """Add one if the key has not come so far, and then write how far it has."""
    guard = yield from read(handled.guard)
    if guard.count >= handled.seq:
        return KNOWN
    if (yield from _worked(handled)):
        yield from _added(handled)
        yield from _guarded(handled, guard)
        handled.reached("after-marker")
    return not KNOWN


def _marker_first(handled: Handled) -> Doing:
    """Claim the message, and then add one."""
    claim = Put(subject=handled.marker, payload=_marker(handled), expect=0, ttl_s=handled.ttl_s)
    if not (yield from wrote(claim)):
        return KNOWN
    handled.reached("after-marker")
    if (yield from _worked(handled)):
        yield from _added(handled)
    return not KNOWN


def _marker_last(handled: Handled) -> Doing:
    """Add one if the message has no marker, and then write that."""
    marker = yield from read(handled.marker)
    if not marker.gone:
        return KNOWN
    if (yield from _worked(handled)):
        yield from _added(handled)
        put = Put(subject=handled.marker, payload=_marker(handled), ttl_s=handled.ttl_s)
        yield from wrote(put)
        handled.reached("after-marker")
    return not KNOWN


def _marker_in_value(handled: Handled) -> Doing:
    """Add one and mark the message by one write, if the value bears no mark of it."""
    value = yield from read(handled.effect)
    if _bears(value, handled):
        return KNOWN
    if not (yield from _worked(handled)):
        return not KNOWN
    while not (yield from wrote(_one_more(handled, value))):
        value = yield from read(handled.effect)
        if _bears(value, handled):
            return KNOWN
    handled.reached("after-effect")
    handled.reached("after-marker")
    return not KNOWN


STRATEGIES: dict[Idempotency, Callable[[Handled], Doing]] = {
    "none": _plain,
    "overwrite": _overwrite,
    "sequence-guard": _sequence_guard,
    "marker-first": _marker_first,
    "marker-last": _marker_last,
    "marker-in-value": _marker_in_value,
    "memory": _remembered,
}


def _worked(handled: Handled) -> Generator[Step, Answer, bool]:
    """Work; return whether that came to something."""
    if (work_ns := handled.work_ns()) > 0:
        yield Pause(work_ns)
    return handled.succeeds()


def _added(handled: Handled) -> Generator[Step, Answer, None]:
    """Add one to the value of the message, again where another worker was faster."""
    value = yield from read(handled.effect)
    while not (yield from wrote(_one_more(handled, value))):
        value = yield from read(handled.effect)
    handled.reached("after-effect")


def _guarded(handled: Handled, guard: Value) -> Generator[Step, Answer, None]:
    """Write how far the key has come; leave it where another worker was faster and came further."""
    while guard.count < handled.seq:
        value = counted(b"", handled.message_id, handled.seq)
        put = Put(subject=handled.guard, payload=value, expect=guard.seq)
        if (yield from wrote(put)):
            return
        guard = yield from read(handled.guard)


def _one_more(handled: Handled, value: Value) -> Put:
    more = counted(b"", handled.message_id, value.count + 1)
    return Put(subject=handled.effect, payload=more, expect=value.seq)


def _marker(handled: Handled) -> bytes:
    return b"%0*d" % (ID_DIGITS, handled.message_id)


def _bears(value: Value, handled: Handled) -> bool:
    """Say whether a value bears the mark of this message."""
    return value.number(0) == handled.message_id + 1
