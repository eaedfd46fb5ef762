"""Rates of a trial: messages counted at the instant a thing happened, over time."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.analysis.figures import Array
from bench.core.units import NS_PER_S
from bench.plan.traffic import ID_DIGITS
from bench.record.schema import Window
from bench.spec.cast import Cast, instants
from bench.spec.metrics import PAYLOAD_AT
from bench.spec.workload import Load, Workload

_LEAST_SLICE_S = 0.5
"""A shorter last slice gives no rate: a handful of messages would show as a spike."""


def window_rates(counts: Mapping[str, int], window: Window) -> Mapping[str, float]:
    """Return the rates within the window by instant, operations a second."""
    length_s = window_length_s(window)
    return {instant: count / length_s for instant, count in counts.items()}


def rate_of(rates: Mapping[str, float], cast: Cast, name: str) -> float | None:
    """Return the rate of an instant by its flat name, at most the offered one; None if not told.

    What exceeds the offered rate is a backlog of the warm-up: no merit of the configuration.
    """
    if name not in rates:
        return None
    part, _ = instants(cast)[name]
    return min(rates[name], rates[cast.due(part)])


def payload_rates(
    rates: Mapping[str, float], cast: Cast, workload: Workload
) -> Mapping[str, float]:
    """Return payload bytes a second by each instant that something was stored or handled.

    By the mean size of the messages of the flow; absent where these have no payload.
    """
    loads = workload.loads
    return {
        name: per_s * _mean_bytes(loads[part.flow])
        for name, (part, instant) in instants(cast).items()
        if instant.name in PAYLOAD_AT and part.flow in loads and not loads[part.flow].bare
        if (per_s := rate_of(rates, cast, name)) is not None
    }


def _mean_bytes(load: Load) -> float:
    """Return the mean payload of a load: with what removes a key nothing but its id goes."""
    empty = sum(act.share for act in load.acts if act.empty)
    return (1 - empty) * load.payload.mean_bytes + empty * ID_DIGITS


def window_length_s(window: Window) -> float:
    """Return how long the window was, s."""
    return (window.window_end_ns - window.window_start_ns) / NS_PER_S


def slice_starts_s(slices: Mapping[str, Sequence[int]]) -> Array:
    """Return the start of each slice, s from the trial's start, shape (k,)."""
    return np.arange(max(map(len, slices.values()), default=0), dtype=np.float64)


def slice_rates(slices: Mapping[str, Sequence[int]], window: Window) -> Mapping[str, Array]:
    """Return the rates of each slice by instant, operations a second.

    NaN for a last slice cut too short.
    """
    return {
        instant: np.array(counts, dtype=np.float64) / _slice_lengths_s(len(counts), window)
        for instant, counts in slices.items()
    }


def _slice_lengths_s(slices: int, window: Window) -> Array:
    lengths = np.ones(slices)
    if slices:
        lengths[-1] = min(1.0, window.drained_ns / NS_PER_S - (slices - 1))
    lengths[lengths < _LEAST_SLICE_S] = np.nan
    return lengths
