"""Columns of the samples table as arrays, and the lag wherever it was told."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.figures import Array
from bench.core.units import NS_PER_S
from bench.record.schema import Window


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
    """Return a column as floats, NaN where nothing was told, shape (n,)."""
    return samples[name].to_numpy(dtype=np.float64, na_value=np.nan)


def instants_s(samples: pd.DataFrame) -> Array:
    """Return the instants of the samples, s from the trial's start, shape (n,)."""
    return column(samples, "t_ns") / NS_PER_S


def lag_samples(samples: pd.DataFrame) -> LagSamples:
    """Return the lag of a samples table wherever it was told."""
    lag_msgs = column(samples, "lag_msgs")
    told = np.isfinite(lag_msgs)
    return LagSamples(t_s=instants_s(samples)[told], lag_msgs=lag_msgs[told])
