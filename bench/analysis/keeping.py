"""Whether a live consumer's stream keeps what waits for it: rules over looks, as in `living`.

What a limit, a time to live or somebody's hand removes before it was delivered is seen by the
sequences, of a filter by how many wait. What is removed after it was delivered, the server counts
as if it had been handled: only that the ack floor is pushed on by the stream's begin shows it.
"""

from bench.analysis.company import holder
from bench.analysis.held import Held, long
from bench.analysis.seen import Seen
from bench.analysis.signs import MOSTLY, NEAR_CAP
from bench.core.text import percent, plural
from bench.core.units import NS_PER_S, human_duration
from bench.record.looks import Look

AGE_SHARE = 0.5
"""Of max_age: what waits so long may be gone before its turn comes."""

_NAME = "retention mismatch"
_LONGER = "the stream's max_age, max_msgs or max_bytes above what the consumer is behind"


def gone(seen: Seen) -> Held | None:
    """What was removed before its turn: seen where nothing else takes messages out by design."""
    last = seen.last
    if last.thinned:
        return None
    missing = 0 if last.filtered else min(map(_missing, seen.looks[-2:]))
    if missing > 0:
        words = (
            f"{plural(missing, 'message')} gone before their turn: of those after "
            f"{last.delivered_seq}, which was delivered last, up to {last.last_seq}"
        )
        return Held(name=_NAME, words=words, turn=_LONGER)
    if not seen.removed_msgs:
        return None
    words = f"{plural(seen.removed_msgs, 'message')} gone before their turn while it was watched"
    return Held(name=_NAME, words=words, turn=_LONGER)


def _missing(look: Look) -> int:
    """Return how many of the messages after the last delivered one are not there any more.

    The stream is asked first, so that what comes meanwhile lessens it.
    """
    return look.last_seq - look.delivered_seq - look.pending_msgs


def cut(seen: Seen) -> Held | None:
    """What was delivered is removed before it is acknowledged."""
    last = seen.last
    limited = last.retention == "limits" and last.acks and not last.filtered
    share = seen.share(_at_the_edge)
    if not limited or last.first_seq == seen.first.first_seq or share <= MOSTLY:
        return None
    words = (
        f"in {percent(share)} of the looks the stream began where messages waited for their acks, "
        f"at {seen.first.first_seq} first and at {last.first_seq} now: what it removes there may "
        "have been delivered and not handled, and the server counts it as acknowledged"
    )
    return Held(name=_NAME, words=words, turn=_LONGER)


def _at_the_edge(look: Look) -> bool:
    return look.unacked_msgs > 0 and look.floor_seq < look.first_seq


def running_out(seen: Seen) -> Held | None:
    """What waits is about to be removed, or what comes to be refused."""
    last = seen.last
    late_s = last.lag_msgs / seen.came_msgs * seen.span_s if seen.came_msgs else 0.0
    if last.max_age_ns and late_s * NS_PER_S > AGE_SHARE * last.max_age_ns:
        words = (
            f"it is {long(late_s)} behind at what comes, of max_age "
            f"{human_duration(last.max_age_ns)}"
        )
        return Held(name=_NAME, words=words, turn="the stream's max_age")
    of = (last.max_msgs, last.stored_msgs), (last.max_bytes, last.stored_bytes)
    used = max((have / most for most, have in of if most), default=0.0)
    if used < NEAR_CAP or not (last.discard == "new" or last.lag_msgs > last.stored_msgs / 2):
        return None
    then = "publishers are refused" if last.discard == "new" else "what waits is removed"
    words = f"the stream holds {percent(used)} of its limit; when it is full, {then}{holder(seen)}"
    return Held(name=_NAME, words=words, turn="the stream's max_msgs or max_bytes")
