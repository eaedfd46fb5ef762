"""How far a consumer is behind, and whether it keeps up (MEASUREMENT.md R14)."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bench.analysis.figures import LagFigures, LagVerdict
from bench.analysis.sampled import LagSamples, own_lag, servers_lag
from bench.core.units import NS_PER_S
from bench.record.schema import Window
from bench.stats.estimate import MIN_TRIALS, arithmetic_mean
from bench.stats.slope import theil_sen

CONFIDENCE = 0.90
MARGIN_SHARE = 0.01
"""A lag that moves by less than this share of the offered rate counts as standing still."""

_CONSUMED = {"offered", "received", "handled"}
"""Instants without which nobody can be behind."""


def trial_lag(
    samples: pd.DataFrame, window: Window, counts: Mapping[str, int], peaks: Mapping[str, int]
) -> LagFigures | None:
    """Return the lag's figures of a trial within its window; None where it is hardly known.

    By the trial's own instants. Records that lack them have the server's lag instead, in which a
    message that was acknowledged early, or never had to be, does not count though nobody handled
    it.

    Args:
        samples: of the whole trial.
        window: the trial's phases.
        counts: within the window, by instant; none of acks where the variant never acks.
        peaks: by level; empty in records that lack them.
    """
    length_s = (window.window_end_ns - window.window_start_ns) / NS_PER_S
    rates = {instant: count / length_s for instant, count in counts.items()}
    if not rates.keys() >= _CONSUMED:
        return None
    offered, handled = rates["offered"], rates["handled"]
    ours = own_lag(samples)
    if ours is None:
        consumed = rates.get("acked", rates["received"])
        told = lag_figures(servers_lag(samples), window, offered, consumed)
        return None if told is None else replace(told, by_server=True)
    unhandled = lag_figures(ours.unhandled, window, offered, handled)
    if unhandled is None:
        return None
    found = _peaking(unhandled, peaks.get("unhandled", -1))
    if ours.unacked is None or "acked" not in rates:
        return found
    unacked = lag_figures(ours.unacked, window, offered, rates["acked"])
    if unacked is None:
        return found
    unacked = _peaking(unacked, peaks.get("unacked", -1))
    return replace(found, unacked=unacked, verdict=worse([found.verdict, unacked.verdict]))


def _peaking(lag: LagFigures, peak_msgs: int) -> LagFigures:
    """Return figures with the exact peak, if known: between two samples it may be higher."""
    return replace(lag, peak_msgs=float(peak_msgs)) if peak_msgs >= 0 else lag


def lag_figures(
    samples: LagSamples, window: Window, offered_msgs_per_s: float, consumed_msgs_per_s: float
) -> LagFigures | None:
    """Return the figures of a lag within the window; None where it was hardly sampled.

    Args:
        samples: of the whole trial.
        window: the trial's phases.
        offered_msgs_per_s: rate that the verdict's margin is a share of.
        consumed_msgs_per_s: rate that the lag shrinks by.
    """
    inside = samples.within(window)
    slope = theil_sen(inside.t_s, inside.lag_msgs, confidence=CONFIDENCE)
    if slope is None or offered_msgs_per_s <= 0:
        return None
    end_msgs = _end_msgs(inside, window)
    return LagFigures(
        peak_msgs=float(inside.lag_msgs.max()),
        end_msgs=end_msgs,
        slope_msgs_per_s=slope.value,
        slope_low_msgs_per_s=slope.low,
        slope_high_msgs_per_s=slope.high,
        slope_share_per_s=slope.value / offered_msgs_per_s,
        verdict=lag_verdict(slope.low, slope.high, MARGIN_SHARE * offered_msgs_per_s),
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


def worse(verdicts: Collection[LagVerdict]) -> LagVerdict:
    """Return the verdict that promises least of some of the same lag; at least one is given."""
    return max(verdicts, key=_PROMISING_LESS.index)


_PROMISING_LESS = (
    LagVerdict.STABLE,
    LagVerdict.DRAINING,
    LagVerdict.INCONCLUSIVE,
    LagVerdict.GROWING,
)


def cell_verdict(trials: Sequence[LagFigures]) -> LagVerdict | None:
    """Judge the lag over a cell's valid trials; None without any.

    From 3 trials on by the t interval over trials, of messages not handled and of those not
    acknowledged, whichever is worse; below, what all of them agree on.
    """
    if not trials:
        return None
    if len(trials) < MIN_TRIALS:
        verdicts = {trial.verdict for trial in trials}
        return verdicts.pop() if len(verdicts) == 1 else LagVerdict.INCONCLUSIVE
    unacked = [trial.unacked for trial in trials if trial.unacked is not None]
    return worse([_over(each) for each in (trials, unacked) if each])


def _over(trials: Sequence[LagFigures]) -> LagVerdict:
    mean = arithmetic_mean([trial.slope_share_per_s for trial in trials], confidence=CONFIDENCE)
    low = -math.inf if mean.low is None else mean.low
    high = math.inf if mean.high is None else mean.high
    return lag_verdict(low, high, MARGIN_SHARE)
