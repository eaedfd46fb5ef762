"""Workflows: who begins them, workers of each step, a bucket for their states, and one stream."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest, since
from bench.broker.permissions import Needs
from bench.clients.buckets import Bucket
from bench.engine.jobs import Effect, ObserverJob
from bench.engine.pressure import Offer, offer_of
from bench.engine.setting_back import SettingBack
from bench.engine.stepping import Step, begun
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.jobs import (
    Taking,
    consumer_jobs,
    consuming,
    getting,
    named_after,
    publisher_jobs,
    sampled,
    sampler_job,
    watched,
)
from bench.scenario.kind import Kind, Stage
from bench.scenario.workflow_audit import audited, end_place, state_place
from bench.spec.cast import Part
from bench.spec.filling import PUBLISH
from bench.spec.kinds.workflow import ENDS, Workflow
from bench.spec.stepped_parts import RESET, WORKFLOW

_ENDS = f"{ENDS.partition('.')[0]}."


def _load(cell: Cell) -> Workflow:
    if not isinstance(cell.workload, Workflow):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _offers(cell: Cell) -> Mapping[str, Offer]:
    publish = cell.cast.part(PUBLISH)
    return {PUBLISH: offer_of(publish, _load(cell).publish, cell.settings.publish)}


def _steps(cell: Cell) -> Iterator[tuple[int, Part]]:
    """Yield each step's place, 0 for the first, with its part."""
    steps = (part for part in cell.cast.observing if part.name not in (WORKFLOW, RESET))
    yield from enumerate(steps)


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the stream with a consumer for each step, and the bucket."""
    settings, load = cell.settings, _load(cell)
    await admin.make_stream(client, settings.stream, names)
    await admin.make_bucket(client, settings.bucket, admin.bucket_names(names))
    for place, part in _steps(cell):
        own = named_after(names, part)
        shared = load.steps[part.name].processes > 1
        subject = load.subjects[place]
        body = admin.consumer_body(settings.consumer, own, shared=shared, filter_subject=subject)
        if percent is not None and place == 0:
            body["sample_freq"] = f"{percent}%"
        await admin.make_consumer(client, own, body)


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    """Return that each step is due what begins a workflow, and no repeat."""
    flags = begun(traffic[PUBLISH])
    return {part.name: flags for part in cell.cast.observing if part.name != RESET}


def _needs(cell: Cell) -> Needs:
    reset = _load(cell).reset
    resets = {f"CONSUMER.RESET.{{stream}}.{reset.step}"} if reset else set()
    says = frozenset({"$KV.{stream}.x"})
    return replace(consuming(cell), asks=getting(cell) | resets, says=says)


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    steps = tuple(part for _, part in _steps(cell))
    id_offset = traffic[PUBLISH].payloads[0].id_offset
    looked_at = tuple(
        watched(cell, part, named_after(stage.names, part), len(steps)) for part in steps
    )
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=looked_at,
        drivers=publisher_jobs(stage, trial, cell, cell.cast.part(PUBLISH)),
        observers=tuple(
            job
            for place, part in _steps(cell)
            for job in _worker_jobs(stage, trial, cell, (place, part, id_offset))
        ),
        sampler=sampler_job(stage, trial, looked_at),
        phases=cell.workload.phases,
        acks=frozenset(part.name for part in steps),
        shown=steps[-1].name,
        directory=stage.directory,
        setting_back=_setting_back(stage, cell),
    )


def _setting_back(stage: Stage, cell: Cell) -> SettingBack | None:
    load = _load(cell)
    if (reset := load.reset) is None:
        return None
    own = named_after(stage.names, cell.cast.part(reset.step))
    phases = load.phases
    return SettingBack(
        part=reset.step,
        at_ns=phases.warmup_ns + round(reset.at * phases.measure_ns),
        share=reset.back,
        reset=lambda seq: admin.reset_consumer(stage.client, own, seq),
    )


def _worker_jobs(
    stage: Stage, trial: Trial, cell: Cell, of: tuple[int, Part, int]
) -> Iterator[ObserverJob]:
    """Yield the jobs of a step's processes, by its place, its part and where ids stand."""
    (place, part, id_offset), load = of, _load(cell)
    step = load.steps[part.name]
    taking = Taking(
        names=named_after(stage.names, part),
        processes=step.processes,
        workers=step.workers,
        handler=step.handler,
        id_offset=id_offset,
    )
    effect = _effect(stage.names, cell, place, step.workers)
    for job in consumer_jobs(stage, trial, cell, part, taking):
        yield replace(job, effect=effect)


def _effect(names: Names, cell: Cell, place: int, workers: int) -> Effect:
    load, bucket = _load(cell), admin.bucket_names(names)
    return Effect(
        bucket=Bucket(
            stream=bucket.stream, direct=cell.settings.bucket.allow_direct, tries=load.tries
        ),
        prefix=bucket.subject_prefix,
        workers=workers,
        ordered=False,
        step=Step(
            number=place + 1,
            follows=f"{names.subject_prefix}{load.subjects[place + 1]}",
            repeats=place + 1 < len(load.steps),
        ),
    )


async def _held(stage: Stage) -> Held:
    """Return the state of each workflow, and each event of an end."""
    names, bucket = stage.names, admin.bucket_names(stage.names)
    states = await latest(stage.client, bucket.stream, bucket.subject_prefix)
    ends = await since(stage.client, names.stream, f"{names.subject_prefix}{_ENDS}", 1)
    return {state_place(key): kept for key, kept in states.items()} | {
        end_place(kept.seq): kept for _, kept in ends
    }


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=_due,
    needs=_needs,
    sampled=sampled,
    things=lambda names, _: (names, admin.bucket_names(names)),
    held=_held,
    audit=audited,
)
