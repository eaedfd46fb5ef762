"""A bucket: writers, readers and updaters on one side, watchers on the other."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest
from bench.broker.permissions import Needs
from bench.broker.preload import preload
from bench.clients.buckets import Bucket
from bench.clients.port import Binding
from bench.core.units import NS_PER_S
from bench.engine.jobs import Doing, DriverJob, ObserverJob, Watched
from bench.engine.pressure import Offer, offer_of
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.dealing import deal
from bench.plan.model import Cell, Trial
from bench.plan.payload import templates
from bench.plan.traffic import Traffic, seed_of
from bench.record import samples
from bench.scenario.jobs import sampler_job
from bench.scenario.kind import Kind, Stage, connecting_as
from bench.scenario.kv_audit import PRELOADED, audited
from bench.spec.cast import Part
from bench.spec.filters import matching
from bench.spec.keyed import Watch
from bench.spec.keyed_parts import GET, PUT, UPDATE
from bench.spec.kinds.kv import Kv

DOES: Mapping[str, Doing] = {PUT: "publish", GET: "read", UPDATE: "update"}

HEARTBEAT_NS = 5 * NS_PER_S
"""Of watchers, as clients of NATS set it."""


def _kv(cell: Cell) -> Kv:
    if not isinstance(cell.workload, Kv):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _offers(cell: Cell) -> Mapping[str, Offer]:
    how, cast = cell.settings.publish, cell.cast
    return {name: offer_of(cast.part(name), offer, how) for name, offer in _kv(cell).offers.items()}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the bucket and what watchers take from; fill it."""
    del percent
    await admin.make_bucket(client, cell.settings.bucket, names)
    if _kv(cell).keys.preload and (PUT in _kv(cell).offers or GET in _kv(cell).offers):
        await preload(client, _values(cell, names))
    for part, watch in _watchers(cell):
        own = _named(names, part)
        await admin.make_consumer(client, own, _watcher_body(own, watch))


def _values(cell: Cell, names: Names) -> Iterator[tuple[str, bytes]]:
    value, keys, rng = _kv(cell).value, _kv(cell).names.names, np.random.default_rng(0)
    sizes = deal((len(keys),), list(value.sizes.values()), rng)
    filled = [each.filled(PRELOADED) for each in templates(value, rng)]
    for key, size in zip(keys, sizes, strict=True):
        yield f"{names.subject_prefix}{key}", filled[size]


def _watcher_body(names: Names, watch: Watch) -> admin.Json:
    """Return what an ordered consumer of a NATS client is like, but that it is ours."""
    return {
        "durable_name": names.consumer,
        "name": names.consumer,
        "deliver_policy": "last_per_subject" if watch.snapshot else "new",
        "ack_policy": "none",
        "max_deliver": 1,
        "mem_storage": True,
        "num_replicas": 1,
        "flow_control": True,
        "idle_heartbeat": HEARTBEAT_NS,
        "deliver_subject": names.deliver_subject,
        "filter_subject": f"{names.subject_prefix}{watch.subjects}",
    }


def _watchers(cell: Cell) -> Iterator[tuple[Part, Watch]]:
    yield from zip(cell.cast.observing, _kv(cell).watch.values(), strict=True)


def _named(names: Names, part: Part) -> Names:
    subject = f"{names.deliver_subject}.{part.name}"
    return replace(names, consumer=part.name, deliver_subject=subject)


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    found: dict[str, Flags] = {}
    for part, watch in _watchers(cell):
        if part.instants[0].due:
            written = traffic[PUT]
            matched = matching(watch.subjects, written.subjects)
            of_each = np.array([subject in matched for subject in written.subjects])
            found[part.name] = of_each[written.subject_index]
    return found


def _needs(cell: Cell) -> Needs:
    reads = GET in _kv(cell).offers or UPDATE in _kv(cell).offers
    direct = cell.settings.bucket.allow_direct
    asks = "DIRECT.GET.{stream}.x" if direct else "STREAM.MSG.GET.{stream}"
    return Needs(
        subjects=frozenset(cell.workload.addressed),
        pull=False,
        push=bool(_kv(cell).watch),
        acks=False,
        flow_control=bool(_kv(cell).watch),
        asks=frozenset({asks} if reads else ()),
    )


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    watchers = tuple(part for part, _ in _watchers(cell))
    asked = tuple(_watched(stage.names, part, len(watchers)) for part in watchers)
    drivers = tuple(
        _driver_job(stage, trial, cell, cell.cast.part(name), share)
        for name, offer in _kv(cell).offers.items()
        for share in range(offer.publishers)
    )
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=asked,
        drivers=drivers,
        observers=tuple(_watcher_job(stage, trial, cell, part, traffic[PUT]) for part in watchers),
        sampler=sampler_job(stage, trial, asked),
        phases=cell.workload.phases,
        acks=frozenset(),
        shown=cell.cast.driving[0].name,
        directory=stage.directory,
    )


def _driver_job(stage: Stage, trial: Trial, cell: Cell, part: Part, share: int) -> DriverJob:
    loads, role = cell.workload.loads, f"{part.role}-{share}"
    return DriverJob(
        part=part.name,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        load=loads[part.name],
        seed=seed_of(loads, part.name, trial.seed),
        how=cell.settings.publish,
        does=DOES[part.name],
        share=share,
        shares=loads[part.name].publish.publishers,
        subject_prefix=stage.names.subject_prefix,
        record_path=stage.directory / f"{role}.npy",
        bucket=_bucket(stage.names, cell),
    )


def _bucket(names: Names, cell: Cell) -> Bucket:
    kv = _kv(cell)
    value = templates(kv.value, np.random.default_rng(0))[0]
    return Bucket(
        stream=names.stream,
        direct=cell.settings.bucket.allow_direct,
        id_offset=value.id_offset,
        within_ns=kv.get.timeout_ns if kv.get else 0,
        tries=kv.update.tries if kv.update else 1,
    )


def _watched(names: Names, part: Part, watchers: int) -> Watched:
    return Watched(
        part=part.name,
        names=_named(names, part),
        tracked=False,
        max_deliver=None,
        prefix=samples.prefix(part.name, watchers),
    )


def _watcher_job(
    stage: Stage, trial: Trial, cell: Cell, part: Part, traffic: Traffic
) -> ObserverJob:
    loads, role, names = cell.workload.loads, f"{part.role}-0", _named(stage.names, part)
    return ObserverJob(
        part=part.name,
        flow=PUT,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        binding=Binding(
            stream=names.stream,
            consumer=names.consumer,
            mode="push",
            batch=1,
            expires_ns=0,
            id_offset=traffic.payloads[0].id_offset,
            acks=False,
            deliver_subject=names.deliver_subject,
            idle_heartbeat_ns=HEARTBEAT_NS,
        ),
        load=loads[PUT],
        seed=seed_of(loads, PUT, trial.seed),
        workers=1,
        run="virtual",
        timing="none",
        ack_batch=1,
        record_path=stage.directory / f"{role}.npy",
        sparse=True,
    )


async def _held(stage: Stage) -> Held:
    return await latest(stage.client, stage.names.stream, stage.names.subject_prefix)


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=_due,
    needs=_needs,
    sampled=lambda _: None,
    named=admin.bucket_names,
    held=_held,
    audit=audited,
)
