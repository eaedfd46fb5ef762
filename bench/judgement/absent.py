"""Why a cell has no figure for a metric."""

from bench.analysis.figures import MIN_BEYOND, CellFigures, TrialFigures
from bench.analysis.latency import offered_of, unfinished_of
from bench.analysis.metrics import measure_of
from bench.core import text
from bench.spec.cast import spans
from bench.spec.metrics import NETWORK_FIGURES, Kind, Metric

_ENDLESS = "no limit is set, the stream does not grow towards one, or it was not seen"

_UNREAD = "the process could not be read, for example a server on another host"
_UNSEEN = "its connections could not be seen, for example of a server on another host"


def missing_reason(cell: CellFigures, metric: Metric) -> str:
    """Say why a cell has no figure for a metric."""
    if not any(trial.record.valid for trial in cell.trials):
        return "no valid trial"
    source = metric.source
    if source.kind is Kind.TIME and source.of not in spans(cell.cell.cast):
        return f"this variant never acknowledges, so nothing ends its {metric.group.lower()} time"
    if behind := _behind(cell, metric):
        return behind
    if source.kind is Kind.TIME:
        return f"fewer than {MIN_BEYOND} messages lie beyond this percentile"
    if source.kind in (Kind.CPU, Kind.PROCESS):
        return _UNSEEN if source.of.endswith(tuple(NETWORK_FIGURES)) else _UNREAD
    endless = source.kind is Kind.GROWTH and metric.unit == "ns"
    return _ENDLESS if endless else "not recorded in any valid trial"


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
    word = "longer" if metric.source.kind is Kind.TIME else "more"
    return f"{came}, so it is {word} than can be told"


def _never_came(trial: TrialFigures, metric: Metric) -> float:
    if metric.source.kind is not Kind.TIME:
        return 1.0
    offered = offered_of(trial.record, metric.source.of)
    return unfinished_of(trial, metric.source.of) / offered if offered else 1.0
