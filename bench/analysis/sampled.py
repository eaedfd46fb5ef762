"""Columns of the samples table as arrays; the lag by our own instants and as the server told it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.figures import Array
from bench.core.units import NS_PER_S
from bench.record.schema import Window
from bench.spec.cast import Cast, levels
from bench.spec.lags import lag_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LagSamples:
    """The lag over time, without the samples in which the server did not tell it.

    Attributes:
        t_s: instants, s from the trial's start, ascending, shape (n,).
        lag_msgs: at those, shape (n,).
    """

    t_s: Array
    lag_msgs: Array

    def within(self, window: Window) -> "LagSamples":
        """Return the samples taken within the window."""
        start_s, end_s = window.window_start_ns / NS_PER_S, window.window_end_ns / NS_PER_S
        inside = (self.t_s >= start_s) & (self.t_s < end_s)
        return LagSamples(t_s=self.t_s[inside], lag_msgs=self.lag_msgs[inside])


def column(samples: pd.DataFrame, name: str) -> Array:
    """Return a column as floats, NaN where nothing was told or there is none, shape (n,)."""
    if name not in samples:
        return np.full(len(samples), np.nan)
    return samples[name].to_numpy(dtype=np.float64, na_value=np.nan)


def instants_s(samples: pd.DataFrame) -> Array:
    """Return the instants of the samples, s from the trial's start, shape (n,)."""
    return column(samples, "t_ns") / NS_PER_S


def servers_lag(samples: pd.DataFrame) -> LagSamples:
    """Return the lag of a samples table wherever the server told it."""
    return _told(samples, "lag_msgs")


def own_lags(samples: pd.DataFrame, cast: Cast) -> Mapping[str, LagSamples]:
    """Return each level by our own instants: exact at each, without gaps.

    Those that were not kept are left out: records of older versions lack them.
    """
    of_each = {name: _told(samples, f"{name}_msgs") for name in levels(cast)}
    return {name: told for name, told in of_each.items() if told.t_s.size}


def lag_over_time(samples: pd.DataFrame, cast: Cast) -> Array:
    """Return the lag at each sample, NaN where it was not told, shape (n,).

    By our own instants the largest of the levels; as the server told it where none was kept.
    """
    own = [column(samples, f"{name}_msgs") for name in own_lags(samples, cast)]
    return np.fmax.reduce(own) if own else column(samples, "lag_msgs")


def oldest_over_time(samples: pd.DataFrame, cast: Cast) -> Array:
    """Return the age of the oldest message not handled at each sample, ns, shape (n,).

    Of several parts the highest; NaN where none was kept, empty where none was at all.
    """
    lags = [cast.level(part, lag_of(part).name) for part in cast.parts if part.levels]
    names = [f"{name}_oldest_ns" for name in lags]
    kept = [column(samples, name) for name in names if name in samples]
    return np.fmax.reduce(kept) if kept else np.empty(0)


def _told(samples: pd.DataFrame, name: str) -> LagSamples:
    lag_msgs = column(samples, name)
    told = np.isfinite(lag_msgs)
    return LagSamples(t_s=instants_s(samples)[told], lag_msgs=lag_msgs[told])
