"""Columns of the samples table as arrays."""

import numpy as np
import pandas as pd

from bench.analysis.figures import Array
from bench.core.units import NS_PER_S
from bench.record.schema import Window


def column(samples: pd.DataFrame, name: str) -> Array:
    """Return a column as floats, NaN where nothing was told, shape (n,)."""
    return samples[name].to_numpy(dtype=np.float64, na_value=np.nan)


def instants_s(samples: pd.DataFrame) -> Array:
    """Return the instants of the samples, s from the trial's start, shape (n,)."""
    return column(samples, "t_ns") / NS_PER_S


def in_window(samples: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the samples taken within the window."""
    t_ns = samples["t_ns"]
    return samples[(t_ns >= window.window_start_ns) & (t_ns < window.window_end_ns)]
