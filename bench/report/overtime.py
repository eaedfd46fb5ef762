"""Plots over the time of a trial: rates, p99 of each slice, lag with its slope."""

from collections.abc import Sequence

import numpy as np

from bench.analysis.figures import Array, CellFigures, LagVerdict
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.schema import Time, Window
from bench.report import lettering, timelines, traces
from bench.report.comparison import slope_interval
from bench.report.model import Plot
from bench.report.timelines import Cells, Drawn, Line, drawn
from bench.report.traces import Json
from bench.spec.metrics import LAG_SLOPE


def plots(cells: Cells, id_: str) -> tuple[Plot, ...]:
    """Return rates, p99 and lag over time of a question's variants; none without a series."""
    longest = timelines.longest_window(cells)
    if longest is None:
        return ()
    return (
        _rate_plot(cells, longest, f"{id_}-rates"),
        _p99_plot(cells, longest, f"{id_}-p99"),
        _lag_plot(cells, longest, f"{id_}-lag"),
    )


def _rate_plot(cells: Cells, window: Window, id_: str) -> Plot:
    data: list[Json] = []
    columns: dict[str, Array] = {}
    offered = _mean_rate([d for cell in cells.values() for d in drawn(cell)], "offered")
    if offered.size:
        data.append(_rate_line("offered", 7, offered, {"color": traces.AXIS_GREY, "width": 4}))
        columns["offered"] = offered
    for index, (variant, cell) in enumerate(cells.items()):
        kind = "delivered" if cell.cell.settings.ack.timing == "none" else "acked"
        rate = _mean_rate([d for d in drawn(cell) if d.trial.record.valid], kind)
        if rate.size:
            columns[f"{variant}, {kind}"] = rate
            style = {"color": traces.colour(index), "width": 1.6, "dash": traces.dash(index)}
            data.append(_rate_line(lettering.for_plot(f"{variant}, {kind}"), index, rate, style))
    y = traces.axis("msg/s", rangemode="tozero", exponentformat="none")
    return Plot(
        id=id_,
        title="Rates over time",
        caption=(
            "Messages a second in each 1 s slice, mean over valid trials: offered in grey, and "
            "what came out at the far end. Below the grey line, something cannot follow."
        ),
        document=traces.document(data, timelines.layout(y, window)),
        height_px=timelines.HEIGHT_PX + traces.legend_px(len(cells)),
        table=timelines.binned_table(columns, f"{id_}-table", "Mean rate, msg/s", np.mean),
    )


def _rate_line(name: str, index: int, rate: Array, style: Json) -> Json:
    return traces.line(
        name,
        index,
        timelines.mid_slices(len(rate)),
        rate,
        line=style,
        hovertemplate="%{x:.0f} s: %{y:,.0f} msg/s<extra>%{fullData.name}</extra>",
    )


def _mean_rate(of_trials: Sequence[Drawn], kind: str) -> Array:
    """Return the mean over trials, shape (k,); the last slice, cut short by the drain, is left."""
    rates = [d.series.rates[kind][:-1] for d in of_trials if kind in d.series.rates]
    if not rates:
        return np.empty(0)
    shortest = min(len(rate) for rate in rates)
    return np.asarray(np.mean([rate[:shortest] for rate in rates], axis=0))


def _p99_plot(cells: Cells, window: Window, id_: str) -> Plot:
    shown = {variant: _p99_lines(cell) for variant, cell in cells.items()}
    data = timelines.of_trials_and_medians(shown, "ms")
    columns = timelines.worst(shown)
    heights = [float(value) for y in columns.values() for value in y[~np.isnan(y)]]
    y = traces.log_axis("end-to-end p99 of a slice, ms", heights)
    return Plot(
        id=id_,
        title="End-to-end p99 over time",
        caption=(
            "p99 of each 1 s slice, by the intended send: bold is the median over valid trials, "
            "faint each trial, dotted an invalid one; broken where a slice has too few messages."
            + timelines.thinning_words(shown.values())
        ),
        document=traces.document(data, timelines.layout(y, window)),
        height_px=timelines.HEIGHT_PX + traces.legend_px(len(cells)),
        table=timelines.binned_table(columns, f"{id_}-table", "Largest p99 of a slice, ms", np.max),
    )


def _p99_lines(cell: CellFigures) -> list[Line]:
    return [
        Line(trial=d.trial, t_s=timelines.mid_slices(len(p99_ns)), heights=p99_ns / NS_PER_MS)
        for d in drawn(cell)
        if (p99_ns := d.series.p99_ns.get(Time.END_TO_END)) is not None
    ]


def _lag_plot(cells: Cells, window: Window, id_: str) -> Plot:
    shown = {variant: _lag_lines(cell) for variant, cell in cells.items()}
    fans = [trace for index, cell in enumerate(cells.values()) for trace in _slope_fan(index, cell)]
    data = [*fans, *timelines.of_trials_and_medians(shown, "messages")]
    y = traces.axis("lag, messages", rangemode="tozero", exponentformat="none")
    return Plot(
        id=id_,
        title="Lag over time",
        caption=(
            "Messages stored and not handled, or not acknowledged where those are more: faint each "
            "trial, bold the median over valid trials of the largest of each second. Where lag is "
            "not stable, the fan in the window is the cell's lag slope with its 90 % interval."
            + _by_server_words(cells)
            + timelines.thinning_words(shown.values())
        ),
        document=traces.document(data, timelines.layout(y, window)),
        height_px=timelines.HEIGHT_PX + traces.legend_px(len(cells)),
        table=timelines.binned_table(
            timelines.worst(shown), f"{id_}-table", "Largest lag, messages", np.max
        ),
    )


def _by_server_words(cells: Cells) -> str:
    lags = [trial.lag for cell in cells.values() for trial in cell.trials if trial.lag is not None]
    if not any(lag.by_server for lag in lags):
        return ""
    return (
        " Records of an older version: their lag is the server's, pending + ack pending, which "
        "leaves out what was acknowledged early and not handled."
    )


def _lag_lines(cell: CellFigures) -> list[Line]:
    return [_lag_line(d) for d in drawn(cell) if d.series.sample_s.size]


def _lag_line(d: Drawn) -> Line:
    """Return a trial's lag; the server's has gaps where it did not answer, ours has none."""
    t_s, lag_msgs = d.series.sample_s, d.series.lag_msgs
    if d.trial.lag is not None and not d.trial.lag.by_server:
        told = ~np.isnan(lag_msgs)
        t_s, lag_msgs = t_s[told], lag_msgs[told]
    return Line(trial=d.trial, t_s=t_s, heights=lag_msgs)


def _slope_fan(index: int, cell: CellFigures) -> list[Json]:
    """Return the slope through the mean lag of the window's middle, as a line within a fan."""
    interval, estimate = slope_interval(cell), cell.estimates.get(LAG_SLOPE)
    valid = [d for d in drawn(cell) if d.trial.record.valid]
    if interval is None or estimate is None or not valid or cell.lag_verdict is LagVerdict.STABLE:
        return []
    start, end = (
        valid[0].window.window_start_ns / NS_PER_S,
        valid[0].window.window_end_ns / NS_PER_S,
    )
    middle = _mean_window_lag(valid)
    if middle is None:
        return []
    half = (end - start) / 2
    low, high = interval
    fan = [middle - low * half, middle - high * half, middle + low * half, middle + high * half]
    common = {
        "type": "scatter",
        "mode": "lines",
        "legendgroup": str(index),
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return [
        {
            **common,
            "x": [start, end, end, start],
            "y": [fan[0], fan[2], fan[3], fan[1]],
            "fill": "toself",
            "fillcolor": traces.translucent(traces.colour(index), 0.18),
            "line": {"width": 0},
        },
        {
            **common,
            "x": [start, end],
            "y": [middle - estimate.value * half, middle + estimate.value * half],
            "line": {"color": traces.colour(index), "width": 2.5, "dash": "dash"},
        },
    ]


def _mean_window_lag(of_trials: Sequence[Drawn]) -> float | None:
    means = []
    for d in of_trials:
        at_ns = d.series.sample_s * NS_PER_S
        inside = (at_ns >= d.window.window_start_ns) & (at_ns < d.window.window_end_ns)
        told = d.series.lag_msgs[inside & ~np.isnan(d.series.lag_msgs)]
        if told.size:
            means.append(float(np.mean(told)))
    return float(np.mean(means)) if means else None
