"""A backlog that is there before, and the consumers that drain it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self

from bench.core import text
from bench.core.units import format_rate
from bench.spec.cast import (
    FOREIGN,
    STORED,
    UNSTORED,
    Cast,
    Entry,
    Part,
    Weight,
    driving,
    observing,
)
from bench.spec.filling import PUBLISH, Storing
from bench.spec.handler import Handler
from bench.spec.laid import FILL, OUTSTANDING, SHORT_MSGS, Laying, laying, load_of, working
from bench.spec.laid import objections as of_laid
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.workload import Consume, Load, Phases, Publish

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "server", "client"})

DRAIN, FRESH = "drain", "fresh"


class Backlog(Storing):
    """A backlog, and the consumers that drain it, while messages go on coming or not.

    Attributes:
        kind: which parts take part; `backlog` is a stream that its consumer is far behind.
        description: what the load stands for, in a sentence for the report.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        backlog: what is laid before.
        publish: how messages are offered meanwhile; none when left out.
        consume: who drains it, and takes what comes meanwhile.
        phases: `measure` is the longest time that draining may take: its window ends with it.
    """

    kind: Literal["backlog"]
    backlog: Laying
    publish: Publish | None = None
    consume: Consume = Consume()
    phases: Phases = Phases()

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {PUBLISH: self.publish} if self.publish else {}

    @property
    def laid(self) -> Mapping[str, int]:
        """Messages that are there before a trial begins, by the part that lays them."""
        return {FILL: self.backlog.messages}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What its messages are made from, by the part that drives them."""
        like = Load(
            publish=self.publish or Publish.model_validate({"rate": "1/s"}),
            subjects=self.subjects,
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
        )
        fill = {FILL: load_of(like, self.backlog.messages)}
        return {**fill, PUBLISH: like} if self.publish else fill

    @property
    def busy(self) -> Handler:
        """What is done with each message."""
        return self.consume.handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""
        consume = self.consume.model_copy(update={"handler": handler})
        return self.model_copy(update={"consume": consume})

    def in_short(self, phases: Phases) -> Self:
        """Return the load for a look: no more is laid than is done within seconds."""
        backlog = self.backlog.at_most(SHORT_MSGS)
        return super().in_short(phases).model_copy(update={"backlog": backlog})

    def told(self) -> str:
        """Return who drains what, as a clause for the report."""
        consume, publish = self.consume, self.publish
        meanwhile = (
            f"while {format_rate(publish.rate_msgs_per_s)} come ({publish.arrivals} arrivals)"
            if publish
            else "while nothing comes"
        )
        return (
            f"a backlog of {text.count(self.backlog.messages)} messages{self.backlog.told()}, "
            f"payload {self.payload.told()}, drained {meanwhile} by "
            f"{text.plural(consume.consumers, 'consumer')} with "
            f"{text.plural(consume.workers, 'worker')}, {consume.handler.told()}"
        )


_OVERGROWN = Entry(
    name="overgrown",
    means="consumer processes that grew by more than what may be in flight to them",
    weight=Weight.SHORTFALL,
    ruled=True,
    untold=True,
    check="Memory is bounded by what may be in flight, not by the backlog",
)


def cast_of(settings: Settings, workload: Backlog | None) -> Cast:
    """Return its parts; usually nothing comes while it is drained."""
    acks = settings.ack.timing != "none"
    goes_on = workload is not None and workload.publish is not None
    fill = laying(alone=not goes_on)
    drain = working(DRAIN, flow=fill, role="consumer", acks=acks, own=(FOREIGN, _OVERGROWN))
    before = f"{DRAIN}." if goes_on else ""
    early = settings.ack.timing == "after-validation"
    whole = () if early or not acks else (f"{before}end_to_end",)
    return Cast(
        parts=(fill, *(_coming(acks=acks) if goes_on else ()), drain),
        ranked=(*whole, f"{before}completion"),
        done=f"{before}{drain.own[-1].name}",
    )


def _coming(*, acks: bool) -> tuple[Part, Part]:
    """Return the parts of what comes meanwhile; the same processes take it."""
    publish = driving(PUBLISH, role="publisher", answered=STORED, fails=UNSTORED)
    fresh = observing(FRESH, flow=publish, role="consumer", acks=acks)
    kept = tuple(each for each in fresh.entries if each.name not in ("lost", "backlog"))
    # What comes meanwhile stands behind the backlog, and waits for it: its lag is no other's.
    return publish, replace(fresh, levels=(), entries=(*kept, OUTSTANDING))


def objections(settings: Settings, workload: Backlog) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream."""
    return tuple(of_laid(settings, workload.backlog.messages))
