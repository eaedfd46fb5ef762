"""What is counted where handlers do not all go well: entries of the part that takes messages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.spec.bad import BadKind
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
LETTERS = (
    Entry(
        name="dead_lettered",
        means="messages that stand in the dead-letter stream",
        weight=Weight.NOTED,
        untold=True,
        at_most=("received",),
    ),
    Entry(
        name="letters_exhausted",
        means="of them, those that the server gave up",
        weight=Weight.NOTED,
        untold=True,
        at_most=("dead_lettered",),
    ),
    Entry(
        name="letters_missing",
        means="given up, and not in the dead-letter stream",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        at_most=("received",),
        check="Whatever was given up stands in the dead-letter stream",
    ),
    Entry(
        name="letters_twice",
        means="dead letters beyond the first of their message",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        check="No message stands in the dead-letter stream twice",
    ),
    Entry(
        name="letters_unsent",
        means="deliveries whose dead letter was not stored, so that they were asked for again",
        weight=Weight.SHORTFALL,
        ruled=True,
        at_most=("deliveries",),
        check="Each dead letter was stored when it was posted",
    ),
)
"""Where what is given up is published to a stream of its own."""

OUTAGES = (
    Entry(
        name="outage_failures",
        means="of the failures, those of handlers that began in an outage",
        weight=Weight.NOTED,
        at_most=("failures",),
    ),
    Entry(
        name="outage_msgs",
        means="messages that failed so",
        weight=Weight.NOTED,
        at_most=("outage_failures",),
    ),
    Entry(
        name="outage_attempts",
        means="most failures of that kind of one message",
        at_most=("outage_failures",),
    ),
)
"""Where what handlers depend on is away for a while."""

BAD_MESSAGES = (
    Entry(
        name="bad_msgs",
        means="messages that came and are bad in themselves",
        weight=Weight.NOTED,
        at_most=("deliveries",),
    ),
    Entry(
        name="noticed",
        means="of them, those that a handler refused",
        weight=Weight.NOTED,
        at_most=("bad_msgs",),
    ),
    Entry(
        name="unnoticed",
        means="of them, those that a handler took for good ones",
        weight=Weight.SHORTFALL,
        ruled=True,
        at_most=("bad_msgs",),
        check="No bad message is taken for a good one",
    ),
)
"""Where some messages are bad in themselves."""

_HOW: Mapping[BadKind, str] = {
    "malformed": "are malformed",
    "unknown-version": "are of an unknown version",
    "tampered": "were tampered with",
    "stale": "are stale",
    "replayed": "are another one replayed",
}


def bad_names(kind: BadKind) -> tuple[str, str]:
    """Return what bad messages of a kind are counted as: those that came, and unnoticed ones."""
    word = kind.replace("-", "_")
    return f"{word}_msgs", f"{word}_unnoticed"


def _of_kind(kind: BadKind) -> tuple[Entry, Entry]:
    came, unnoticed = bad_names(kind)
    how = _HOW[kind]
    return (
        Entry(name=came, means=f"of the bad messages, those that {how}", at_most=("bad_msgs",)),
        Entry(
            name=unnoticed,
            means=f"of them, those that {how}, and that a handler took for good ones",
            weight=Weight.NOTED,
            at_most=(came, "unnoticed"),
        ),
    )


_MEANS = {
    "handled": "handler finished, and the work is not to be done again",
    "acked": "acknowledged by the consumer, or given up",
}
"""Of entries that mean more where handlers fail."""

FAILED = (UNDONE, STUCK, HELD_TO_ONCE, *TOLD, LEFT_ALONE)


def with_failures(
    cast: Cast, *, letters: bool = False, outages: bool = False, bad: Sequence[BadKind] = ()
) -> Cast:
    """Return a cast whose parts that take messages count what failed as well.

    Args:
        cast: of a workload.
        letters: what is given up is published to a stream of its own.
        outages: what handlers depend on is away for a while.
        bad: in which ways some messages are bad in themselves, each once.
    """
    more = (
        *(OUTAGES if outages else ()),
        *(LETTERS if letters else ()),
        *(BAD_MESSAGES if bad else ()),
        *(entry for kind in bad for entry in _of_kind(kind)),
    )

    return replace(cast, parts=tuple(counting_failures(part, *more) for part in cast.parts))


def counting_failures(part: Part, *more: Entry) -> Part:
    """Return a part that counts what failed as well, and more; as it is where it drives."""
    told = (replace(each, means=_MEANS.get(each.name, each.means)) for each in part.entries)
    entries = (*told, *FAILED, *more)
    return replace(part, entries=entries) if part.side is Side.OBSERVES else part
