"""Plots over the time of a trial: rates, p99 of each slice, lag with its slope."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import Array, CellFigures, Series, TrialFigures
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.schema import Time, Window
from bench.report import text, traces
from bench.report.comparison import LAG_SLOPE, slope_interval
from bench.report.model import Column, Entry, Plot, Row, Table, Tone
from bench.report.traces import Json

HEIGHT_PX = 320
MOST_POINTS = 300
TABLE_ROWS = 12

Cells = Mapping[str, CellFigures]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A trial that broke off too early to be drawn is not among these."""

    trial: TrialFigures
    series: Series
    window: Window


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
        height_px=HEIGHT_PX,
        wide=False,
        table=_binned_table(columns, f"{id_}-table", "Mean rate, msg/s", np.mean),
    )


def _rate_line(name: str, index: int, rate: Array, style: Json) -> Json:
    return traces.line(
        name,
        index,
        {"x0": 0.5, "dx": 1},
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
    data: list[Json] = []
    columns: dict[str, Array] = {}
    for index, (variant, cell) in enumerate(cells.items()):
        lines = [
            (d, d.series.p99_ns[Time.END_TO_END] / NS_PER_MS)
            for d in _drawn(cell)
            if Time.END_TO_END in d.series.p99_ns
        ]
        data += _trial_lines(variant, index, [(d.trial, y, 0.5, 1.0) for d, y in lines], "ms")
        columns |= _worst({variant: [y for d, y in lines if d.trial.record.valid]})
    heights = [float(value) for y in columns.values() for value in y[~np.isnan(y)]]
    y = traces.log_axis("end-to-end p99 of a slice, ms", heights)
    return Plot(
        id=id_,
        title="End-to-end p99 over time",
        caption=(
            "One line for each trial, by the slice of the intended send; dotted when the trial is "
            "invalid, broken where a slice has too few messages." + _thinning_words(cells)
        ),
        document=traces.document(data, _layout(y, window)),
        height_px=HEIGHT_PX,
        wide=False,
        table=_binned_table(columns, f"{id_}-table", "Largest p99 of a slice, ms", np.max),
    )


def _lag_plot(cells: Cells, window: Window, id_: str) -> Plot:
    data: list[Json] = []
    columns: dict[str, Array] = {}
    for index, (variant, cell) in enumerate(cells.items()):
        data += _slope_band(index, cell)
        lines = [(d, *_even_lag(d.series)) for d in _drawn(cell)]
        shown = [(d.trial, lag, step / 2, step) for d, lag, step in lines]
        data += _trial_lines(variant, index, shown, "msgs")
        valid = [_by_second(lag, step) for d, lag, step in lines if d.trial.record.valid]
        columns |= _worst({variant: valid})
    y = traces.axis("lag, messages", rangemode="tozero", exponentformat="none")
    return Plot(
        id=id_,
        title="Lag over time",
        caption=(
            "Lag = pending + ack pending, one line for each trial, the largest sample of each "
            "step. The fan in the window is the cell's lag slope with its 90 % interval."
        ),
        document=traces.document(data, _layout(y, window)),
        height_px=HEIGHT_PX,
        wide=False,
        table=_binned_table(columns, f"{id_}-table", "Largest lag, messages", np.max),
    )


def _trial_lines(
    variant: str, index: int, lines: Sequence[tuple[TrialFigures, Array, float, float]], unit: str
) -> list[Json]:
    drawn: list[Json] = []
    for trial, heights, start, step in lines:
        thin, width = traces.thinned(heights, MOST_POINTS)
        state = "" if trial.record.valid else ", invalid"
        drawn.append(
            traces.line(
                text.for_plot(variant),
                index,
                {"x0": start * width, "dx": step * width},
                thin,
                showlegend=not drawn,
                opacity=0.85 if trial.record.valid else 0.5,
                line={
                    "color": traces.colour(index),
                    "width": 1.3,
                    "dash": "solid" if trial.record.valid else "dot",
                },
                hovertemplate=(
                    f"block {trial.record.block}{state}<br>%{{x:.1f}} s: %{{y:.3~s}} {unit}"
                    "<extra>%{fullData.name}</extra>"
                ),
            )
        )
    return drawn


def _thinning_words(cells: Cells) -> str:
    slices = max(len(d.series.slice_s) for cell in cells.values() for d in _drawn(cell))
    width = -(-slices // MOST_POINTS)
    return f" Drawn in steps of {width} s, the largest of each." if width > 1 else ""


def _even_lag(series: Series) -> tuple[Array, float]:
    """Return lag on even steps and their width, s: the largest sample of each step."""
    if not series.sample_s.size:
        return np.empty(0), 1.0
    end = float(series.sample_s[-1]) + 1e-9
    steps = min(MOST_POINTS, max(1, len(series.sample_s)))
    width = end / steps
    place = np.clip((series.sample_s / width).astype(int), 0, steps - 1)
    lag = np.full(steps, -np.inf)
    told = ~np.isnan(series.lag_msgs)
    np.maximum.at(lag, place[told], series.lag_msgs[told])
    return np.where(np.isinf(lag), np.nan, lag), width


def _by_second(values: Array, step_s: float) -> Array:
    if not values.size:
        return values
    seconds = (np.arange(len(values)) * step_s).astype(int)
    largest = np.full(seconds[-1] + 1, np.nan)
    np.fmax.at(largest, seconds, values)
    return largest


def _slope_band(index: int, cell: CellFigures) -> list[Json]:
    """Return the slope through the mean lag of the window's middle, as a line within a fan."""
    interval, estimate = slope_interval(cell), cell.estimates.get(LAG_SLOPE)
    valid = [d for d in _drawn(cell) if d.trial.record.valid]
    if interval is None or estimate is None or not valid:
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


def _worst(lines: Mapping[str, Sequence[Array]]) -> dict[str, Array]:
    """Return for each name the largest of its lines at every second."""
    worst: dict[str, Array] = {}
    for name, arrays in lines.items():
        if arrays:
            shortest = min(len(array) for array in arrays)
            stacked = np.array([array[:shortest] for array in arrays])
            worst[name] = np.fmax.reduce(stacked)
    return worst


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
