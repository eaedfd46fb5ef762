"""What a host can do by itself, told beside what limits a capacity on it."""

from collections.abc import Iterator
from datetime import datetime

from bench.analysis.hosts import fingerprint
from bench.core.direction import isolated
from bench.core.text import count, plural
from bench.core.units import human_duration
from bench.judgement.kinds import HostCeiling
from bench.record.health import Ceiling, Health
from bench.record.schema import Environment

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def of_host(health: Health | None, environment: Environment) -> Health | None:
    """Return what was found out about the host of a run; None of another host, or a changed one."""
    same = health is not None and fingerprint(health.environment) == fingerprint(environment)
    return health if same else None


def words(health: Health, environment: Environment) -> str:
    """Say what the host can do, which one it is, and how old that is.

    Args:
        health: of the host.
        environment: of the run that it is told beside.
    """
    disk = health.disk
    told = [
        *(f"{each.what}: {count(round(each.rate_msgs_per_s))} msg/s" for each in health.ceilings),
        f"a write of 4 KiB is on the disk after {human_duration(disk.p50_ns)}, one in 100 after "
        f"{human_duration(disk.p99_ns)}, at most {human_duration(disk.max_ns)}",
    ]
    when = age(health.environment.started_utc, environment.started_utc)
    return (
        f"What {isolated(environment.host)} does by itself, one client process and messages of "
        f"128 B (`jetbench doctor`, {when}): {'; '.join(told)}."
    )


def age(found_utc: str, run_utc: str) -> str:
    """Say how long before a run something was found: `3 days before this run`."""
    apart_s = (_instant(run_utc) - _instant(found_utc)).total_seconds()
    spans = ((_DAY_S, "day"), (_HOUR_S, "hour"), (_MINUTE_S, "minute"))
    for span_s, name in spans:
        if abs(apart_s) >= 2 * span_s or (span_s == _MINUTE_S and abs(apart_s) >= span_s):
            side = "before" if apart_s > 0 else "after"
            return f"{plural(int(abs(apart_s) // span_s), name)} {side} this run"
    return "with this run"


def _instant(utc: str) -> datetime:
    return datetime.fromisoformat(utc)


def ceilings(health: Health) -> tuple[HostCeiling, ...]:
    """Return the rates that a client process comes to, for the curves."""
    return tuple(_ceilings(health.ceilings))


def _ceilings(each: tuple[Ceiling, ...]) -> Iterator[HostCeiling]:
    for one in each:
        yield HostCeiling(what=one.what, rate_msgs_per_s=one.rate_msgs_per_s)
