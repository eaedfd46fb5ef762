"""Fan-out: one stream, and several independent consumers that each see what they filter for."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bench.core import text
from bench.core.units import format_rate
from bench.spec.base import MisfitError, Spec
from bench.spec.cast import (
    FIGURES_BEGIN,
    PART_NAME,
    STORED,
    UNSTORED,
    Cast,
    Entry,
    driving,
    observing,
)
from bench.spec.filling import PUBLISH, Filling
from bench.spec.filters import check_filter, matching
from bench.spec.handler import Handler
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.workload import Phases

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "handler", "server", "client"})

MAX_CONSUMERS = 16


class Member(Spec):
    """One durable consumer of its own.

    Attributes:
        filter: subjects that it sees, below the workload's own; all when left out.
        processes: that share it.
        workers: messages that one process handles at a time.
        handler: what is done with each.
    """

    filter: Annotated[str, AfterValidator(check_filter)] = ">"
    processes: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=1, ge=1, le=10_000)
    handler: Handler = Handler()


class Fanout(Filling):
    """One stream that several independent consumers read, each at its own pace.

    Attributes:
        kind: which parts take part; `fanout` is one stream with consumers that share nothing.
        description: what the load stands for, in a sentence for the report.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        publish: how messages are offered.
        consumers: name -> a consumer of its own; cells are ranked by the first one.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["fanout"]
    consumers: dict[str, Member] = Field(min_length=1)
    phases: Phases = Phases()

    @property
    def busy(self) -> Handler:
        """What the first consumer does with each message."""
        return next(iter(self.consumers.values())).handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler of the first consumer."""
        first, *_ = self.consumers
        changed = self.consumers[first].model_copy(update={"handler": handler})
        return self.model_copy(update={"consumers": {**self.consumers, first: changed}})

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        publish = self.publish
        return (
            f"{format_rate(publish.rate_msgs_per_s)} offered by "
            f"{text.plural(publish.publishers, 'publisher')} ({publish.arrivals} arrivals), "
            f"payload {self.payload.told()}; each consumer sees what it filters for: "
            + "; ".join(_told(name, member) for name, member in self.consumers.items())
        )

    def share_of(self, part: str) -> float:
        """Return what share of the messages a consumer's filter matches; subjects take turns."""
        member, names = self.consumers.get(part), self.subjects.names
        return 1.0 if member is None else len(matching(member.filter, names)) / len(names)

    def sees_all(self, member: Member) -> bool:
        """Say whether a consumer's filter matches all that is published."""
        return matching(member.filter, self.subjects.names) == frozenset(self.subjects.names)

    @model_validator(mode="after")
    def _members_fit(self) -> Self:
        if len(self.consumers) > MAX_CONSUMERS:
            raise MisfitError(
                "consumers", what="too many", allowed=f"up to {MAX_CONSUMERS} consumers"
            )
        for name, member in self.consumers.items():
            self._check(name, member)
        return self

    def _check(self, name: str, member: Member) -> None:
        if not PART_NAME.fullmatch(name) or name.removesuffix("_ns") in (PUBLISH, *FIGURES_BEGIN):
            raise MisfitError(
                "consumers",
                name,
                what="cannot stand before the names of figures",
                allowed="up to 40 of a to z, 0 to 9 and _, a letter first; not "
                f"{', '.join((PUBLISH, *FIGURES_BEGIN))}",
            )
        if not matching(member.filter, self.subjects.names):
            raise MisfitError(
                "consumers",
                name,
                "filter",
                what=f"'{member.filter}' matches nothing that is published",
                allowed=f"a filter for some of {text.listed(list(self.subjects.names[:5]))}",
            )


def _told(name: str, member: Member) -> str:
    of = "" if member.filter == ">" else f" of {member.filter}"
    return f"{name}{of}, {text.plural(member.workers, 'worker')}, {member.handler.told()}"


def cast_of(settings: Settings, workload: Fanout | None) -> Cast:
    """Return its parts; usually one consumer, by which a stream's figures are called."""
    acks, early = settings.ack.timing != "none", settings.ack.timing == "after-validation"
    publish = driving(
        PUBLISH,
        role="publisher",
        answered=STORED,
        fails=(*UNSTORED, Entry(name="stream_msgs", untold=True, counts="held")),
    )
    members = {} if workload is None else workload.consumers
    several = len(members) > 1
    parts = [
        observing(
            name,
            flow=publish,
            role=f"{name}.consumer" if several else "consumer",
            acks=acks,
            some=workload is not None and not workload.sees_all(member),
        )
        for name, member in members.items()
    ] or [observing("consume", flow=publish, role="consumer", acks=acks)]
    first = f"{parts[0].name}." if several else ""
    whole = () if early or not acks else (f"{first}end_to_end",)
    return Cast(
        parts=(publish, *parts),
        ranked=(*whole, f"{first}completion"),
        done=f"{first}{'acked' if acks else 'handled'}",
    )


def objections(settings: Settings, workload: Fanout) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is under any one consumer."""
    if settings.stream.retention != "workqueue" or len(workload.consumers) == 1:
        return ()
    what = "a work queue gives each message to one consumer, and several filters may match it"
    return (Objection(key="stream.retention", what=what, allowed="limits, or interest"),)
