"""A history that is laid before, a consumer that goes through it again, and live traffic."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.permissions import Needs
from bench.engine.jobs import ObserverJob
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.engine.work import Pass, Share, Work
from bench.plan.model import Cell, Trial
from bench.plan.shared import may_be_kept
from bench.plan.traffic import Traffic
from bench.scenario.jobs import (
    Taking,
    consumer_jobs,
    consuming,
    named_after,
    publisher_jobs,
    sampler_job,
    watched,
)
from bench.scenario.kind import Kind, Stage
from bench.scenario.laying import laying_jobs, offers, require_laid
from bench.scenario.replay_audit import audited
from bench.spec.cast import Part
from bench.spec.filling import PUBLISH
from bench.spec.kinds.replay import LIVE, REPLAY, Replay, Replaying, passes
from bench.spec.laid import FILL
from bench.spec.workload import Consume


def _replay(cell: Cell) -> Replay:
    if not isinstance(cell.workload, Replay):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the stream, and try its consumers: a trial makes them when its history is laid."""
    del percent
    await admin.make_stream(client, cell.settings.stream, names)
    for part in cell.cast.observing:
        await admin.make_consumer(client, named_after(names, part), _body(cell, names, part, {}))
        await admin.remove_consumer(client, named_after(names, part))


def _body(cell: Cell, names: Names, part: Part, more: Mapping[str, Any]) -> dict[str, Any]:
    plain = admin.consumer_body(cell.settings.consumer, named_after(names, part), shared=False)
    return {**plain, **more}


def _own(stage: Stage, cell: Cell, part: Part) -> Names:
    """Return what a part takes from: what is reset is one consumer, however often."""
    again = part.name != LIVE and _replay(cell).replay.by == "reset"
    return named_after(stage.names, cell.cast.part(REPLAY) if again else part)


async def _prepare(stage: Stage, cell: Cell) -> None:
    """Make the consumers: what is live begins behind the history, a replay before its window.

    One that is reset is through with the whole history until then; else each time has its own.
    """
    workload, client = _replay(cell), stage.client
    messages, (first, _) = workload.history.messages, workload.bounds
    await require_laid(client, stage.names, messages)
    made: set[Names] = set()
    for part in cell.cast.observing:
        if (own := _own(stage, cell, part)) in made:
            continue
        made.add(own)
        begins = _from(messages + 1) if part.name == LIVE else {}
        if part.name != LIVE and workload.replay.by == "new-consumer":
            begins = await _begins(stage, workload, first)
        await admin.make_consumer(client, own, _body(cell, stage.names, part, begins))
        if part.name != LIVE and workload.replay.by == "reset":
            await admin.reset_consumer(client, own, messages + 1)


async def _begins(stage: Stage, workload: Replay, first: int) -> dict[str, Any]:
    paced = {"replay_policy": workload.replay.pacing}
    if workload.replay.start == "by-sequence":
        return {**_from(first), **paced}
    at = await admin.stored_at(stage.client, stage.names, first)
    return {"deliver_policy": "by_start_time", "opt_start_time": at, **paced}


def _from(sequence: int) -> dict[str, Any]:
    return {"deliver_policy": "by_start_sequence", "opt_start_seq": sequence}


async def _release(stage: Stage, cell: Cell) -> None:
    workload = _replay(cell)
    if workload.replay.by == "reset":
        own = named_after(stage.names, cell.cast.part(REPLAY))
        await admin.reset_consumer(stage.client, own, workload.replay.first)


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    first, last = _replay(cell).bounds
    sequences = np.arange(1, traffic[FILL].intended_ns.size + 1)
    within = (sequences >= first) & (sequences <= last)
    return dict.fromkeys(passes(_replay(cell).replay.times), within)


def _needs(cell: Cell) -> Needs:
    replaying = _replay(cell).replay
    asks = {f"CONSUMER.RESET.{{stream}}.{REPLAY}"} if replaying.by == "reset" else set()
    if replaying.start == "by-time":
        asks.add("STREAM.MSG.GET.{stream}")
    return replace(consuming(cell), asks=frozenset(asks))


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    workload, cast, acks = _replay(cell), cell.cast, cell.settings.ack.timing != "none"
    first, last = workload.bounds
    asked = tuple(
        watched(cell, part, _own(stage, cell, part), len(cast.observing)) for part in cast.observing
    )
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=asked,
        drivers=publisher_jobs(stage, trial, cell, cast.part(PUBLISH)) if workload.live else (),
        observers=_observers(stage, trial, cell, traffic),
        sampler=sampler_job(stage, trial, asked),
        phases=workload.phases,
        acks=frozenset(part.name for part in cast.observing if acks),
        shown=REPLAY,
        directory=stage.directory,
        work=Work(
            laying=laying_jobs(stage, trial, cell, workload.history),
            prepare=lambda: _prepare(stage, cell),
            laid=stage.laid is not None,
            passes=[
                Pass(
                    release=lambda: _release(stage, cell),
                    shares={name: Share(first_seq=first, last_seq=last, acks=acks)},
                )
                for name in passes(workload.replay.times)
            ],
        ),
    )


def _observers(
    stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]
) -> tuple[ObserverJob, ...]:
    workload, cast = _replay(cell), cell.cast
    history = workload.history.messages
    jobs: list[ObserverJob] = []
    if workload.live:
        beyond = (history + 1, int(np.iinfo(np.int64).max))
        live = _taking(stage, cell, cast.part(LIVE), workload.live.consume, traffic)
        jobs += _within(beyond, consumer_jobs(stage, trial, cell, cast.part(LIVE), live))
    for place, name in enumerate(passes(workload.replay.times)):
        taking = _taking(stage, cell, cast.part(name), workload.replay, traffic)
        called = replace(taking, call=cell.settings.handler.call)
        numbered = replace(called, first=place * taking.processes)
        own = consumer_jobs(stage, trial, cell, cast.part(name), numbered)
        jobs += _within(workload.bounds, own)
    return tuple(jobs)


def _within(bounds: tuple[int, int], jobs: Sequence[ObserverJob]) -> list[ObserverJob]:
    return [replace(job, bounds=bounds) for job in jobs]


def _taking(
    stage: Stage,
    cell: Cell,
    part: Part,
    takes: Replaying | Consume,
    traffic: Mapping[str, Traffic],
) -> Taking:
    return Taking(
        names=_own(stage, cell, part),
        processes=takes.consumers,
        workers=takes.workers,
        handler=takes.handler,
        id_offset=traffic[FILL].payloads[0].id_offset,
    )


KIND = Kind(
    offers=offers,
    provision=_provision,
    lays_apart=may_be_kept,
    scene=_scene,
    due=_due,
    needs=_needs,
    sampled=lambda _: None,
    audit=audited,
)
