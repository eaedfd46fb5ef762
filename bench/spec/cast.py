"""What a workload is made of, as data: who drives operations, who observes them, what is told.

A kind of workload says so (`bench.spec.kinds`), records carry it along, and whoever reads figures
goes by it and knows no kind. A figure of which one part alone has the name goes by that name, one
that several have by `<part>.<name>`: `response`, or `put.response` beside `get.response`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

PART_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a part may be called: it stands before the names of its figures."""

FIGURES_BEGIN = (
    *("age", "lag", "slip", "response", "delivery", "completion", "reply", "end_to_end"),
    *("in_hand", "both", "convergence", "work", "whole", "in_flight", "wait"),
    *("catch_up", "catching_up", "lateness", "retrying"),
)
"""No part of a user may be called so: `response.p99` is how long an answer took, whoever asks."""

MESSAGE = "message"
"""What an operation is called that is nothing else."""


class Side(StrEnum):
    """What a part does."""

    DRIVES = "drives"
    OBSERVES = "observes"


class Weight(StrEnum):
    """What it means that an entry of the ledger is above 0."""

    PLAIN = "plain"
    NOTED = "noted"  # no failure, and worth telling wherever there is some
    REPEAT = "repeat"  # no failure by itself
    FAULT = "fault"
    SHORTFALL = "shortfall"  # it is to be 0 whatever is measured; no rule need ask for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """Something that happens to an operation, and is counted.

    Attributes:
        name: `sent`.
        entry: of the ledger, that counts it over the whole trial.
        due: the operation is to happen then; the first of a part that drives, and of one that
            observes only some operations of its flow, by which those are counted.
    """

    name: str
    entry: str
    due: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time that is recorded of each operation.

    Attributes:
        name: `response`.
        begin, end: instants of this part, or of the flow that it observes.
        due: instant, of this part, of what should have it; empty where all that was due should.
    """

    name: str
    begin: str
    end: str
    due: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How many operations came to one instant and not to another, over time.

    Attributes:
        name: `unhandled`.
        came, left: instants of this part, or of the flow that it observes.
        words: for people, `not handled`.
    """

    name: str
    came: str
    left: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A count of a part's ledger, over the whole trial.

    Attributes:
        name: `refused`.
        means: for people; empty where no table of the report shows it.
        weight: what it means that it is above 0.
        ruled: a rule may name it.
        untold: it may be unknown; it is -1 then.
        at_most: entries of this part or its flow that it cannot exceed.
        counts: what is counted, where the name says it otherwise: `silent` under the name
            `unconfirmed`.
        check: what holds where it is 0, in a sentence; empty where it checks nothing.
    """

    name: str
    means: str = ""
    weight: Weight = Weight.PLAIN
    ruled: bool = False
    untold: bool = False
    at_most: tuple[str, ...] = ()
    counts: str = ""
    check: str = ""

    @property
    def counted(self) -> str:
        """What is counted, in the words of whoever counts (`bench.engine.accounts`)."""
        return self.counts or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Operations of one class, or what one observer saw of them.

    Attributes:
        name: `publish`.
        side: what it does.
        flow: the part whose operations it is about; its own name where it drives.
        role: of its processes, `publisher` of `publisher-0`.
        instants: in the order they happen.
        spans: times.
        levels: of which one is its lag (bench.spec.lags).
        entries: of its ledger.
        noun: what one of the operations that it drives is called, for people.
    """

    name: str
    side: Side
    flow: str
    role: str
    instants: tuple[Instant, ...]
    spans: tuple[Span, ...]
    levels: tuple[Level, ...]
    entries: tuple[Entry, ...]
    noun: str = MESSAGE

    @property
    def own(self) -> tuple[Instant, ...]:
        """The instants at which something is done or seen; not when it was due."""
        return tuple(instant for instant in self.instants if not instant.due)

    def calling(self, noun: str) -> "Part":
        """Return the same whose operations are called so."""
        return replace(self, noun=noun)

    @property
    def worth(self) -> str:
        """The instant that its CPU time is spread over: answered, or received."""
        return self.own[:2][-1].name if self.side is Side.DRIVES else self.own[0].name


@dataclass(frozen=True, kw_only=True)
class Cast:
    """All parts of a workload under one setting.

    Attributes:
        parts: in the order of the work.
        ranked: times that cells may be ranked by, the one that says most first.
        done: the instant at which an operation is through.
    """

    parts: tuple[Part, ...]
    ranked: tuple[str, ...]
    done: str

    # By flat name, kept with the cast: whoever reads figures asks thousands of times.

    @cached_property
    def _instants(self) -> "Held[Instant]":
        return _held(self, "instants", lambda part: part.instants)

    @cached_property
    def _spans(self) -> "Held[Span]":
        return _held(self, "spans", lambda part: part.spans)

    @cached_property
    def _levels(self) -> "Held[Level]":
        return _held(self, "levels", lambda part: part.levels)

    @cached_property
    def _entries(self) -> "Held[Entry]":
        return _held(self, "entries", lambda part: part.entries)

    @cached_property
    def _having(self) -> Mapping[str, Counter[str]]:
        """How many parts have something of each name."""
        return {
            what: Counter(each.name for part in self.parts for each in getattr(part, what))
            for what in ("instants", "spans", "levels", "entries")
        }

    def part(self, name: str) -> Part:
        """Return the part of this name; KeyError when there is none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    def due(self, part: Part) -> str:
        """Return the flat name of the instant at which a part's operations were due."""
        owner, instant = self._due(part)
        return _flat(self, "instants", owner, instant.name)

    def planned(self, part: Part) -> str:
        """Return the flat name of the entry that counts all operations that a part is about."""
        owner, instant = self._due(part)
        return _flat(self, "entries", owner, instant.entry)

    def _due(self, part: Part) -> tuple[Part, Instant]:
        """Return the instant at which a part's operations were due: its own, or its flow's."""
        owner = part if part.instants[0].due else self.part(part.flow)
        return owner, owner.instants[0]

    def instant(self, part: Part, name: str) -> str:
        """Return the flat name of an instant that a part's spans and levels name."""
        own = any(each.name == name for each in part.instants)
        return _flat(self, "instants", part if own else self.part(part.flow), name)

    def level(self, part: Part, name: str) -> str:
        """Return the flat name of a part's level."""
        return _flat(self, "levels", part, name)

    def entry(self, part: Part, name: str) -> str:
        """Return the flat name of an entry that a part names, its own or its flow's."""
        own = any(each.name == name for each in part.entries)
        return _flat(self, "entries", part if own else self.part(part.flow), name)

    @property
    def driving(self) -> tuple[Part, ...]:
        """The parts that drive operations."""
        return tuple(part for part in self.parts if part.side is Side.DRIVES)

    @property
    def observing(self) -> tuple[Part, ...]:
        """The parts that observe them."""
        return tuple(part for part in self.parts if part.side is Side.OBSERVES)

    def counting(self, what: str) -> tuple[str, ...]:
        """Return the flat names of the entries that count something, of all parts."""
        return tuple(
            self.entry(part, entry.name)
            for part in self.parts
            for entry in part.entries
            if entry.counted == what
        )

    def having(self, word: str) -> tuple[str, ...]:
        """Return the flat names of the entries that a word means: one, or that of each part."""
        held = entries(self)
        return (word,) if word in held else tuple(name for name in held if tail(name) == word)

    @property
    def slips(self) -> tuple[str, ...]:
        """The times, flat, from when operations were due to when they were sent."""
        return tuple(
            _flat(self, "spans", part, part.spans[0].name) for part in self.driving if part.spans
        )

    @property
    def whole(self) -> tuple[str, ...]:
        """The times, flat, that begin when an operation was due."""
        return tuple(
            name
            for name, (part, span) in spans(self).items()
            if self.instant(part, span.begin) == self.due(part)
        )

    @property
    def roles(self) -> Mapping[str, Side]:
        """Of the processes at work in the window, by name; who lays before is none of them."""
        return {part.role: part.side for part in self.parts if part.spans}

    @property
    def plans(self) -> tuple[str, ...]:
        """The entries, flat, that count all operations of each part that drives."""
        return tuple(self.planned(part) for part in self.driving)

    @property
    def served(self) -> tuple[str, ...]:
        """The instants, flat, at which the server answered; or delivered what was there before."""
        working = (part for part in self.observing if not self.part(part.flow).spans)
        return (*self.answered, *(self.instant(part, part.worth) for part in working))

    @property
    def answered(self) -> tuple[str, ...]:
        """The instants, flat, at which the server had answered what was offered in the trial."""
        return tuple(self.instant(part, part.worth) for part in self.driving if part.spans)


T = TypeVar("T", Instant, Span, Level, Entry)
Held = Mapping[str, tuple[Part, T]]
"""By flat name: what it is, with the part that has it."""


def instants(cast: Cast) -> Held[Instant]:
    """Return the instants of all parts."""
    return cast._instants


def spans(cast: Cast) -> Held[Span]:
    """Return the times of all parts."""
    return cast._spans


def levels(cast: Cast) -> Held[Level]:
    """Return the levels of all parts."""
    return cast._levels


def ruled(cast: Cast) -> Held[Entry]:
    """Return the entries that a rule may name, what was observed first."""
    held = entries(cast)
    found = {name: (part, entry) for name, (part, entry) in held.items() if entry.ruled}
    return dict(sorted(found.items(), key=lambda each: each[1][0].side is Side.DRIVES))


def entries(cast: Cast) -> Held[Entry]:
    """Return the ledgers' entries of all parts."""
    return cast._entries


def _held(cast: Cast, what: str, of: Callable[[Part], Sequence[T]]) -> Held[T]:
    return {
        _flat(cast, what, part, each.name): (part, each) for part in cast.parts for each in of(part)
    }


def tail(name: str) -> str:
    """Return what a part calls what goes by this flat name."""
    return name.rpartition(".")[2]


def _flat(cast: Cast, what: str, part: Part, name: str) -> str:
    return name if cast._having[what][name] == 1 else f"{part.name}.{name}"


def driving(
    name: str,
    *,
    role: str,
    answered: Entry,
    fails: Sequence[Entry],
    levels: Sequence[Level] = (),
) -> Part:
    """Return a part that drives operations, each with one answer.

    Args:
        name: of the part.
        role: of its processes.
        answered: the entry that counts operations with the wanted answer, `stored`; the instant of
            that answer has its name.
        fails: entries that count what did not come to that, and what else there is.
        levels: of which one is its lag (bench.spec.lags).
    """
    return Part(
        name=name,
        side=Side.DRIVES,
        flow=name,
        role=role,
        instants=(
            Instant(name="offered", entry="planned", due=True),
            Instant(name="sent", entry="published"),
            Instant(name=answered.name, entry=answered.name),
        ),
        spans=(
            Span(name="slip", begin="offered", end="sent"),
            Span(name="service", begin="sent", end=answered.name),
            Span(name="response", begin="offered", end=answered.name),
        ),
        levels=tuple(levels),
        entries=(
            Entry(name="planned", means="messages in the schedule"),
            Entry(name="published", means="handed to the connection", at_most=("planned",)),
            replace(answered, at_most=("published",), counts="answered"),
            *fails,
        ),
    )


STORED = Entry(name="stored", means="confirmed by a PubAck")

NOT_SENT = Entry(
    name="not_sent",
    means="planned, never handed to the connection",
    weight=Weight.SHORTFALL,
    ruled=True,
    at_most=("planned",),
)
"""Of every part that drives."""

UNSTORED = (
    Entry(
        name="refused",
        means="answered by an error PubAck",
        weight=Weight.SHORTFALL,
        ruled=True,
    ),
    Entry(
        name="unconfirmed",
        means="published, never answered",
        weight=Weight.SHORTFALL,
        ruled=True,
        counts="silent",
    ),
    NOT_SENT,
)
"""Of a part whose operations a stream is to store."""


def observing(name: str, *, flow: Part, role: str, acks: bool, some: bool = False) -> Part:
    """Return a part that a flow's messages are delivered to by a JetStream consumer.

    Args:
        name: of the part.
        flow: whose messages.
        role: of its processes.
        acks: it acknowledges.
        some: it is due some messages of the flow, and not all.
    """
    came = flow.worth
    told = ("received", "handled", "acked") if acks else ("received", "handled")
    due = Instant(name="expected", entry="expected", due=True) if some else flow.instants[0]
    spans = (("delivery", "received"), ("completion", "handled"), ("end_to_end", "acked"))
    levels = (("unhandled", "handled", "not handled"), ("unacked", "acked", "not acknowledged"))
    return Part(
        name=name,
        side=Side.OBSERVES,
        flow=flow.name,
        role=role,
        instants=(*([due] if some else []), *(Instant(name=each, entry=each) for each in told)),
        spans=tuple(Span(name=n, begin=due.name, end=end) for n, end in spans if end in told),
        levels=tuple(
            Level(name=n, came=came, left=left, words=words)
            for n, left, words in levels
            if left in told
        ),
        entries=tuple(_observed(came, due, acks=acks)),
    )


def _observed(came: str, due: Instant, *, acks: bool) -> Iterator[Entry]:
    if due.name == "expected":
        yield Entry(name=due.entry, means="messages that its filter matches", at_most=("planned",))
    yield Entry(name="received", means="delivered at least once", at_most=(due.entry, "deliveries"))
    yield Entry(name="handled", means="handler finished", at_most=("received",))
    if acks:
        yield Entry(name="acked", means="acknowledged by the consumer", at_most=("received",))
    yield Entry(
        name="lost",
        means="stored, never received, and no longer held for delivery",
        weight=Weight.SHORTFALL,
        ruled=True,
        untold=True,
        at_most=(came,),
        check="Whatever was stored was delivered, or is still held for delivery",
    )
    yield Entry(name="deliveries")
    yield Entry(
        name="duplicates",
        means="deliveries of a message received before",
        weight=Weight.REPEAT,
        ruled=True,
    )
    yield Entry(
        name="redelivered",
        means="deliveries marked as repeated by the server",
        weight=Weight.REPEAT,
        ruled=True,
    )
    yield Entry(name="reordered", means="first deliveries out of the stream's order", ruled=True)
    yield FOREIGN
    yield Entry(
        name="backlog",
        means="still held by the server when the drain ended",
        ruled=True,
        untold=True,
    )


FOREIGN = Entry(
    name="foreign",
    means="deliveries that carry no id of the trial",
    weight=Weight.FAULT,
)
"""Of every part that observes."""
