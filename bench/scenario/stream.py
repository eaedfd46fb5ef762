"""A stream of messages: publishers on one side, consumers sharing one JetStream consumer."""

from collections.abc import Mapping

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.permissions import Needs
from bench.clients.port import Binding
from bench.engine.ackcheck import sample_percent
from bench.engine.jobs import DriverJob, ObserverJob, SamplerJob, Watched
from bench.engine.pressure import Offer, offer_of
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.kind import Kind, Stage, all_of_it, connecting_as
from bench.spec.kinds.stream import Stream


def _offers(cell: Cell) -> Mapping[str, Offer]:
    publish = cell.cast.part("publish")
    return {publish.name: offer_of(publish, _stream(cell).publish, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, sampled: int | None) -> None:
    await admin.provision(
        client,
        cell.settings,
        names,
        shared=_stream(cell).consume.consumers > 1,
        sample_percent=sampled,
    )


def _sampled(cell: Cell) -> int | None:
    return sample_percent(cell.settings, _stream(cell).publish.rate_msgs_per_s)


def _needs(cell: Cell) -> Needs:
    consumer = cell.settings.consumer
    return Needs(
        subjects=frozenset(cell.workload.addressed),
        pull=consumer.mode == "pull",
        push=consumer.mode == "push",
        acks=cell.settings.ack.timing != "none",
        flow_control=consumer.flow_control,
    )


def _stream(cell: Cell) -> Stream:
    if not isinstance(cell.workload, Stream):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    publish, consume = _stream(cell).publish, _stream(cell).consume
    acks = cell.settings.ack.timing != "none"
    watched = Watched(
        part="consume",
        names=stage.names,
        tracked=acks,
        max_deliver=cell.settings.consumer.max_deliver,
    )
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=(watched,),
        drivers=tuple(
            _publisher_job(stage, trial, cell, share) for share in range(publish.publishers)
        ),
        observers=tuple(
            _consumer_job(stage, trial, cell, traffic["publish"], number)
            for number in range(consume.consumers)
        ),
        sampler=SamplerJob(
            role="sampler",
            endpoint=connecting_as(stage.endpoint, "sampler"),
            watched=(watched,),
            pids={},
            seed=trial.seed,
        ),
        phases=cell.workload.phases,
        acks=frozenset({"consume"} if acks else ()),
        shown="consume",
        directory=stage.directory,
    )


def _publisher_job(stage: Stage, trial: Trial, cell: Cell, share: int) -> DriverJob:
    role = f"publisher-{share}"
    return DriverJob(
        part="publish",
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        load=cell.workload.loads["publish"],
        seed=trial.seed,
        how=cell.settings.publish,
        asks=False,
        share=share,
        shares=_stream(cell).publish.publishers,
        subject_prefix=stage.names.subject_prefix,
        record_path=stage.directory / f"{role}.npy",
    )


def _consumer_job(
    stage: Stage, trial: Trial, cell: Cell, traffic: Traffic, number: int
) -> ObserverJob:
    role = f"consumer-{number}"
    settings, names = cell.settings, stage.names
    push = settings.consumer.mode == "push"
    heartbeats = settings.consumer if push else settings.pull
    shared = _stream(cell).consume.consumers > 1
    binding = Binding(
        stream=names.stream,
        consumer=names.consumer,
        mode=settings.consumer.mode,
        batch=settings.pull.batch,
        expires_ns=settings.pull.expires_ns,
        requests=settings.pull.requests,
        max_bytes=settings.pull.max_bytes or 0,
        no_wait=settings.pull.no_wait,
        id_offset=traffic.payloads[0].id_offset,
        acks=settings.ack.timing != "none",
        double_acks=settings.ack.double,
        deliver_subject=names.deliver_subject if push else "",
        deliver_group=names.deliver_group if push and shared else "",
        idle_heartbeat_ns=heartbeats.idle_heartbeat_ns or 0,
    )
    return ObserverJob(
        part="consume",
        flow="publish",
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=settings.client,
        binding=binding,
        load=cell.workload.loads["publish"],
        seed=trial.seed,
        workers=_stream(cell).consume.workers,
        run=settings.handler.run,
        timing=settings.ack.timing,
        ack_batch=settings.ack.batch or settings.pull.batch,
        record_path=stage.directory / f"{role}.npy",
    )


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=all_of_it,
    needs=_needs,
    sampled=_sampled,
)
