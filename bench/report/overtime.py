"""Plots over the time of a trial: rates, p99 of each slice, lag with its slope."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import Array, CellFigures, LagVerdict, Series, TrialFigures
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.schema import Time, Window
from bench.report import text, traces
from bench.report.comparison import LAG_SLOPE, slope_interval
from bench.report.model import Column, Entry, Plot, Row, Table, Tone
from bench.report.traces import Json

HEIGHT_PX = 320
MOST_POINTS = 240
TABLE_ROWS = 12
MANY_LINES = 12

Cells = Mapping[str, CellFigures]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A trial that broke off too early to be drawn is not among these."""

    trial: TrialFigures
    series: Series
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A trial's line: instants, s, ascending, and heights, NaN for gaps; both of shape (n,)."""

    trial: TrialFigures
    t_s: Array
    heights: Array


def _drawn(cell: CellFigures) -> list[_Drawn]:
    return [
        _Drawn(trial, trial.series, trial.record.window)
        for trial in cell.trials
        if trial.series is not None and trial.record.window is not None
    ]


def plots(cells: Cells, id_: str) -> tuple[Plot, ...]:
    """Return rates, p99 and lag over time of a question's variants; none without a series."""
    windows = [drawn.window for cell in cells.values() for drawn in _drawn(cell)]
    if not windows:
        return ()
    longest = max(windows, key=lambda window: window.drained_ns)
    return (
        _rate_plot(cells, longest, f"{id_}-rates"),
        _p99_plot(cells, longest, f"{id_}-p99"),
        _lag_plot(cells, longest, f"{id_}-lag"),
    )


def _time_axis() -> Json:
    return traces.axis("time in the trial, s", rangemode="tozero", zeroline=False)


def _layout(y: Json, window: Window) -> Json:
    shapes, words = traces.phase_shapes(window)
    layout = traces.layout(_time_axis(), y, legend=True, shapes=shapes)
    legend = layout["legend"] | {"y": 1.09}  # leaves a line for the names of the phases
    return layout | {"annotations": words, "legend": legend}


def _rate_plot(cells: Cells, window: Window, id_: str) -> Plot:
    data: list[Json] = []
    columns: dict[str, Array] = {}
    offered = _mean_rate([d for cell in cells.values() for d in _drawn(cell)], "offered")
    if offered.size:
        data.append(_rate_line("offered", 7, offered, {"color": traces.AXIS_GREY, "width": 4}))
        columns["offered"] = offered
    for index, (variant, cell) in enumerate(cells.items()):
        kind = "delivered" if cell.cell.settings.ack.timing == "none" else "acked"
        rate = _mean_rate([d for d in _drawn(cell) if d.trial.record.valid], kind)
        if rate.size:
            columns[f"{variant}, {kind}"] = rate
            style = {"color": traces.colour(index), "width": 1.6, "dash": traces.dash(index)}
            data.append(_rate_line(text.for_plot(f"{variant}, {kind}"), index, rate, style))
    y = traces.axis("msg/s", rangemode="tozero", exponentformat="none")
    return Plot(
        id=id_,
        title="Rates over time",
        caption=(
            "Messages a second in each 1 s slice, mean over valid trials: offered in grey, and "
            "what came out at the far end. Below the grey line, something cannot follow."
        ),
        document=traces.document(data, _layout(y, window)),
        height_px=HEIGHT_PX + traces.legend_px(len(cells)),
        table=_binned_table(columns, f"{id_}-table", "Mean rate, msg/s", np.mean),
    )


def _rate_line(name: str, index: int, rate: Array, style: Json) -> Json:
    return traces.line(
        name,
        index,
        _mid_slices(len(rate)),
        rate,
        line=style,
        hovertemplate="%{x:.0f} s: %{y:,.0f} msg/s<extra>%{fullData.name}</extra>",
    )


def _mean_rate(drawn: Sequence[_Drawn], kind: str) -> Array:
    """Return the mean over trials, shape (k,); the last slice, cut short by the drain, is left."""
    rates = [d.series.rates[kind][:-1] for d in drawn if kind in d.series.rates]
    if not rates:
        return np.empty(0)
    shortest = min(len(rate) for rate in rates)
    return np.asarray(np.mean([rate[:shortest] for rate in rates], axis=0))


def _p99_plot(cells: Cells, window: Window, id_: str) -> Plot:
    lines = {variant: _p99_lines(cell) for variant, cell in cells.items()}
    data = _traces(lines, "ms")
    columns = _worst(lines)
    heights = [float(value) for y in columns.values() for value in y[~np.isnan(y)]]
    y = traces.log_axis("end-to-end p99 of a slice, ms", heights)
    return Plot(
        id=id_,
        title="End-to-end p99 over time",
        caption=(
            "p99 of each 1 s slice, by the intended send: bold is the median over valid trials, "
            "faint each trial, dotted an invalid one; broken where a slice has too few messages."
            + _thinning_words(lines.values())
        ),
        document=traces.document(data, _layout(y, window)),
        height_px=HEIGHT_PX + traces.legend_px(len(cells)),
        table=_binned_table(columns, f"{id_}-table", "Largest p99 of a slice, ms", np.max),
    )


def _p99_lines(cell: CellFigures) -> list[_Line]:
    return [
        _Line(trial=d.trial, t_s=_mid_slices(len(p99_ns)), heights=p99_ns / NS_PER_MS)
        for d in _drawn(cell)
        if (p99_ns := d.series.p99_ns.get(Time.END_TO_END)) is not None
    ]


def _mid_slices(slices: int) -> Array:
    return np.arange(slices, dtype=np.float64) + 0.5


def _lag_plot(cells: Cells, window: Window, id_: str) -> Plot:
    lines = {variant: _lag_lines(cell) for variant, cell in cells.items()}
    fans = [trace for index, cell in enumerate(cells.values()) for trace in _slope_fan(index, cell)]
    data = [*fans, *_traces(lines, "messages")]
    y = traces.axis("lag, messages", rangemode="tozero", exponentformat="none")
    return Plot(
        id=id_,
        title="Lag over time",
        caption=(
            "Lag = pending + ack pending: faint each trial, bold the median over valid trials of "
            "the largest sample of each second. Where lag is not stable, the fan in the window "
            "is the cell's lag slope with its 90 % interval." + _thinning_words(lines.values())
        ),
        document=traces.document(data, _layout(y, window)),
        height_px=HEIGHT_PX + traces.legend_px(len(cells)),
        table=_binned_table(_worst(lines), f"{id_}-table", "Largest lag, messages", np.max),
    )


def _lag_lines(cell: CellFigures) -> list[_Line]:
    return [
        _Line(trial=d.trial, t_s=d.series.sample_s, heights=d.series.lag_msgs)
        for d in _drawn(cell)
        if d.series.sample_s.size
    ]


def _traces(lines: Mapping[str, Sequence[_Line]], unit: str) -> list[Json]:
    """Return each trial as a faint line, and over them each variant's median as a bold one."""
    drawn = sum(len(of_variant) for of_variant in lines.values())
    opacity = 0.45 if drawn <= MANY_LINES else 0.15
    faint, bold = [], []
    for index, (variant, of_variant) in enumerate(lines.items()):
        name = text.for_plot(variant)
        faint += [
            _trial_trace(name, index, line, unit) | {"opacity": opacity} for line in of_variant
        ]
        valid = [_by_second(line) for line in of_variant if line.trial.record.valid]
        bold += [_median_trace(name, index, _median(valid), unit)] if valid else []
    return faint + bold


def _median_trace(name: str, index: int, median: Array, unit: str) -> Json:
    kept = traces.thinned(median, MOST_POINTS)
    return traces.line(
        name,
        index,
        _mid_slices(len(median))[kept],
        median[kept],
        line={"color": traces.colour(index), "width": 2, "dash": traces.dash(index)},
        hovertemplate=f"%{{x:.0f}} s: %{{y:.3~s}} {unit}<extra>%{{fullData.name}}, median</extra>",
    )


def _trial_trace(name: str, index: int, line: _Line, unit: str) -> Json:
    valid, block = line.trial.record.valid, line.trial.record.block
    kept = traces.thinned(line.heights, MOST_POINTS)
    return traces.line(
        name,
        index,
        line.t_s[kept],
        line.heights[kept],
        showlegend=False,
        line={"color": traces.colour(index), "width": 1, "dash": "solid" if valid else "dot"},
        hovertemplate=(
            f"block {block}{'' if valid else ', invalid'}<br>%{{x:.1f}} s: %{{y:.3~s}} {unit}"
            "<extra>%{fullData.name}</extra>"
        ),
    )


def _thinning_words(of_variants: Iterable[Sequence[_Line]]) -> str:
    points = max((len(line.heights) for lines in of_variants for line in lines), default=0)
    width = traces.group_width(points, MOST_POINTS)
    return f" Thinned: the largest of every {width} points is drawn." if width > 1 else ""


def _by_second(line: _Line) -> Array:
    """Return the largest height of each second, shape (k,), NaN where there is none."""
    seconds = line.t_s.astype(int)
    largest = np.full(int(seconds[-1]) + 1 if len(seconds) else 0, np.nan)
    np.fmax.at(largest, seconds, line.heights)
    return largest


def _stacked(arrays: Sequence[Array]) -> Array:
    """Return arrays as rows, cut to the shortest: trials end when their drain does."""
    shortest = min(len(array) for array in arrays)
    return np.array([array[:shortest] for array in arrays])


def _median(arrays: Sequence[Array]) -> Array:
    stacked = _stacked(arrays)
    told = ~np.isnan(stacked).all(axis=0)
    middle = np.full(stacked.shape[1], np.nan)
    middle[told] = np.nanmedian(stacked[:, told], axis=0)
    return middle


def _worst(of_variants: Mapping[str, Sequence[_Line]]) -> dict[str, Array]:
    """Return for each variant the largest height over its valid trials, second by second."""
    worst: dict[str, Array] = {}
    for variant, lines in of_variants.items():
        valid = [_by_second(line) for line in lines if line.trial.record.valid]
        if valid:
            worst[variant] = np.asarray(np.fmax.reduce(_stacked(valid)))
    return worst


def _slope_fan(index: int, cell: CellFigures) -> list[Json]:
    """Return the slope through the mean lag of the window's middle, as a line within a fan."""
    interval, estimate = slope_interval(cell), cell.estimates.get(LAG_SLOPE)
    valid = [d for d in _drawn(cell) if d.trial.record.valid]
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


def _mean_window_lag(drawn: Sequence[_Drawn]) -> float | None:
    means = []
    for d in drawn:
        at_ns = d.series.sample_s * NS_PER_S
        inside = (at_ns >= d.window.window_start_ns) & (at_ns < d.window.window_end_ns)
        told = d.series.lag_msgs[inside & ~np.isnan(d.series.lag_msgs)]
        if told.size:
            means.append(float(np.mean(told)))
    return float(np.mean(means)) if means else None


def _binned_table(
    columns: Mapping[str, Array], id_: str, caption: str, reduce: Callable[[Array], float]
) -> Table:
    """Return the lines of a plot by span of time; `reduce` gets one number or more."""
    seconds = max((len(values) for values in columns.values()), default=0)
    width = max(1, -(-seconds // TABLE_ROWS))
    rows = tuple(
        Row(
            names=(f"{start} to {min(start + width, seconds)} s",),
            entries=tuple(
                _span_entry(values[start : start + width], reduce) for values in columns.values()
            ),
        )
        for start in range(0, seconds, width)
    )
    return Table(
        id=id_,
        caption=caption,
        head="Time in the trial",
        columns=tuple(Column(title=name) for name in columns),
        rows=rows,
    )


def _span_entry(values: Array, reduce: Callable[[Array], float]) -> Entry:
    told = values[~np.isnan(values)]
    if not told.size:
        return Entry(text=text.NA, tone=Tone.MUTED)
    return Entry(text=text.number(float(reduce(told))))
