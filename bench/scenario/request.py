"""Request and reply: requesters, and responders that share a queue group; nothing is stored."""

from collections.abc import Mapping

from nats.aio.client import Client

from bench.broker.admin import Names
from bench.broker.permissions import Needs
from bench.clients.port import Binding
from bench.engine.jobs import DriverJob, ObserverJob
from bench.engine.pressure import Offer, offer_of
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.scenario.jobs import sampler_job
from bench.scenario.kind import Kind, Stage, all_of_it, connecting_as
from bench.spec.kinds.request import Request


def _offers(cell: Cell) -> Mapping[str, Offer]:
    request = cell.cast.part("request")
    return {request.name: offer_of(request, _request(cell).request, cell.settings.publish)}


async def _provision(client: Client, names: Names, cell: Cell, sampled: int | None) -> None:
    """Make nothing: whoever listens is there."""


def _needs(cell: Cell) -> Needs:
    return Needs(
        subjects=frozenset(cell.workload.addressed),
        pull=False,
        push=True,
        acks=False,
        flow_control=False,
        answers=frozenset({f"{{prefix}}.{cell.workload.addressed[0]}"}),
    )


def _request(cell: Cell) -> Request:
    if not isinstance(cell.workload, Request):
        raise TypeError(f"{cell.workload_name} is played as another kind than it is")
    return cell.workload


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Mapping[str, Traffic]) -> Scene:
    requesters = range(_request(cell).request.publishers)
    responders = range(cell.settings.respond.responders)
    return Scene(
        server=stage.server,
        client=stage.client,
        watched=(),
        drivers=tuple(_requester_job(stage, trial, cell, share) for share in requesters),
        observers=tuple(
            _responder_job(stage, trial, cell, traffic["request"], number) for number in responders
        ),
        sampler=sampler_job(stage, trial, ()),
        phases=cell.workload.phases,
        acks=frozenset({"respond"}),
        shown="request",
        directory=stage.directory,
    )


def _requester_job(stage: Stage, trial: Trial, cell: Cell, share: int) -> DriverJob:
    role = f"requester-{share}"
    return DriverJob(
        part="request",
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        load=cell.workload.loads["request"],
        seed=trial.seed,
        how=cell.settings.publish,
        does="ask",
        share=share,
        shares=_request(cell).request.publishers,
        subject_prefix=stage.names.subject_prefix,
        record_path=stage.directory / f"{role}.npy",
    )


def _responder_job(
    stage: Stage, trial: Trial, cell: Cell, traffic: Traffic, number: int
) -> ObserverJob:
    role = f"responder-{number}"
    return ObserverJob(
        part="respond",
        flow="request",
        role=role,
        endpoint=connecting_as(stage.endpoint, role),
        client=cell.settings.client,
        binding=Binding(
            stream="",
            consumer="",
            mode="answer",
            batch=1,
            expires_ns=0,
            id_offset=traffic.payloads[0].id_offset,
            deliver_subject=f"{stage.names.subject_prefix}>",
            deliver_group="responders",
            reply=b"r" * _request(cell).reply.size,
        ),
        load=cell.workload.loads["request"],
        seed=trial.seed,
        workers=cell.settings.respond.workers,
        run="virtual",
        timing="after-handler",
        ack_batch=1,
        record_path=stage.directory / f"{role}.npy",
    )


KIND = Kind(
    offers=_offers,
    provision=_provision,
    scene=_scene,
    due=all_of_it,
    needs=_needs,
    sampled=lambda _: None,
)
