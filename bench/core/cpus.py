"""How many CPUs this process may use: fewer than there are, in a container or under taskset."""

import os


def usable() -> int:
    """Return how many; all where the system does not tell whose they are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
