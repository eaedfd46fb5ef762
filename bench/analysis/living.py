"""What holds up a live consumer, and what to turn: rules over looks at it, a few seconds of them.

Each rule tells of one thing, and all that hold are told: a consumer that nobody reads may lose
messages as well. What was not seen to go well is never told to be well.
"""

from collections.abc import Callable

from bench.analysis.company import unclaimed
from bench.analysis.copied import behind
from bench.analysis.held import Held, long
from bench.analysis.keeping import cut, gone, running_out
from bench.analysis.seen import Seen
from bench.analysis.signs import MOSTLY, NEAR_CAP
from bench.core.text import number, percent, plural
from bench.core.units import NS_PER_S, human_duration
from bench.record.looks import Look

AGAIN_SHARE = 0.05
"""Of the deliveries: so many that come again are work that is done for nothing."""

LATE_S = 1.0
"""A backlog of more than what is stored in so long a time waits, though it may not grow."""


def held_up(seen: Seen) -> tuple[Held, ...]:
    """Return all that holds it up, by the rules in their order; empty where none was seen."""
    return tuple(found for rule in RULES if (found := rule(seen)) is not None)


def _paused(seen: Seen) -> Held | None:
    if not seen.last.paused:
        return None
    words = f"the consumer is paused, and {_pending(seen)} wait"
    return Held(name="paused", words=words, turn="resume it, or wait until its pause is over")


def _pending(seen: Seen) -> str:
    return plural(seen.last.pending_msgs, "message")


def _nobody(seen: Seen) -> Held | None:
    """Nobody asks, or nobody listens, for as long as we looked."""
    if seen.last.paused or seen.deliveries or not seen.last.pending_msgs or seen.full:
        return None
    if seen.last.push and not seen.share(lambda look: look.bound):
        words = f"nobody listens to what it delivers to, and {_pending(seen)} wait"
        return Held(name="nobody takes", words=words, turn="start a client of it")
    if not seen.last.push and not seen.share(lambda look: look.waiting > 0):
        words = f"no pull request came, and {_pending(seen)} wait"
        return Held(
            name="nobody takes",
            words=words,
            turn="start a client of it, or look at why its clients do not ask",
        )
    return None


def _stuck(seen: Seen) -> Held | None:
    """What is delivered stays unacknowledged, for longer than the server waits for it."""
    if not overdue(seen) or in_progress(seen):
        return None
    last = seen.last
    given_up = ", or was given up" if _may_be_given_up(seen) else ""
    words = (
        f"{plural(last.unacked_msgs, 'message')} delivered and not acknowledged, the oldest for "
        f"{long(seen.held_s[0])} at least{given_up}; {_asks(last)}"
    )
    turn = "the handler, which must ack, nak or term each message; max_deliver against poison"
    if last.flow_acks:
        turn = "the client, which must answer flow control with Nats-Last-Stream of what is handled"
    return Held(name="stuck unacked", words=words, turn=turn)


def _asks(last: Look) -> str:
    """Return how long the server waits for an ack, or how it asks for one."""
    if last.flow_acks:
        return "flow control asks for acks, with each heartbeat of a consumer that is idle"
    return f"ack_wait is {human_duration(last.ack_wait_ns)}"


def _given_up(seen: Seen) -> Held | None:
    """Messages had their last attempt while it was watched; all that came again before may have."""
    new = seen.last.given_up_msgs - seen.first.redelivered_msgs
    if new <= 0:
        return None
    words = (
        f"{plural(new, 'message')} at least had all {seen.last.max_deliver} attempts in vain "
        "while it was watched, and nobody will handle them"
    )
    turn = "the handler, max_deliver with backoff, and dead letters by the server's advisories"
    return Held(name="given up", words=words, turn=turn)


def overdue(seen: Seen) -> bool:
    """Say whether a message surely is without its ack for longer than the server waits for it."""
    last = seen.last
    unacked = last.acks and last.unacked_msgs > 0
    if last.flow_acks and seen.deliveries:
        return False  # it is asked when much has come, or when nothing does
    return unacked and seen.held_s[0] * NS_PER_S > last.patience_ns


def in_progress(seen: Seen) -> bool:
    """Say whether only its handler can have kept the server from giving it to who asked."""
    if seen.last.flow_acks:
        return False
    asked = seen.share(lambda look: look.asked and not look.redelivered_msgs) == 1.0
    return asked and not seen.full_share and not seen.last.paused


def _may_be_given_up(seen: Seen) -> bool:
    """Whether the ack floor may stand at a message that had all its attempts."""
    last = seen.last
    return last.max_deliver is not None and last.redelivered_msgs > 0


def _acks(seen: Seen) -> Held | None:
    if not seen.waits or not seen.full:
        return None
    cap = seen.last.max_ack_pending or 0
    held = ""
    if seen.done_msgs:
        held_ns = cap / seen.done_msgs * seen.span_s * NS_PER_S
        held = f"; at {seen.per_s(seen.done_msgs)} each is held for {human_duration(held_ns)}"
    words = f"at max_ack_pending, {cap}, in {percent(seen.full_share)} of the looks{held}"
    turn = "max_ack_pending = rate × T with margin, or a shorter T from delivery to ack"
    return Held(name="ack-budget-limited", words=words, turn=turn)


def _storm(seen: Seen) -> Held | None:
    again = seen.again_msgs
    rising = again > 0 and again >= AGAIN_SHARE * max(1, seen.deliveries)
    if not rising:
        return None
    words = (
        f"{number(again)} of {plural(seen.deliveries, 'delivery', 'deliveries')} came again; "
        f"{seen.last.redelivered_msgs} that did wait for an ack, or were given up"
    )
    wait = human_duration(seen.last.ack_wait_ns)
    turn = (
        f"ack_wait ({wait}) above what a message takes; where it is given back, backoff or a "
        "longer delay; max_deliver"
    )
    return Held(name="retry storm", words=words, turn=turn)


def _backlog(seen: Seen) -> Held | None:
    least = min(look.lag_msgs for look in seen.looks)
    stands = seen.came_msgs > 0 and least > LATE_S * seen.came_msgs / seen.span_s
    if not seen.rises and not stands:
        return None
    grows = (
        f"the lag rises by {number(seen.rise_per_s)} msg/s"
        if seen.rises
        else f"the lag does not fall below {least}, more than comes in {LATE_S:g} s"
    )
    words = f"{grows}; {seen.per_s(seen.came_msgs)} came, {seen.per_s(seen.done_msgs)} were done"
    turn = "more workers or clients, larger batches, or a shorter handler; see what else is told"
    return Held(name="backlog pressure", words=words, turn=turn)


def _requests(seen: Seen) -> Held | None:
    """Messages wait for a request that does not come, while others of it did."""
    asked = seen.share(lambda look: look.waiting > 0)
    if seen.last.push or not seen.waits or not seen.deliveries or seen.full or asked >= MOSTLY:
        return None
    words = f"messages waited, and a pull request for them in {percent(asked)} of the looks"
    turn = "batch, more requests at a time or more clients; or they are busy: workers"
    return Held(name="fetch-limited", words=words, turn=turn)


def _crowded(seen: Seen) -> Held | None:
    most, last = seen.last.max_waiting, seen.last
    if last.push or not most or last.waiting < NEAR_CAP * most:
        return None
    words = f"{last.waiting} pull requests wait of max_waiting {most}; what comes then is refused"
    return Held(name="requests crowded out", words=words, turn="max_waiting, or fewer requests")


def _gap(seen: Seen) -> Held | None:
    if seen.deliveries or not seen.waits or seen.full or seen.last.paused:
        return None
    if not seen.share(lambda look: look.asked):
        return None
    words = f"nothing came in {long(seen.span_s)} while messages were waited for"
    turn = "its leader, its rate limit, its filter, and the connections of its clients"
    return Held(name="delivery gap", words=words, turn=turn)


RULES: tuple[Callable[[Seen], Held | None], ...] = (
    _paused,
    _nobody,
    gone,
    cut,
    running_out,
    behind,
    unclaimed,
    _storm,
    _stuck,
    _given_up,
    _acks,
    _requests,
    _crowded,
    _gap,
    _backlog,
)
