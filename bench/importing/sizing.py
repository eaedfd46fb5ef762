"""Quantities of other benchmarks, brought within what a workload of ours may hold."""

import math
from dataclasses import dataclass

from bench.core.units import NS_PER_S, format_duration, format_rate
from bench.spec.workload import MAX_MESSAGES, MAX_PHASE_NS

MAX_PROCESSES = 16
"""Publishers, consumers, requesters, … of one part."""

MAX_RATE_MSGS_PER_S = MAX_MESSAGES / 2
"""A trial of two seconds holds no more."""

MIN_RATE_MSGS_PER_S = NS_PER_S / MAX_PHASE_NS
"""One message in the longest window."""

WARMUP_NS = 5 * NS_PER_S
DRAIN_NS = 30 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How much load is offered, and for how long.

    Attributes:
        rate_msgs_per_s: offered rate.
        warmup_ns, measure_ns: phases.
    """

    rate_msgs_per_s: float
    warmup_ns: int
    measure_ns: int

    @property
    def rate(self) -> str:
        """The rate as a file has it."""
        return format_rate(self.rate_msgs_per_s)

    @property
    def phases(self) -> dict[str, str]:
        """Phases as a file has them."""
        return {
            "warmup": format_duration(self.warmup_ns),
            "measure": format_duration(self.measure_ns),
            "drain": format_duration(DRAIN_NS),
        }


def fitting(rate_msgs_per_s: float, warmup_ns: int, measure_ns: int) -> Timing:
    """Return the nearest timing that one trial can hold.

    Args:
        rate_msgs_per_s: above 0.
        warmup_ns: as asked for, >= 0.
        measure_ns: likewise.
    """
    rate = min(max(rate_msgs_per_s, MIN_RATE_MSGS_PER_S), MAX_RATE_MSGS_PER_S)
    least_s = max(1, math.ceil(1 / rate))
    measure_ns = min(max(measure_ns, least_s * NS_PER_S), MAX_PHASE_NS)
    warmup_ns = min(warmup_ns, MAX_PHASE_NS)
    if rate * (warmup_ns + measure_ns) / NS_PER_S > MAX_MESSAGES:
        whole_s = math.floor(MAX_MESSAGES / rate)
        warmup_ns = min(warmup_ns, whole_s // 5 * NS_PER_S)
        measure_ns = min(measure_ns, whole_s * NS_PER_S - warmup_ns)
    return Timing(rate_msgs_per_s=rate, warmup_ns=warmup_ns, measure_ns=measure_ns)


def held(processes: int) -> int:
    """Return how many processes of ours stand for so many of another benchmark."""
    return min(max(processes, 1), MAX_PROCESSES)
