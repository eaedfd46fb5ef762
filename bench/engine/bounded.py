"""The workers of a job, and what bounds them."""

from bench.engine.asking import AT_ONCE, AskingWorkers
from bench.engine.handler import Tokens, VirtualWorkers
from bench.engine.jobs import ObserverJob
from bench.spec.handler import ConsumeHandler


def workers_of(job: ObserverJob) -> VirtualWorkers:
    """Return who handles the messages of a process, on account."""
    handler, tokens = job.load.handler, tokens_of(job)
    cycle_ns = handler.cycle_ns if isinstance(handler, ConsumeHandler) else 0
    if job.asking == AT_ONCE:
        return VirtualWorkers(job.workers, cycle_ns, tokens)
    return AskingWorkers(job.workers, job.asking, cycle_ns, tokens)


def tokens_of(job: ObserverJob) -> Tokens | None:
    """Return what each handler of a process needs to begin; None where it needs nothing."""
    handler = job.load.handler
    if not isinstance(handler, ConsumeHandler) or handler.starts is None:
        return None
    return Tokens(handler.starts.rate_per_s, handler.starts.burst)
