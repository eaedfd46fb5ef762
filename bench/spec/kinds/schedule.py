"""Schedules: messages that a stream keeps until their time has come.

Source: ADR-51 of NATS, as tried on nats-server 2.15.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field

from bench.core import text
from bench.core.units import NS_PER_S, format_duration, format_rate
from bench.spec.base import Duration, MisfitError
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, Level, Part, Weight, driving, observing
from bench.spec.filling import PUBLISH
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.keys import Act, Names
from bench.spec.objection import Objection
from bench.spec.stored import stored_bytes
from bench.spec.variant import PublishSettings, Settings
from bench.spec.waiting import taking
from bench.spec.workload import Consume, Load, Payload, Phases, Publish, Workload

USES = frozenset(
    {"stream", "publish", "consumer", "pull", "ack", "handler", "server", "client", "schedules"}
)

CONSUME = "consume"

WAITS, COMES = "at", "due"
"""What subjects begin with under which messages wait, each by itself; and where they come."""

LATENESS = "lateness"

GRACE_NS = NS_PER_S
"""How long the drain is to last at least when the last message's time has come: the server looks
four times a second."""

_ONE = Names(prefix=f"{WAITS}.{{id}}", count=1, whole=True)
_SCHEDULED = Act(
    name="schedule",
    share=1.0,
    headers=(("Nats-Schedule", "@at {at}Z"), ("Nats-Schedule-Target", f"{{prefix}}{COMES}")),
)
_LINES_BYTES = len("Nats-Schedule: @at 2026-01-01T00:00:00.000000000Z\r\n") + len(
    f"Nats-Schedule-Target: jetbench.0123abcd-001.s.{COMES}\r\n"
)

_NO_BATCH = ("atomic", "fast")


class Scheduling(Workload):
    """Messages that are to come later, and consumers that take them when their time has come.

    Attributes:
        kind: which parts take part; `schedule` is a stream that holds messages back.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        payload: how large messages are and what is in them.
        after_ns: so long after it is offered each is to come.
        publish: how they are offered.
        consume: who takes them.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["schedule"]
    payload: Payload
    after_ns: Duration = Field(alias="after")
    publish: Publish
    consume: Consume = Consume()
    phases: Phases = Phases()

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {PUBLISH: self.publish}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        load = Load(
            publish=self.publish,
            subjects=_ONE,
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
            usual=_SCHEDULED,
            delay_ns=self.after_ns,
        )
        return {PUBLISH: load}

    @property
    def busy(self) -> Handler:
        """What is done with each message."""
        return self.consume.handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""
        consume = self.consume.model_copy(update={"handler": handler})
        return self.model_copy(update={"consume": consume})

    @property
    def addressed(self) -> tuple[str, ...]:
        """Subjects that are published to, without jetbench's prefix: one for all of them."""
        return (f"{WAITS}.0",)

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        largest = max(self.payload.sizes) + header_bytes(self.publish.headers, how)
        return largest + _LINES_BYTES

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean, once as a schedule and once due."""
        kept = stored_bytes(_ONE, self.payload, self.publish.headers, how)
        return 2 * (kept + _LINES_BYTES)

    def in_short(self, phases: Phases) -> Self:
        """Return the load for a look: what is to come soon comes within it."""
        most_ns = max(0, phases.drain_ns - 2 * GRACE_NS)
        soon = self.model_copy(update={"after_ns": min(self.after_ns, most_ns)})
        return super(Scheduling, soon).in_short(phases)

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        publish, consume = self.publish, self.consume
        return (
            f"{format_rate(publish.rate_msgs_per_s)} offered by "
            f"{text.plural(publish.publishers, 'publisher')} ({publish.arrivals} arrivals), each "
            f"to come {format_duration(self.after_ns)} later, payload {self.payload.told()}; "
            f"{text.plural(consume.consumers, 'consumer')} with "
            f"{text.plural(consume.workers, 'worker')}, {consume.handler.told()}"
        )

    def _check_load(self, phases: Phases) -> None:
        super()._check_load(phases)
        if self.after_ns + GRACE_NS > phases.drain_ns:
            raise MisfitError(
                "after",
                what=f"what is offered last would come when the drain, "
                f"{format_duration(phases.drain_ns)}, is over",
                allowed=f"so much less than phases.drain: {format_duration(GRACE_NS)} or more",
            )


UNFIRED = Entry(
    name="unfired",
    means="stored, and still held by the server though their time had come, or to come once more",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    at_most=("stored",),
    check="Whatever was scheduled was let go when its time had come",
)


def cast_of(settings: Settings, workload: Scheduling | None = None) -> Cast:
    """Return its parts: what is observed of a message begins when its time has come."""
    handler = None if workload is None else workload.consume.handler
    acks = settings.ack.timing != "none"
    publish = driving(PUBLISH, role="publisher", answered=STORED, fails=(*UNSTORED, UNFIRED))
    consume = _when_due(observing(CONSUME, flow=publish, role="consumer", acks=acks, some=True))
    consume = taking(consume, settings, handler)
    return Cast(
        parts=(publish, consume),
        ranked=(LATENESS, "completion"),
        done="acked" if acks else "handled",
    )


def _when_due(part: Part) -> Part:
    """Return the part with its own name for the way there, and a lag of what is due alone.

    It has no end-to-end time: what waits is none of the server's lag, so that the two would not go
    together (`bench.analysis.accounting`).
    """
    due = part.instants[0].name
    told = {"expected": "messages that were to come, each at its time"}
    return replace(
        part,
        spans=tuple(
            replace(span, name=LATENESS if span.name == "delivery" else span.name)
            for span in part.spans
            if span.name != "end_to_end"
        ),
        levels=tuple(
            Level(name=each.name, came=due, left=each.left, words=each.words)
            for each in part.levels
        ),
        entries=tuple(replace(e, means=told.get(e.name, e.means)) for e in part.entries),
    )


def objections(settings: Settings, workload: Scheduling) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream."""
    return (*_of_the_stream(settings, workload), *_of_the_way(settings, workload))


def _of_the_stream(settings: Settings, workload: Scheduling) -> Iterator[Objection]:
    stream = settings.stream
    if stream.discard == "new":
        what = "a stream with schedules refuses nothing that is new (10052)"
        yield Objection(key="stream.discard", what=what, allowed="old")
    if stream.retention == "interest":
        yield Objection(
            key="stream.retention",
            what="nobody is interested in what waits, so that it is gone at once",
            allowed="limits or workqueue",
        )
    if stream.max_age_ns is not None and stream.max_age_ns <= workload.after_ns + GRACE_NS:
        yield Objection(
            key="stream.max_age",
            what=f"what waits {format_duration(workload.after_ns)} is too old before it comes",
            allowed="longer than that by more than a second, or leave it out",
        )


def _of_the_way(settings: Settings, workload: Scheduling) -> Iterator[Objection]:
    if settings.publish.mode in _NO_BATCH:
        yield Objection(
            key="publish.mode",
            what="each message says when it is to come, and ours of a batch say nothing of their "
            "own",
            allowed="async or one-by-one",
        )
    if settings.publish.expect != "nothing":
        yield Objection(
            key="publish.expect",
            what="the server stores what comes between what is published",
            allowed="nothing",
        )
    if settings.consumer.headers_only and "message-id" in workload.publish.headers:
        yield Objection(
            key="consumer.headers_only",
            what="the server takes message-id away from what it lets go",
            allowed="headers_only: false, or publish.headers: [correlation-id]",
        )
