"""What is counted where messages wait for others of their subject, or handlers try again."""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Part, Side, Weight
from bench.spec.variant import Settings

OVERTAKEN = Entry(
    name="overtaken",
    means="handled when a later message of their subject had been handled",
    ruled=True,
    at_most=("received",),
)
"""Where any worker takes any message."""

KEPT_IN_ORDER = replace(
    OVERTAKEN,
    weight=Weight.SHORTFALL,
    check="No message was handled after a later one of its subject",
)
"""Where messages of a subject are handled in their order."""

SUPERSEDED = Entry(
    name="superseded",
    means="acknowledged, and not handled: a later message of their subject was there",
    weight=Weight.NOTED,
    ruled=True,
    at_most=("received",),
)
UNFINISHED = Entry(
    name="unfinished_keys",
    means="subjects whose last message, of those that can be handled, was not handled",
    weight=Weight.SHORTFALL,
    ruled=True,
    check="The last message of each subject was handled",
)
"""Where the latest of those that wait of a subject is handled alone."""

RETRIED = (
    Entry(
        name="retries",
        means="attempts of handlers beyond the first of their delivery",
        weight=Weight.NOTED,
        untold=True,
    ),
    Entry(
        name="recovered",
        means="deliveries that went well at a further attempt",
        weight=Weight.NOTED,
        untold=True,
        at_most=("deliveries",),
    ),
    Entry(
        name="retrying_ms",
        means="ms that workers spent after the first attempt of a delivery",
        untold=True,
    ),
)
"""Where handlers try again within a delivery."""

BROKEN = (
    Entry(
        name="openings",
        means="times that a breaker opened",
        untold=True,
    ),
    Entry(
        name="open_ms",
        means="ms that a breaker was not closed, over all processes",
        untold=True,
    ),
    Entry(
        name="probes",
        means="handlers that were run to see whether it may close",
        untold=True,
    ),
)
TURNED_AWAY = Entry(
    name="turned_away",
    means="deliveries asked for again while a breaker was open, and not tried",
    weight=Weight.NOTED,
    at_most=("deliveries",),
)
"""Where processes leave alone for a while what their handlers depend on."""

COUNTED = (*RETRIED, *BROKEN)
"""What processes count by themselves."""

_LATEST = "handler finished, for them or for a later message of their subject"
"""What `handled` means where one stands for those before it."""


def paced(settings: Settings) -> tuple[Entry, ...]:
    """Return what is counted of how handlers are run, under these settings."""
    handler = settings.handler
    by_key = {
        "none": (),
        "counted": (OVERTAKEN,),
        "in-order": (KEPT_IN_ORDER,),
        "latest": (KEPT_IN_ORDER, SUPERSEDED, UNFINISHED),
    }[handler.per_key]
    tried = RETRIED if handler.retry is not None else ()
    broken = (*BROKEN, TURNED_AWAY) if handler.breaker is not None else ()
    return (*by_key, *tried, *broken)


EVERY = (KEPT_IN_ORDER, SUPERSEDED, UNFINISHED, *RETRIED, *BROKEN, TURNED_AWAY)


def with_pace(cast: Cast, own: tuple[Entry, ...]) -> Cast:
    """Return a cast whose parts that take messages count how their handlers are run."""

    def told(each: Entry) -> Entry:
        stands_for = SUPERSEDED in own and each.name == "handled"
        return replace(each, means=_LATEST) if stands_for else each

    def counting(part: Part) -> Part:
        if part.side is not Side.OBSERVES:
            return part
        return replace(part, entries=(*map(told, part.entries), *own))

    return replace(cast, parts=tuple(map(counting, cast.parts))) if own else cast
