"""The consumer of a job by virtual workers: as plain as its job lets it be."""

from collections.abc import Callable, Mapping

from bench.clients.port import ConsumerLink
from bench.engine.away import Away
from bench.engine.bounded import workers_of
from bench.engine.consumer import Consumer
from bench.engine.failing import FailingConsumer, Handling
from bench.engine.jobs import ObserverJob
from bench.engine.mishaps import acks_of, may_fail, returning
from bench.engine.pacing import is_paced, paced
from bench.engine.recorder import ConsumeRecorder
from bench.plan.traffic import Traffic

Counting = Callable[[], Mapping[str, int]]


def virtual(
    job: ObserverJob,
    link: ConsumerLink,
    recorder: ConsumeRecorder,
    traffic: Traffic,
    besides: tuple[Handling, Away],
) -> tuple[Consumer, Counting]:
    """Return the consumer of a job, and what it counts; call within a running event loop.

    Args:
        job: of a process.
        link: brings its messages.
        recorder: keeps what happens.
        traffic: of its flow.
        besides: what befalls its deliveries, and when what handlers depend on is away.
    """
    (handling, _), workers, acks = besides, workers_of(job), acks_of(job)
    counts: Counting = handling[1].counted
    if is_paced(job):
        in_line = paced(job, link, recorder, traffic, besides)
        consumer: Consumer = in_line
        counts = in_line.counts
    elif may_fail(job, traffic):
        consumer = FailingConsumer(link, recorder, workers, acks, handling)
    else:
        consumer = Consumer(link, recorder, workers, acks, traffic.handler_ns)
    returning(consumer, job)
    if job.bounds is not None:
        consumer.keep_within(*job.bounds)
    return consumer, counts
