"""A bucket and a stream, writers of both, and a process that puts right what has one half alone."""

from collections.abc import Mapping

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest, since
from bench.broker.permissions import Needs
from bench.clients.pairs import Form
from bench.clients.port import Binding
from bench.engine.jobs import DriverJob, Mending, ObserverJob
from bench.engine.pressure import Offer, offer_of
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.jobs import opening, sampler_job
from bench.scenario.kind import Kind, Stage, all_of_it, connecting_as
from bench.scenario.pairs_audit import audited, event_place, value_place
from bench.spec.headers import header_lines
from bench.spec.kinds.dual_write import DualWrite
from bench.spec.paired_parts import PAIR, WRITE, event_headers

_NOT_BOUND = Binding(stream="", consumer="", mode="pull", batch=1, expires_ns=0, id_offset=0)
"""A process that looks by itself takes from no consumer."""


def _load(cell: Cell) -> DualWrite:
    if not isinstance(cell.workload, DualWrite):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _offers(cell: Cell) -> Mapping[str, Offer]:
    return {WRITE: offer_of(cell.cast.part(WRITE), _load(cell).write, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, percent: int | None) -> None:
    """Make the stream of events, and the bucket."""
    del percent
    await admin.make_stream(client, cell.settings.stream, names)
    await admin.make_bucket(client, cell.settings.bucket, admin.bucket_names(names))


def _needs(cell: Cell) -> Needs:
    return Needs(
        subjects=frozenset(cell.workload.addressed),
        pull=False,
        push=False,
        acks=False,
        flow_control=False,
        asks=opening(cell) | {"CONSUMER.CREATE.{stream}", "CONSUMER.CREATE.KV_{stream}"},
        says=frozenset({"$KV.{stream}.x"}),
    )


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    form = _form(stage.names, cell, traffic[WRITE])
    shares = _load(cell).write.publishers
    mends = cell.settings.writes.reconcile != "none"
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=(),
        drivers=tuple(_writer_job(stage, trial, cell, form, share) for share in range(shares)),
        observers=(_reconciler_job(stage, trial, cell, form),) if mends else (),
        sampler=sampler_job(stage, trial, ()),
        phases=cell.workload.phases,
        acks=frozenset(),
        shown=WRITE,
        directory=stage.directory,
    )


def _form(names: Names, cell: Cell, written: Traffic) -> Form:
    strategy, write = cell.settings.writes.strategy, _load(cell).write
    headers = event_headers(write.headers, strategy)
    return Form(
        strategy=strategy,
        events=names.subject_prefix,
        values=admin.bucket_names(names).subject_prefix,
        headers=header_lines(headers, cell.settings.publish, names.subject_prefix),
        id_offset=written.payloads[0].id_offset,
    )


def _writer_job(stage: Stage, trial: Trial, cell: Cell, form: Form, share: int) -> DriverJob:
    part, load = cell.cast.part(WRITE), cell.workload.loads[WRITE]
    role = f"{part.role}-{share}"
    return DriverJob(
        part=WRITE,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        load=load,
        seed=trial.seed,
        how=cell.settings.publish,
        does="pair",
        share=share,
        shares=load.publish.publishers,
        subject_prefix="",
        record_path=stage.directory / f"{role}.npy",
        form=form,
    )


def _reconciler_job(stage: Stage, trial: Trial, cell: Cell, form: Form) -> ObserverJob:
    part, writes = cell.cast.part(PAIR), cell.settings.writes
    role, bucket = f"{part.role}-0", admin.bucket_names(stage.names)
    return ObserverJob(
        part=PAIR,
        flow=WRITE,
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        binding=_NOT_BOUND,
        load=cell.workload.loads[WRITE],
        seed=trial.seed,
        workers=1,
        run="virtual",
        timing="none",
        ack_batch=1,
        record_path=stage.directory / f"{role}.npy",
        mending=Mending(
            form=form,
            bucket=bucket.stream,
            stream=stage.names.stream,
            every_ns=writes.every_ns if writes.reconcile == "interval" else 0,
        ),
    )


async def _held(stage: Stage) -> Held:
    """Return the last value of each key, and every event."""
    names, bucket = stage.names, admin.bucket_names(stage.names)
    values = await latest(stage.client, bucket.stream, bucket.subject_prefix)
    events = await since(stage.client, names.stream, names.subject_prefix, 1)
    return {value_place(key): kept for key, kept in values.items()} | {
        event_place(key, kept.seq): kept for key, kept in events
    }


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=all_of_it,
    needs=_needs,
    sampled=lambda _: None,
    things=lambda names, _: (names, admin.bucket_names(names)),
    held=_held,
    audit=audited,
)
