"""How far a consumer is behind, and whether it keeps up (MEASUREMENT.md R14)."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bench.analysis.figures import LagFigures, LagVerdict, TrialFigures
from bench.analysis.sampled import LagSamples, own_lags, servers_lag
from bench.core.units import NS_PER_S
from bench.record.schema import TrialRecord, Window
from bench.spec.cast import Cast, Level, Part
from bench.spec.lags import beside_lag, lag_of
from bench.stats.estimate import MIN_TRIALS, arithmetic_mean
from bench.stats.slope import Slope, theil_sen

CONFIDENCE = 0.90
MARGIN_SHARE = 0.01
"""A lag that moves by less than this share of the offered rate counts as standing still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a trial tells of lags.

    Attributes:
        samples: of the whole trial.
        window: the trial's phases.
        rates: instant -> operations a second within the window.
        peaks: by level; empty in records that lack them.
        cast: what took part.
    """

    samples: pd.DataFrame
    window: Window
    rates: Mapping[str, float]
    peaks: Mapping[str, int]
    cast: Cast


def trial_lag(told: Told) -> LagFigures | None:
    """Return the lag's figures of a trial within its window; None where it is hardly known.

    By the trial's own instants, of the part that is farthest behind. Records that lack them have
    the server's lag instead, in which a message that was acknowledged early, or never had to be,
    does not count though nobody handled it.
    """
    if not own_lags(told.samples, told.cast):
        return _by_server(told)
    known = part_lags(told)
    worst = max(known.values(), key=_badness, default=None)
    behind = worst is not None and worst.verdict is LagVerdict.GROWING
    whole = len(known) == sum(bool(part.levels) for part in told.cast.parts)
    return worst if behind or whole else None


def part_lags(told: Told) -> Mapping[str, LagFigures]:
    """Return the lag's figures of each part by its own instants, where they are known."""
    own = own_lags(told.samples, told.cast)
    found = {part.name: _of_part(told, own, part) for part in told.cast.parts if part.levels}
    return {name: lag for name, lag in found.items() if lag is not None}


def _badness(lag: LagFigures) -> tuple[int, float]:
    return _PROMISING_LESS.index(lag.verdict), lag.steepest.slope_share_per_s


def _of_part(told: Told, own: Mapping[str, LagSamples], part: Part) -> LagFigures | None:
    """Return the figures of a part's lag, with those of the level beside it."""
    lag, level = _of_level(told, own, part, lag_of(part)), beside_lag(part)
    beside = None if level is None else _of_level(told, own, part, level)
    if lag is None or beside is None:
        return lag
    return replace(lag, unacked=beside, verdict=worse([lag.verdict, beside.verdict]))


def _of_level(
    told: Told, own: Mapping[str, LagSamples], part: Part, level: Level
) -> LagFigures | None:
    name = told.cast.level(part, level.name)
    left = told.cast.instant(part, level.left)
    due = told.cast.due(part)
    if name not in own or not told.rates.keys() >= {left, due}:
        return None
    lag = lag_figures(own[name], told.window, told.rates[due], told.rates[left])
    if lag is None:
        return None
    return _peaking(replace(lag, words=level.words), told.peaks.get(name, -1))


def _by_server(told: Told) -> LagFigures | None:
    """Return the figures of the lag as the server tells it of its one consumer.

    Of several it is that of one, and says nothing of the others.
    """
    if len(told.cast.observing) != 1:
        return None
    rates, (part,) = told.rates, told.cast.observing
    names = (told.cast.due(part), told.cast.instant(part, part.worth))
    if not rates.keys() >= {*names}:
        return None
    offered, received = (rates[name] for name in names)
    consumed = rates.get("acked", received)
    lag = lag_figures(servers_lag(told.samples), told.window, offered, consumed)
    words = "pending or unacknowledged, as the server told"
    return None if lag is None else replace(lag, by_server=True, words=words)


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
    margin = MARGIN_SHARE * offered_msgs_per_s
    slope = _with_what_is_left(slope, _left_msgs_per_s(inside, window), margin)
    end_msgs = _end_msgs(inside, window)
    return LagFigures(
        peak_msgs=float(inside.lag_msgs.max()),
        end_msgs=end_msgs,
        slope_msgs_per_s=slope.value,
        slope_low_msgs_per_s=slope.low,
        slope_high_msgs_per_s=slope.high,
        slope_share_per_s=slope.value / offered_msgs_per_s,
        verdict=lag_verdict(slope.low, slope.high, margin),
        lag_s=end_msgs / consumed_msgs_per_s if consumed_msgs_per_s > 0 else None,
    )


def _with_what_is_left(slope: Slope, left_msgs_per_s: float, margin: float) -> Slope:
    """Return a slope no gentler than what the window left undone, if that is beyond the margin.

    A median is unmoved by a fifth of the window, and so by a consumer that stops for good in it.
    """
    if slope.low > margin or left_msgs_per_s <= max(margin, slope.value):
        return slope
    return Slope(value=left_msgs_per_s, low=left_msgs_per_s, high=max(slope.high, left_msgs_per_s))


def _left_msgs_per_s(inside: LagSamples, window: Window) -> float:
    """Return by how much the lag rose from the window's first tenth to its end, a second.

    A burst that is over by the end, or has just begun, is not left: the less of the last sample
    and the last tenth counts.
    """
    length_s = (window.window_end_ns - window.window_start_ns) / NS_PER_S
    at_start = inside.lag_msgs[inside.t_s < window.window_start_ns / NS_PER_S + length_s / 10]
    start = float(np.mean(at_start)) if at_start.size else float(inside.lag_msgs[0])
    end = min(float(inside.lag_msgs[-1]), _end_msgs(inside, window))
    return (end - start) / length_s


def _end_msgs(inside: LagSamples, window: Window) -> float:
    tenth_ns = (window.window_end_ns - window.window_start_ns) / 10
    at_end = inside.lag_msgs[inside.t_s >= (window.window_end_ns - tenth_ns) / NS_PER_S]
    return float(np.mean(at_end)) if at_end.size else float(inside.lag_msgs[-1])


def oldest_ns(record: TrialRecord, part: Part) -> int | None:
    """Return the highest age of a message that a part had not handled, within the window, ns.

    None where it was not kept, and of a part that has no lag.
    """
    if not part.levels:
        return None
    return record.oldest_ns.get(record.cast.level(part, lag_of(part).name))


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
    acknowledged, whichever is worse; below, what all of them agree on. A trial whose lag surely
    grew is no stable one, however small a share it is of many.
    """
    if not trials:
        return None
    if len(trials) < MIN_TRIALS:
        verdicts = {trial.verdict for trial in trials}
        return verdicts.pop() if len(verdicts) == 1 else LagVerdict.INCONCLUSIVE
    unacked = [trial.unacked for trial in trials if trial.unacked is not None]
    found = [_over(each) for each in (trials, unacked) if each]
    grew = any(trial.verdict is LagVerdict.GROWING for trial in trials)
    return worse([*found, LagVerdict.INCONCLUSIVE] if grew else found)


def over_parts(trials: Sequence[TrialFigures]) -> LagVerdict | None:
    """Judge the lag of all parts over a cell's valid trials; None where it is hardly known.

    Which part is farthest behind may differ from trial to trial, and the mean over those would hide
    one that is slowly falling behind behind another that scatters: each is judged by itself, too.
    """
    valid = [trial for trial in trials if trial.record.valid]
    names = dict.fromkeys(name for trial in valid for name in trial.lags)
    found = [verdict for name in names if (verdict := part_verdict(valid, name)) is not None]
    whole = cell_verdict([trial.lag for trial in valid if trial.lag is not None])
    if whole is None:
        return LagVerdict.GROWING if LagVerdict.GROWING in found else None
    return worse([whole, *found])


def part_verdict(valid: Sequence[TrialFigures], part: str) -> LagVerdict | None:
    """Judge the lag of one part over valid trials; None where none tells it."""
    return cell_verdict([trial.lags[part] for trial in valid if part in trial.lags])


def _over(trials: Sequence[LagFigures]) -> LagVerdict:
    mean = arithmetic_mean([trial.slope_share_per_s for trial in trials], confidence=CONFIDENCE)
    low = -math.inf if mean.low is None else mean.low
    high = math.inf if mean.high is None else mean.high
    return lag_verdict(low, high, MARGIN_SHARE)
