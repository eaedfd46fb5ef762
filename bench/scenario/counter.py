"""Counters of a stream: publishers that add, and consumers that share one JetStream consumer."""

from collections.abc import Mapping
from dataclasses import replace

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest
from bench.broker.permissions import Needs
from bench.engine.pressure import Offer, offer_of
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.consumed import scene_of
from bench.scenario.counter_audit import audited
from bench.scenario.jobs import consuming, sampled
from bench.scenario.kind import Kind, Stage, all_of_it
from bench.spec.filling import PUBLISH
from bench.spec.kinds.counter import Counting

COUNTERS = {"allow_msg_counter": True}
"""What the stream has besides (ADR-49 of NATS)."""


def _counting(cell: Cell) -> Counting:
    if not isinstance(cell.workload, Counting):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _offers(cell: Cell) -> Mapping[str, Offer]:
    part = cell.cast.part(PUBLISH)
    return {PUBLISH: offer_of(part, _counting(cell).publish, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    shared = _counting(cell).consume.consumers > 1
    await admin.make_stream(client, cell.settings.stream, names, COUNTERS)
    await admin.join(client, cell.settings, names, shared=shared, sample_percent=percent)


async def _held(stage: Stage) -> Held:
    """Return the sums: each stands in the last message of its subject."""
    return await latest(stage.client, stage.names.stream, stage.names.subject_prefix)


def _needs(cell: Cell) -> Needs:
    return replace(consuming(cell), asks=frozenset({"CONSUMER.CREATE.{stream}"}))


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    return scene_of(stage, trial, cell, traffic, _counting(cell).consume)


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=all_of_it,
    needs=_needs,
    sampled=sampled,
    held=_held,
    audit=audited,
)
