"""CPU time and memory of a process, read from outside it."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.core.units import NS_PER_S

_LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process has used so far.

    Attributes:
        cpu_ns: CPU time of all its threads since it began.
        rss_bytes: resident set now.
    """

    cpu_ns: int
    rss_bytes: int


def read_usage(process: psutil.Process) -> Usage | None:
    """Return what the process has used; None when it is gone."""
    try:
        with process.oneshot():
            times = process.cpu_times()
            rss_bytes = process.memory_info().rss
    except psutil.Error:
        return None
    ticks_ns = round((times.user + times.system) * NS_PER_S)
    return Usage(cpu_ns=_scheduled_ns(process.pid) or ticks_ns, rss_bytes=rss_bytes)


def _scheduled_ns(pid: int) -> int:
    """Return the scheduler's exact count, where it keeps one; the usual ticks are 10 ms wide.

    Threads that have ended are missing from it, so it fits processes whose threads stay, as those
    of a Go server and of our workers do.
    """
    if not _LINUX:
        return 0
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # the thread has ended meanwhile
            total += int(path.read_text().split()[0])
    return total
