"""How far a consumer is behind, and whether it keeps up (MEASUREMENT.md R14)."""

import math
from collections.abc import Sequence

import numpy as np

from bench.analysis.figures import LagFigures, LagVerdict, Rates
from bench.analysis.sampled import LagSamples
from bench.core.units import NS_PER_S
from bench.record.schema import Window
from bench.stats.estimate import MIN_TRIALS, arithmetic_mean
from bench.stats.slope import theil_sen

CONFIDENCE = 0.90
MARGIN_SHARE = 0.01
"""A lag that moves by less than this share of the offered rate counts as standing still."""


def lag_figures(
    samples: LagSamples, window: Window, rates: Rates, *, consumed_msgs_per_s: float
) -> LagFigures | None:
    """Return the lag's figures within the window; None where it was hardly sampled.

    Args:
        samples: of the whole trial.
        window: the trial's phases.
        rates: within the window.
        consumed_msgs_per_s: rate that the lag shrinks by: acked, or delivered without acks.
    """
    inside = samples.within(window)
    slope = theil_sen(inside.t_s, inside.lag_msgs, confidence=CONFIDENCE)
    if slope is None or rates.offered <= 0:
        return None
    end_msgs = _end_msgs(inside, window)
    return LagFigures(
        peak_msgs=float(inside.lag_msgs.max()),
        end_msgs=end_msgs,
        slope_msgs_per_s=slope.value,
        slope_low_msgs_per_s=slope.low,
        slope_high_msgs_per_s=slope.high,
        slope_share_per_s=slope.value / rates.offered,
        verdict=lag_verdict(slope.low, slope.high, MARGIN_SHARE * rates.offered),
        lag_s=end_msgs / consumed_msgs_per_s if consumed_msgs_per_s > 0 else None,
    )


def _end_msgs(inside: LagSamples, window: Window) -> float:
    tenth_ns = (window.window_end_ns - window.window_start_ns) / 10
    at_end = inside.lag_msgs[inside.t_s >= (window.window_end_ns - tenth_ns) / NS_PER_S]
    return float(np.mean(at_end)) if at_end.size else float(inside.lag_msgs[-1])


def lag_verdict(low: float, high: float, margin: float) -> LagVerdict:
    """Judge a slope's 90 % interval against a margin of the same unit, above 0.

    "Surely above 0" is not asked: autocorrelation alone makes a standing lag look so in 17 to 29 %
    of cases. Asked is whether it moves by more than matters.
    """
    if low > margin:
        return LagVerdict.GROWING
    if high < -margin:
        return LagVerdict.DRAINING
    if -margin <= low and high <= margin:
        return LagVerdict.STABLE
    return LagVerdict.INCONCLUSIVE


def cell_verdict(trials: Sequence[LagFigures]) -> LagVerdict | None:
    """Judge the lag over a cell's valid trials; None without any.

    From 3 trials on by the t interval over trials; below, what all of them agree on.
    """
    if not trials:
        return None
    if len(trials) < MIN_TRIALS:
        verdicts = {trial.verdict for trial in trials}
        return verdicts.pop() if len(verdicts) == 1 else LagVerdict.INCONCLUSIVE
    mean = arithmetic_mean([trial.slope_share_per_s for trial in trials], confidence=CONFIDENCE)
    low = -math.inf if mean.low is None else mean.low
    high = math.inf if mean.high is None else mean.high
    return lag_verdict(low, high, MARGIN_SHARE)
