"""The workers of a job, and what bounds them."""

from bench.engine.asking import AT_ONCE, AskingWorkers
from bench.engine.handler import Tokens, VirtualWorkers
from bench.engine.jobs import ObserverJob
from bench.spec.handler import ConsumeHandler


def workers_of(job: ObserverJob) -> VirtualWorkers:
    """Return who handles the messages of a process, on account."""
    cycle_ns, tokens = _bounds(job)
    if job.asking == AT_ONCE:
        return VirtualWorkers(job.workers, cycle_ns, tokens)
    return AskingWorkers(job.workers, job.asking, cycle_ns, tokens)


def _bounds(job: ObserverJob) -> tuple[int, Tokens | None]:
    """Return what asking for messages costs, ns, and what handlers need to begin."""
    handler = job.load.handler
    if not isinstance(handler, ConsumeHandler):
        return 0, None
    starts = handler.starts
    tokens = Tokens(starts.rate_per_s, starts.burst) if starts is not None else None
    return handler.cycle_ns, tokens
