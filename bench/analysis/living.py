"""What holds up a live consumer, and what to turn: rules over looks at it, a few seconds of them.

Each rule tells of one thing, and all that hold are told: a consumer that nobody reads may lose
messages as well. What was not seen to go well is never told to be well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.analysis.signs import MOSTLY, NEAR_CAP
from bench.core.text import number, percent, plural
from bench.core.units import NS_PER_S, human_duration
from bench.record.looks import Look

RISES_SHARE = 0.01
"""Of what was stored meanwhile: a lag that grows by more is one that falls behind."""

AGAIN_SHARE = 0.05
"""Of the deliveries: so many that come again are work that is done for nothing."""

LATE_S = 1.0
"""A backlog of more than what is stored in so long a time waits, though it may not grow."""

AGE_SHARE = 0.5
"""Of max_age: what waits so long may be gone before its turn comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One thing that holds up a consumer.

    Attributes:
        name: of it, as in METRICS.md.
        words: the figures that say so.
        turn: what to do about it.
    """

    name: str
    words: str
    turn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What several looks come to.

    Attributes:
        looks: at least two, in their order.
    """

    looks: Sequence[Look]

    @property
    def first(self) -> Look:
        """The first look."""
        return self.looks[0]

    @property
    def last(self) -> Look:
        """The last look."""
        return self.looks[-1]

    @property
    def span_s(self) -> float:
        """From the first to the last."""
        return max(1e-9, self.last.at_s - self.first.at_s)

    @property
    def stored_msgs(self) -> int:
        """Messages that the stream stored meanwhile, whatever their subjects."""
        return self.last.last_seq - self.first.last_seq

    @property
    def deliveries(self) -> int:
        """Deliveries meanwhile, repeats included."""
        return self.last.deliveries - self.first.deliveries

    @property
    def came_msgs(self) -> int:
        """Messages that came for the consumer meanwhile, as far as it shows: at least 0."""
        pending = self.last.pending_msgs - self.first.pending_msgs
        return max(0, pending + self.deliveries - self.again_msgs)

    @property
    def again_msgs(self) -> int:
        """Deliveries of messages that had been delivered before, as far as it shows."""
        more = self.last.redelivered_msgs - self.first.redelivered_msgs
        new = self.last.delivered_seq - self.first.delivered_seq
        return max(0, more, 0 if self.last.filtered else self.deliveries - new)

    @property
    def done_msgs(self) -> int:
        """Messages that it was through with meanwhile: at least 0."""
        unacked = self.last.unacked_msgs - self.first.unacked_msgs
        return max(0, self.deliveries - self.again_msgs - unacked)

    @property
    def waits(self) -> bool:
        """Whether messages waited on the server in most looks."""
        return self.share(lambda look: look.pending_msgs > 0) > MOSTLY

    @property
    def rise_msgs(self) -> float:
        """How far the lag of the second half lies above that of the first."""
        half = len(self.looks) // 2
        early, late = self.looks[:half], self.looks[-half:]
        return (sum(each.lag_msgs for each in late) - sum(e.lag_msgs for e in early)) / half

    @property
    def rises(self) -> bool:
        """Whether it falls behind."""
        return self.rise_msgs > max(1.0, RISES_SHARE * self.came_msgs)

    def share(self, holds: Callable[[Look], bool]) -> float:
        """Return the share of the looks in which something holds."""
        return sum(map(holds, self.looks)) / len(self.looks)

    def per_s(self, msgs: float) -> str:
        """Write so many messages as a rate."""
        return f"{number(msgs / self.span_s)} msg/s"


def held_up(seen: Seen) -> tuple[Held, ...]:
    """Return all that holds it up, by the rules in their order; empty where none was seen."""
    return tuple(found for rule in RULES if (found := rule(seen)) is not None)


def moved(seen: Seen) -> bool:
    """Say whether messages were done with: where none was nobody knows what would hold it up."""
    return seen.done_msgs > 0


def unseen(seen: Seen) -> str:
    """Return what the server does not tell of such a consumer; empty where it tells all."""
    last = seen.last
    kept = "what its stream removed before its turn, and what came again and was acknowledged since"
    parts = [kept] if last.filtered else []
    parts += ["what was delivered and never handled"] if not last.acks else []
    return "; ".join(parts)


def told(seen: Seen) -> str:
    """Return the figures of the looks in one line."""
    last = seen.last
    cap = f" of {last.max_ack_pending}" if last.max_ack_pending else ""
    waiting = "" if last.push else f", {plural(last.waiting, 'pull request')} waiting"
    unacked = f", {last.unacked_msgs}{cap} not acknowledged" if last.acks else ""
    return (
        f"watched for {human_duration(seen.span_s * NS_PER_S)}: {seen.per_s(seen.stored_msgs)} "
        f"stored in the stream, {seen.per_s(seen.deliveries)} delivered, "
        f"{seen.per_s(seen.done_msgs)} done; {last.pending_msgs} pending{unacked}{waiting}"
    )


def _paused(seen: Seen) -> Held | None:
    if not seen.last.paused:
        return None
    words = f"the consumer is paused, and {last_pending(seen)} wait"
    return Held(name="paused", words=words, turn="resume it, or wait until its pause is over")


def last_pending(seen: Seen) -> str:
    """Write how many messages wait on the server now."""
    return plural(seen.last.pending_msgs, "message")


def _nobody(seen: Seen) -> Held | None:
    """Nobody asks, or nobody listens, for as long as we looked."""
    if seen.last.paused or seen.deliveries or not seen.last.pending_msgs or _full(seen):
        return None
    if seen.last.push and not seen.share(lambda look: look.bound):
        words = f"nobody listens to what it delivers to, and {last_pending(seen)} wait"
        return Held(name="nobody takes", words=words, turn="start a client of it")
    if not seen.last.push and not seen.share(lambda look: look.waiting > 0):
        words = f"no pull request came, and {last_pending(seen)} wait"
        return Held(
            name="nobody takes",
            words=words,
            turn="start a client of it, or look at why its clients do not ask",
        )
    return None


def _stuck(seen: Seen) -> Held | None:
    """What is delivered stays unacknowledged: for all of the look, and longer than ack_wait."""
    last, ago_s = seen.last, seen.last.acked_ago_s
    unacked = seen.share(lambda look: look.unacked_msgs > 0) == 1.0
    if not last.acks or not unacked or last.floor_seq != seen.first.floor_seq:
        return None
    wait_s = last.ack_wait_ns / NS_PER_S
    long_s = seen.span_s if ago_s is None else max(ago_s, seen.span_s)
    if seen.done_msgs and long_s <= wait_s:
        return None  # others are done with, and the oldest may be in work
    words = (
        f"{plural(last.unacked_msgs, 'message')} delivered and not acknowledged, the oldest for "
        f"{human_duration(long_s * NS_PER_S)} at least; ack_wait is "
        f"{human_duration(last.ack_wait_ns)}"
    )
    turn = "the handler, which must ack, nak or term each message; max_deliver against poison"
    return Held(name="stuck unacked", words=words, turn=turn)


def _full_share(seen: Seen) -> float:
    return seen.share(
        lambda look: (
            look.max_ack_pending is not None
            and look.unacked_msgs >= NEAR_CAP * look.max_ack_pending
        )
    )


def _full(seen: Seen) -> bool:
    return _full_share(seen) >= MOSTLY


def _acks(seen: Seen) -> Held | None:
    if not seen.waits or not _full(seen):
        return None
    cap = seen.last.max_ack_pending or 0
    held = ""
    if seen.done_msgs:
        held_ns = cap / seen.done_msgs * seen.span_s * NS_PER_S
        held = f"; at {seen.per_s(seen.done_msgs)} each is held for {human_duration(held_ns)}"
    words = f"at max_ack_pending, {cap}, in {percent(_full_share(seen))} of the looks{held}"
    turn = "max_ack_pending = rate × T with margin, or a shorter T from delivery to ack"
    return Held(name="ack-budget-limited", words=words, turn=turn)


def _storm(seen: Seen) -> Held | None:
    again = seen.again_msgs
    rising = again > 0 and again >= AGAIN_SHARE * max(1, seen.deliveries)
    if not rising:
        return None
    words = (
        f"{again} of {plural(seen.deliveries, 'delivery', 'deliveries')} came again; "
        f"{seen.last.redelivered_msgs} of {seen.last.unacked_msgs} that wait for an ack did"
    )
    wait = human_duration(seen.last.ack_wait_ns)
    turn = f"ack_wait ({wait}) above what a message takes, backoff between attempts, max_deliver"
    return Held(name="retry storm", words=words, turn=turn)


def _backlog(seen: Seen) -> Held | None:
    least = min(look.lag_msgs for look in seen.looks)
    stands = seen.came_msgs > 0 and least > LATE_S * seen.came_msgs / seen.span_s
    if not seen.rises and not stands:
        return None
    grows = (
        f"the lag rises by {seen.per_s(2 * seen.rise_msgs)}"
        if seen.rises
        else f"the lag does not fall below {least}, more than comes in {LATE_S:g} s"
    )
    words = f"{grows}; {seen.per_s(seen.came_msgs)} came, {seen.per_s(seen.done_msgs)} were done"
    turn = "more workers or clients, larger batches, or a shorter handler; see what else is told"
    return Held(name="backlog pressure", words=words, turn=turn)


def _requests(seen: Seen) -> Held | None:
    """Messages wait for a request that does not come, while others of it did."""
    asked = seen.share(lambda look: look.waiting > 0)
    if seen.last.push or not seen.waits or not seen.deliveries or _full(seen) or asked >= MOSTLY:
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
    if seen.deliveries or not seen.waits or _full(seen) or seen.last.paused:
        return None
    if not seen.share(lambda look: look.bound if look.push else look.waiting > 0):
        return None
    words = (
        f"nothing came in {human_duration(seen.span_s * NS_PER_S)} while messages were waited for"
    )
    turn = "its leader, its rate limit, its filter, and the connections of its clients"
    return Held(name="delivery gap", words=words, turn=turn)


def _gone(seen: Seen) -> Held | None:
    """Of a consumer of all subjects: what begins behind what it was given was never given."""
    last = seen.last
    missing = last.first_seq - 1 - last.delivered_seq
    if last.filtered or missing <= 0 or last.retention != "limits":
        return None
    words = (
        f"the stream begins at {last.first_seq}, and what was delivered last is "
        f"{last.delivered_seq}: up to {plural(missing, 'message')} gone before their turn"
    )
    turn = "the stream's max_age, max_msgs or max_bytes above what the consumer is behind"
    return Held(name="retention mismatch", words=words, turn=turn)


def _running_out(seen: Seen) -> Held | None:
    """What waits is about to be removed, or what comes to be refused."""
    last = seen.last
    late_s = last.lag_msgs / seen.came_msgs * seen.span_s if seen.came_msgs else 0.0
    if last.max_age_ns and late_s * NS_PER_S > AGE_SHARE * last.max_age_ns:
        words = (
            f"it is {human_duration(late_s * NS_PER_S)} behind at what comes, of max_age "
            f"{human_duration(last.max_age_ns)}"
        )
        return Held(name="retention mismatch", words=words, turn="the stream's max_age")
    of = (last.max_msgs, last.stored_msgs), (last.max_bytes, last.stored_bytes)
    used = max((have / most for most, have in of if most), default=0.0)
    if used < NEAR_CAP or not (last.discard == "new" or last.lag_msgs > last.stored_msgs / 2):
        return None
    then = "publishers are refused" if last.discard == "new" else "what waits is removed"
    words = f"the stream holds {percent(used)} of its limit; when it is full, {then}"
    return Held(name="retention mismatch", words=words, turn="the stream's max_msgs or max_bytes")


RULES: tuple[Callable[[Seen], Held | None], ...] = (
    _paused,
    _nobody,
    _gone,
    _running_out,
    _storm,
    _stuck,
    _acks,
    _requests,
    _crowded,
    _gap,
    _backlog,
)
