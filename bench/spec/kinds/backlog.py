"""A backlog that is there before, and the consumers that drain it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self

from pydantic import model_validator

from bench.core import text
from bench.core.units import format_duration, format_rate
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
from bench.spec.laid import BUILT_LATE, FILL, OUTSTANDING, Laying, Waiting, laying, load_of, working
from bench.spec.laid import objections as of_laid
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.waiting import taking
from bench.spec.workload import Consume, Load, Phases, Publish

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "server", "client"})

DRAIN, FRESH = "drain", "fresh"


class Backlog(Storing):
    """A backlog, and the consumers that drain it, while messages go on coming or not.

    Attributes:
        kind: which parts take part; `backlog` is a stream that its consumer is far behind.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        backlog: what is laid before: so many messages, or what came in a time.
        publish: how messages are offered meanwhile; none when left out.
        consume: who drains it, and takes what comes meanwhile.
        phases: `measure` is the longest time that draining may take: its window ends with it.
    """

    kind: Literal["backlog"]
    backlog: Waiting
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
        return {FILL: self.pile.messages}

    @property
    def pile(self) -> Laying:
        """What waits for those who drain it."""
        return self.backlog.laid(self._meanwhile_msgs_per_s)

    @property
    def _meanwhile_msgs_per_s(self) -> float | None:
        return self.publish.rate_msgs_per_s if self.publish else None

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
        fill = {FILL: load_of(like, self.pile.messages)}
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
        backlog = self.backlog.in_short(self._meanwhile_msgs_per_s)
        return super().in_short(phases).model_copy(update={"backlog": backlog})

    def told(self) -> str:
        """Return who drains what, as a clause for the report."""
        consume, publish = self.consume, self.publish
        meanwhile = (
            f"while {format_rate(publish.rate_msgs_per_s)} come ({publish.arrivals} arrivals)"
            if publish
            else "while nothing comes"
        )
        for_ns = self.backlog.for_ns
        came = "" if for_ns is None else f" of {format_duration(for_ns)}"
        return (
            f"a backlog of {text.count(self.pile.messages)} messages{came}{self.pile.told()}, "
            f"payload {self.payload.told()}, drained {meanwhile} by "
            f"{text.plural(consume.consumers, 'consumer')} with "
            f"{text.plural(consume.workers, 'worker')}, {consume.handler.told()}"
        )

    @model_validator(mode="after")
    def _has_one_size(self) -> Self:
        self.backlog.laid(self._meanwhile_msgs_per_s)
        return self


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
    if workload is None or workload.backlog.for_ns is not None:
        fill = replace(fill, entries=(*fill.entries, BUILT_LATE))
    drain = working(DRAIN, flow=fill, role="consumer", acks=acks, own=(FOREIGN, _OVERGROWN))
    drain = taking(drain, settings, None if workload is None else workload.consume.handler)
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
    return tuple(of_laid(settings, workload, workload.pile.messages))
