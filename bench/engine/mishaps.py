"""What may befall the deliveries of a job, by what it was told."""

from bench.engine.acks import AckPlan, make_ack_plan
from bench.engine.away import Away
from bench.engine.consumer import Consumer
from bench.engine.failing import FailingConsumer, FailingTasks
from bench.engine.fates import Fates
from bench.engine.inspecting import make_inspector
from bench.engine.jobs import ObserverJob
from bench.engine.memory import Memory
from bench.engine.tasks import TaskConsumer
from bench.plan.traffic import Traffic


def may_fail(job: ObserverJob, traffic: Traffic) -> bool:
    """Say whether deliveries may end otherwise than handled and acknowledged."""
    fails = traffic.faults or job.load.outages or job.letters is not None
    looks = job.checks or job.whole_batches
    return bool(fails or looks) or job.idempotency != "none"


def acks_of(job: ObserverJob) -> AckPlan:
    """Return when a job acknowledges; what waits for its batch does so before it comes to that."""
    return make_ack_plan("after-handler" if job.whole_batches else job.timing, job.ack_batch)


def returning(consumer: Consumer | TaskConsumer, job: ObserverJob) -> None:
    """Have a consumer return whole batches, where its job says so."""
    if job.whole_batches and isinstance(consumer, FailingConsumer | FailingTasks):
        consumer.return_whole(job.ack_batch)


def away_of(job: ObserverJob) -> Away:
    """Return when what its handlers depend on is away."""
    return Away(job.load.outages, job.load.phases.warmup_ns)


def fates_of(job: ObserverJob, traffic: Traffic, away: Away) -> Fates:
    """Return what becomes of deliveries of a process."""
    return Fates(
        faults=traffic.faults,
        failure=job.failure,
        max_deliver=job.max_deliver,
        answers=job.timing not in ("none", "after-validation"),
        memory=Memory() if job.idempotency == "memory" else None,
        in_order=job.timing == "cumulative",
        away=away,
        inspector=make_inspector(job, traffic),
    )
