"""Fan-out: one stream, and several independent consumers that each see what they filter for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import NS_PER_S, format_duration, format_rate
from bench.spec.base import MisfitError
from bench.spec.cast import (
    FIGURES_BEGIN,
    PART_NAME,
    STORED,
    UNSTORED,
    Cast,
    Entry,
    Part,
    driving,
    observing,
)
from bench.spec.dealt import Dealt
from bench.spec.expiring import limited
from bench.spec.filling import PUBLISH
from bench.spec.handler import Handler
from bench.spec.lanes import MAX_STREAMS, Beside, check_members, sees_all
from bench.spec.members import (
    MAX_CONSUMERS,
    Member,
    listening,
    own_entries,
    settings_of,
)
from bench.spec.objection import Objection
from bench.spec.variant import PublishSettings, Settings
from bench.spec.waiting import taking
from bench.spec.workload import Load, Phases, Publish

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "handler", "server", "client"})

OWN_PROCESSES = 16
"""Of so many consumers each may have processes of its own; more of them share some."""

LONGEST_OF_MANY_NS = 15 * 60 * NS_PER_S
"""Of warm-up and window: a hundred consumers leave some 0.1 MB of samples a second."""

SHARED_PROCESSES = 2
"""That more consumers share where nothing else is said."""

_HOST = re.compile(r"host_\d+")


class Fanout(Dealt):
    """One stream that several independent consumers read, each at its own pace.

    Attributes:
        kind: which parts take part; `fanout` is one stream with consumers that share nothing.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        subjects: which subjects messages go to.
        payload: how large messages are and what is in them.
        publish: how messages are offered.
        consumers: name -> a consumer of its own; cells are ranked by the first one.
        processes_total: processes that all consumers share which have one process each; when left
            out each has its own, and more than 16 consumers share two.
        phases: how long a trial lasts; a matrix may set its own.
        trace: what messages are dealt from, in place of subjects, sizes and rate; none when left
            out.
        streams: name -> a stream beside this one, with a flow and consumers of its own.
    """

    kind: Literal["fanout"]
    consumers: dict[str, Member] = Field(min_length=1)
    processes_total: int | None = Field(default=None, ge=1, le=16)
    streams: dict[str, Beside] = Field(default_factory=dict, max_length=MAX_STREAMS)
    phases: Phases = Phases()

    @property
    def flows(self) -> "Mapping[str, Fanout | Beside]":
        """Each stream by the part that fills it, the first one first."""
        return {PUBLISH: self, **self.streams}

    @property
    def written(self) -> dict[str, Member]:
        """The consumers of all streams, as they are written."""
        return {name: each for flow in self.flows.values() for name, each in flow.consumers.items()}

    @property
    def members(self) -> dict[str, Member]:
        """Each consumer by its name, in the order of the file."""
        return dict(each for name, member in self.written.items() for each in member.each(name))

    @property
    def flow_of(self) -> Mapping[str, str]:
        """The part whose messages each consumer sees, by its name."""
        return {
            each: flow
            for flow, stream in self.flows.items()
            for name, member in stream.consumers.items()
            for each, _ in member.each(name)
        }

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {name: flow.publish for name, flow in self.flows.items()}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What messages are made from, by the part that drives them."""
        beside = {name: each.load(self.busy, self.phases) for name, each in self.streams.items()}
        return {PUBLISH: super().loads[PUBLISH], **beside}

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        beside = [each.largest_bytes(how) for each in self.streams.values()]
        return max([super().largest_bytes(how), *beside])

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean, whichever stream it is in."""
        first = super().stored_bytes(how) * self.publish.messages_in(self.phases)
        beside = sum(
            each.stored_bytes(how) * each.publish.messages_in(self.phases)
            for each in self.streams.values()
        )
        return (first + beside) / sum(
            each.messages_in(self.phases) for each in self.offers.values()
        )

    def keeps_beside(self, settings: Settings) -> bool:
        """Say whether more is kept than is asked about: where plain subscribers alone read."""
        unread = any(
            all(member.is_core for member in flow.consumers.values())
            for flow in self.flows.values()
        )
        return unread or super().keeps_beside(settings)

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later, and is not said of a consumer, of all of them, or of subjects."""
        later = {"count": 1, "mode": None, "slow": None, "once": False}
        of_each = {
            name: {key for key, usual in later.items() if getattr(member, key) == usual}
            for name, member in self.consumers.items()
        }
        own = {} if self.processes_total else {"processes_total": True}
        alone = {} if self.streams else {"streams": True}
        return {**super().unsaid, "consumers": of_each, **own, **alone}

    @property
    def hosts(self) -> int:
        """How many processes consumers share; 0 where each has its own."""
        many = sum(member.count for member in self.written.values()) > OWN_PROCESSES
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
            f"{self.rate_told} offered by "
            f"{text.plural(publish.publishers, 'publisher')} ({self.arrivals_told}), "
            f"payload {self.payload.told()}{self.dealt_told}; "
            "each consumer sees what it filters for: "
            + "; ".join(member.told(name) for name, member in self.consumers.items())
            + "".join(_told_beside(name, each) for name, each in self.streams.items())
            + _told_hosts(self.hosts)
        )

    def share_of(self, part: str) -> float:
        """Return what share of the messages a consumer's filter matches."""
        member = self.members.get(part)
        if member is None:
            return 1.0
        return self.flows[self.flow_of[part]].share_matched(member.filter)

    @model_validator(mode="after")
    def _members_fit(self) -> Self:
        counts = [
            member.count for flow in self.flows.values() for member in flow.consumers.values()
        ]
        if sum(counts) > MAX_CONSUMERS:
            raise MisfitError(
                "consumers",
                what=f"{sum(counts)} consumers, too many",
                allowed=f"up to {MAX_CONSUMERS} consumers",
            )
        check_members(self)
        self._check_names()
        return self

    def _located(self) -> "Iterator[tuple[tuple[str, ...], Fanout | Beside]]":
        """Yield each stream with where it is written."""
        for name, flow in self.flows.items():
            yield ("streams", name) if name in self.streams else (), flow

    def _check_load(self, phases: Phases) -> None:
        super()._check_load(phases)
        many = sum(member.count for member in self.written.values()) > OWN_PROCESSES
        if many and phases.warmup_ns + phases.measure_ns > LONGEST_OF_MANY_NS:
            raise MisfitError(
                "phases",
                what=f"more than {OWN_PROCESSES} consumers leave more samples than a record holds",
                allowed=f"warm-up and window of {format_duration(LONGEST_OF_MANY_NS)} together",
            )

    def _check_names(self) -> None:
        seen: dict[str, str] = {}
        for name in self.streams:
            _check_name(("streams", name), name, "a stream")
            seen[name] = f"the stream {name}"
        for at, flow in self._located():
            for key, member in flow.consumers.items():
                for name, _ in member.each(key):
                    _check_name((*at, "consumers", key), name, "a consumer")
                    if name in seen:
                        raise MisfitError(
                            *at,
                            "consumers",
                            key,
                            what=f"names a consumer {name}, and so does {seen[name]}",
                            allowed="each name once",
                        )
                    seen[name] = key


def _check_name(at: tuple[str, ...], name: str, what: str) -> None:
    if _HOST.fullmatch(name):
        raise MisfitError(
            *at,
            what=f"{name} is what a process is called that consumers share",
            allowed="another name",
        )
    if not PART_NAME.fullmatch(name) or name.removesuffix("_ns") in (PUBLISH, *FIGURES_BEGIN):
        raise MisfitError(
            *at,
            what=f"cannot stand before the names of figures of {what}",
            allowed="up to 40 of a to z, 0 to 9 and _, a letter first; not "
            f"{', '.join((PUBLISH, *FIGURES_BEGIN))}",
        )


def _told_beside(name: str, flow: Beside) -> str:
    rate = format_rate(flow.publish.rate_msgs_per_s)
    members = "; ".join(member.told(each) for each, member in flow.consumers.items())
    return f"; beside it a stream {name}, {rate}, payload {flow.payload.told()}: {members}"


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
    beside = () if workload is None else tuple(workload.streams)
    drivers = {PUBLISH: _filling(PUBLISH, "publisher")}
    drivers |= {name: _filling(name, f"{name}.publisher") for name in beside}
    publish = drivers[PUBLISH]
    flow_of = {} if workload is None else workload.flow_of
    members = {} if workload is None else workload.members
    roles = () if workload is None else _roles(workload)
    several = len(members) > 1
    modes = frozenset() if workload is None else modes_of(settings, workload)
    parts = [
        _part(
            settings_of(settings, member, modes),
            member,
            observing(
                name,
                flow=drivers[flow_of[name]],
                role=role,
                acks=acks and not member.is_core,
                some=workload is not None and not sees_all(workload.flows[flow_of[name]], member),
            ),
        )
        for (name, member), role in zip(members.items(), roles, strict=True)
    ]
    parts = parts or [
        _part(settings, Member(), observing("consume", flow=publish, role="consumer", acks=acks))
    ]
    first = f"{parts[0].name}." if several else ""
    acks = acks and not next((member.is_core for member in members.values()), False)
    whole = () if early or not acks else (f"{first}end_to_end",)
    return Cast(
        parts=(*drivers.values(), *parts),
        ranked=(*whole, f"{first}completion"),
        done=f"{first}{'acked' if acks else 'handled'}",
    )


def _filling(name: str, role: str) -> Part:
    held = Entry(name="stream_msgs", untold=True, counts="held")
    return driving(name, role=role, answered=STORED, fails=(*UNSTORED, held))


def _part(settings: Settings, member: Member, part: Part) -> Part:
    part = replace(part, entries=(*part.entries, *own_entries(member)))
    if member.is_core:
        return listening(part)
    part = limited(part, settings.stream)
    return taking(part, settings, member.handler if member.is_even else None)


def modes_of(settings: Settings, workload: Fanout) -> frozenset[str]:
    """Return how consumers of a workload take messages under these settings."""
    return frozenset(member.taken_as(settings) for member in workload.written.values())


def for_member(settings: Settings, workload: Fanout, member: Member) -> Settings:
    """Return a variant's settings as they are for one of a workload's consumers."""
    return settings_of(settings, member, modes_of(settings, workload))


def objections(settings: Settings, workload: Fanout) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is under any one consumer."""
    return (
        *_of_handlers(settings, workload),
        *_of_work_queues(settings, workload),
    )


def _of_handlers(settings: Settings, workload: Fanout) -> Iterator[Objection]:
    core = [name for name, member in workload.written.items() if member.is_core]
    if core and settings.handler.run == "task":
        yield Objection(
            key="handler.run",
            what=f"task runs what acknowledges, and {text.listed(core)} is a plain subscriber",
            allowed="virtual, or no consumer of the mode core",
        )
    if settings.handler.workers is not None:
        yield Objection(
            key="handler.workers",
            what="each consumer of a fan-out has workers of its own",
            allowed="workers of its consumers, in the workload",
        )


def _of_work_queues(settings: Settings, workload: Fanout) -> Iterator[Objection]:
    if settings.stream.retention != "workqueue":
        return
    durable = (
        sum(member.count for member in flow.consumers.values() if not member.is_core)
        for flow in workload.flows.values()
    )
    if max(durable) > 1:
        what = "a work queue gives each message to one consumer, and several filters may match it"
        yield Objection(key="stream.retention", what=what, allowed="limits, or interest")
