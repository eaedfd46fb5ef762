"""What a trial's processes used: CPU time per message, shares of a core, memory, network."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.analysis.figures import Array
from bench.analysis.sampled import column, instants_s
from bench.core.units import NS_PER_S, NS_PER_US
from bench.record.schema import ProcessUsage, TrialRecord
from bench.spec.cast import Cast, Part

_CPU = "_cpu_ns"
_RSS = "_rss_bytes"
SERVER = "server"


def cpu_us_per_msg(record: TrialRecord) -> Mapping[str, float | None]:
    """Return CPU time per message within the window, µs, of the server and of each role.

    That of the server and of whoever drives per answered operation, of an observer per received
    one; processes of one role are added up.
    """
    return {
        role: _per_message(record.processes, role, _messages(record, role))
        for role in (SERVER, *record.cast.roles)
    }


def cpu_us_unspread(record: TrialRecord, kind: str) -> float | None:
    """Return the CPU time of a trial that had no message to spread it over, µs.

    Its CPU time per message has no value, and is more than if it had been one. None where there
    were messages, or the processes could not be read.
    """
    counts, cast = record.window_counts or {}, record.cast
    due = sum(counts.get(cast.due(part), 0) for part in _parts(cast, kind))
    if not due or _messages(record, kind):
        return None
    return _per_message(record.processes, kind, 1)


def _messages(record: TrialRecord, role: str) -> int:
    """Return the operations that a role's CPU time is spread over."""
    cast, counts = record.cast, record.window_counts or {}
    names = (
        cast.served
        if role == SERVER
        else [cast.instant(part, part.worth) for part in _parts(cast, role)]
    )
    return sum(counts.get(name, 0) for name in names)


def _parts(cast: Cast, role: str) -> list[Part]:
    return [part for part in cast.parts if role in (SERVER, part.role)]


def most_used(processes: Sequence[ProcessUsage], role: str, figure: str) -> float | None:
    """Return a figure of the process of a role that has most of it; None when one is unreadable.

    Args:
        processes: of the trial.
        role: of the processes, `consumer` of `consumer-0`.
        figure: of `ProcessUsage`: its share of a core (mean, or of its busiest second), or its
            memory, bytes.
    """
    figures = _told(processes, role, figure)
    return max(figures) if figures else None


def all_used(processes: Sequence[ProcessUsage], role: str, figure: str) -> float | None:
    """Return what a figure of all processes of a role comes to; None when one is unreadable.

    Args:
        processes: of the trial.
        role: of the processes, `consumer` of `consumer-0`.
        figure: of `ProcessUsage`: bytes a second over its connections, in or out.
    """
    figures = _told(processes, role, figure)
    return sum(figures) if figures else None


def cpu_share(samples: pd.DataFrame) -> Mapping[str, Array]:
    """Return each role's share of a core since its previous sample, NaN where there is none."""
    return {role: _share(samples, role + _CPU) for role in _roles(samples, _CPU)}


def rss_bytes(samples: pd.DataFrame) -> Mapping[str, Array]:
    """Return each role's resident set over time, bytes, NaN where it was not told."""
    return {role: column(samples, role + _RSS) for role in _roles(samples, _RSS)}


def _told(processes: Sequence[ProcessUsage], role: str, figure: str) -> list[float]:
    """Return a figure of each process of a role; nothing when one is unreadable."""
    figures = [float(getattr(process, figure)) for process in _of_kind(processes, role)]
    return figures if min(figures, default=-1) >= 0 else []


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
