"""One figure of one cell as a table shows it: told, at least, or none and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.analysis.figures import CellFigures, TimeFigures, TrialFigures
from bench.analysis.latency import longer_than_ns, offered_of
from bench.analysis.metrics import measure_of
from bench.analysis.paired import Reading, typical
from bench.core import text
from bench.core.text import Scale
from bench.core.units import human_size
from bench.judgement.absent import missing_reason
from bench.judgement.model import CellJudgement
from bench.report.tables import TONES, Entry, Tone, untold
from bench.spec.metrics import Metric

MIB = Scale(unit="MiB", factor=1024.0**2)


def reading_of(cell: CellFigures, metric: Metric) -> Reading | None:
    """Return a cell's figure, or what it surely exceeds; None where neither can be told."""
    estimate = cell.estimates.get(metric.key)
    if estimate is not None:
        return Reading(value=estimate.value)
    found = typical(measure_of(metric.key), cell)
    return found if found is not None and found.at_least else None


def scale_of(metrics: Sequence[Metric], cells: Sequence[CellFigures]) -> Scale:
    """Return the unit that these metrics of these cells are all written in."""
    values = [
        found.value for cell in cells for metric in metrics if (found := reading_of(cell, metric))
    ]
    return scale(metrics[0], values)


def scale(metric: Metric, values: Sequence[float]) -> Scale:
    """Return the unit that these values of a metric are all written in."""
    unit = metric.unit
    if unit == "ns":
        return text.time_scale(min(values, default=1.0))
    scales = {"share": Scale(unit="%", factor=0.01), "µs/msg": Scale(unit="µs", factor=1.0)}
    if unit == "bytes/s":
        return Scale(unit="KiB/s", factor=1024.0)
    return MIB if unit == "bytes" else scales.get(unit, Scale(unit=unit, factor=1.0))


def entry(cell: CellFigures, metric: Metric, scale: Scale) -> Entry:
    """Return a figure in the unit of its column: `1.52`, `≥ 1 000` or `n/a` with its reason."""
    found = reading_of(cell, metric)
    if found is None:
        return untold(missing_reason(cell, metric))
    written = text.number(found.value / scale.factor)
    if found.at_least:
        hint = missing_reason(cell, metric)
        return Entry(f"≥ {written}", hint=hint, tone=Tone.BAD)
    return Entry(written, hint=_interval_words(cell, metric))


def paced(peak: Entry, judged: CellJudgement) -> Entry:
    """Return the entry of a lag with whether the cell keeps up beneath it."""
    state = judged.pace.state
    return replace(peak, detail=f"{state.mark} {judged.pace_words}", detail_tone=TONES[state])


def _interval_words(cell: CellFigures, metric: Metric) -> str:
    estimate = cell.estimates[metric.key]
    if estimate.low is None or estimate.high is None:
        return ""
    low, high = (_in_unit(end, metric) for end in (estimate.low, estimate.high))
    return f"90 % interval {low} to {high} over {len(estimate.by_block)} trials"


def _in_unit(value: float, metric: Metric) -> str:
    return human_size(value) if metric.unit == "bytes" else metric.written(value)


def pooled(cell: CellFigures, time: str, percentile: float, scale: Scale) -> Entry:
    """Return a percentile of all valid trials merged: asked of the histogram, read off no curve."""
    value_ns = percentile_ns(cell.times, time, percentile)
    # Too many never came so far in all trials together, so in one of them at least.
    hidden = value_ns is None and _hidden(cell, time, percentile)
    valid = [trial for trial in cell.trials if hidden and trial.record.valid]
    bounds_ns = filter(None, (longer_than_ns(trial, time, percentile) for trial in valid))
    return _time(value_ns, min(bounds_ns, default=None), scale, "too few messages lie beyond it")


def of_trial(trial: TrialFigures, time: str, percentile: float, scale: Scale) -> Entry:
    """Return a percentile of one trial."""
    value_ns = percentile_ns(trial.times, time, percentile)
    bound_ns = longer_than_ns(trial, time, percentile) if value_ns is None else None
    return _time(value_ns, bound_ns, scale)


def percentile_ns(times: Mapping[str, TimeFigures], time: str, percentile: float) -> int | None:
    """Return a percentile of a time; None where there is none, or it cannot be told."""
    return times[time].percentiles_ns.get(percentile) if time in times else None


def _time(
    value_ns: float | None, bound_ns: float | None, scale: Scale, otherwise: str = ""
) -> Entry:
    if value_ns is not None:
        return Entry(text.number(value_ns / scale.factor))
    if bound_ns is not None:
        return Entry(f"≥ {text.number(bound_ns / scale.factor)}", tone=Tone.BAD)
    return untold(otherwise)


def _hidden(cell: CellFigures, time: str, percentile: float) -> bool:
    offered = sum(offered_of(t.record, time) for t in cell.trials if t.record.valid)
    came = cell.times[time].count if time in cell.times else 0
    return came < offered * percentile / 100
