"""The consumer of a job whose messages stand in a line."""

from dataclasses import replace

from bench.clients.port import ConsumerLink
from bench.engine.away import Away
from bench.engine.bounded import tokens_of
from bench.engine.breaker import Breaker
from bench.engine.failing import Handling
from bench.engine.jobs import ObserverJob
from bench.engine.lanes import make_lanes
from bench.engine.mishaps import acks_of
from bench.engine.paced import Pace, PacedConsumer
from bench.engine.recorder import ConsumeRecorder
from bench.engine.tries import Tries
from bench.plan.traffic import Traffic


def is_paced(job: ObserverJob) -> bool:
    """Say whether messages wait for more than a free worker, or handlers may try again."""
    return job.per_key in ("in-order", "latest") or bool(job.retry or job.breaker)


def paced(
    job: ObserverJob,
    link: ConsumerLink,
    recorder: ConsumeRecorder,
    traffic: Traffic,
    besides: tuple[Handling, Away],
) -> PacedConsumer:
    """Return the consumer of a job; call within a running event loop.

    Args:
        job: of a process.
        link: brings its messages.
        recorder: keeps what happens.
        traffic: of its flow.
        besides: what befalls its deliveries, and when what handlers depend on is away.
    """
    (handler_ns, fates, letters), away = besides
    pace = _pace(job, traffic, away)
    handling = (handler_ns, replace(fates, tries=pace.tries), letters)
    return PacedConsumer(link, recorder, acks_of(job), handling, pace)


def _pace(job: ObserverJob, traffic: Traffic, away: Away) -> Pace:
    return Pace(
        workers=job.workers,
        lanes=make_lanes(job.per_key, job.workers, lambda key: traffic.subjects[key]),
        keys=traffic.subject_index,
        tries=Tries(traffic.faults, away, job.retry, job.seed),
        asking=job.asking,
        tokens=tokens_of(job),
        breaker=Breaker(job.breaker) if job.breaker is not None else None,
    )
