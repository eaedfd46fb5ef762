"""A backlog that is laid before, and consumers that drain it while messages go on coming or not."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.engine.jobs import ObserverJob
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.engine.work import Pass, Share, Work
from bench.plan.model import Cell, Trial
from bench.plan.shared import may_be_kept
from bench.plan.traffic import Traffic
from bench.scenario.backlog_audit import audited
from bench.scenario.jobs import (
    Taking,
    consumer_jobs,
    consuming,
    publisher_jobs,
    sampler_job,
    watched,
)
from bench.scenario.kind import Kind, Stage
from bench.scenario.laying import laying_jobs, offers, require_laid
from bench.spec.filling import PUBLISH
from bench.spec.kinds.backlog import DRAIN, FRESH, Backlog
from bench.spec.laid import FILL


def _backlog(cell: Cell) -> Backlog:
    if not isinstance(cell.workload, Backlog):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make stream and consumer: the backlog is one only because the consumer is there."""
    await admin.make_stream(client, cell.settings.stream, names)
    await _join(client, names, cell, percent)


async def _join(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the consumer, which is behind by all that is there."""
    del percent
    shared = _backlog(cell).consume.consumers > 1
    body = admin.consumer_body(cell.settings.consumer, names, shared=shared)
    await admin.make_consumer(client, names, body)


def _lays_apart(cell: Cell) -> bool:
    """A stream that keeps what somebody is interested in keeps nothing before there is one."""
    return may_be_kept(cell) and cell.settings.stream.retention != "interest"


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    del cell
    return {DRAIN: np.ones(traffic[FILL].intended_ns.size, dtype=np.bool_)}


async def _nothing() -> None:
    """It is let go by processes that begin to ask."""


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    workload, cast, acks = _backlog(cell), cell.cast, cell.settings.ack.timing != "none"
    drain, messages = cast.part(DRAIN), workload.pile.messages
    asked = (watched(cell, drain, stage.names, 1),)
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=asked,
        drivers=publisher_jobs(stage, trial, cell, cast.part(PUBLISH)) if workload.publish else (),
        observers=_observers(stage, trial, cell, traffic),
        sampler=sampler_job(stage, trial, asked),
        phases=workload.phases,
        acks=frozenset({DRAIN} if acks else ()),
        shown=DRAIN,
        directory=stage.directory,
        work=Work(
            laying=laying_jobs(stage, trial, cell, workload.pile),
            prepare=lambda: require_laid(stage.client, stage.names, messages),
            laid=stage.laid is not None,
            passes=[
                Pass(
                    release=_nothing,
                    shares={DRAIN: Share(first_seq=1, last_seq=messages, acks=acks, whole=True)},
                )
            ],
        ),
    )


def _observers(
    stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]
) -> tuple[ObserverJob, ...]:
    """Return the jobs of those who drain; they know the handler times of as many as may come."""
    consume = _backlog(cell).consume
    taking = Taking(
        names=stage.names,
        processes=consume.consumers,
        workers=consume.workers,
        handler=consume.handler,
        id_offset=traffic[FILL].payloads[0].id_offset,
    )
    most = max(each.intended_ns.size for each in traffic.values())
    jobs = consumer_jobs(stage, trial, cell, cell.cast.part(DRAIN), taking)
    return tuple(replace(job, load=replace(job.load, laid=most)) for job in jobs)


def sorted_out(
    cell: Cell, seen: Mapping[str, Sequence[ConsumerRecord]]
) -> Mapping[str, Sequence[ConsumerRecord]]:
    """Return what was of the backlog and what came meanwhile apart: ids of both begin at 0."""
    workload = _backlog(cell)
    if workload.publish is None:
        return seen
    last, records = workload.pile.messages, seen.get(DRAIN, ())
    old = [_some(record, record.stream_seqs <= last) for record in records]
    new = [_some(record, record.stream_seqs > last) for record in records]
    return {**seen, DRAIN: old, FRESH: new} if records else seen


def _some(record: ConsumerRecord, chosen: Flags) -> ConsumerRecord:
    return ConsumerRecord(**{e.name: getattr(record, e.name)[chosen] for e in fields(record)})


KIND = Kind(
    offers=offers,
    provision=_provision,
    lays_apart=_lays_apart,
    joins=_join,
    scene=_scene,
    due=_due,
    needs=consuming,
    sampled=lambda _: None,
    sorted_out=sorted_out,
    audit=audited,
)
