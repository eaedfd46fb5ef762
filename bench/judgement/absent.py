"""Why a cell has no figure for a metric."""

from bench.analysis.figures import CellFigures, TrialFigures
from bench.analysis.metrics import measure_of
from bench.core import text
from bench.record.schema import Time
from bench.spec.metrics import Metric


def missing_reason(cell: CellFigures, metric: Metric) -> str:
    """Say why a cell has no figure for a metric."""
    if not any(trial.record.valid for trial in cell.trials):
        return "no valid trial"
    if metric.key.startswith("end_to_end") and cell.cell.settings.ack.timing == "none":
        return "this variant never acknowledges, so nothing ends its end-to-end time"
    if behind := _behind(cell, metric):
        return behind
    if metric.unit == "ns":
        return "fewer than 10 messages lie beyond this percentile"
    if metric.unit == "µs/msg":
        return "the process could not be read, for example a server on another host"
    return "not recorded in any valid trial"


def _behind(cell: CellFigures, metric: Metric) -> str:
    """Say how many messages never came so far, at worst, where that hides a figure; else empty."""
    measure = measure_of(metric.key)
    hidden = [
        trial
        for trial in cell.trials
        if trial.record.valid
        and measure.of_trial(trial) is None
        and measure.at_least(trial) is not None
    ]
    shares = [_never_came(trial, metric) for trial in hidden]
    if not shares:
        return ""
    came = f"up to {text.percent(max(shares))} of a trial's messages never came so far"
    return f"{came}, so it is {'longer' if metric.unit == 'ns' else 'more'} than can be told"


def _never_came(trial: TrialFigures, metric: Metric) -> float:
    counts = trial.record.window_counts
    time = next((time for time in Time if metric.key.startswith(f"{time}_ns")), None)
    if counts is None or time is None or not counts.offered:
        return 1.0
    came = trial.times[time].count if time in trial.times else 0
    return max(0, counts.offered - came) / counts.offered
