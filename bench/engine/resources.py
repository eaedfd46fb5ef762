"""CPU, memory and network of each process within the window, from the samples."""

import numpy as np
import pandas as pd
import psutil

from bench.core.units import NS_PER_S
from bench.record.schema import HostLoad, ProcessUsage, Window

_CPU = "_cpu_ns"
UNKNOWN = -1

NEAR_NS = NS_PER_S
"""A counter is read off at a limit of the window from samples that lie no farther from it."""


def usages(samples: pd.DataFrame, window: Window) -> tuple[ProcessUsage, ...]:
    """Return what each sampled process used within the window.

    Counters at the window's limits are read off between the samples beside them. A process that
    could not be sampled (a remote server) has UNKNOWN throughout.
    """
    roles = sorted(_roles(samples) | {"server"})
    return tuple(_usage(samples, role, window) for role in roles)


def host_load(samples: pd.DataFrame, window: Window) -> HostLoad | None:
    """Return what the host's cores did within the window; None without samples."""
    if samples.empty:
        return None
    steal_ns = _grown(samples, "host_steal_ns", window)
    throttled_ns = _grown(samples, "host_throttled_ns", window)
    length_ns = window.window_end_ns - window.window_start_ns
    cores = len(psutil.cpu_times(percpu=True))  # as the counts have it; we may be given fewer
    busy_ns = _busy_ns(samples, window, cores * length_ns - (steal_ns or 0))
    return HostLoad(
        steal_share=UNKNOWN if steal_ns is None else steal_ns / (length_ns * cores),
        throttled_share=UNKNOWN if throttled_ns is None else throttled_ns / length_ns,
        busy_share=UNKNOWN if busy_ns is None else busy_ns / (length_ns * cores),
        others_share=(
            UNKNOWN
            if busy_ns is None
            else max(0, busy_ns - _used_by_us(samples, window)) / (length_ns * cores)
        ),
    )


def _busy_ns(samples: pd.DataFrame, window: Window, given_ns: int) -> int | None:
    """Return how long something ran of the time that was given; None where nobody counts it.

    The host counts in ticks of 10 ms, a process to the ns: less than nothing is nothing, here and
    where our own share is taken off.
    """
    idle_ns = _grown(samples, "host_idle_ns", window)
    return None if idle_ns is None else max(0, given_ns - idle_ns)


def _used_by_us(samples: pd.DataFrame, window: Window) -> int:
    return sum(_grown(samples, f"{role}{_CPU}", window) or 0 for role in _roles(samples))


def _roles(samples: pd.DataFrame) -> set[str]:
    return {name.removesuffix(_CPU) for name in samples.columns if name.endswith(_CPU)}


def _usage(samples: pd.DataFrame, role: str, window: Window) -> ProcessUsage:
    cpu_ns = _grown(samples, f"{role}{_CPU}", window)
    waited_ns = _grown(samples, f"{role}_wait_ns", window)
    rss_bytes = _within(samples, f"{role}_rss_bytes", window)
    length_ns = window.window_end_ns - window.window_start_ns
    return ProcessUsage(
        role=role,
        cpu_ns=UNKNOWN if cpu_ns is None else cpu_ns,
        cpu_share=UNKNOWN if cpu_ns is None else cpu_ns / length_ns,
        rss_bytes_peak=int(rss_bytes.max()) if rss_bytes.size else UNKNOWN,
        wait_share=UNKNOWN if waited_ns is None else waited_ns / length_ns,
        cpu_share_peak=UNKNOWN if cpu_ns is None else _highest_share(samples, role, window),
        rss_bytes_mean=round(float(rss_bytes.mean())) if rss_bytes.size else UNKNOWN,
        in_bytes_per_s=_rate(samples, f"{role}_in_bytes", window),
        out_bytes_per_s=_rate(samples, f"{role}_out_bytes", window),
    )


def _grown(samples: pd.DataFrame, counter: str, window: Window) -> int | None:
    """Return by how much a counter grew within the window; None when it was not sampled there.

    Nor at its limits: what a process used before and after would be taken for what it used within.
    """
    if counter not in samples:
        return None
    known = samples[["t_ns", counter]].dropna()
    t_ns, values = (known[column].to_numpy(np.int64) for column in known)
    if not _inside(t_ns, window).any():
        return None
    limits = np.array([window.window_start_ns, window.window_end_ns])
    if any(np.abs(t_ns - limit).min() > NEAR_NS for limit in limits):
        return None
    at_start, at_end = np.interp(limits, t_ns, values).tolist()
    return round(float(at_end) - float(at_start))


def _rate(samples: pd.DataFrame, counter: str, window: Window) -> float:
    """Return what a counter grew by a second, over what the looks have of the window.

    They are few: counted over all of the window, what passed before the first and after the last
    would be missing. UNKNOWN where they have less than half of it, or nothing near a limit: what
    passed beyond may have been more, and would make no difference.
    """
    if counter not in samples:
        return UNKNOWN
    known = samples[["t_ns", counter]].dropna()
    t_ns, values = (known[column].to_numpy(np.int64) for column in known)
    if not t_ns.size:
        return UNKNOWN
    ends = np.array([window.window_start_ns, window.window_end_ns])
    if any(np.abs(t_ns - end).min() > NEAR_NS for end in ends):
        return UNKNOWN
    limits = np.clip(ends, t_ns[0], t_ns[-1])
    begin_ns, end_ns = limits.tolist()
    if 2 * (end_ns - begin_ns) < window.window_end_ns - window.window_start_ns:
        return UNKNOWN
    at_begin, at_end = np.interp(limits, t_ns, values).tolist()
    return float(at_end - at_begin) * NS_PER_S / float(end_ns - begin_ns)


def _highest_share(samples: pd.DataFrame, role: str, window: Window) -> float:
    """Return the largest share of a core in any second of the window, as read off between samples.

    What is left of the window behind its last whole second is part of that one.
    """
    known = samples[["t_ns", f"{role}{_CPU}"]].dropna()
    t_ns, values = (known[column].to_numpy(np.int64) for column in known)
    seconds = max(1, (window.window_end_ns - window.window_start_ns) // NS_PER_S)
    limits = window.window_start_ns + np.arange(seconds + 1) * NS_PER_S
    limits[-1] = window.window_end_ns
    used_ns = np.diff(np.interp(limits, t_ns, values))
    return float((used_ns / np.diff(limits)).max())


def _within(
    samples: pd.DataFrame, gauge: str, window: Window
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return what a gauge was within the window, shape (n,); nothing where it was not sampled."""
    if gauge not in samples:
        return np.empty(0, dtype=np.int64)
    known = samples[["t_ns", gauge]].dropna()
    t_ns, values = (known[column].to_numpy(np.int64) for column in known)
    return values[_inside(t_ns, window)]


def _inside(
    t_ns: np.ndarray[tuple[int], np.dtype[np.int64]], window: Window
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (t_ns >= window.window_start_ns) & (
        t_ns < window.window_end_ns
    )
    return inside
