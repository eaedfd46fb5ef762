"""CPU time and memory of a process, and where the host's went, read from outside."""

import os
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from bench.core.units import NS_PER_S, NS_PER_US

_LINUX = sys.platform == "linux"
_PAGE_BYTES = resource.getpagesize()


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
class HostCpu:
    """Where the host's CPU time went since it began, so far as it did not come to us.

    Attributes:
        idle_ns: nothing ran, over all cores. The kernel times that, where it samples at its ticks
            what did run, and misses processes that our timers wake right after one.
        steal_ns: taken by the hypervisor, over all cores; None where nobody counts it.
        throttled_ns: spent waiting for our control group's quota; None likewise.
    """

    idle_ns: int
    steal_ns: int | None
    throttled_ns: int | None


class Followed:
    """The processes of one role, one after the other, as if they were one that uses more and more.

    What one used between its last reading and its end is not known.
    """

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._before = self._last = Usage(cpu_ns=0, rss_bytes=0, wait_ns=0)

    def read(self) -> Usage | None:
        """Return what they have used together; None when the one that is read is gone."""
        usage = read_usage(self._process)
        if usage is None:
            return None
        self._last = _more(usage, self._before)
        return self._last

    def go_on_with(self, process: psutil.Process) -> None:
        """Read another one from now on; what it used before is not counted."""
        now = read_usage(process) or Usage(cpu_ns=0, rss_bytes=0, wait_ns=0)
        self._process = process
        self._before = Usage(
            cpu_ns=self._last.cpu_ns - now.cpu_ns,
            rss_bytes=0,
            wait_ns=_sum(self._last.wait_ns, -(now.wait_ns or 0)),
        )


def _more(usage: Usage, before: Usage) -> Usage:
    return Usage(
        cpu_ns=usage.cpu_ns + before.cpu_ns,
        rss_bytes=usage.rss_bytes,
        wait_ns=_sum(usage.wait_ns, before.wait_ns),
    )


def _sum(one_ns: int | None, other_ns: int | None) -> int | None:
    return None if one_ns is None or other_ns is None else one_ns + other_ns


def find_process(pid: int) -> psutil.Process | None:
    """Return the process of this id; None when it is gone, or gone but for its exit code."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return process if process.status() != psutil.STATUS_ZOMBIE else None
    return None


def read_usage(process: psutil.Process) -> Usage | None:
    """Return what the process has used; None when it is gone."""
    if _LINUX and (usage := _read_kernel(process.pid)) is not None:
        return usage
    try:
        with process.oneshot():
            times = process.cpu_times()
            rss_bytes = process.memory_info().rss
    except psutil.Error:
        return None
    cpu_ns = round((times.user + times.system) * NS_PER_S)
    return Usage(cpu_ns=cpu_ns, rss_bytes=rss_bytes, wait_ns=None)


def read_host_cpu() -> HostCpu:
    """Return for how long nothing ran, and what hypervisor and quota kept from us, so far."""
    times = psutil.cpu_times()
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    steal_s = getattr(times, "steal", None)
    return HostCpu(
        idle_ns=round(idle_s * NS_PER_S),
        steal_ns=None if steal_s is None else round(steal_s * NS_PER_S),
        throttled_ns=_throttled_ns(),
    )


def _throttled_ns() -> int | None:
    """Return what our control group's quota has cost so far."""
    if (source := _throttle_count()) is None:
        return None
    path, key, unit_ns = source
    with suppress(OSError, KeyError, ValueError):
        return int(dict(row.split() for row in path.read_text().splitlines())[key]) * unit_ns
    return None


@cache
def _throttle_count() -> tuple[Path, str, int] | None:
    """Return where our control group's quota is counted, its key there, and its unit in ns."""
    with suppress(OSError):
        for line in os.fsdecode(Path("/proc/self/cgroup").read_bytes()).splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers == "":
                folder, key, unit_ns = Path("/sys/fs/cgroup"), "throttled_usec", NS_PER_US
            elif "cpu" in controllers.split(","):
                folder, key, unit_ns = Path("/sys/fs/cgroup/cpu"), "throttled_time", 1
            else:
                continue
            path = folder / group.lstrip("/") / "cpu.stat"
            if path.exists() and key in path.read_text():
                return path, key, unit_ns
    return None


def _read_kernel(pid: int) -> Usage | None:
    """Return the kernel's exact counts; the usual ticks are 10 ms wide. None without them.

    Threads that have ended are missing from the times, so they fit processes whose threads stay, as
    those of a Go server and of our workers do. Read as plainly as can be: it is done ten times a
    second for each process, on the host that is measured.
    """
    ran_ns = waited_ns = 0
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - no Path for each thread
            with suppress(OSError, ValueError):  # the thread has ended meanwhile
                ran, waited, _ = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
                ran_ns += int(ran)
                waited_ns += int(waited)
        if ran_ns:
            pages = int(_read(f"/proc/{pid}/statm").split()[1])
            return Usage(cpu_ns=ran_ns, rss_bytes=pages * _PAGE_BYTES, wait_ns=waited_ns)
    return None


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
