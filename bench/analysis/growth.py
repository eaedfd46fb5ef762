"""How fast a stream grows within the window, and when it will have reached its limits."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench.analysis.figures import Array, Growth
from bench.analysis.sampled import column, instants_s
from bench.core.units import NS_PER_S
from bench.plan.model import Cell
from bench.record.schema import Window

_MSGS, _BYTES = "stream_msgs", "stream_bytes"

LEAST_SHARE = 0.5
"""Of the window, that first and last sample must lie apart: less tells nothing of the whole."""


def growth(samples: pd.DataFrame, window: Window, cell: Cell) -> Growth | None:
    """Return how a trial's stream grew; None where it was not seen, or there are several.

    Args:
        samples: of the whole trial.
        window: the trial's phases.
        cell: of the trial; its settings have the limits.
    """
    msgs = _ends(samples, _MSGS, window)
    size = _ends(samples, _BYTES, window)
    if msgs is None or size is None:
        return None
    per_s = {_MSGS: _per_s(msgs), _BYTES: _per_s(size)}
    at_end = {_MSGS: float(msgs[1, -1]), _BYTES: float(size[1, -1])}
    one = {_MSGS: 1.0, _BYTES: at_end[_BYTES] / max(1.0, at_end[_MSGS])}
    left_s = {
        name: _left_s(limit - at_end[of], per_s[of], one[of]) for name, of, limit in _limits(cell)
    }
    age_ns = cell.workload.kept_in(cell.settings).max_age_ns
    if age_ns is not None and not any(cell.workload.laid.values()):  # how old that is nobody tells
        left_s["max_age"] = max(0.0, (age_ns - window.window_end_ns) / NS_PER_S)
    return Growth(msgs_per_s=per_s[_MSGS], bytes_per_s=per_s[_BYTES], left_s=left_s)


def _ends(samples: pd.DataFrame, of: str, window: Window) -> Array | None:
    """Return the first and the last sample of the window, instant s and value, shape (2, 2)."""
    names = [name for name in map(str, samples) if name == of or name.endswith(f".{of}")]
    told = [name for name in names if np.isfinite(column(samples, name)).any()]
    if len(told) != 1:
        return None
    at_s, values = instants_s(samples), column(samples, told[0])
    start_s, end_s = window.window_start_ns / NS_PER_S, window.window_end_ns / NS_PER_S
    (inside,) = np.nonzero(np.isfinite(values) & (at_s >= start_s) & (at_s < end_s))
    ends = inside[[0, -1]] if inside.size else inside
    found = np.array([at_s[ends], values[ends]])
    apart_s = np.ptp(found[0]) if inside.size else 0.0
    return found if apart_s >= LEAST_SHARE * (end_s - start_s) else None


def _per_s(ends: Array) -> float:
    return float(np.diff(ends[1])[0] / np.diff(ends[0])[0])


def _left_s(room: float, per_s: float, one: float) -> float | None:
    """Return how long the room lasts, s; None if it never fills.

    None is left where not one message more fits, of mean size: a stream that is full of bytes stays
    below its limit, and grows no more.
    """
    if room < one:
        return 0.0
    return room / per_s if per_s > 0 else None


def _limits(cell: Cell) -> Iterator[tuple[str, str, int]]:
    """Yield each limit that is set: its name, the column that it is of, and what it allows."""
    stream, server = cell.workload.kept_in(cell.settings), cell.settings.server
    in_memory = stream.storage == "memory"
    store = ("max_mem", server.max_mem) if in_memory else ("max_file", server.max_file)
    known = (
        ("max_msgs", _MSGS, stream.max_msgs),
        ("max_bytes", _BYTES, stream.max_bytes),
        (store[0], _BYTES, store[1]),
    )
    yield from ((name, of, limit) for name, of, limit in known if limit is not None)
