"""The arithmetic of a capacity plan: when a load reaches a limit, what is kept, what is drained.

Pure: loads from the plan, limits and bytes from what was measured.
"""

import math

from bench.core.units import NS_PER_S
from bench.spec.capacity_plan import CapacityPlan
from bench.spec.spans import DAYS_PER_MONTH

S_PER_DAY = 86_400


def headroom(load_per_s: float, capacity_per_s: float) -> float:
    """Return the share of a capacity, above 0, that a load leaves free; below 0 beyond it."""
    return 1 - load_per_s / capacity_per_s


def limit_per_s(plan: CapacityPlan, capacity_per_s: float) -> float:
    """Return the highest load that leaves free what the plan asks for."""
    return capacity_per_s * (1 - (plan.headroom or 0.0))


def worst_peak_per_s(plan: CapacityPlan) -> float:
    """Return the highest load of the plan: at its end, or today where it shrinks."""
    return max(plan.peak_per_s(0), plan.peak_per_s(plan.over_months))


def months_until(plan: CapacityPlan, limit: float) -> float | None:
    """Return after how many months the peak is above a limit in msg/s, above 0; None for never.

    0 where it is there already; what lies beyond the plan is told, too.
    """
    peak, growth = plan.peak_per_s(0), plan.growth.per_month
    if peak > limit:
        return 0.0
    if growth <= 1:
        return None
    return math.log(limit / peak) / math.log(growth)


def kept_msgs(plan: CapacityPlan, month: float) -> float | None:
    """Return how many messages max_age keeps after so many months; None without a max_age.

    By the higher one of the loads at either end of that time, so that it is never too few.
    """
    age_ns = plan.retention.max_age_ns
    if age_ns is None:
        return None
    age_s = age_ns / NS_PER_S
    before = max(month - age_s / S_PER_DAY / DAYS_PER_MONTH, 0.0)
    return max(plan.rate_per_s(month), plan.rate_per_s(before)) * age_s


def fills_after_s(plan: CapacityPlan, month: float, stream_bytes_per_msg: float) -> float | None:
    """Return after how many seconds of that load max_bytes is full; None without one."""
    most = plan.retention.max_bytes
    if most is None:
        return None
    return most / (plan.rate_per_s(month) * stream_bytes_per_msg)


def months_until_full(plan: CapacityPlan, stream_bytes_per_msg: float) -> float | None:
    """Return when what max_age keeps first is more than max_bytes; None for never, or without both.

    To a tenth of a month, and within the plan alone.
    """
    most = plan.retention.max_bytes
    if most is None or plan.retention.max_age_ns is None:
        return None
    for tenth in range(plan.over_months * 10 + 1):
        if (kept_msgs(plan, tenth / 10) or 0.0) * stream_bytes_per_msg > most:
            return tenth / 10
    return None


def drained_after_s(capacity_per_s: float, load_per_s: float, backlog_msgs: float) -> float | None:
    """Return how long a backlog takes beside a load; None where nothing is left for it."""
    left = capacity_per_s - load_per_s
    return backlog_msgs / left if left > 0 else None


def servers(peak_per_s: float, limit: float, replicas: int) -> int:
    """Return how many servers hold a peak: as many as there are replicas for each limit in msg/s.

    What a stream of several replicas was measured to carry, so many servers carried together.
    """
    return max(math.ceil(peak_per_s / limit - 1e-9), 1) * replicas
