"""Messages that are there before a trial begins: a history to be replayed, a backlog to be drained.

Work of a known size has no intended instants of its own. All of it is due when it is let go, and
is measured from there and from *received* (docs/adr/0032).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Self

from pydantic import Field, model_validator

from bench.core.units import NS_PER_S, format_rate, human_size
from bench.spec.base import Duration, MisfitError, Rate, Spec
from bench.spec.capped import inactive_threshold_ns
from bench.spec.cast import STORED, UNSTORED, Entry, Instant, Part, Side, Span, Weight, observing
from bench.spec.filling import Storing
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.workload import MAX_MESSAGES, Load, Publish

FILL = "fill"
"""The part that lays them."""

MAX_LAYING_S = 3600


class Laying(Spec):
    """What is laid, in the stream's order: message 1 has sequence 1.

    Attributes:
        messages: how many.
        rate_msgs_per_s: at what pace; as fast as it goes when left out.
    """

    messages: int = Field(ge=1, le=MAX_MESSAGES)
    rate_msgs_per_s: Rate | None = Field(default=None, alias="rate")

    @property
    def every_ns(self) -> int:
        """Time between two messages; 0 for as fast as it goes."""
        return round(NS_PER_S / self.rate_msgs_per_s) if self.rate_msgs_per_s else 0

    def at_most(self, messages: int) -> Self:
        """Return the same with no more messages than these."""
        return self.model_copy(update={"messages": min(self.messages, messages)})

    def told(self) -> str:
        """Return its pace in words; empty where there is none."""
        return f" laid at {format_rate(self.rate_msgs_per_s)}" if self.rate_msgs_per_s else ""

    @model_validator(mode="after")
    def _takes_not_for_ever(self) -> Self:
        if self.messages * self.every_ns > MAX_LAYING_S * NS_PER_S:
            raise MisfitError(
                "rate", what="takes more than an hour to lay", allowed="a higher rate, or fewer"
            )
        return self


SHORT_MSGS = 50_000
"""Most messages that are laid for a look."""

SHORT_NS = 5 * NS_PER_S
"""Longest time that they are laid in at their own pace for a look, where a time is their size."""


class Waiting(Spec):
    """How much waits for consumers that were away: so many messages, or what came in a time.

    Attributes:
        messages: how many.
        for_ns: how long they came, at their rate; a time in the place of `messages`.
        rate_msgs_per_s: at what pace they are laid; as fast as it goes when left out, or what is
            built by time at the rate that goes on meanwhile.
    """

    messages: int | None = Field(default=None, ge=1, le=MAX_MESSAGES)
    for_ns: Duration | None = Field(default=None, alias="for")
    rate_msgs_per_s: Rate | None = Field(default=None, alias="rate")

    def laid(self, meanwhile_msgs_per_s: float | None) -> Laying:
        """Return what is laid.

        Args:
            meanwhile_msgs_per_s: rate of what comes while it is drained; None for nothing.

        Raises:
            MisfitError: it has no size, or two; or none that can be.
        """
        rate = self.rate_msgs_per_s
        if (self.messages is None) == (self.for_ns is None):
            both = "has two sizes" if self.for_ns is not None else "has no size"
            raise MisfitError("backlog", what=both, allowed="messages, or for with a rate")
        if self.for_ns is not None:
            rate = rate or meanwhile_msgs_per_s
            if rate is None:
                raise MisfitError(
                    "backlog",
                    "for",
                    what="what came in a time has no size without a rate",
                    allowed="with it backlog.rate or publish, or messages in its place",
                )
        messages = self.messages or round((self.for_ns or 0) * (rate or 0) / NS_PER_S)
        if not 1 <= messages <= MAX_MESSAGES:
            raise MisfitError(
                "backlog",
                "for",
                what=f"comes to {messages} messages",
                allowed=f"1 to {MAX_MESSAGES} messages",
            )
        if rate is not None and messages / rate > MAX_LAYING_S:
            raise MisfitError(
                "backlog",
                "for" if self.for_ns is not None else "rate",
                what="takes more than an hour to lay",
                allowed="a shorter time, a higher rate, or fewer",
            )
        return Laying(messages=messages).model_copy(update={"rate_msgs_per_s": rate})

    def in_short(self, meanwhile_msgs_per_s: float | None) -> Self:
        """Return the same for a look: no more is laid than is done within seconds."""
        if self.for_ns is None:
            return self.model_copy(update={"messages": min(self.messages or 1, SHORT_MSGS)})
        rate = self.rate_msgs_per_s or meanwhile_msgs_per_s or 1.0
        most_ns = min(SHORT_NS, round(SHORT_MSGS / rate * NS_PER_S))
        least_ns = math.ceil(NS_PER_S / rate)
        return self.model_copy(update={"for_ns": max(least_ns, min(self.for_ns, most_ns))})


BUILT_LATE = Entry(
    name="built_late",
    means="of the backlog, stored later than at its rate, by a tenth of its time and 100 ms",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="A backlog that stands for a time was built in that time",
)

WINDOW_MSGS = 1024
"""Most messages without a PubAck while they are laid."""


def load_of(like: Load, messages: int) -> Load:
    """Return what so many messages are made from that are there before, else like another load."""
    rate = {"rate": f"{MAX_MESSAGES}/s", "window": WINDOW_MSGS}
    return replace(like, publish=Publish.model_validate(rate), laid=messages)


def laying(*, alone: bool) -> Part:
    """Return the part that lays messages, all due when they are let go.

    Args:
        alone: nobody else publishes to its stream.
    """
    held = (Entry(name="stream_msgs", untold=True, counts="held"),) if alone else ()
    return Part(
        name=FILL,
        side=Side.DRIVES,
        flow=FILL,
        role="filler",
        instants=(
            Instant(name="released", entry="planned", due=True),
            Instant(name="sent", entry="published"),
            Instant(name=STORED.name, entry=STORED.name),
        ),
        spans=(),
        levels=(),
        entries=(
            Entry(name="planned", means="messages in the schedule"),
            Entry(name="published", means="handed to the connection", at_most=("planned",)),
            replace(STORED, at_most=("published",), counts="answered"),
            *UNSTORED,
            *held,
        ),
    )


IN_HAND = "in_hand"
"""The time of a message from receiving it to done."""

OUTSTANDING = Entry(
    name="outstanding",
    means="to be handled, and not handled when the time was up, or never acknowledged",
    weight=Weight.SHORTFALL,
    ruled=True,
    check="All that was to be done is done",
)


def working(name: str, *, flow: Part, role: str, acks: bool, own: Sequence[Entry]) -> Part:
    """Return a part that does a piece of work, of some messages that are laid.

    Args:
        name: of the part.
        flow: that lays them.
        role: of its processes.
        acks: it acknowledges.
        own: entries of its ledger besides.
    """
    plain = observing(name, flow=flow, role=role, acks=acks, some=True)
    end = plain.own[-1].name
    return replace(
        plain,
        spans=(Span(name=IN_HAND, begin="received", end=end), *plain.spans),
        levels=tuple(replace(level, came="expected") for level in plain.levels),
        entries=(*_without(plain.entries, "lost", "foreign", "backlog"), OUTSTANDING, *own),
    )


def works(part: Part) -> bool:
    """Say whether a part does a piece of work."""
    return any(span.name == IN_HAND for span in part.spans)


def _without(entries: Sequence[Entry], *names: str) -> Iterator[Entry]:
    yield from (entry for entry in entries if entry.name not in names)


def objections(settings: Settings, load: Storing, messages: int) -> Iterator[Objection]:
    """Yield what keeps a stream from holding all that is laid."""
    stream = settings.stream
    if stream.max_msgs is not None and stream.max_msgs < messages:
        yield Objection(
            key="stream.max_msgs",
            what=f"below the {messages} messages that are laid before",
            allowed=f"{messages} or more, or leave it out",
        )
    least_bytes = messages * min(load.payload.sizes)  # and what a store adds to each
    if stream.max_bytes is not None and stream.max_bytes < least_bytes:
        yield Objection(
            key="stream.max_bytes",
            what=f"below the {human_size(least_bytes)} and more that are laid before",
            allowed="more, or leave it out",
        )
    each = stream.max_msgs_per_subject
    if each is not None and each * len(load.addressed) < messages:
        yield Objection(
            key="stream.max_msgs_per_subject",
            what=f"over {len(load.addressed)} subjects, below the {messages} messages that are "
            "laid before",
            allowed=f"{-(-messages // len(load.addressed))} or more, or leave it out",
        )
    if stream.max_age_ns is not None:
        yield Objection(
            key="stream.max_age",
            what="what is laid may grow too old before it is reached",
            allowed="leave it out",
        )
    if settings.consumer.deliver_policy != "all":
        yield Objection(
            key="consumer.deliver_policy",
            what="what is laid is there before, and all of it is due",
            allowed="all",
        )
    if inactive_threshold_ns(settings) is not None:
        yield Objection(
            key="consumer.inactive_threshold",
            against=("stream.consumer_limits.inactive_threshold",),
            what="nobody takes from a consumer while its messages are laid",
            allowed="leave it out",
        )
    if settings.consumer.mode != "pull":
        yield Objection(
            key="consumer.mode",
            what="a push consumer begins by itself, and not when work is let go",
            allowed="pull",
        )
