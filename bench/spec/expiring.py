"""Messages that leave a stream by themselves: what was gone before it was delivered is counted."""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Part, Side, Weight

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


def expiring(cast: Cast, *entries: Entry) -> Cast:
    """Return a cast whose parts that take messages count what was gone before it came."""

    def counting(part: Part) -> Part:
        observes = part.side is Side.OBSERVES
        return replace(part, entries=(*part.entries, *entries)) if observes else part

    return replace(cast, parts=tuple(map(counting, cast.parts)))
