"""What makes a host a poor one to measure on, and what to do about it. Rules as data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.core.text import percent
from bench.core.units import NS_PER_MS, human_duration
from bench.record.health import Health, Warned


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a warning goes by.

    Attributes:
        name: of the rule.
        found: returns what is wrong, with its figure; empty where nothing is.
        remedy: what to do about it.
    """

    name: str
    found: Callable[[Health], str]
    remedy: str


MOST_STOLEN = 0.02
LATE_P99_NS = 1 * NS_PER_MS
SLOW_SYNC_P99_NS = 20 * NS_PER_MS
FEW_CPUS = 4
MOST_LOAD_PER_CPU = 0.25
SLOW_TRIP_P99_NS = NS_PER_MS // 2


def warnings_of(health: Health) -> tuple[Warned, ...]:
    """Return what is in the way, most important first."""
    return tuple(_warned(health))


def _warned(health: Health) -> Iterator[Warned]:
    for rule in RULES:
        if what := rule.found(health):
            yield Warned(what=what, remedy=rule.remedy)


def _stolen(health: Health) -> str:
    if health.steal_share <= MOST_STOLEN:
        return ""
    return f"the hypervisor took {percent(health.steal_share)} of a core that was wanted"


def _busy(health: Health) -> str:
    load, cpus = health.environment.load_average_1m, max(1, health.environment.cpus)
    if load <= MOST_LOAD_PER_CPU * cpus:
        return ""
    return f"the load average is {load:.2f} on {cpus} CPUs: others are at work"


def _late(health: Health) -> str:
    late = health.timer_late
    if late.p99_ns <= LATE_P99_NS:
        return ""
    return (
        f"timers ring late: p99 {human_duration(late.p99_ns)}, {human_duration(late.max_ns)} once"
    )


def _few_cpus(health: Health) -> str:
    cpus = health.environment.cpus
    if not 0 < cpus < FEW_CPUS:
        return ""
    return (
        f"{cpus} CPUs for server, publishers and consumers: at high rates they wait for each other"
    )


def _slow_sync(health: Health) -> str:
    disk = health.disk
    if disk.p99_ns <= SLOW_SYNC_P99_NS:
        return ""
    worst = f"p99 {human_duration(disk.p99_ns)}, {human_duration(disk.max_ns)} once"
    return f"a write with fdatasync takes long: {worst}"


def _slow_trip(health: Health) -> str:
    trip = health.loopback
    if trip.p99_ns <= SLOW_TRIP_P99_NS:
        return ""
    return f"a round trip over the loopback takes {human_duration(trip.p99_ns)} at p99"


RULES = (
    Rule(
        name="stolen",
        found=_stolen,
        remedy="Measure on a host of your own, or with dedicated cores; times of trials within "
        "such a wave are marked invalid.",
    ),
    Rule(name="busy", found=_busy, remedy="End what else runs here before you measure."),
    Rule(
        name="late",
        found=_late,
        remedy="Percentiles below that say more of the host than of the server: look for other "
        "work, CPU quotas and power saving (governor `performance`).",
    ),
    Rule(
        name="few-cpus",
        found=_few_cpus,
        remedy="Keep to rates well below the ceilings, or run the server on another host "
        "(--server).",
    ),
    Rule(
        name="slow-sync",
        found=_slow_sync,
        remedy="`sync_interval: always` and the state of consumers cost as much; put stores on a "
        "faster disk (--store-dir), or keep what you conclude to this one.",
    ),
    Rule(
        name="slow-trip",
        found=_slow_trip,
        remedy="No answer comes sooner; times of a few hundred microseconds are the host's.",
    ),
)
