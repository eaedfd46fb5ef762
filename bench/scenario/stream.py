"""A stream of messages: publishers on one side, consumers sharing one JetStream consumer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.aging import age
from bench.broker.letters import Letter, letter_names, make_letters, posted
from bench.broker.permissions import Needs
from bench.engine.pressure import Offer, offer_of
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.shared import may_be_kept
from bench.plan.traffic import Traffic
from bench.scenario import applied, marking
from bench.scenario.consumed import scene_of
from bench.scenario.jobs import consuming
from bench.scenario.kind import Kind, Stage
from bench.scenario.soaking import sampled_of, soaked
from bench.spec.kinds.stream import Stream


def _offers(cell: Cell) -> Mapping[str, Offer]:
    publish = cell.cast.part("publish")
    return {publish.name: offer_of(publish, _stream(cell).publish, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the stream, with its past if it is to have one, the consumer, and what effects need."""
    if cell.settings.stream.history is None:
        shared = _stream(cell).consume.consumers > 1
        await admin.provision(client, cell.settings, names, shared=shared, sample_percent=percent)
        await _make_letters(client, names, cell)
        await applied.make(client, names, cell)
    else:
        await age(client, cell.settings.stream, names)
        await _joins(client, names, cell, percent)


async def _joins(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    shared = _stream(cell).consume.consumers > 1
    await admin.join(client, cell.settings, names, shared=shared, sample_percent=percent)
    await _make_letters(client, names, cell)
    await applied.make(client, names, cell)


async def _make_letters(client: Client, names: Names, cell: Cell) -> None:
    if cell.settings.failure.dead_letters:
        await make_letters(client, cell.settings, names)


def _things(names: Names, cell: Cell) -> tuple[Names, ...]:
    letters = (letter_names(names),) if cell.settings.failure.dead_letters else ()
    return (names, *letters, *applied.things(names, cell))


async def _letters(stage: Stage, cell: Cell) -> Sequence[Letter]:
    if not cell.settings.failure.dead_letters:
        return ()
    return await posted(stage.client, stage.names)


def _needs(cell: Cell) -> Needs:
    """Return what consumers do, and what dead letters and effects take besides."""
    needs = applied.needing(consuming(cell), cell)
    if not cell.settings.failure.dead_letters:
        return needs
    dead = "{stream}_dead"
    looks = (f"STREAM.{operation}.{dead}" for operation in ("INFO", "CREATE", "DELETE"))
    asks = needs.asks | {*looks, f"CONSUMER.CREATE.{dead}", "STREAM.MSG.GET.{stream}"}
    return replace(needs, asks=asks, says=needs.says | {"{prefix}-dead.x"})


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    """Return that consumers are due each message once, however often it is published."""
    if not _stream(cell).again:
        return {}
    return {part.name: traffic[part.flow].firsts for part in cell.cast.observing}


def _stream(cell: Cell) -> Stream:
    if not isinstance(cell.workload, Stream):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    scene = scene_of(stage, trial, cell, traffic, _stream(cell).consume)
    role = cell.cast.part("consume").role
    crashes = applied.crashing(stage, cell, traffic["publish"], role)
    observers = tuple(applied.applying(job, stage, cell, crashes) for job in scene.observers)
    return soaked(replace(scene, observers=observers, crashing=crashes), trial, cell)


KIND = Kind(
    offers=_offers,
    provision=_provision,
    lays_apart=may_be_kept,
    joins=_joins,
    scene=_scene,
    due=_due,
    needs=_needs,
    sampled=sampled_of,
    things=_things,
    held=applied.held,
    letters=_letters,
    audit=marking.audited,
)
