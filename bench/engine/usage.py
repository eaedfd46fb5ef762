"""CPU time and memory of a process, and what the host took from all of them, read from outside."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.core.units import NS_PER_S, NS_PER_US

_LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process has used so far.

    Attributes:
        cpu_ns: CPU time of all its threads since it began.
        rss_bytes: resident set now.
        wait_ns: time its threads were ready to run and had no core; None where nobody counts it.
    """

    cpu_ns: int
    rss_bytes: int
    wait_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLosses:
    """CPU time that the host's owner kept from us, since it began.

    Attributes:
        steal_ns: taken by the hypervisor, over all cores; None where nobody counts it.
        throttled_ns: spent waiting for our control group's quota; None likewise.
    """

    steal_ns: int | None
    throttled_ns: int | None


def read_usage(process: psutil.Process) -> Usage | None:
    """Return what the process has used; None when it is gone."""
    try:
        with process.oneshot():
            times = process.cpu_times()
            rss_bytes = process.memory_info().rss
    except psutil.Error:
        return None
    ticks_ns = round((times.user + times.system) * NS_PER_S)
    ran_ns, waited_ns = _scheduled_ns(process.pid)
    if not ran_ns:
        return Usage(cpu_ns=ticks_ns, rss_bytes=rss_bytes, wait_ns=None)
    return Usage(cpu_ns=ran_ns, rss_bytes=rss_bytes, wait_ns=waited_ns)


def read_host_losses() -> HostLosses:
    """Return what hypervisor and quota have kept from us so far."""
    steal_s = getattr(psutil.cpu_times(), "steal", None)
    return HostLosses(
        steal_ns=None if steal_s is None else round(steal_s * NS_PER_S),
        throttled_ns=_throttled_ns(),
    )


def _throttled_ns() -> int | None:
    """Return the quota's count of our control group; version 2 counts µs, version 1 ns."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers == "":
                folder, key, unit_ns = Path("/sys/fs/cgroup"), "throttled_usec", NS_PER_US
            elif "cpu" in controllers.split(","):
                folder, key, unit_ns = Path("/sys/fs/cgroup/cpu"), "throttled_time", 1
            else:
                continue
            with suppress(OSError, KeyError, ValueError):
                text = (folder / group.lstrip("/") / "cpu.stat").read_text()
                return int(dict(row.split() for row in text.splitlines())[key]) * unit_ns
    return None


def _scheduled_ns(pid: int) -> tuple[int, int]:
    """Return the scheduler's exact counts of running and waiting; the usual ticks are 10 ms wide.

    Threads that have ended are missing from it, so it fits processes whose threads stay, as those
    of a Go server and of our workers do.
    """
    if not _LINUX:
        return 0, 0
    ran_ns = waited_ns = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, ValueError):  # the thread has ended meanwhile
            ran, waited, _ = path.read_text().split()
            ran_ns += int(ran)
            waited_ns += int(waited)
    return ran_ns, waited_ns
