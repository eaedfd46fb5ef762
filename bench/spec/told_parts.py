"""What a consumer says and asks besides its acks: entries of the part that takes messages."""

from dataclasses import replace

from bench.spec.cast import Cast, Entry, Part, Side, Weight
from bench.spec.variant import Settings

IN_PROGRESS = Entry(
    name="in_progress",
    means="times that the server was told that a message in hand is still worked on",
    weight=Weight.NOTED,
    untold=True,
)

RETURNED = Entry(
    name="returned",
    means="deliveries handled well and asked for again, as another one of their batch failed",
    weight=Weight.NOTED,
    at_most=("deliveries",),
)

FALSE_ALARMS = Entry(
    name="false_alarms",
    means="deliveries of good messages that a handler refused",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="No good message is refused",
)

FETCHES = Entry(
    name="fetches",
    means="times that messages were asked for: pull requests, or calls of the library's fetch",
    untold=True,
)

EMPTY_FETCHES = Entry(
    name="empty_fetches",
    means="of those, how many ended without a message",
    untold=True,
    at_most=("fetches",),
)

ASKED = (FETCHES, EMPTY_FETCHES)

RESETS = Entry(
    name="resets",
    means="times that the ordered consumer was made anew, as something was missing",
    weight=Weight.NOTED,
    untold=True,
)

DISCARDED = Entry(
    name="discarded",
    means="deliveries of it that came behind a gap, and were to come again",
    weight=Weight.NOTED,
    untold=True,
)

ORDERED = (RESETS, DISCARDED)

COUNTED = (*ASKED, *ORDERED, IN_PROGRESS, FALSE_ALARMS)
"""What processes count by themselves."""

TOLD = (*COUNTED, RETURNED)


def told(settings: Settings) -> tuple[Entry, ...]:
    """Return what is counted of what consumers say, under these settings."""
    ack = settings.ack
    pulls = settings.consumer.mode == "pull"
    wanted = {
        **dict.fromkeys(ASKED, pulls),
        **dict.fromkeys(ORDERED, settings.consumer.ordered),
        IN_PROGRESS: ack.in_progress_ns is not None,
        RETURNED: ack.whole_batches,
        FALSE_ALARMS: bool(settings.handler.check),
    }
    return tuple(entry for entry, counted in wanted.items() if counted)


def asking(part: Part, *, pulls: bool) -> Part:
    """Return a part that counts how often its processes ask for messages, where they pull them."""
    return replace(part, entries=(*part.entries, *ASKED)) if pulls else part


def with_told(cast: Cast, own: tuple[Entry, ...]) -> Cast:
    """Return a cast whose parts that take messages count what their processes say besides acks."""

    def counting(part: Part) -> Part:
        entries = (*part.entries, *own)
        return replace(part, entries=entries) if part.side is Side.OBSERVES else part

    return replace(cast, parts=tuple(map(counting, cast.parts))) if own else cast


def without_asked(cast: Cast) -> Cast:
    """Return a cast as it was before it was counted how often messages were asked for."""

    def before(part: Part) -> Part:
        return replace(part, entries=tuple(each for each in part.entries if each not in ASKED))

    return replace(cast, parts=tuple(map(before, cast.parts)))
