"""Rates of a trial: messages counted at the instant a thing happened, over time."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.analysis.figures import Array, Rates
from bench.core.units import NS_PER_S
from bench.record.schema import Slices, Window, WindowCounts

_LEAST_SLICE_S = 0.5
"""A shorter last slice gives no rate: a handful of messages would show as a spike."""


def window_rates(counts: WindowCounts, window: Window) -> Rates:
    """Return the rates within the window, msg/s."""
    length_s = window_length_s(window)
    return Rates(
        offered=counts.offered / length_s,
        sent=counts.sent / length_s,
        stored=counts.stored / length_s,
        delivered=counts.received / length_s,
        acked=counts.acked / length_s,
    )


def window_length_s(window: Window) -> float:
    """Return how long the window was, s."""
    return (window.window_end_ns - window.window_start_ns) / NS_PER_S


def slice_starts_s(slices: Slices) -> Array:
    """Return the start of each slice, s from the trial's start, shape (k,)."""
    return np.arange(len(slices.offered), dtype=np.float64)


def slice_rates(slices: Slices, window: Window) -> Mapping[str, Array]:
    """Return the rates of each slice by kind, msg/s; NaN for a last slice cut too short."""
    length_s = _slice_lengths_s(len(slices.offered), window)
    return {
        "offered": _over(slices.offered, length_s),
        "stored": _over(slices.stored, length_s),
        "delivered": _over(slices.received, length_s),
        "acked": _over(slices.acked, length_s),
    }


def _slice_lengths_s(slices: int, window: Window) -> Array:
    lengths = np.ones(slices)
    if slices:
        lengths[-1] = min(1.0, window.drained_ns / NS_PER_S - (slices - 1))
    lengths[lengths < _LEAST_SLICE_S] = np.nan
    return lengths


def _over(counts: Sequence[int], length_s: Array) -> Array:
    return np.array(counts, dtype=np.float64) / length_s
