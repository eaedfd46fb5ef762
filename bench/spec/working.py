"""How many messages are handled at a time: by the workload, or by the variant in its place."""

from bench.spec.variant import Settings
from bench.spec.workload import Consume


def workers(settings: Settings, consume: Consume) -> int:
    """Return how many messages one consumer process handles at a time."""
    return settings.handler.workers or consume.workers


def all_workers(settings: Settings, consume: Consume) -> int:
    """Return how many messages all consumer processes handle at a time."""
    return workers(settings, consume) * consume.consumers
