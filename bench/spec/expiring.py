"""Messages that leave a stream by themselves: what was gone before it was delivered is counted."""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Part, Side, Weight
from bench.spec.stream_settings import StreamSettings

AGED_OUT = Entry(
    name="aged_out",
    means="gone when their time to live was over, and not delivered before",
    weight=Weight.NOTED,
    ruled=True,
    untold=True,
    at_most=("stored",),
)
"""Of a part that is due such messages: apart from what is lost, which had time left."""


ROLLED_UP = Entry(
    name="rolled_up",
    means="gone when a later message of their subject took their place, and not delivered before",
    weight=Weight.NOTED,
    ruled=True,
    at_most=("stored",),
)
"""Of a part that is due messages that replace each other; likewise."""


EVICTED = Entry(
    name="evicted",
    means="gone by a limit of the stream, and not delivered before",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    at_most=("stored",),
    check="No limit of the stream took a message before it was delivered",
)
"""Of a part that is due messages of a stream with limits; apart from what is lost as well, and a
shortfall like that: a limit guards a store, and asks for no message to stay undone."""


MARKERS = Entry(
    name="markers",
    means="markers of the server, in the place of the last message of a subject that left",
    weight=Weight.NOTED,
)
"""Of a part that is due messages of a stream which marks what left it by its age; no message is
among them, and each counts once."""


def evicts(stream: StreamSettings) -> bool:
    """Say whether a stream has a limit at which it gives up messages that it has stored."""
    by_size = stream.max_msgs is not None or stream.max_bytes is not None
    by_subject = stream.max_msgs_per_subject is not None and not stream.discard_new_per_subject
    return stream.max_age_ns is not None or by_subject or (by_size and stream.discard == "old")


def limited(part: Part, stream: StreamSettings) -> Part:
    """Return a part of a JetStream consumer that counts what limits of its stream took, if any."""
    return replace(part, entries=(*part.entries, EVICTED)) if evicts(stream) else part


def without_evicted(cast: Cast) -> Cast:
    """Return a cast as it was before that was told apart from lost."""

    def before(part: Part) -> Part:
        return replace(part, entries=tuple(each for each in part.entries if each != EVICTED))

    return replace(cast, parts=tuple(map(before, cast.parts)))


def expiring(cast: Cast, *entries: Entry) -> Cast:
    """Return a cast whose parts that take messages count what was gone before it came."""

    def counting(part: Part) -> Part:
        observes = part.side is Side.OBSERVES
        return replace(part, entries=(*part.entries, *entries)) if observes else part

    return replace(cast, parts=tuple(map(counting, cast.parts)))
