"""A bucket: writers, readers and updaters on one side, watchers on the other."""

from collections.abc import Iterator, Mapping

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest
from bench.broker.permissions import Needs
from bench.broker.preload import preload
from bench.clients.buckets import Bucket
from bench.core.units import NS_PER_S
from bench.engine.jobs import Doing, DriverJob
from bench.engine.pressure import Offer, offer_of
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.dealing import deal
from bench.plan.model import Cell, Trial
from bench.plan.payload import templates
from bench.plan.traffic import Traffic, seed_of
from bench.scenario.jobs import getting, opening, sampler_job
from bench.scenario.kind import Kind, Stage, connecting_as
from bench.scenario.kv_audit import audited
from bench.scenario.reading import PRELOADED
from bench.scenario.watchers import Watching, asked, due, make_watchers, watcher_job
from bench.spec.cast import Part
from bench.spec.grouped_parts import GROUP_GET, GROUP_PUT
from bench.spec.keyed_parts import CREATE, GET, PUT, UPDATE
from bench.spec.kinds.kv import Kv

DOES: Mapping[str, Doing] = {
    PUT: "put",
    GET: "read",
    UPDATE: "update",
    CREATE: "create",
    GROUP_PUT: "save",
    GROUP_GET: "gather",
}


LISTENING: Mapping[str, frozenset[str]] = {
    "wire": frozenset({"CONSUMER.CREATE.{stream}.x.x", "CONSUMER.DELETE.{stream}.x"}),
    "nats-py": frozenset({"CONSUMER.CREATE.{stream}", "CONSUMER.INFO.{stream}.x"}),
}
"""What a client asks for that lists keys, or fills a cache by a watch."""


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
    await preload(client, _values(cell, names))
    await make_watchers(client, names, _watchers(cell))


def _values(cell: Cell, names: Names) -> Iterator[tuple[str, bytes]]:
    kv, rng = _kv(cell), np.random.default_rng(0)
    keys = kv.names.names[: kv.preloaded]
    times = kv.preloaded_in(cell.settings.bucket) // max(1, kv.preloaded)
    value, keys = kv.value, (*keys * times, *_members(kv))
    sizes = deal((len(keys),), list(value.sizes.values()), rng)
    filled = [each.filled(PRELOADED) for each in templates(value, rng)]
    for key, size in zip(keys, sizes, strict=True):
        yield f"{names.subject_prefix}{key}", filled[size]


def _members(kv: Kv) -> Iterator[str]:
    """Yield the keys of all groups, where there are any."""
    if kv.group_put or kv.group_get:
        for group in kv.groups.names.names:
            yield from kv.groups.keys(group)


def _watchers(cell: Cell) -> Iterator[Watching]:
    yield from zip(cell.cast.observing, _kv(cell).watch.values(), strict=True)


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    return due(_watchers(cell), traffic)


def _needs(cell: Cell) -> Needs:
    reads = {GET, UPDATE, CREATE} & _kv(cell).offers.keys()
    direct = cell.settings.bucket.allow_direct
    asks = set(getting(cell, "{stream}") if reads else opening(cell, "{stream}"))
    if GROUP_GET in _kv(cell).offers:
        asks |= {"DIRECT.GET.{stream}", "DIRECT.GET.{stream}.x"}
    cached = cell.settings.read.strategy != "get"
    if cached and GET in _kv(cell).offers:
        asks |= {"DIRECT.GET.{stream}"} if direct else set()
    if _kv(cell).scans or cached:
        asks |= LISTENING[cell.settings.client]
    return Needs(
        subjects=frozenset(cell.workload.addressed),
        pull=False,
        push=bool(_kv(cell).watch),
        acks=False,
        flow_control=bool(_kv(cell).watch or _kv(cell).scans or cached),
        asks=frozenset(asks),
    )


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    watchers = tuple(part for part, _ in _watchers(cell))
    looked_at = tuple(asked(stage.names, part, len(watchers)) for part in watchers)
    drivers = tuple(
        _driver_job(stage, trial, cell, cell.cast.part(name), share)
        for name, offer in _kv(cell).offers.items()
        for share in range(offer.publishers)
    )
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=looked_at,
        drivers=drivers,
        observers=tuple(
            watcher_job(stage, trial, cell, (part, stage.names), _id_offset(traffic[part.flow]))
            for part in watchers
        ),
        sampler=sampler_job(stage, trial, looked_at),
        phases=cell.workload.phases,
        acks=frozenset(),
        shown=cell.cast.driving[0].name,
        directory=stage.directory,
    )


def _does(cell: Cell, part: Part) -> Doing:
    if part.name in _kv(cell).scans:
        return "scan"
    cached = part.name == GET and cell.settings.read.strategy != "get"
    return "recall" if cached else DOES[part.name]


def _id_offset(written: Traffic) -> int:
    return written.payloads[0].id_offset


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
        does=_does(cell, part),
        share=share,
        shares=loads[part.name].publish.publishers,
        subject_prefix=stage.names.subject_prefix,
        record_path=stage.directory / f"{role}.npy",
        bucket=_bucket(stage.names, cell, part),
    )


def _bucket(names: Names, cell: Cell, part: Part) -> Bucket:
    kv = _kv(cell)
    value = templates(kv.value, np.random.default_rng(0))[0]
    return Bucket(
        stream=names.stream,
        direct=cell.settings.bucket.allow_direct,
        id_offset=value.id_offset,
        within_ns=kv.offers[part.name].answer_within_ns or 0,
        tries=kv.update.tries if kv.update else 1,
        strategy=cell.settings.read.strategy,
        max_age_ns=cell.settings.read.max_age_ns,
        restart_ns=cell.settings.read.restart_ns or 0,
        values=part.name in kv.scans and kv.scans[part.name].snapshot,
        members=kv.groups.members,
        bounded=cell.settings.read.group == "boundary",
        ttl_s=(kv.create.ttl_ns or 0) // NS_PER_S if kv.create else 0,
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
