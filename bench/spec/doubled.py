"""Messages that are published twice: how many, how much later, and what a stream makes of them.

A stream with a Nats-Msg-Id refuses what comes again within its `duplicate_window`, and stores it
once more after that. How much later belongs to the workload, the window to the variant, so that
windows can be compared under the same messages.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import ClassVar, Protocol, Self

from pydantic import Field, model_validator

from bench.core.units import NS_PER_MS, format_duration, format_share
from bench.spec.base import Duration, MisfitError, Share, Spec
from bench.spec.cast import Cast, Entry, Part, Side, Weight
from bench.spec.kept import DEFAULT_DUPLICATE_WINDOW_NS
from bench.spec.keys import Act
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.workload import Publish

MOST = 0.5
"""Of the messages: each is to have one that it says again."""

LATE_NS = 500 * NS_PER_MS
"""How long after its window a server may still know an id: it forgets by a timer, 50 ms apart."""


class Duplicates(Spec):
    """Messages that are another one again, under its id.

    Attributes:
        share: of all messages, dealt exactly and at random places; of those before which nothing
            stands that is old enough, each is one of its own.
        after_ns: how much later than the one that it says again each is due at least: the last one
            of the same publisher that is so old. The one before when left out.
    """

    share: Share
    after_ns: Duration = Field(default=0, alias="after")

    @model_validator(mode="after")
    def _leaves_some(self) -> Self:
        if self.share > MOST:
            raise MisfitError(
                "share",
                what="more than half of the messages would say another one again",
                allowed=f"up to {format_share(MOST)}",
            )
        return self

    def told(self) -> str:
        """Return how many come how late, in words."""
        later = f" {format_duration(self.after_ns)} later" if self.after_ns else ""
        return f"{format_share(self.share)} of them one before once more{later}"


class Doubling(Publish):
    """How messages are offered, of which some may be published twice.

    Attributes:
        publishers: publisher processes; they share the rate.
        rate_msgs_per_s: offered rate of all publishers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due message, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most messages without a PubAck per publisher; what is due beyond that waits,
            and its waiting counts as slip. In the mode `one-by-one` of a variant it is 1.
        headers: what each message carries beside its payload: `message-id` (`Nats-Msg-Id`, which
            the stream remembers for its duplicate_window), `trace` (a W3C `traceparent`) and
            `correlation-id`, all of fixed width, and `signature` (the instant, a nonce and an
            HMAC-SHA256 of both, the subject and the payload).
        duplicates: messages that are published twice; none when left out.
    """

    duplicates: Duplicates | None = None

    signs: ClassVar[bool] = True

    @staticmethod
    def of(offer: Publish) -> "Doubling":
        """Return an offer of which nothing is published twice."""
        told = {name: getattr(offer, name) for name in Publish.model_fields}
        return Doubling.model_construct(**told)

    @property
    def acts(self) -> tuple[Act, ...]:
        """What some messages do in place of saying something of their own."""
        if (found := self.duplicates) is None:
            return ()
        return (
            Act(
                name="duplicate",
                share=found.share,
                again=True,
                turns=self.publishers,
                after_ns=found.after_ns,
            ),
        )

    @model_validator(mode="after")
    def _has_ids(self) -> Self:
        if self.duplicates is not None and "message-id" not in self.headers:
            raise MisfitError(
                "duplicates",
                what="without a message-id no stream knows a message again",
                allowed="with headers: [message-id]",
            )
        return self


class Doubled(Protocol):
    """A workload whose publishers may publish messages twice."""

    @property
    def publish(self) -> Doubling:
        """How messages are offered."""


def window_ns(settings: Settings) -> int:
    """Return how long a stream remembers the ids of its messages."""
    stream = settings.stream
    if stream.duplicate_window_ns is not None:
        return stream.duplicate_window_ns
    return min(DEFAULT_DUPLICATE_WINDOW_NS, stream.max_age_ns or DEFAULT_DUPLICATE_WINDOW_NS)


_OF_PUBLISHED = (
    Entry(
        name="published_again",
        means="of them, those that say another one again, under its Nats-Msg-Id",
        weight=Weight.NOTED,
        at_most=("published",),
    ),
    Entry(
        name="deduplicated",
        means="of those, refused by the stream as duplicates",
        weight=Weight.NOTED,
        at_most=("published_again",),
        counts="duplicate",
    ),
    Entry(
        name="stored_again",
        means="of those, stored beside the one that they say again",
        weight=Weight.NOTED,
        at_most=("published_again",),
    ),
    Entry(
        name="let_in",
        means="of those stored again, published within the duplicate window",
        weight=Weight.SHORTFALL,
        ruled=True,
        at_most=("stored_again",),
        check="What comes again within the duplicate window is not stored again",
    ),
    Entry(
        name="shut_out",
        means="of those refused, published when the duplicate window was over",
        weight=Weight.SHORTFALL,
        ruled=True,
        at_most=("deduplicated",),
        check="What comes again after the duplicate window is stored",
    ),
)

_MEANS_OF_REPLAYED = {
    "published_again": "of them, those that are another one replayed, as it was",
    "stored_again": "of those, stored beside the one that they are",
}

_MEANS = {
    "expected": "messages that say no other one again",
    "refused": "answered by an error PubAck, or as a duplicate of none",
}
"""Of entries that mean another thing where messages are published twice."""


_OF_REPLAYED = tuple(
    replace(each, means=means)
    for each in _OF_PUBLISHED
    if (means := _MEANS_OF_REPLAYED.get(each.name)) is not None
)


def with_duplicates(cast: Cast, *, replayed: bool = False) -> Cast:
    """Return a cast whose publishers count what they publish twice.

    Args:
        cast: of a stream.
        replayed: it is not published twice by who means it, and no stream is to know it again.
    """
    twice = _OF_REPLAYED if replayed else _OF_PUBLISHED

    def counting(part: Part) -> Part:
        told = (replace(each, means=_MEANS.get(each.name, each.means)) for each in part.entries)
        own = twice if part.side is Side.DRIVES else ()
        return replace(part, entries=(*told, *own))

    return replace(cast, parts=tuple(map(counting, cast.parts)))


def _one_by_one(settings: Settings, workload: Doubled) -> Iterator[Objection]:
    how, twice = settings.publish, workload.publish.duplicates
    if twice is None:
        return
    if how.mode in ("atomic", "fast"):
        yield Objection(
            key="publish.mode",
            what=f"the workload publishes messages twice, and of {how.mode} batches no message has "
            "an answer of its own that says so",
            allowed="async or one-by-one",
        )
    if how.expect != "nothing":
        yield Objection(
            key="publish.expect",
            what="the workload publishes messages twice, and which of them the stream adds is not "
            "known beforehand",
            allowed="nothing",
        )


def _undecided(settings: Settings, workload: Doubled) -> Iterator[Objection]:
    """Yield that nobody knows what becomes of a duplicate that comes when the window ends."""
    twice, ends_ns = workload.publish.duplicates, window_ns(settings)
    if twice is None:
        return
    begins_ns = twice.after_ns
    if ends_ns <= begins_ns < ends_ns + LATE_NS:
        what = (
            f"what comes again {format_duration(begins_ns)} later comes when the duplicate_window, "
            f"{format_duration(ends_ns)}, is just over: the server may still know it"
        )
        yield Objection(key="stream.duplicate_window", what=what)
    if begins_ns >= ends_ns and settings.effect.idempotency == "none":
        what = (
            f"duplicate_window {format_duration(ends_ns)} is over when messages come again, "
            f"{format_duration(begins_ns)} later: they are stored twice, and handled twice"
        )
        yield Objection(key="effect.idempotency", what=what)


RULES: tuple[Callable[[Settings, Doubled], Iterator[Objection]], ...] = (_one_by_one,)
CAUTIONS: tuple[Callable[[Settings, Doubled], Iterator[Objection]], ...] = (_undecided,)
