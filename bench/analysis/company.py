"""What a live consumer's stream keeps for the others: rules over all its consumers, as in `living`.

Of a work queue each message is one consumer's: the server refuses filters that overlap. What is no
consumer's stays until a limit removes it. Of an interest stream what nobody takes is dropped at
once, and what anybody has not done with is kept.
"""

from bench.analysis.held import Held
from bench.analysis.seen import Seen
from bench.core.text import plural
from bench.record.looks import Stock
from bench.spec.filters import covers

ALL = (">",)
MOST_NAMED = 3


def unclaimed(seen: Seen) -> Held | None:
    """Messages of a work queue that no consumer will be given."""
    stock = seen.stock
    if stock is None or not seen.leaves_undone:
        return None
    left = stock.stored_msgs - sum(peer.lag_msgs for peer in stock.peers)
    if left <= 0:
        return None
    bare = uncovered(stock)
    why = (
        f"no consumer takes all of {_named(bare)}"
        if bare
        else "they had all their attempts, and the stream keeps them"
    )
    words = f"{plural(left, 'message')} in the work queue of no consumer: {why}"
    turn = "a consumer for what is left over, or subjects without it; max_deliver, and dead letters"
    return Held(name="unclaimed", words=words, turn=turn)


def dropped(seen: Seen) -> tuple[str, ...]:
    """Return what is published to an interest stream and kept for nobody: no fault by itself."""
    bare = uncovered(seen.stock) if seen.stock and seen.last.retention == "interest" else ()
    if not bare:
        return ()
    return (f"what of {_named(bare)} no consumer of its interest stream takes is dropped at once",)


def holder(seen: Seen) -> str:
    """Return which consumer has most of what such a stream keeps still to do; empty of others."""
    if seen.stock is None or not seen.shares or not seen.stock.peers:
        return ""
    most = max(seen.stock.peers, key=lambda peer: peer.lag_msgs)
    return f"; {most.name} has {most.lag_msgs} still to do" if most.lag_msgs else ""


def uncovered(stock: Stock) -> tuple[str, ...]:
    """Return the stream's subjects that no filter of a consumer covers by itself."""
    filters = [each for peer in stock.peers for each in peer.filters or ALL]
    return tuple(
        subject for subject in stock.subjects if not any(covers(each, subject) for each in filters)
    )


def _named(subjects: tuple[str, ...]) -> str:
    more = len(subjects) - MOST_NAMED
    return ", ".join(subjects[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
