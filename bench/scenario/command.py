"""Commands: callers, handlers that share a queue group, a bucket for states, a stream of events."""

from collections.abc import Mapping

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest, since
from bench.broker.permissions import Needs
from bench.broker.preload import preload
from bench.clients.buckets import Bucket
from bench.clients.port import Binding
from bench.engine.commanding import FIRST_VERSION, Command, State
from bench.engine.jobs import DriverJob, Effect, ObserverJob
from bench.engine.pressure import Offer, offer_of
from bench.engine.stepping import begun
from bench.engine.table import Flags
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.command_audit import audited, event_place, state_place
from bench.scenario.jobs import getting, sampler_job
from bench.scenario.kind import Kind, Stage, connecting_as
from bench.spec.commanded_parts import COMMAND, HANDLE
from bench.spec.kinds.command import Commands


def _load(cell: Cell) -> Commands:
    if not isinstance(cell.workload, Commands):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _offers(cell: Cell) -> Mapping[str, Offer]:
    return {COMMAND: offer_of(cell.cast.part(COMMAND), _load(cell).command, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the stream of events, and the bucket with a state for each entity."""
    del percent
    bucket = admin.bucket_names(names)
    await admin.make_stream(client, cell.settings.stream, names)
    await admin.make_bucket(client, cell.settings.bucket, bucket)
    first = State(version=FIRST_VERSION).written()
    keys = _load(cell).entities.names.names
    await preload(client, ((f"{bucket.subject_prefix}{key}", first) for key in keys))


def _due(cell: Cell, traffic: Mapping[str, Traffic]) -> Mapping[str, Flags]:
    """Return that handlers are due each command once, however often it is sent."""
    del cell
    return {HANDLE: begun(traffic[COMMAND])}


def _needs(cell: Cell) -> Needs:
    return Needs(
        subjects=frozenset(cell.workload.addressed),
        pull=False,
        push=True,
        acks=False,
        flow_control=False,
        asks=getting(cell),
        says=frozenset({"$KV.{stream}.x", "{deliver}.x"}),
        answers=frozenset({"{deliver}.x"}),
    )


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    callers = range(_load(cell).command.publishers)
    handlers = range(cell.settings.respond.responders)
    id_offset = traffic[COMMAND].payloads[0].id_offset
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=(),
        drivers=tuple(_caller_job(stage, trial, cell, share) for share in callers),
        observers=tuple(
            _handler_job(stage, trial, cell, (number, id_offset)) for number in handlers
        ),
        sampler=sampler_job(stage, trial, ()),
        phases=cell.workload.phases,
        acks=frozenset({HANDLE}),
        shown=COMMAND,
        directory=stage.directory,
    )


def _asked_below(names: Names) -> str:
    """Return what commands are sent below: no subject of the stream, which would answer them."""
    return f"{names.deliver_subject}."


def _caller_job(stage: Stage, trial: Trial, cell: Cell, share: int) -> DriverJob:
    role = f"{cell.cast.part(COMMAND).role}-{share}"
    return DriverJob(
        part=COMMAND,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        load=cell.workload.loads[COMMAND],
        seed=trial.seed,
        how=cell.settings.publish,
        does="command",
        share=share,
        shares=_load(cell).command.publishers,
        subject_prefix=_asked_below(stage.names),
        record_path=stage.directory / f"{role}.npy",
    )


def _handler_job(stage: Stage, trial: Trial, cell: Cell, of: tuple[int, int]) -> ObserverJob:
    """Return the job of a handler process, by its number and where ids stand."""
    number, id_offset = of
    role, workers = f"{cell.cast.part(HANDLE).role}-{number}", cell.settings.respond.workers
    return ObserverJob(
        part=HANDLE,
        flow=COMMAND,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        binding=Binding(
            stream="",
            consumer="",
            mode="answer",
            batch=1,
            expires_ns=0,
            id_offset=id_offset,
            deliver_subject=f"{_asked_below(stage.names)}>",
            deliver_group="handlers",
        ),
        load=cell.workload.loads[COMMAND],
        seed=trial.seed,
        workers=workers,
        run="virtual",
        timing="after-handler",
        ack_batch=1,
        record_path=stage.directory / f"{role}.npy",
        sparse=True,
        effect=_effect(stage.names, cell, workers),
    )


def _effect(names: Names, cell: Cell, workers: int) -> Effect:
    handle, bucket = _load(cell).handle, admin.bucket_names(names)
    return Effect(
        bucket=Bucket(
            stream=bucket.stream, direct=cell.settings.bucket.allow_direct, tries=handle.tries
        ),
        prefix=bucket.subject_prefix,
        workers=workers,
        ordered=False,
        command=Command(remember=handle.remember, events=names.subject_prefix),
    )


async def _held(stage: Stage) -> Held:
    """Return the state of each entity, and every event."""
    names, bucket = stage.names, admin.bucket_names(stage.names)
    states = await latest(stage.client, bucket.stream, bucket.subject_prefix)
    events = await since(stage.client, names.stream, names.subject_prefix, 1)
    return {state_place(key): kept for key, kept in states.items()} | {
        event_place(key, kept.seq): kept for key, kept in events
    }


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=_due,
    needs=_needs,
    sampled=lambda _: None,
    things=lambda names, _: (names, admin.bucket_names(names)),
    held=_held,
    audit=audited,
)
