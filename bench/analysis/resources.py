"""What a trial's processes used: CPU time per message, shares of a core, memory."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.analysis.figures import Array
from bench.analysis.sampled import column, instants_s
from bench.core.units import NS_PER_S, NS_PER_US
from bench.record.schema import ProcessUsage, TrialRecord, WindowCounts

_CPU = "_cpu_ns"
_RSS = "_rss_bytes"
KINDS = ("server", "publisher", "consumer")
"""Of the processes whose CPU time is spread over messages."""


def cpu_us_per_msg(
    processes: Sequence[ProcessUsage], counts: WindowCounts
) -> Mapping[str, float | None]:
    """Return CPU time per message within the window, µs.

    `server` and `publisher` per stored message, `consumer` per received one; processes of one
    kind are added up.
    """
    return {kind: _per_message(processes, kind, _messages(counts, kind)) for kind in KINDS}


def cpu_us_unspread(record: TrialRecord, kind: str) -> float | None:
    """Return the CPU time of a trial that had no message to spread it over, µs.

    Its CPU time per message has no value, and is more than if it had been one. None where there
    were messages, or the processes could not be read.
    """
    counts = record.window_counts
    if counts is None or not counts.offered or _messages(counts, kind):
        return None
    return _per_message(record.processes, kind, 1)


def _messages(counts: WindowCounts, kind: str) -> int:
    return counts.received if kind == "consumer" else counts.stored


def rss_bytes_peak(processes: Sequence[ProcessUsage], kind: str) -> int | None:
    """Return the peak resident set of the processes of a kind together; None when unreadable."""
    peaks = [process.rss_bytes_peak for process in _of_kind(processes, kind)]
    return None if not peaks or min(peaks) < 0 else sum(peaks)


def cpu_share(samples: pd.DataFrame) -> Mapping[str, Array]:
    """Return each role's share of a core since its previous sample, NaN where there is none."""
    return {role: _share(samples, role + _CPU) for role in _roles(samples, _CPU)}


def rss_bytes(samples: pd.DataFrame) -> Mapping[str, Array]:
    """Return each role's resident set over time, bytes, NaN where it was not told."""
    return {role: column(samples, role + _RSS) for role in _roles(samples, _RSS)}


def _of_kind(processes: Sequence[ProcessUsage], kind: str) -> list[ProcessUsage]:
    return [process for process in processes if process.role.split("-")[0] == kind]


def _per_message(processes: Sequence[ProcessUsage], kind: str, messages: int) -> float | None:
    used_ns = [process.cpu_ns for process in _of_kind(processes, kind)]
    if not used_ns or min(used_ns) < 0 or messages == 0:
        return None
    return sum(used_ns) / messages / NS_PER_US


def _roles(samples: pd.DataFrame, ending: str) -> list[str]:
    return [str(name).removesuffix(ending) for name in samples if str(name).endswith(ending)]


def _share(samples: pd.DataFrame, name: str) -> Array:
    # CPU time may be read less often than the lag: shares lie between the samples that have it.
    used_s = column(samples, name) / NS_PER_S
    at_s = instants_s(samples)
    told = np.flatnonzero(np.isfinite(used_s))
    shares = np.full(len(used_s), np.nan)
    elapsed_s = np.diff(at_s[told])
    moved = elapsed_s > 0
    shares[told[1:][moved]] = np.diff(used_s[told])[moved] / elapsed_s[moved]
    return shares
