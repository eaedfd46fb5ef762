"""Fan-out: publishers, and consumers of one stream that share nothing but it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.engine.pressure import Offer, offer_of
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.jobs import (
    Taking,
    consumer_jobs,
    consuming,
    publisher_jobs,
    sampled,
    sampler_job,
    watched,
)
from bench.scenario.kind import Kind, Stage
from bench.spec.cast import Part
from bench.spec.filters import matching
from bench.spec.kinds.fanout import Fanout, Member


def _offers(cell: Cell) -> Mapping[str, Offer]:
    publish = cell.cast.part("publish")
    return {publish.name: offer_of(publish, _fanout(cell).publish, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    await admin.make_stream(client, cell.settings.stream, names)
    for place, (part, member) in enumerate(_members(cell)):
        own = _named(names, part)
        body = admin.consumer_body(
            cell.settings.consumer,
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


def _named(names: Names, part: Part) -> Names:
    """Return what a consumer is called, and where it is delivered to if it is pushed."""
    return replace(
        names, consumer=part.name, deliver_subject=f"{names.deliver_subject}.{part.name}"
    )


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    sent = traffic["publish"]
    found: dict[str, Flags] = {}
    for part, member in _members(cell):
        if part.instants[0].due:
            matched = matching(member.filter, sent.subjects)
            of_each = np.array([subject in matched for subject in sent.subjects])
            found[part.name] = of_each[sent.subject_index]
    return found


def _fanout(cell: Cell) -> Fanout:
    if not isinstance(cell.workload, Fanout):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    observing, acks = cell.cast.observing, cell.settings.ack.timing != "none"
    asked = tuple(
        watched(cell, part, _named(stage.names, part), len(observing)) for part in observing
    )
    id_offset = traffic["publish"].payloads[0].id_offset
    rows = {name: int(np.count_nonzero(due)) for name, due in _due(cell, traffic).items()}
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=asked,
        drivers=publisher_jobs(stage, trial, cell, cell.cast.part("publish")),
        observers=tuple(
            job
            for part, member in _members(cell)
            for job in consumer_jobs(
                stage, trial, cell, part, _taking(stage.names, part, member, id_offset, rows)
            )
        ),
        sampler=sampler_job(stage, trial, asked),
        phases=cell.workload.phases,
        acks=frozenset(part.name for part in observing if acks),
        shown=observing[0].name,
        directory=stage.directory,
    )


def _taking(
    names: Names, part: Part, member: Member, id_offset: int, rows: Mapping[str, int]
) -> Taking:
    return Taking(
        names=_named(names, part),
        processes=member.processes,
        workers=member.workers,
        handler=member.handler,
        id_offset=id_offset,
        rows=rows.get(part.name, 0),
    )


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=_due,
    needs=consuming,
    sampled=sampled,
)
