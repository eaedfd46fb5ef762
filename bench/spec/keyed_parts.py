"""The parts of a bucket: who writes, reads, counts, creates, watches; what is checked of each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.spec.asking import UNANSWERED
from bench.spec.cast import (
    FOREIGN,
    STORED,
    UNSTORED,
    Cast,
    Entry,
    Instant,
    Level,
    Part,
    Side,
    Span,
    Weight,
    driving,
    spans,
)
from bench.spec.variant import WATCHING, ReadStrategy

PUT, GET, UPDATE, CREATE = "put", "get", "update", "create"

OUTLIVED = Entry(
    name="outlived",
    means="still there though their time was over; a moment more is allowed",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="What has a time to live is gone when it is over",
)
"""Of whoever meets keys that live for a time."""

WRITING = driving(PUT, role="writer", answered=STORED, fails=UNSTORED).calling("write")

_READING = driving(
    GET,
    role="reader",
    answered=Entry(name="answered", means="answered in time"),
    fails=(
        *UNANSWERED,
        Entry(
            name="absent",
            means="the key had no value",
            weight=Weight.NOTED,
            ruled=True,
            at_most=("answered",),
        ),
        Entry(
            name="stale",
            means="older than what was confirmed before it was asked for",
            weight=Weight.NOTED,
            ruled=True,
            at_most=("answered",),
        ),
        Entry(
            name="wrong",
            means="a value that was never written to its key",
            weight=Weight.SHORTFALL,
            ruled=True,
            at_most=("answered",),
            check="Whatever was read was once written to its key",
        ),
    ),
    levels=(Level(name="open", came="offered", left="answered", words="not answered"),),
).calling("read")

DATED = Entry(
    name="dated",
    means="of which it is known since when what they brought stood there",
    at_most=("answered",),
)

READING = replace(
    _READING,
    instants=(*_READING.instants, Instant(name="written", entry=DATED.name)),
    spans=(
        *_READING.spans[:-1],
        Span(name="age", begin="written", end="answered"),
        *_READING.spans[-1:],
    ),
    entries=(*_READING.entries, DATED),
)
"""What a read says last of itself is how long it took."""

UPDATING = driving(
    UPDATE,
    role="updater",
    answered=Entry(name="updated", means="written, and nobody wrote in between"),
    fails=(
        *UNSTORED,
        Entry(
            name="given_up",
            means="tried as often as allowed, and another writer was always faster",
            weight=Weight.SHORTFALL,
            ruled=True,
            counts="conflict",
        ),
        Entry(
            name="conflicts",
            means="tries in which another writer was faster",
            weight=Weight.NOTED,
            ruled=True,
        ),
        Entry(
            name="lost_updates",
            means="a counter that is not as high as its updates",
            weight=Weight.SHORTFALL,
            ruled=True,
            untold=True,
            check="Each counter is as high as its updates that were confirmed",
        ),
    ),
    levels=(Level(name="under_way", came="offered", left="updated", words="not written"),),
).calling("update")


CREATING = driving(
    CREATE,
    role="creator",
    answered=Entry(name="created", means="written, and there was no value"),
    fails=(
        *UNSTORED,
        Entry(
            name="taken",
            means="left alone, because the key had a value",
            weight=Weight.NOTED,
            ruled=True,
            counts="conflict",
        ),
        Entry(
            name="doubled",
            means="created while another creation of the key lived",
            weight=Weight.SHORTFALL,
            ruled=True,
            check="No key is created that has a value",
        ),
        OUTLIVED,
    ),
).calling("creation")


OVERLOOKED = Entry(
    name="overlooked",
    means="older than what was confirmed 2 s before they were sent: the watch began too late",
    weight=Weight.NOTED,
    ruled=True,
    at_most=("answered",),
)
"""Of reads through a cache that was read, then watched: what one wants to know."""

MISSED = Entry(
    name="missed",
    means="older than what was confirmed 2 s before they were sent, in spite of the watch",
    weight=Weight.SHORTFALL,
    ruled=True,
    at_most=("answered",),
    check="A cache that watches misses no update",
)


BELIEVED = replace(
    MISSED,
    means="older than what was confirmed 2 s before a cache could have believed them last",
    check="A cache believes nothing for longer than it may",
)
"""Of reads through a cache that believes what it has for a time."""

FRESH = "Whatever was confirmed is read by who asks for it afterwards"


def reading_the_model(name: str, *, one: bool) -> Part:
    """Return the part of who reads values that a projector writes.

    Args:
        name: of the part.
        one: the server that confirms answers.
    """
    part = replace(READING, name=name, flow=name)
    return asking_the_one(part) if one else part


def remembering(part: Part, strategy: ReadStrategy) -> Part:
    """Return the part of who reads by a strategy."""
    more = {"read-then-watch": OVERLOOKED, "cache-with-ttl": BELIEVED}
    if strategy in WATCHING or strategy in more:
        return replace(part, entries=(*part.entries, more.get(strategy, MISSED)))
    return part


def asking_the_one(part: Part) -> Part:
    """Return the part of who reads from the one server that confirms: nothing is to be stale."""
    entries = (
        replace(each, weight=Weight.SHORTFALL, check=FRESH) if each.name == "stale" else each
        for each in part.entries
    )
    return replace(part, entries=tuple(entries))


def limited(part: Part) -> Part:
    """Return a part that writes or reads keys which live for a time."""
    return replace(part, entries=(*part.entries, OUTLIVED))


def watching(
    name: str,
    flow: Part,
    *,
    several: bool,
    some: bool,
    more: Sequence[Entry] = (),
) -> Part:
    """Return the part of a watcher.

    Args:
        name: of the part.
        flow: of what it is told: each write of a key, or what becomes one.
        several: there are others.
        some: its filter does not match all keys.
        more: entries of its own.
    """
    due = Instant(name="expected", entry="expected", due=True) if some else flow.instants[0]
    told = ("received", "handled")
    return Part(
        name=name,
        side=Side.OBSERVES,
        flow=flow.name,
        role=f"{name}.watcher" if several else "watcher",
        instants=(*([due] if some else []), *(Instant(name=each, entry=each) for each in told)),
        spans=(
            Span(name="delivery", begin=due.name, end="received"),
            Span(name="completion", begin=due.name, end="handled"),
        ),
        levels=(Level(name="unseen", came=flow.worth, left="handled", words="not seen"),),
        entries=(*_watched(due, some=some), *more),
    )


FIRST_VALUES = Entry(
    name="first_values", means="values from before the trial that it was told first"
)
"""Of watchers with history."""

MARKED = (
    Entry(name="markers", means="markers of keys whose time was over"),
    Entry(
        name="unmarked",
        means="keys whose time was over, and no marker came",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        check="Each key whose time was over was marked for its watchers",
    ),
)
"""Of watchers of a bucket with limit markers."""


def _watched(due: Instant, *, some: bool) -> Iterator[Entry]:
    if some:
        yield Entry(name=due.entry, means="writes that its filter matches", at_most=("planned",))
    yield Entry(
        name="received",
        means="seen, itself or a later write of its key in its place",
        at_most=(due.entry,),
    )
    yield Entry(name="handled", means="handler finished", at_most=("received",))
    yield Entry(
        name="superseded",
        means="overwritten before they came; a later write of the key was seen",
        weight=Weight.NOTED,
        ruled=True,
        at_most=("received",),
    )
    yield Entry(
        name="lost",
        means="stored, kept by the history, and never seen",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        at_most=(due.entry,),
        check="No update is missing that the bucket's history keeps",
    )
    yield Entry(
        name="unlike",
        means="keys whose last value it did not see",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        check="Each watcher ends with what the bucket holds",
    )
    yield Entry(name="deliveries")
    yield Entry(
        name="duplicates",
        means="deliveries of an update received before",
        weight=Weight.REPEAT,
        ruled=True,
    )
    yield Entry(
        name="reordered",
        means="revisions that came after a later one",
        weight=Weight.SHORTFALL,
        ruled=True,
        check="Revisions rise",
    )
    yield FOREIGN


START = "_start"
"""What the parts end with that begin a watcher again and again."""

_READS, _WRITES = (GET, "group_get", "scan"), (UPDATE, PUT, CREATE, "group_put")
"""Whose times say most of a bucket, reads first; those of watchers that begin stand between."""


def cast(parts: Sequence[Part]) -> Cast:
    """Return a cast that is ranked by how long its operations take, reads first."""
    plain = Cast(parts=tuple(parts), ranked=(), done=parts[0].worth)
    takes = {
        part.name: time for time, (part, span) in spans(plain).items() if span.name == "response"
    }
    starts = [part.name for part in parts if part.name.endswith(START)]
    order = (*_READS, *starts, *_WRITES)
    ranked = tuple(takes[name] for name in order if name in takes)
    return replace(plain, ranked=ranked)
