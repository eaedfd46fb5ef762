"""Columns of the samples table as arrays; the lag by our own instants and as the server told it."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnSamples:
    """The lag by our own instants: exact at each, without gaps.

    Attributes:
        unhandled: stored and not handled.
        unacked: stored and not acknowledged; None where the variant never acks.
    """

    unhandled: LagSamples
    unacked: LagSamples | None


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


def own_lag(samples: pd.DataFrame) -> OwnSamples | None:
    """Return the lag by our own instants; None in records of versions that did not keep it."""
    unhandled, unacked = _told(samples, "unhandled_msgs"), _told(samples, "unacked_msgs")
    if not unhandled.t_s.size:
        return None
    return OwnSamples(unhandled=unhandled, unacked=unacked if unacked.t_s.size else None)


def lag_over_time(samples: pd.DataFrame) -> Array:
    """Return the lag at each sample, NaN where it was not told, shape (n,).

    By our own instants the larger of the two; as the server told it where those were not kept.
    """
    own = np.fmax(column(samples, "unhandled_msgs"), column(samples, "unacked_msgs"))
    return own if np.isfinite(own).any() else column(samples, "lag_msgs")


def _told(samples: pd.DataFrame, name: str) -> LagSamples:
    lag_msgs = column(samples, name)
    told = np.isfinite(lag_msgs)
    return LagSamples(t_s=instants_s(samples)[told], lag_msgs=lag_msgs[told])
