"""Fan-out: publishers, and consumers of one stream that share nothing but it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.permissions import Needs
from bench.clients.port import Binding
from bench.engine.jobs import ObserverJob
from bench.engine.pressure import Offer, offer_of
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.selecting import chosen, chosen_by_name
from bench.plan.traffic import Traffic
from bench.scenario.fanout_audit import audited
from bench.scenario.jobs import (
    Taking,
    consumer_jobs,
    consuming,
    named_after,
    publisher_jobs,
    sampled,
    sampler_job,
    watched,
)
from bench.scenario.kind import Kind, Stage
from bench.spec.cast import Part
from bench.spec.filling import PUBLISH
from bench.spec.kinds.fanout import Fanout, for_member, modes_of
from bench.spec.lanes import Beside
from bench.spec.members import Member
from bench.spec.variant import Settings


def _offers(cell: Cell) -> Mapping[str, Offer]:
    how = cell.settings.publish
    return {
        name: offer_of(cell.cast.part(name), offer, how)
        for name, offer in cell.workload.offers.items()
    }


def lane(names: Names, flow: str) -> Names:
    """Return what the stream is called that a part fills, and where it publishes to."""
    if flow == PUBLISH:
        return names
    prefix = names.subject_prefix.removesuffix(".")
    return replace(names, stream=f"{names.stream}_{flow}", subject_prefix=f"{prefix}-{flow}.")


def _things(names: Names, cell: Cell) -> tuple[Names, ...]:
    return tuple(lane(names, flow) for flow in _fanout(cell).flows)


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    for each in _things(names, cell):
        await admin.make_stream(client, cell.settings.stream, each)
    for place, (part, member) in enumerate(_durable(cell)):
        own = named_after(lane(names, part.flow), part)
        body = admin.consumer_body(
            _settings(cell, member).consumer,
            own,
            shared=member.processes > 1,
            filter_subject="" if member.filter == ">" else member.filter,
        )
        if percent is not None and place == 0:
            body["sample_freq"] = f"{percent}%"
        await admin.make_consumer(client, own, body)


def _members(cell: Cell) -> Iterator[tuple[Part, Member]]:
    """Yield each consumer's part and what the workload says of it."""
    yield from zip(cell.cast.observing, _fanout(cell).members.values(), strict=True)


def _durable(cell: Cell) -> Sequence[tuple[Part, Member]]:
    """Return those that the server keeps account of."""
    return [(part, member) for part, member in _members(cell) if not member.is_core]


def _settings(cell: Cell, member: Member) -> Settings:
    return for_member(cell.settings, _fanout(cell), member)


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    found: dict[str, Flags] = {}
    for part, member in _members(cell):
        if part.instants[0].due:
            flow = _fanout(cell).flows[part.flow]
            found[part.name] = _chosen(flow, member.filter, traffic[part.flow])
    return found


def _chosen(flow: Fanout | Beside, pattern: str, sent: Traffic) -> Flags:
    if flow.trace is not None:
        return chosen_by_name(sent.subjects, pattern, sent.subject_index)
    return chosen(flow.subjects, pattern, sent.subject_index)


def _fanout(cell: Cell) -> Fanout:
    if not isinstance(cell.workload, Fanout):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _needs(cell: Cell) -> Needs:
    modes = modes_of(cell.settings, _fanout(cell))
    core = [(part.flow, member.filter) for part, member in _members(cell) if member.is_core]
    beside = [*_fanout(cell).streams]
    first = consuming(cell)
    return replace(
        first,
        pull="pull" in modes,
        push="push" in modes,
        listens=frozenset(pattern for flow, pattern in core if flow == PUBLISH),
        hears=frozenset(f"{{prefix}}-{flow}.{what}" for flow, what in core if flow != PUBLISH),
        says=frozenset(f"{{prefix}}-{flow}.x" for flow in beside),
        asks=frozenset(ask for flow in beside for ask in _asks(flow, first.pull)),
    )


def _asks(flow: str, pull: bool) -> Iterator[str]:
    """Yield what is asked of JetStream about a stream beside the first one."""
    stream = f"{{stream}}_{flow}"
    for operation in ("INFO", "CREATE", "DELETE"):
        yield f"STREAM.{operation}.{stream}"
    for operation in ("INFO", "CREATE"):
        yield f"CONSUMER.{operation}.{stream}.consumer"
    if pull:
        yield f"CONSUMER.MSG.NEXT.{stream}.consumer"


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    durable, acks = _durable(cell), cell.settings.ack.timing != "none"
    asked = tuple(
        watched(cell, part, named_after(lane(stage.names, part.flow), part), len(durable))
        for part, _ in durable
    )
    id_offset = {flow: each.payloads[0].id_offset for flow, each in traffic.items()}
    rows = {name: int(np.count_nonzero(due)) for name, due in _due(cell, traffic).items()}
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=asked,
        drivers=tuple(
            job
            for part in cell.cast.driving
            for job in publisher_jobs(
                replace(stage, names=lane(stage.names, part.name)), trial, cell, part
            )
        ),
        observers=tuple(
            job
            for part, member in _members(cell)
            for job in _jobs(
                stage,
                trial,
                cell,
                (part, member),
                _taking(
                    lane(stage.names, part.flow),
                    part,
                    member,
                    id_offset[part.flow],
                    rows.get(part.name, 0),
                ),
            )
        ),
        sampler=sampler_job(stage, trial, asked),
        phases=cell.workload.phases,
        acks=frozenset(part.name for part, _ in durable if acks),
        shown=cell.cast.observing[0].name,
        directory=stage.directory,
    )


def _taking(names: Names, part: Part, member: Member, id_offset: int, rows: int) -> Taking:
    return Taking(
        names=named_after(names, part),
        processes=member.processes,
        workers=member.workers,
        handler=member.handler,
        id_offset=id_offset,
        rows=rows,
    )


def _jobs(
    stage: Stage, trial: Trial, cell: Cell, who: tuple[Part, Member], taking: Taking
) -> Iterator[ObserverJob]:
    """Yield the jobs of a consumer's processes; the last ones are its slow members."""
    part, member = who
    own = replace(cell, settings=_settings(cell, member))
    quick = member.processes - (member.slow.processes if member.slow else 0)
    for number, job in enumerate(consumer_jobs(stage, trial, own, part, taking)):
        slow = member.slow if number >= quick else None
        yield replace(
            job,
            load=replace(job.load, handler=slow.handler) if slow else job.load,
            timing="none" if member.is_core else job.timing,
            binding=_listening(member, taking) if member.is_core else job.binding,
            idempotency="memory" if member.once else "none",
        )


def _listening(member: Member, taking: Taking) -> Binding:
    """Return how a plain subscriber takes what is published."""
    return Binding(
        stream="",
        consumer="",
        mode="listen",
        batch=1,
        expires_ns=0,
        id_offset=taking.id_offset,
        acks=False,
        deliver_subject=f"{taking.names.subject_prefix}{member.filter}",
        deliver_group=taking.names.consumer if member.processes > 1 else "",
    )


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=_due,
    needs=_needs,
    sampled=sampled,
    things=_things,
    audit=audited,
)
