"""Watchers of a bucket, as several kinds of workload have them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.clients.port import Binding
from bench.core.units import NS_PER_S
from bench.engine.jobs import ObserverJob, Watched
from bench.engine.table import Flags
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic, seed_of
from bench.record import samples
from bench.scenario.kind import Stage, connecting_as
from bench.spec.cast import Part
from bench.spec.filters import matching
from bench.spec.keyed import Watch

HEARTBEAT_NS = 5 * NS_PER_S
"""Of watchers, as clients of NATS set it."""

Watching = tuple[Part, Watch]


async def make_watchers(client: Client, bucket: Names, watching: Iterable[Watching]) -> None:
    """Make what watchers take from."""
    for part, watch in watching:
        own = named(bucket, part)
        await admin.make_consumer(client, own, _watcher_body(own, watch))


def due(watching: Iterable[Watching], traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    """Return which writes a watcher is due, by its part; absent where all.

    What says again what another one said is no write of its own.
    """
    found: dict[str, Flags] = {}
    for part, watch in watching:
        if part.instants[0].due:
            written = traffic[part.flow]
            matched = matching(watch.subjects, written.subjects)
            of_each = np.array([subject in matched for subject in written.subjects])
            found[part.name] = of_each[written.subject_index] & written.firsts
    return found


def _watcher_body(names: Names, watch: Watch) -> admin.Json:
    """Return what an ordered consumer of a NATS client is like, but that it is ours."""
    return {
        "durable_name": names.consumer,
        "name": names.consumer,
        "deliver_policy": watch.begins,
        "ack_policy": "none",
        "max_deliver": 1,
        "mem_storage": True,
        "num_replicas": 1,
        "flow_control": True,
        "idle_heartbeat": HEARTBEAT_NS,
        "deliver_subject": names.deliver_subject,
        "filter_subject": f"{names.subject_prefix}{watch.subjects}",
    }


def named(names: Names, part: Part) -> Names:
    """Return what the consumer of a watcher is called, and where it is delivered to."""
    subject = f"{names.deliver_subject}.{part.name}"
    return replace(names, consumer=part.name, deliver_subject=subject)


def asked(bucket: Names, part: Part, watchers: int) -> Watched:
    """Return what the server is asked about a watcher, one of so many that it is asked about."""
    return Watched(
        part=part.name,
        names=named(bucket, part),
        tracked=False,
        max_deliver=None,
        prefix=samples.prefix(part.name, watchers),
    )


def watcher_job(
    stage: Stage, trial: Trial, cell: Cell, watching: tuple[Part, Names], id_offset: int
) -> ObserverJob:
    """Return the job of the process of a watcher.

    Args:
        stage: where it takes place.
        trial: of the plan.
        cell: likewise.
        watching: its part, and the bucket.
        id_offset: where in a value the id of its write stands.
    """
    part, bucket = watching
    loads, role, names = cell.workload.loads, f"{part.role}-0", named(bucket, part)
    return ObserverJob(
        part=part.name,
        flow=part.flow,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        binding=Binding(
            stream=names.stream,
            consumer=names.consumer,
            mode="push",
            batch=1,
            expires_ns=0,
            id_offset=id_offset,
            acks=False,
            deliver_subject=names.deliver_subject,
            idle_heartbeat_ns=HEARTBEAT_NS,
        ),
        load=loads[part.flow],
        seed=seed_of(loads, part.flow, trial.seed),
        workers=1,
        run="virtual",
        timing="none",
        ack_batch=1,
        record_path=stage.directory / f"{role}.npy",
        sparse=True,
    )
