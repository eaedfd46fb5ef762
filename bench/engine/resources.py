"""CPU and memory of each process within the window, from the samples."""

import numpy as np
import pandas as pd

from bench.record.schema import ProcessUsage, Window

_CPU = "_cpu_ns"
_RSS = "_rss_bytes"
UNKNOWN = -1


def usages(samples: pd.DataFrame, window: Window) -> tuple[ProcessUsage, ...]:
    """Return what each sampled process used within the window.

    CPU time at the window's limits is read off between the samples beside them. A process that
    could not be sampled (a remote server) has UNKNOWN throughout.
    """
    roles = [name.removesuffix(_CPU) for name in samples.columns if name.endswith(_CPU)]
    if "server" not in roles:
        roles.append("server")
    return tuple(_usage(samples, role, window) for role in sorted(roles))


def _usage(samples: pd.DataFrame, role: str, window: Window) -> ProcessUsage:
    unknown = ProcessUsage(role=role, cpu_ns=UNKNOWN, cpu_share=UNKNOWN, rss_bytes_peak=UNKNOWN)
    if f"{role}{_CPU}" not in samples:
        return unknown
    known = samples[["t_ns", f"{role}{_CPU}", f"{role}{_RSS}"]].dropna()
    t_ns, cpu_ns, rss_bytes = (known[column].to_numpy(np.int64) for column in known)
    inside = (t_ns >= window.window_start_ns) & (t_ns < window.window_end_ns)
    if not inside.any():
        return unknown
    limits = np.array([window.window_start_ns, window.window_end_ns])
    at_start, at_end = np.interp(limits, t_ns, cpu_ns)
    used_ns = round(at_end - at_start)
    return ProcessUsage(
        role=role,
        cpu_ns=used_ns,
        cpu_share=used_ns / (window.window_end_ns - window.window_start_ns),
        rss_bytes_peak=int(rss_bytes[inside].max()),
    )
