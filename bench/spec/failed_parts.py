"""What is counted where handlers do not all go well: entries of the part that takes messages."""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Part, Side, Weight
from bench.spec.repeated import HELD_TO_ONCE, LEFT_ALONE

UNDONE = Entry(
    name="undone",
    means="failed, and never handled, although their handler would have succeeded in time",
    weight=Weight.SHORTFALL,
    ruled=True,
    at_most=("received",),
    check="Whatever could be handled was handled",
)
STUCK = Entry(
    name="stuck",
    means="fail always, and were not given up",
    weight=Weight.SHORTFALL,
    ruled=True,
    at_most=("received",),
    check="Whatever can never be handled was given up",
)
TOLD = (
    Entry(
        name="failures",
        means="deliveries whose handler failed",
        weight=Weight.NOTED,
        at_most=("deliveries",),
    ),
    Entry(
        name="naked",
        means="deliveries that failed and were asked for again",
        weight=Weight.NOTED,
        at_most=("failures",),
    ),
    Entry(
        name="terminated",
        means="messages that failed and were given up by the consumer",
        weight=Weight.NOTED,
        at_most=("received",),
    ),
)
_MEANS = {
    "handled": "handler finished, and the work is not to be done again",
    "acked": "acknowledged by the consumer, or given up",
}
"""Of entries that mean more where handlers fail."""

FAILED = (UNDONE, STUCK, HELD_TO_ONCE, *TOLD, LEFT_ALONE)


def with_failures(cast: Cast) -> Cast:
    """Return a cast whose parts that take messages count what failed as well."""

    def counting(part: Part) -> Part:
        told = (replace(each, means=_MEANS.get(each.name, each.means)) for each in part.entries)
        entries = (*told, *FAILED)
        return replace(part, entries=entries) if part.side is Side.OBSERVES else part

    return replace(cast, parts=tuple(map(counting, cast.parts)))
