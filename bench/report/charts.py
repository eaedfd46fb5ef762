"""Plots over cells: p99 of each trial, lag slope, CPU per message, percentile curves."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import CellFigures, Metric, TrialFigures
from bench.core.units import NS_PER_MS
from bench.record.schema import Time
from bench.report import comparison, standing, text, traces
from bench.report.model import Column, Entry, Plot, Row, Table, Tone
from bench.report.traces import Json

ROW_PX = 30
FRAME_PX = 96
CURVE_PX = 340
LEGEND_ROW_PX = 20
LAG_MARGIN_SHARE_PER_S = 0.01
_READ_AT = (50.0, 90.0, 95.0, 99.0, 99.9, 99.99)


@dataclass(frozen=True, slots=True)
class _Axis:
    """The cells of a plot, one line each, the first on top."""

    cells: tuple[CellFigures, ...]

    @property
    def labels(self) -> list[str]:
        return [_plot_label(cell) for cell in self.cells]

    @property
    def height_px(self) -> int:
        return FRAME_PX + ROW_PX * max(3, len(self.cells))

    @property
    def layout(self) -> Json:
        return {
            "type": "category",
            "categoryorder": "array",
            "categoryarray": self.labels,
            "autorange": "reversed",
            "automargin": True,
            "ticklabelstandoff": 6,
        }


def _plot_label(cell: CellFigures) -> str:
    more = len(cell.cell.variants) - 1
    return text.for_plot(standing.label(cell)) + (f" (+{more})" if more > 0 else "")


def spread_plot(cells: Sequence[CellFigures], id_: str) -> Plot:
    """Return end-to-end p50 and p99 of every trial, each trial a dot."""
    axis = _Axis(tuple(cells))
    data = [
        *_bars(axis),
        _dots(axis, 50.0, "p50 of a trial", {"symbol": "diamond-open", "size": 8}),
        _dots(axis, 99.0, "p99 of a trial", {"symbol": "circle", "size": 8, "opacity": 0.75}),
        _invalid_dots(axis),
    ]
    shown = [x for trace in data for x in trace["x"]]
    layout = traces.layout(traces.log_axis("end-to-end time, ms", shown), axis.layout, legend=True)
    return Plot(
        id=id_,
        title="Spread over blocks",
        caption=(
            "Each trial is a dot; the bar is the 90 % interval of the cell's p99 where there are "
            "three valid trials. A cross is an invalid trial, which no figure counts."
        ),
        document=traces.document(data, layout),
        height_px=axis.height_px,
        wide=False,
        table=_spread_table(cells, f"{id_}-table"),
    )


def _dots(axis: _Axis, percentile: float, name: str, marker: Json) -> Json:
    points = [
        (label, _percentile_ms(trial, percentile), trial.record.block)
        for label, cell in zip(axis.labels, axis.cells, strict=True)
        for trial in cell.trials
        if trial.record.valid
    ]
    return _points(points, name, {"color": traces.colour(0 if percentile == 99.0 else 2), **marker})


def _invalid_dots(axis: _Axis) -> Json:
    points = [
        (label, _percentile_ms(trial, 99.0), trial.record.block)
        for label, cell in zip(axis.labels, axis.cells, strict=True)
        for trial in cell.trials
        if not trial.record.valid
    ]
    marker = {"symbol": "x-thin", "size": 8, "line": {"width": 2, "color": traces.colour(1)}}
    return _points(points, "p99 of an invalid trial", marker)


def _points(points: Sequence[tuple[str, float | None, int]], name: str, marker: Json) -> Json:
    shown = [(label, x, block) for label, x, block in points if x is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [x for _, x, _ in shown],
        "y": [label for label, _, _ in shown],
        "customdata": [block for _, _, block in shown],
        "hovertemplate": "%{y}<br>block %{customdata}: %{x:.3~g} ms<extra>%{fullData.name}</extra>",
        "marker": marker,
        "showlegend": bool(shown),
    }


def _percentile_ms(trial: TrialFigures, percentile: float) -> float | None:
    times = trial.times.get(Time.END_TO_END)
    value = times.percentiles_ns.get(percentile) if times else None
    return None if value is None else value / NS_PER_MS


def _bars(axis: _Axis) -> list[Json]:
    bars: list[Json] = []
    for label, cell in zip(axis.labels, axis.cells, strict=True):
        estimate = cell.estimates.get(standing.END_TO_END_P99)
        if estimate is None or estimate.low is None or estimate.high is None:
            continue
        bars.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [estimate.low / NS_PER_MS, estimate.high / NS_PER_MS],
                "y": [label, label],
                "line": {"color": traces.translucent(traces.colour(0), 0.3), "width": 11},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    return bars


def _spread_table(cells: Sequence[CellFigures], id_: str) -> Table:
    blocks = sorted({trial.record.block for cell in cells for trial in cell.trials})
    rows = tuple(
        Row(
            names=comparison.names(cell),
            entries=tuple(_block_entry(cell, block) for block in blocks),
        )
        for cell in cells
    )
    return Table(
        id=id_,
        caption="End-to-end p99 of each trial, ms",
        head="Variant",
        columns=tuple(Column(title=f"block {block}") for block in blocks),
        rows=rows,
    )


def _block_entry(cell: CellFigures, block: int) -> Entry:
    trial = next((trial for trial in cell.trials if trial.record.block == block), None)
    if trial is None:
        return Entry(text="missing", tone=Tone.MUTED)
    value = _percentile_ms(trial, 99.0)
    written = text.NA if value is None else text.number(value)
    if not trial.record.valid:
        return Entry(text=f"{written} invalid", tone=Tone.WARNING)
    return Entry(text=written, order=value)


def slope_plot(cells: Sequence[CellFigures], id_: str) -> Plot:
    """Return each cell's lag slope with its interval against the margin of "stable"."""
    axis = _Axis(tuple(cells))
    margin = LAG_MARGIN_SHARE_PER_S * max(
        cell.cell.workload.publish.rate_msgs_per_s for cell in cells
    )
    band = {
        "type": "rect", "xref": "x", "yref": "paper", "x0": -margin, "x1": margin,
        "y0": 0, "y1": 1, "fillcolor": traces.SHADE, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    layout = traces.layout(
        traces.axis(
            "lag slope, msg/s (right: falling behind)", zeroline=True, exponentformat="none"
        ),
        axis.layout,
        legend=False,
        shapes=[band],
    )
    return Plot(
        id=id_,
        title="Does the consumer keep up?",
        caption=(
            f"Lag slope with its 90 % interval; dots are trials. Inside the band (±"
            f"{text.number(margin)} msg/s, 1 % of the offered rate each second) lag is stable."
        ),
        document=traces.document([_slope_intervals(axis), _slope_dots(axis)], layout),
        height_px=axis.height_px,
        wide=False,
        table=_slope_table(cells, f"{id_}-table"),
    )


def _slope_intervals(axis: _Axis) -> Json:
    shown = [
        (label, cell.estimates[comparison.LAG_SLOPE].value, comparison.slope_interval(cell))
        for label, cell in zip(axis.labels, axis.cells, strict=True)
        if comparison.LAG_SLOPE in cell.estimates
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "cell",
        "x": [value for _, value, _ in shown],
        "y": [label for label, _, _ in shown],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [(high[1] - value) if high else 0 for _, value, high in shown],
            "arrayminus": [(value - low[0]) if low else 0 for _, value, low in shown],
            "thickness": 2,
            "width": 5,
            "color": traces.colour(0),
        },
        "hovertemplate": "%{y}<br>%{x:+.3~g} msg/s<extra></extra>",
        "marker": {"symbol": "square", "size": 9, "color": traces.colour(0)},
    }


def _slope_dots(axis: _Axis) -> Json:
    points = [
        (label, trial.lag.slope_msgs_per_s, trial.record.block)
        for label, cell in zip(axis.labels, axis.cells, strict=True)
        for trial in cell.trials
        if trial.lag is not None and trial.record.valid
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "trial",
        "x": [x for _, x, _ in points],
        "y": [label for label, _, _ in points],
        "customdata": [block for _, _, block in points],
        "hovertemplate": "%{y}<br>block %{customdata}: %{x:+.3~g} msg/s<extra>trial</extra>",
        "marker": {"symbol": "circle-open", "size": 7, "color": traces.AXIS_GREY},
    }


def _slope_table(cells: Sequence[CellFigures], id_: str) -> Table:
    columns = (
        Column(title="slope", unit="msg/s"),
        Column(title="90 % interval", unit="msg/s"),
        Column(title="verdict", numeric=False),
    )
    rows = []
    for cell in cells:
        estimate, interval = (
            cell.estimates.get(comparison.LAG_SLOPE),
            comparison.slope_interval(cell),
        )
        slope = Entry(text=text.slope(estimate.value) if estimate else text.NA)
        ends = f"{text.slope(interval[0])} to {text.slope(interval[1])}" if interval else text.NA
        entries = (slope, Entry(text=ends), comparison.verdict_entry(cell))
        rows.append(Row(names=comparison.names(cell), entries=entries))
    return Table(id=id_, caption="Lag slope", head="Variant", columns=columns, rows=tuple(rows))


def cpu_plot(
    cells: Sequence[CellFigures], metrics: Sequence[Metric], table: Table, id_: str
) -> Plot:
    """Return CPU time per message, stacked by who spends it; `table` stands behind it."""
    axis = _Axis(tuple(cells))
    data = []
    for index, metric in enumerate(metric for metric in metrics if metric.unit == "µs/msg"):
        name = metric.title.split()[0]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": text.for_plot(name),
                "x": [_estimate_or_none(cell, metric) for cell in cells],
                "y": axis.labels,
                "marker": {
                    "color": traces.colour(index),
                    "pattern": {
                        "shape": ("", "/", "x")[index % 3],
                        "fillmode": "overlay",
                        "fgcolor": "#ffffff",
                        "fgopacity": 0.35,
                        "size": 6,
                    },
                },
                "texttemplate": "%{x:.3~g}",
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "insidetextfont": {"color": "#ffffff", "size": 11},
                "hovertemplate": "%{y}<br>%{x:.3~g} µs/msg<extra>%{fullData.name}</extra>",
            }
        )
    layout = traces.layout(traces.axis("CPU time, µs per message"), axis.layout, legend=True)
    layout |= {"barmode": "stack", "bargap": 0.4}
    return Plot(
        id=id_,
        title="What a message costs",
        caption="CPU time per message of server, publishers and consumers, added up.",
        document=traces.document(data, layout),
        height_px=axis.height_px,
        wide=False,
        table=table,
    )


def _estimate_or_none(cell: CellFigures, metric: Metric) -> float | None:
    estimate = cell.estimates.get(metric.key)
    return None if estimate is None else estimate.value


def curve_plot(cells: Mapping[str, CellFigures], id_: str) -> Plot:
    """Return end-to-end percentile curves, one line for each variant."""
    data, heights = [], []
    for index, (variant, cell) in enumerate(cells.items()):
        curve = [(p, ns) for p, ns in cell.spectrum.get(Time.END_TO_END, ()) if 10 <= p < 100]
        if not curve:
            continue
        percentiles = np.array([p for p, _ in curve])
        times_ms = [ns / NS_PER_MS for _, ns in curve]
        heights += times_ms
        data.append(
            traces.line(
                text.for_plot(variant),
                index,
                {"x": traces.packed(1 / (1 - percentiles / 100))},
                np.array(times_ms),
                line={"color": traces.colour(index), "width": 2, "dash": traces.dash(index)},
                customdata=traces.packed(percentiles),
                hovertemplate="p%{customdata:.6~g}: %{y:.3~g} ms<extra>%{fullData.name}</extra>",
            )
        )
    ticks = traces.PERCENTILE_TICKS
    x = traces.axis(
        "percentile", type="log", tickvals=[at for at, _ in ticks], ticktext=[t for _, t in ticks]
    )
    layout = traces.layout(x, traces.log_axis("end-to-end time, ms", heights), legend=True)
    return Plot(
        id=id_,
        title="End-to-end percentiles",
        caption=(
            "Histograms of all valid trials merged. Each step to the right is ten times rarer; "
            "a curve ends where fewer than 10 messages lie beyond it."
        ),
        document=traces.document(data, layout),
        height_px=CURVE_PX + LEGEND_ROW_PX * (len(cells) // 3),
        wide=False,
        table=_curve_table(cells, f"{id_}-table"),
    )


def _curve_table(cells: Mapping[str, CellFigures], id_: str) -> Table:
    rows = tuple(
        Row(
            names=(f"p{percentile:g}",),
            entries=tuple(_read_off(cell, percentile) for cell in cells.values()),
        )
        for percentile in _READ_AT
    )
    return Table(
        id=id_,
        caption="End-to-end time at these percentiles, ms",
        head="Percentile",
        columns=tuple(Column(title=variant) for variant in cells),
        rows=rows,
    )


def _read_off(cell: CellFigures, percentile: float) -> Entry:
    curve = cell.spectrum.get(Time.END_TO_END, ())
    reached = [ns for p, ns in curve if p >= percentile or math.isclose(p, percentile)]
    if not reached:
        return Entry(text=text.NA, hint="beyond the last honest percentile", tone=Tone.MUTED)
    return Entry(text=text.number(reached[0] / NS_PER_MS))
