"""How long messages that came more than once took, from their first delivery to their end.

Such a message is settled when it was acknowledged or given up, with its dead letter where there is
one, and came no more after that. One that is not in the end is longer than all others.
"""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Instant, Part, Side, Span, Weight
from bench.spec.failed_parts import UNDONE

RETRIED, SETTLED, RETRYING = "retried", "settled", "retrying"

ENTRIES = (
    Entry(
        name=RETRIED,
        means="messages that came more than once",
        weight=Weight.NOTED,
        at_most=("received",),
    ),
    Entry(
        name=SETTLED,
        means="of them, those that were acknowledged or given up in the end",
        at_most=(RETRIED,),
    ),
)
RECKONED = (RETRIED, SETTLED)
"""Instants that no process notes: when what came again was due, and when it was settled."""


def with_retrying(cast: Cast) -> Cast:
    """Return a cast whose parts that fail at messages and acknowledge tell how long they tried."""

    def telling(part: Part) -> Part:
        if not _tells(part):
            return part
        first = next(n for n, each in enumerate(part.instants) if not each.due)
        received, own = part.instants[first], (Instant(name=n, entry=n) for n in RECKONED)
        span = Span(name=RETRYING, begin=received.name, end=SETTLED, due=RETRIED)
        return replace(
            part,
            instants=(*part.instants[: first + 1], *own, *part.instants[first + 1 :]),
            spans=(span, *part.spans),
            entries=(*part.entries, *ENTRIES),
        )

    return replace(cast, parts=tuple(map(telling, cast.parts)))


def _tells(part: Part) -> bool:
    fails = any(each.name == UNDONE.name for each in part.entries)
    return part.side is Side.OBSERVES and fails and any(e.name == "acked" for e in part.instants)


def without_retrying(cast: Cast) -> Cast:
    """Return a cast as it was before that was told."""

    def before(part: Part) -> Part:
        return replace(
            part,
            instants=tuple(each for each in part.instants if each.name not in RECKONED),
            spans=tuple(each for each in part.spans if each.name != RETRYING),
            entries=tuple(each for each in part.entries if each not in ENTRIES),
        )

    return replace(cast, parts=tuple(map(before, cast.parts)))
