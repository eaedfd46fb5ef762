"""A mean over trials with its t interval; the trial is the unit (MEASUREMENT.md R1, R6)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

MIN_TRIALS = 3
"""A t interval from two trials is so wide that it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean and its two-sided interval; both ends None with fewer than MIN_TRIALS values."""

    value: float
    low: float | None
    high: float | None


def arithmetic_mean(values: Sequence[float], *, confidence: float) -> Mean:
    """Return the mean of `values`, shape (n,), n >= 1, with its t interval."""
    if not values:
        raise ValueError("a mean needs at least one value")
    mean = float(np.mean(values))
    if len(values) < MIN_TRIALS:
        return Mean(value=mean, low=None, high=None)
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    reach = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * error
    return Mean(value=mean, low=mean - reach, high=mean + reach)


def geometric_mean(values: Sequence[float], *, confidence: float) -> Mean:
    """Return the mean of logs of `values`, each >= 0, taken back to their scale.

    A single zero makes it 0, without an interval.
    """
    if any(value < 0 for value in values):
        raise ValueError("a geometric mean needs values of 0 or more")
    if 0 in values:
        return Mean(value=0.0, low=None, high=None)
    of_logs = arithmetic_mean([math.log(value) for value in values], confidence=confidence)
    return Mean(
        value=math.exp(of_logs.value),
        low=None if of_logs.low is None else math.exp(of_logs.low),
        high=None if of_logs.high is None else math.exp(of_logs.high),
    )
