"""How many processes may offer a load that one cannot: as many as host and settings allow."""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from bench.plan.model import Cell
from bench.spec.kinds.registry import AnyWorkload, objections
from bench.spec.offered import offering

_WORKLOAD: TypeAdapter[AnyWorkload] = TypeAdapter(AnyWorkload)


def most_publishers(bases: Sequence[Cell], cpus: int) -> int:
    """Return how many all of these allow: what one alone may have would favour it.

    Args:
        bases: whose capacities are sought.
        cpus: that we may use.

    Returns:
        At least 1; a workload that has more of its own keeps them.
    """
    counts = range(2, cpus + 1)
    refused = (n for n in counts if not all(_carries(base, n) for base in bases))
    return next(refused, max(1, cpus) + 1) - 1


def _carries(base: Cell, publishers: int) -> bool:
    """Say whether a workload may have so many, and be crossed with the settings then."""
    own = base.workload
    more = offering(own, own.rate_msgs_per_s, own.phases, publishers)
    try:
        _WORKLOAD.validate_json(_WORKLOAD.dump_json(more))
    except ValidationError:
        return False
    return not objections(base.settings, more)
