"""The jobs of processes, as several kinds of workload set them."""

import json
from dataclasses import dataclass, replace

from bench.broker.admin import Names, consumer_body, ordered_heartbeat_ns
from bench.broker.permissions import Needs
from bench.clients.port import Binding
from bench.engine.ackcheck import sample_percent
from bench.engine.asking import Asking
from bench.engine.jobs import DriverJob, ObserverJob, SamplerJob, Watched
from bench.plan.model import Cell, Trial
from bench.plan.traffic import seed_of
from bench.record import samples
from bench.scenario.kind import Stage, connecting_as
from bench.spec.calls import Call
from bench.spec.cast import Part
from bench.spec.expiring import EVICTED
from bench.spec.handler import Handler
from bench.spec.headers import HeaderPlace, id_place
from bench.spec.variant import PullSettings, Settings

MOST_TRIED = 1000
"""Subjects that a user's permission to publish is tried on, each by a message of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How processes take what a consumer delivers.

    Attributes:
        names: of the consumer and its stream.
        processes: that share it.
        workers: messages that one of them handles at a time.
        handler: what is done with each.
        id_offset: where in every payload the id stands.
        id_header: where in a header it stands, should payloads be left out.
        bare: messages have no payload in any case.
        rows: messages that it is due; 0 for all.
        first: number of the first of the processes.
        call: the user's function that is called with each, by the settings.
    """

    names: Names
    processes: int
    workers: int
    handler: Handler
    id_offset: int
    id_header: HeaderPlace | None = None
    bare: bool = False
    rows: int = 0
    first: int = 0
    call: Call | None = None


def named_after(names: Names, part: Part) -> Names:
    """Return what a part's own consumer is called, and where it is delivered to if it is pushed."""
    subject = f"{names.deliver_subject}.{part.name}"
    return replace(names, consumer=part.name, deliver_subject=subject)


def consuming(cell: Cell) -> Needs:
    """Return what publishers and the consumers behind them do on a server."""
    consumer = cell.settings.consumer
    return Needs(
        subjects=frozenset(cell.workload.addressed[:MOST_TRIED]),
        pull=consumer.mode == "pull",
        push=consumer.mode == "push",
        acks=cell.settings.ack.timing != "none" and not consumer.flow_acks,
        flow_control=consumer.flow_control or consumer.ordered,
        asks=frozenset({"CONSUMER.DELETE.{stream}.x"} if consumer.ordered else ()),
    )


def opening(cell: Cell, bucket: str = "KV_{stream}") -> frozenset[str]:
    """Return what a client asks for before it uses the keys of a bucket: the library looks it up.

    Args:
        cell: of the plan.
        bucket: its stream, as it stands in needs.
    """
    return frozenset({f"STREAM.INFO.{bucket}"} if cell.settings.client == "nats-py" else ())


def getting(cell: Cell, bucket: str = "KV_{stream}") -> frozenset[str]:
    """Return what processes ask for that get values of a bucket; arguments as of `opening`."""
    direct = cell.settings.bucket.allow_direct
    get = f"DIRECT.GET.{bucket}.x" if direct else f"STREAM.MSG.GET.{bucket}"
    return frozenset({get}) | opening(cell, bucket)


def sampled(cell: Cell) -> int | None:
    """Return the share of acks of a consumer that the server is to report, %."""
    return sample_percent(cell.settings, cell.workload.rate_msgs_per_s)


def watched(cell: Cell, part: Part, names: Names, consumers: int) -> Watched:
    """Return what the server is asked about the consumer of a part, one of so many."""
    past = cell.settings.stream.history
    return Watched(
        part=part.name,
        names=names,
        tracked=cell.settings.ack.timing != "none",
        max_deliver=cell.settings.consumer.max_deliver,
        prefix=samples.prefix(part.name, consumers),
        laid_seq=past.messages if past is not None else 0,
        laid_msgs=past.kept_msgs if past is not None else 0,
        ttl_ns=cell.settings.publish.ttl_ns or 0,
        anew=cell.settings.consumer.ordered,
    )


def publisher_jobs(stage: Stage, trial: Trial, cell: Cell, part: Part) -> tuple[DriverJob, ...]:
    """Return the jobs of the processes that fill a stream."""
    load = cell.workload.loads[part.name]
    shares = load.publish.publishers
    return tuple(
        DriverJob(
            part=part.name,
            role=f"{part.role}-{share}",
            endpoint=connecting_as(stage.endpoint, f"{part.role}-{share}"),
            client=cell.settings.client,
            load=load,
            seed=seed_of(cell.workload.loads, part.name, trial.seed),
            how=cell.settings.publish,
            does="publish",
            share=share,
            shares=shares,
            subject_prefix=stage.names.subject_prefix,
            record_path=stage.directory / f"{part.role}-{share}.npy",
        )
        for share in range(shares)
    )


def consumer_jobs(
    stage: Stage, trial: Trial, cell: Cell, part: Part, taking: Taking
) -> tuple[ObserverJob, ...]:
    """Return the jobs of the processes that take from a JetStream consumer."""
    settings = cell.settings
    load = replace(cell.workload.loads[part.flow], handler=taking.handler)
    taking = replace(taking, id_header=id_place(load.publish.headers), bare=load.bare)
    return tuple(
        ObserverJob(
            part=part.name,
            flow=part.flow,
            role=f"{part.role}-{number}",
            endpoint=connecting_as(stage.endpoint, f"{part.role}-{number}"),
            client=settings.client,
            binding=binding(settings, taking, first=number == taking.first),
            load=load,
            seed=seed_of(cell.workload.loads, part.flow, trial.seed),
            workers=taking.workers,
            run=settings.handler.run,
            timing=settings.ack.timing,
            ack_batch=settings.ack.batch or settings.pull.batch,
            record_path=stage.directory / f"{part.role}-{number}.{part.name}.npy",
            sparse=_sparse(part, settings),
            rows=taking.rows,
            idempotency=settings.effect.idempotency,
            failure=settings.failure,
            max_deliver=settings.consumer.max_deliver,
            call=taking.call or getattr(taking.handler, "call", None),
            state=settings.handler.state,
            work=getattr(taking.handler, "work", ()),
            checks=settings.handler.check,
            max_age_ns=settings.handler.max_age_ns or 0,
            in_progress_ns=settings.ack.in_progress_ns or 0,
            asking=_asking(settings.pull),
            whole_batches=settings.ack.whole_batches,
            per_key=settings.handler.per_key,
            retry=settings.handler.retry,
            breaker=settings.handler.breaker,
            letters=taking.names if settings.failure.dead_letters else None,
        )
        for number in range(taking.first, taking.first + taking.processes)
    )


def _sparse(part: Part, settings: Settings) -> bool:
    """Say whether some of its flow's messages may never come to it."""
    return part.instants[0].due or settings.publish.leaves or EVICTED in part.entries


def _asking(pull: PullSettings) -> Asking:
    return Asking(
        ahead=pull.ask_ahead or 0, idle=pull.ask_idle or 0, every_ns=pull.ask_every_ns or 0
    )


def binding(settings: Settings, taking: Taking, *, first: bool = True) -> Binding:
    """Return how a process takes from a consumer.

    Args:
        settings: of the cell.
        taking: how it and others take from the consumer.
        first: it is the first of them, which asks plainly whatever the others wait for.
    """
    names, push = taking.names, settings.consumer.mode == "push"
    pull = PullSettings() if first else settings.pull
    return Binding(
        stream=names.stream,
        consumer=names.consumer,
        mode=settings.consumer.mode,
        batch=settings.pull.batch,
        expires_ns=settings.pull.expires_ns,
        requests=settings.pull.requests,
        max_bytes=settings.pull.max_bytes or 0,
        no_wait=settings.pull.no_wait,
        group=settings.pull.group or "",
        min_pending=pull.min_pending or 0,
        min_ack_pending=pull.min_ack_pending or 0,
        priority=pull.priority,
        pinned=settings.consumer.priority_policy == "pinned_client",
        id_offset=taking.id_offset,
        id_header=taking.id_header if taking.bare or settings.consumer.headers_only else None,
        acks=settings.ack.timing != "none",
        double_acks=settings.ack.double,
        flow_acks=settings.consumer.flow_acks,
        deliver_subject=names.deliver_subject if push else "",
        subject_prefix=names.subject_prefix,
        deliver_group=names.deliver_group if push and taking.processes > 1 else "",
        idle_heartbeat_ns=_heartbeat_ns(settings),
        contents=bool(settings.handler.check),
        anew=_anew(settings, names),
    )


def _heartbeat_ns(settings: Settings) -> int:
    """Return how often the server shows that a consumer, or a request of its, is alive."""
    if settings.consumer.ordered:
        return ordered_heartbeat_ns(settings.consumer)
    push = settings.consumer.mode == "push"
    return (settings.consumer if push else settings.pull).idle_heartbeat_ns or 0


def _anew(settings: Settings, names: Names) -> str:
    """Return the config with which a client makes its consumer anew; empty where it never does."""
    if not settings.consumer.ordered:
        return ""
    return json.dumps(consumer_body(settings.consumer, names, shared=False))


def sampler_job(stage: Stage, trial: Trial, watched: tuple[Watched, ...]) -> SamplerJob:
    """Return the job of the sampler; the processes that it reads are not known yet."""
    return SamplerJob(
        role="sampler",
        endpoint=connecting_as(stage.endpoint, "sampler"),
        watched=watched,
        pids={},
        seed=trial.seed,
    )
