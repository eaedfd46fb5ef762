"""Events of a stream, a projector that makes a read model of them in a bucket, and watchers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest
from bench.broker.permissions import Needs
from bench.clients.buckets import Bucket
from bench.engine.ackcheck import sample_percent
from bench.engine.jobs import DriverJob, Effect, ObserverJob
from bench.engine.pressure import Offer, offer_of
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.jobs import (
    Taking,
    consumer_jobs,
    consuming,
    getting,
    publisher_jobs,
    sampler_job,
    watched,
)
from bench.scenario.kind import Kind, Stage
from bench.scenario.projection_audit import audited
from bench.scenario.watchers import Watching, asked, due, make_watchers, watcher_job
from bench.spec.filling import PUBLISH
from bench.spec.kinds.projection import PROJECT, READ, Projected
from bench.spec.variant import PublishSettings


def _projected(cell: Cell) -> Projected:
    if not isinstance(cell.workload, Projected):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _offers(cell: Cell) -> Mapping[str, Offer]:
    cast, hows = cell.cast, {PUBLISH: cell.settings.publish, READ: PublishSettings()}
    offers = _projected(cell).offers
    return {name: offer_of(cast.part(name), offer, hows[name]) for name, offer in offers.items()}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the stream of events and its consumer, the bucket and what watchers take from."""
    settings, bucket = cell.settings, admin.bucket_names(names)
    shared = _projected(cell).project.processes > 1
    await admin.provision(client, settings, names, shared=shared, sample_percent=percent)
    await admin.make_bucket(client, settings.bucket, bucket)
    await make_watchers(client, bucket, _watchers(cell))


def _watchers(cell: Cell) -> Iterator[Watching]:
    watchers = (part for part in cell.cast.observing if part.name != PROJECT)
    yield from zip(watchers, _projected(cell).watch.values(), strict=True)


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    """Return that the projector is due each event once, however often it is published."""
    repeats = _projected(cell).publish.repeats
    own = {PROJECT: traffic[PUBLISH].firsts} if repeats else {}
    return {**own, **due(_watchers(cell), traffic)}


def _needs(cell: Cell) -> Needs:
    return replace(consuming(cell), asks=getting(cell), says=frozenset({"$KV.{stream}.x"}))


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    bucket, watchers = admin.bucket_names(stage.names), [part for part, _ in _watchers(cell)]
    project, count = cell.cast.part(PROJECT), len(cell.cast.observing)
    id_offset = traffic[PUBLISH].payloads[0].id_offset
    looked_at = (
        watched(cell, project, stage.names, count),
        *(asked(bucket, part, count) for part in watchers),
    )
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=looked_at,
        drivers=(
            *publisher_jobs(stage, trial, cell, cell.cast.part(PUBLISH)),
            *_reader_jobs(stage, trial, cell, id_offset),
        ),
        observers=(
            *_projector_jobs(stage, trial, cell, id_offset),
            *(watcher_job(stage, trial, cell, (part, bucket), id_offset) for part in watchers),
        ),
        sampler=sampler_job(stage, trial, looked_at),
        phases=cell.workload.phases,
        acks=frozenset({PROJECT}),
        shown=PROJECT,
        directory=stage.directory,
    )


def _reader_jobs(stage: Stage, trial: Trial, cell: Cell, id_offset: int) -> tuple[DriverJob, ...]:
    """Return the jobs of those who read the model; none where nobody does."""
    if (read := _projected(cell).read) is None:
        return ()
    names = admin.bucket_names(stage.names)
    bucket = Bucket(
        stream=names.stream,
        direct=cell.settings.bucket.allow_direct,
        id_offset=id_offset,
        within_ns=read.timeout_ns,
    )
    of_bucket = replace(stage, names=names)
    jobs = publisher_jobs(of_bucket, trial, cell, cell.cast.part(READ))
    how = PublishSettings()
    return tuple(replace(job, does="read", how=how, bucket=bucket) for job in jobs)


def _projector_jobs(
    stage: Stage, trial: Trial, cell: Cell, id_offset: int
) -> tuple[ObserverJob, ...]:
    project, bucket = _projected(cell).project, admin.bucket_names(stage.names)
    taking = Taking(
        names=stage.names,
        processes=project.processes,
        workers=project.workers,
        handler=cell.workload.busy,
        id_offset=id_offset,
    )
    effect = Effect(
        bucket=Bucket(
            stream=bucket.stream,
            direct=cell.settings.bucket.allow_direct,
            tries=project.tries,
        ),
        prefix=bucket.subject_prefix,
        workers=project.workers,
        ordered=project.order == "per-key",
    )
    jobs = consumer_jobs(stage, trial, cell, cell.cast.part(PROJECT), taking)
    return tuple(replace(job, effect=effect) for job in jobs)


def _sampled(cell: Cell) -> int | None:
    """Return the share of acks that the server is to report, %: of events, and of no reads."""
    return sample_percent(cell.settings, _projected(cell).publish.rate_msgs_per_s)


async def _held(stage: Stage) -> Held:
    bucket = admin.bucket_names(stage.names)
    return await latest(stage.client, bucket.stream, bucket.subject_prefix)


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=_due,
    needs=_needs,
    sampled=_sampled,
    things=lambda names, _: (names, admin.bucket_names(names)),
    held=_held,
    audit=audited,
)
