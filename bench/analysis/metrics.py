"""How the figures that cells are compared by are come by; docs/METRICS.md defines each."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.analysis.figures import TrialFigures
from bench.analysis.latency import longer_than_ns
from bench.analysis.resources import cpu_us_unspread, rss_bytes_peak
from bench.record.schema import Time
from bench.spec.metrics import Metric, messages_beyond, metric_of

OfTrial = Callable[[TrialFigures], float | None]


def _nothing(trial: TrialFigures) -> float | None:
    del trial
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric and how it is come by.

    Attributes:
        metric: as shown.
        of_trial: its value in one trial; None where the trial has none.
        logarithmic: averaged over trials as logs; plain where 0 or less is a sound value.
        resolution: relative difference below which two values are the same value.
        at_least: what the value surely exceeds where it cannot be told because too many messages
            never came so far; else None.
        beyond: how many messages lie beyond a percentile; None for other figures.
    """

    metric: Metric
    of_trial: OfTrial
    logarithmic: bool
    resolution: float
    at_least: OfTrial = _nothing
    beyond: OfTrial = _nothing


HDR_RESOLUTION = 0.001
"""A histogram of 3 digits knows no finer difference."""

RATE_RESOLUTION = 0.01
"""The generator holds the offered rate within 1 %: below that, cells differ by what was offered."""


def _time(time: Time, percentile: float) -> Measure:
    def of_trial(trial: TrialFigures) -> float | None:
        figures = trial.times.get(time)
        return None if figures is None else figures.percentiles_ns[percentile]

    def beyond(trial: TrialFigures) -> float | None:
        figures = trial.times.get(time)
        return None if figures is None else messages_beyond(percentile, figures.count)

    word = f"p{percentile:g}".replace(".", "_")
    return Measure(
        metric=metric_of(f"{time}_ns_{word}"),
        of_trial=of_trial,
        logarithmic=True,
        resolution=HDR_RESOLUTION,
        at_least=lambda trial: longer_than_ns(trial, time, percentile),
        beyond=beyond,
    )


def _rate(kind: str, of_trial: OfTrial) -> Measure:
    return Measure(
        metric=metric_of(f"{kind}_msgs_per_s"),
        of_trial=of_trial,
        logarithmic=True,
        resolution=RATE_RESOLUTION,
    )


def _cpu(kind: str) -> Measure:
    return Measure(
        metric=metric_of(f"{kind}_cpu_us_per_msg"),
        of_trial=lambda trial: trial.cpu_us_per_msg.get(kind),
        logarithmic=True,
        resolution=0.01,
        at_least=lambda trial: cpu_us_unspread(trial.record, kind),
    )


def _stored(trial: TrialFigures) -> float | None:
    return None if trial.rates is None else min(trial.rates.stored, trial.rates.offered)


def _acked(trial: TrialFigures) -> float | None:
    # What exceeds the offered rate is a backlog of the warm-up: no merit of the configuration.
    if trial.rates is None or not trial.record.acks:
        return None
    return min(trial.rates.acked, trial.rates.offered)


def _lag_peak(trial: TrialFigures) -> float | None:
    return None if trial.lag is None else max(lag.peak_msgs for lag in trial.lag.each)


def _lag_slope(trial: TrialFigures) -> float | None:
    return None if trial.lag is None else trial.lag.steepest.slope_msgs_per_s


def _server_rss(trial: TrialFigures) -> float | None:
    return rss_bytes_peak(trial.record.processes, "server")


def _redelivered(trial: TrialFigures) -> float | None:
    ledger = trial.record.ledger
    if ledger is None or ledger.deliveries == 0:
        return None
    return ledger.redelivered / ledger.deliveries


MEASURES = (
    _time(Time.END_TO_END, 50),
    _time(Time.END_TO_END, 95),
    _time(Time.END_TO_END, 99),
    _time(Time.END_TO_END, 99.9),
    _time(Time.COMPLETION, 50),
    _time(Time.COMPLETION, 99),
    _time(Time.DELIVERY, 50),
    _time(Time.DELIVERY, 99),
    _time(Time.RESPONSE, 50),
    _time(Time.RESPONSE, 99),
    _time(Time.SLIP, 99),
    _rate("stored", _stored),
    _rate("acked", _acked),
    Measure(
        metric=metric_of("lag_msgs_peak"), of_trial=_lag_peak, logarithmic=False, resolution=0.01
    ),
    Measure(
        metric=metric_of("lag_slope_msgs_per_s"),
        of_trial=_lag_slope,
        logarithmic=False,
        resolution=0.0,
    ),
    _cpu("server"),
    _cpu("publisher"),
    _cpu("consumer"),
    Measure(
        metric=metric_of("server_rss_bytes_peak"),
        of_trial=_server_rss,
        logarithmic=True,
        resolution=0.01,
    ),
    Measure(
        metric=metric_of("redelivered_share"),
        of_trial=_redelivered,
        logarithmic=False,
        resolution=0.0,
    ),
)
"""In the order of the tables."""


def measure_of(key: str) -> Measure:
    """Return the measure of a metric's key; KeyError when there is none."""
    for measure in MEASURES:
        if measure.metric.key == key:
            return measure
    raise KeyError(key)
