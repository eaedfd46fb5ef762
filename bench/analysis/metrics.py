"""The catalogue of figures that cells are compared by; docs/METRICS.md defines each."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.analysis.figures import Better, Metric, TrialFigures
from bench.analysis.resources import rss_bytes_peak
from bench.record.schema import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric and how it is come by.

    Attributes:
        metric: as shown.
        of_trial: its value in one trial; None where the trial has none.
        logarithmic: averaged over trials as logs; plain where 0 or less is a sound value.
        resolution: relative difference below which two values are the same value.
        of_all: estimated only when every valid trial has it, because where it is missing it would
            be bad: a percentile that cannot be told belongs to a trial that fell behind.
    """

    metric: Metric
    of_trial: Callable[[TrialFigures], float | None]
    logarithmic: bool
    resolution: float
    of_all: bool = False


HDR_RESOLUTION = 0.001
"""A histogram of 3 digits knows no finer difference."""

RATE_RESOLUTION = 0.01
"""The generator holds the offered rate within 1 %: below that, cells differ by what was offered."""


def _time(time: Time, percentile: float, better: Better = Better.LOWER) -> Measure:
    word = f"p{percentile:g}"
    name = str(time)

    def of_trial(trial: TrialFigures) -> float | None:
        figures = trial.times.get(time)
        return None if figures is None else figures.percentiles_ns[percentile]

    return Measure(
        metric=Metric(
            key=f"{name}_ns_{word.replace('.', '_')}",
            title=f"{name.replace('_', '-')} {word}",
            unit="ns",
            better=better,
        ),
        of_trial=of_trial,
        logarithmic=True,
        resolution=HDR_RESOLUTION,
        of_all=True,
    )


def _rate(kind: str, of_trial: Callable[[TrialFigures], float | None]) -> Measure:
    return Measure(
        metric=Metric(
            key=f"{kind}_msgs_per_s", title=f"{kind} rate", unit="msg/s", better=Better.HIGHER
        ),
        of_trial=of_trial,
        logarithmic=True,
        resolution=RATE_RESOLUTION,
    )


def _cpu(kind: str) -> Measure:
    return Measure(
        metric=Metric(
            key=f"{kind}_cpu_us_per_msg",
            title=f"{kind} CPU per message",
            unit="µs/msg",
            better=Better.LOWER,
        ),
        of_trial=lambda trial: trial.cpu_us_per_msg.get(kind),
        logarithmic=True,
        resolution=0.01,
    )


def _stored(trial: TrialFigures) -> float | None:
    return None if trial.rates is None else trial.rates.stored


def _acked(trial: TrialFigures) -> float | None:
    return None if trial.rates is None or not trial.record.acks else trial.rates.acked


def _lag_peak(trial: TrialFigures) -> float | None:
    return None if trial.lag is None else trial.lag.peak_msgs


def _lag_slope(trial: TrialFigures) -> float | None:
    return None if trial.lag is None else trial.lag.slope_msgs_per_s


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
    # Slip tells how well the load was made, not how good a configuration is.
    _time(Time.SLIP, 99, Better.NEITHER),
    _rate("stored", _stored),
    _rate("acked", _acked),
    Measure(
        metric=Metric(key="lag_msgs_peak", title="peak lag", unit="msgs", better=Better.LOWER),
        of_trial=_lag_peak,
        logarithmic=False,
        resolution=0.01,
    ),
    # Neither way is better: a lag that drains is a backlog of before. The verdict judges it.
    Measure(
        metric=Metric(
            key="lag_slope_msgs_per_s", title="lag slope", unit="msg/s", better=Better.NEITHER
        ),
        of_trial=_lag_slope,
        logarithmic=False,
        resolution=0.0,
    ),
    _cpu("server"),
    _cpu("publisher"),
    _cpu("consumer"),
    Measure(
        metric=Metric(
            key="server_rss_bytes_peak",
            title="server peak memory",
            unit="bytes",
            better=Better.LOWER,
        ),
        of_trial=_server_rss,
        logarithmic=True,
        resolution=0.01,
    ),
    Measure(
        metric=Metric(
            key="redelivered_share", title="redelivered", unit="share", better=Better.LOWER
        ),
        of_trial=_redelivered,
        logarithmic=False,
        resolution=0.0,
    ),
)
"""In the order of the tables."""
