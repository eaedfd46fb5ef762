"""The workers of a job, and what bounds them."""

from bench.engine.handler import Tokens, VirtualWorkers
from bench.engine.jobs import ObserverJob
from bench.spec.handler import ConsumeHandler


def workers_of(job: ObserverJob) -> VirtualWorkers:
    """Return who handles the messages of a process, on account."""
    handler = job.load.handler
    if not isinstance(handler, ConsumeHandler):
        return VirtualWorkers(job.workers)
    starts = handler.starts
    tokens = Tokens(starts.rate_per_s, starts.burst) if starts is not None else None
    return VirtualWorkers(job.workers, handler.cycle_ns, tokens)
