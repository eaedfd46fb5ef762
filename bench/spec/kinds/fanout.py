"""Fan-out: one stream, and several independent consumers that each see what they filter for."""

import re
from collections.abc import Iterator
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

MAX_CONSUMERS = 100

OWN_PROCESSES = 16
"""Of so many consumers each may have processes of its own; more of them share some."""

SHARED_PROCESSES = 2
"""That more consumers share where nothing else is said."""

PLACE = "{n}"
"""In a name and a filter stands for the number of a consumer, from 0 on."""


_HOST = re.compile(r"host_\d+")


def _check_pattern(text: str) -> str:
    check_filter(text.replace(PLACE, "0"))
    return text


class Member(Spec):
    """One durable consumer of its own, or several of one kind.

    Attributes:
        count: how many such consumers; `{n}` in their name and filter is the number of each, from
            0 on.
        filter: subjects that it sees, below the workload's own; all when left out.
        processes: that share it.
        workers: messages that one process handles at a time.
        handler: what is done with each.
    """

    count: int = Field(default=1, ge=1, le=MAX_CONSUMERS)
    filter: Annotated[str, AfterValidator(_check_pattern)] = ">"
    processes: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=1, ge=1, le=10_000)
    handler: Handler = Handler()

    def each(self, name: str) -> Iterator[tuple[str, "Member"]]:
        """Yield the name of each such consumer, and what it is by itself."""
        if PLACE not in name:
            yield name, self
            return
        for number in range(self.count):
            own = {"count": 1, "filter": self.filter.replace(PLACE, str(number))}
            yield name.replace(PLACE, str(number)), self.model_copy(update=own)


class Fanout(Filling):
    """One stream that several independent consumers read, each at its own pace.

    Attributes:
        kind: which parts take part; `fanout` is one stream with consumers that share nothing.
        description: what the load stands for, in a sentence for the report.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        publish: how messages are offered.
        consumers: name -> a consumer of its own; cells are ranked by the first one.
        processes_total: processes that all consumers share which have one process each; when left
            out each has its own, and more than 16 consumers share two.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["fanout"]
    consumers: dict[str, Member] = Field(min_length=1)
    processes_total: int | None = Field(default=None, ge=1, le=16)
    phases: Phases = Phases()

    @property
    def members(self) -> dict[str, Member]:
        """Each consumer by its name, in the order of the file."""
        return dict(each for name, member in self.consumers.items() for each in member.each(name))

    @property
    def hosts(self) -> int:
        """How many processes consumers share; 0 where each has its own."""
        many = sum(member.count for member in self.consumers.values()) > OWN_PROCESSES
        return self.processes_total or (SHARED_PROCESSES if many else 0)

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
            + _told_hosts(self.hosts)
        )

    def share_of(self, part: str) -> float:
        """Return what share of the messages a consumer's filter matches; subjects take turns."""
        member, names = self.members.get(part), self.subjects.names
        return 1.0 if member is None else len(matching(member.filter, names)) / len(names)

    def sees_all(self, member: Member) -> bool:
        """Say whether a consumer's filter matches all that is published."""
        return matching(member.filter, self.subjects.names) == frozenset(self.subjects.names)

    @model_validator(mode="after")
    def _members_fit(self) -> Self:
        counts = [member.count for member in self.consumers.values()]
        if sum(counts) > MAX_CONSUMERS:
            raise MisfitError(
                "consumers",
                what=f"{sum(counts)} consumers, too many",
                allowed=f"up to {MAX_CONSUMERS} consumers",
            )
        for name, member in self.consumers.items():
            _check_count(name, member)
        self._check_names()
        for name, member in self.consumers.items():
            for _, each in member.each(name):
                self._check_filter(name, each.filter)
        return self

    def _check_names(self) -> None:
        seen: dict[str, str] = {}
        for key, member in self.consumers.items():
            for name, _ in member.each(key):
                _check_name(key, name)
                if name in seen:
                    raise MisfitError(
                        "consumers",
                        key,
                        what=f"names a consumer {name}, and so does {seen[name]}",
                        allowed="each name once",
                    )
                seen[name] = key

    def _check_filter(self, name: str, pattern: str) -> None:
        if not matching(pattern, self.subjects.names):
            raise MisfitError(
                "consumers",
                name,
                "filter",
                what=f"'{pattern}' matches nothing that is published",
                allowed=f"a filter for some of {text.listed(list(self.subjects.names[:5]))}",
            )


def _check_count(name: str, member: Member) -> None:
    if PLACE in name:
        return
    if member.count > 1:
        raise MisfitError(
            "consumers",
            name,
            "count",
            what=f"{member.count} consumers cannot all be called {name}",
            allowed=f"count 1, or {PLACE} in the name: `{name}_{PLACE}`",
        )
    if PLACE in member.filter:
        raise MisfitError(
            "consumers",
            name,
            "filter",
            what=f"{PLACE} is the number of a consumer, and {name} has none",
            allowed=f"a filter without it, or {PLACE} in the name, too",
        )


def _check_name(key: str, name: str) -> None:
    if _HOST.fullmatch(name):
        raise MisfitError(
            "consumers",
            key,
            what=f"{name} is what a process is called that consumers share",
            allowed="another name",
        )
    if not PART_NAME.fullmatch(name) or name.removesuffix("_ns") in (PUBLISH, *FIGURES_BEGIN):
        raise MisfitError(
            "consumers",
            key,
            what="cannot stand before the names of figures",
            allowed="up to 40 of a to z, 0 to 9 and _, a letter first; not "
            f"{', '.join((PUBLISH, *FIGURES_BEGIN))}",
        )


def _told(name: str, member: Member) -> str:
    of = "" if member.filter == ">" else f" of {member.filter}"
    many = f" ({text.plural(member.count, 'consumer')})" if PLACE in name else ""
    return f"{name}{many}{of}, {text.plural(member.workers, 'worker')}, {member.handler.told()}"


def _told_hosts(hosts: int) -> str:
    return f"; they share {text.plural(hosts, 'process', 'processes')}" if hosts else ""


def _roles(workload: Fanout) -> Iterator[str]:
    """Yield the role of each consumer's processes; consumers that share a process share it."""
    hosts, members = workload.hosts, workload.members
    for place, (name, member) in enumerate(members.items()):
        if hosts and member.processes == 1 and len(members) > 1:
            yield f"host_{place % hosts}.consumer"
        else:
            yield f"{name}.consumer" if len(members) > 1 else "consumer"


def cast_of(settings: Settings, workload: Fanout | None) -> Cast:
    """Return its parts; usually one consumer, by which a stream's figures are called."""
    acks, early = settings.ack.timing != "none", settings.ack.timing == "after-validation"
    publish = driving(
        PUBLISH,
        role="publisher",
        answered=STORED,
        fails=(*UNSTORED, Entry(name="stream_msgs", untold=True, counts="held")),
    )
    members = {} if workload is None else workload.members
    roles = () if workload is None else _roles(workload)
    several = len(members) > 1
    parts = [
        observing(
            name,
            flow=publish,
            role=role,
            acks=acks,
            some=workload is not None and not workload.sees_all(member),
        )
        for (name, member), role in zip(members.items(), roles, strict=True)
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
    if settings.stream.retention != "workqueue" or len(workload.members) == 1:
        return ()
    what = "a work queue gives each message to one consumer, and several filters may match it"
    return (Objection(key="stream.retention", what=what, allowed="limits, or interest"),)
