"""A stream of messages: publishers on one side, consumers sharing one JetStream consumer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.endpoint import Endpoint
from bench.broker.server import Server, slow_consumers
from bench.clients.port import Binding
from bench.core.errors import BenchError, MeasurementError, ServerUnavailableError
from bench.engine.ackcheck import sample_percent
from bench.engine.jobs import ConsumerJob, PublisherJob, SamplerJob
from bench.engine.trial import Outcome, Scene, Watch, conduct
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.spec.servers import replicated_store

_CONTROL = ("sampler", "jetbench")
"""Connections that carry no load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a trial takes place.

    Attributes:
        server: it runs against.
        endpoint: how to connect to it.
        client: the conductor's own connection.
        names: what its things are called.
        directory: for the workers' files.
        warn: tells whoever watches what no record will hold.
    """

    server: Server
    endpoint: Endpoint
    client: Client
    names: Names
    directory: Path
    warn: Callable[[str], None]


class UncleanError(MeasurementError):
    """A trial could not begin, and what was made for it could not be removed.

    Attributes:
        left: the finding that says what stays.
    """

    def __init__(self, text: str, left: Finding) -> None:
        super().__init__(text)
        self.left = left


async def run(stage: Stage, trial: Trial, cell: Cell, traffic: Traffic, watch: Watch) -> Outcome:
    """Make stream and consumer, conduct the trial, and remove what was made.

    Raises:
        MeasurementError: it could not begin; an UncleanError where something of it stays.
    """
    try:
        outcome = await _conducted(stage, trial, cell, traffic, watch)
    except (MeasurementError, ServerUnavailableError) as error:
        if (left := await _left_behind(stage)) is not None:
            raise UncleanError(str(error), left) from error
        raise
    except BaseException:
        if (left := await _left_behind(stage)) is not None:
            stage.warn(left.text)  # an interrupted trial has no record
        raise
    if (left := await _left_behind(stage)) is not None:
        outcome.findings.append(left)
    return outcome


async def _conducted(
    stage: Stage, trial: Trial, cell: Cell, traffic: Traffic, watch: Watch
) -> Outcome:
    await admin.provision(
        stage.client,
        cell.settings,
        stage.names,
        shared=cell.workload.consume.consumers > 1,
        sample_percent=sample_percent(cell.settings, cell.workload.publish.rate_msgs_per_s),
    )
    outcome = await conduct(_scene(stage, trial, cell, traffic), watch)
    outcome.findings += _slow_consumers(stage.server)
    if words := replicated_store(cell.settings, admin.server_version(stage.client)):
        outcome.findings.append(Finding(level=Level.NOTE, code="replicated-store", text=words))
    return outcome


async def _clean_up(stage: Stage) -> str:
    """Remove what was made; return why it may still be there, empty when it is gone.

    The link to a server of the user's own may have been cut meanwhile: then it is made anew.
    """
    why = await admin.clean_up(stage.client, stage.names)
    if not why or stage.server.directory is not None:  # ours is gone with its store in any case
        return ""
    try:
        link = await admin.connect(stage.endpoint)
    except BenchError as error:
        return f"{why}; {error}"
    try:
        return await admin.clean_up(link, stage.names)
    finally:
        await link.close()


def _slow_consumers(server: Server) -> list[Finding]:
    """Name what the embedded server cut off for being slow: to the client it is a mere end.

    A user's server keeps its log to itself.
    """
    if server.directory is None:
        return []
    return [
        Finding(
            level=Level.WARNING if role in _CONTROL else Level.INVALID,
            code="slow-consumer",
            text=f"the server cut {role} off as a slow consumer, which did not take what it was "
            f"sent: {why}",
            role=role,
        )
        for role, why in slow_consumers(server.directory)
    ]


async def _left_behind(stage: Stage) -> Finding | None:
    """Remove what was made; return what may still be there, None when it is gone."""
    if not (why := await _clean_up(stage)):
        return None
    stream = stage.names.stream
    text = (
        f"stream {stream} could not be removed from the server and may still be there "
        f"({why}); `nats stream rm {stream}` removes it"
    )
    return Finding(level=Level.WARNING, code="left-behind", text=text)


def _scene(stage: Stage, trial: Trial, cell: Cell, traffic: Traffic) -> Scene:
    publish, consume = cell.workload.publish, cell.workload.consume
    return Scene(
        server=stage.server,
        client=stage.client,
        names=stage.names,
        publishers=tuple(
            _publisher_job(stage, trial, cell, share) for share in range(publish.publishers)
        ),
        consumers=tuple(
            _consumer_job(stage, trial, cell, traffic, number)
            for number in range(consume.consumers)
        ),
        sampler=SamplerJob(
            role="sampler",
            endpoint=_as(stage.endpoint, "sampler"),
            names=stage.names,
            pids={},
            seed=trial.seed,
        ),
        phases=cell.workload.phases,
        acks=cell.settings.ack.timing != "none",
        max_deliver=cell.settings.consumer.max_deliver,
        directory=stage.directory,
    )


def _publisher_job(stage: Stage, trial: Trial, cell: Cell, share: int) -> PublisherJob:
    role = f"publisher-{share}"
    return PublisherJob(
        role=role,
        endpoint=_as(stage.endpoint, role),
        client=cell.settings.client,
        workload=cell.workload,
        seed=trial.seed,
        how=cell.settings.publish,
        share=share,
        shares=cell.workload.publish.publishers,
        subject_prefix=stage.names.subject_prefix,
        record_path=stage.directory / f"{role}.npy",
    )


def _consumer_job(
    stage: Stage, trial: Trial, cell: Cell, traffic: Traffic, number: int
) -> ConsumerJob:
    role = f"consumer-{number}"
    settings, names = cell.settings, stage.names
    push = settings.consumer.mode == "push"
    heartbeats = settings.consumer if push else settings.pull
    shared = cell.workload.consume.consumers > 1
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
    return ConsumerJob(
        role=role,
        endpoint=_as(stage.endpoint, role),
        client=settings.client,
        binding=binding,
        workload=cell.workload,
        seed=trial.seed,
        run=settings.handler.run,
        timing=settings.ack.timing,
        ack_batch=settings.ack.batch or settings.pull.batch,
        record_path=stage.directory / f"{role}.npy",
    )


def _as(endpoint: Endpoint, role: str) -> Endpoint:
    return replace(endpoint, name=f"jetbench-{role}")
