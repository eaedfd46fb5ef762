"""What is counted where effects are written, and where consumers crash at messages."""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Part, Side, Weight
from bench.spec.repeated import HANDLED_TWICE, HELD_TO_ONCE

MISSING = Entry(
    name="effects_missing",
    means="received, could be handled, and without an effect in the bucket",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    at_most=("received",),
    check="Whatever could be handled had its effect",
)
DOUBLED = Entry(
    name="effects_doubled",
    means="effects in the bucket beyond the first of their message",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="No message had its effect twice",
)
WRITTEN = (MISSING, DOUBLED)
"""Of a part whose handlers write their effects."""

REFUSED = (
    Entry(
        name="writes_refused",
        means="deliveries whose effect the bucket refused, as planned; they failed",
        weight=Weight.NOTED,
        at_most=("failures",),
    ),
    Entry(
        name="writes_taken",
        means="deliveries whose effect was to be refused, and was made",
        weight=Weight.SHORTFALL,
        ruled=True,
        at_most=("deliveries",),
        check="Each write that was to be refused was refused",
    ),
)
"""Of a part whose effects are refused at times."""

CRASHED = (
    Entry(
        name="crashes",
        means="messages at which the process that handled them ended itself, as planned",
        weight=Weight.NOTED,
        at_most=("received",),
    ),
    Entry(
        name="missing_expected",
        means="of those, without an effect as is to be expected of the step and the strategy",
        weight=Weight.NOTED,
        at_most=("crashes",),
    ),
    Entry(
        name="doubled_expected",
        means="of those, with two effects as is to be expected likewise",
        weight=Weight.NOTED,
        at_most=("crashes",),
    ),
    Entry(
        name="effects_unlike",
        means="of those, with other effects than the step and the strategy come to",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        at_most=("crashes",),
        check="Each message at which a consumer crashed has the effects that come of it",
    ),
)
"""Of a part whose processes end themselves at messages."""


def with_effects(cast: Cast, *, crashes: bool, refused: bool = False) -> Cast:
    """Return a cast whose parts that take messages count their effects as well.

    A message that is handled twice is no fault there by itself: its effects are counted.

    Args:
        cast: of a workload of which some handlers may fail.
        crashes: their processes end themselves at some messages.
        refused: the bucket refuses some of their effects.
    """
    own = (*WRITTEN, *(CRASHED if crashes else ()), *(REFUSED if refused else ()))

    def counting(part: Part) -> Part:
        if part.side is not Side.OBSERVES:
            return part
        told = (HANDLED_TWICE if each == HELD_TO_ONCE else each for each in part.entries)
        return replace(part, entries=(*told, *own))

    return replace(cast, parts=tuple(map(counting, cast.parts)))
