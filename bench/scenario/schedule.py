"""Schedules of a stream: publishers that say when, and consumers of what is due."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, waiting
from bench.engine.pressure import Offer, offer_of
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.consumed import scene_of
from bench.scenario.jobs import consuming, sampled
from bench.scenario.kind import Kind, Stage
from bench.scenario.schedule_audit import LEFT, audited
from bench.spec.filling import PUBLISH
from bench.spec.kinds.schedule import COMES, CONSUME, WAITS, Scheduling

SCHEDULES = {"allow_msg_schedules": True}
"""What the stream has besides (ADR-51 of NATS)."""

_LETS_GO_S = 0.5
"""Between two looks at what waits: longer than the server takes to remove what it let go."""


def _scheduling(cell: Cell) -> Scheduling:
    if not isinstance(cell.workload, Scheduling):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _offers(cell: Cell) -> Mapping[str, Offer]:
    part = cell.cast.part(PUBLISH)
    return {PUBLISH: offer_of(part, _scheduling(cell).publish, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the stream, and a consumer that is due what comes, and not what waits."""
    shared = _scheduling(cell).consume.consumers > 1
    await admin.make_stream(client, cell.settings.stream, names, SCHEDULES)
    consumer = cell.settings.consumer
    body = admin.consumer_body(consumer, names, shared=shared, filter_subject=COMES)
    if percent is not None:
        body["sample_freq"] = f"{percent}%"
    await admin.make_consumer(client, names, body)


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    del cell
    return {CONSUME: np.ones(traffic[PUBLISH].intended_ns.size, dtype=np.bool_)}


async def _held(stage: Stage) -> Held:
    """Return what still waits; each has a subject of its own.

    A schedule is removed after what it let go is stored, and that may have come before: so it is
    looked twice, and what left meanwhile says so.
    """
    first = await _waiting(stage)
    if not first:
        return first
    await asyncio.sleep(_LETS_GO_S)
    second = await _waiting(stage)
    return {
        name: last if name in second else replace(last, operation=LEFT)
        for name, last in first.items()
    }


async def _waiting(stage: Stage) -> Held:
    return await waiting(stage.client, stage.names.stream, f"{stage.names.subject_prefix}{WAITS}.")


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    """Return who publishes and who consumes: all that is published is to come, later."""
    scene = scene_of(stage, trial, cell, traffic, _scheduling(cell).consume)
    return replace(scene, observers=tuple(replace(job, sparse=False) for job in scene.observers))


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=_due,
    needs=consuming,
    sampled=sampled,
    held=_held,
    audit=audited,
)
