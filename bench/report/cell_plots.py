"""Plots with a line for each cell: times of each trial, lag slope, CPU per message."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.analysis import latency
from bench.analysis.figures import CellFigures, TrialFigures
from bench.analysis.lag import MARGIN_SHARE
from bench.core import text
from bench.core.units import NS_PER_MS
from bench.record.schema import Time
from bench.report import comparison, lettering, standing, traces
from bench.report.model import Column, Entry, Plot, Row, Table, Tone
from bench.report.traces import Json
from bench.spec.metrics import LAG_SLOPE, Metric, time_key

ROW_PX = 30
FRAME_PX = 96
CPU_ROW_PX = 24
"""What a line of three bars takes more than a line of dots."""
_PATTERNS = ("", "/", "x")


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
        # Places, not categories: two long names that are cut alike must keep a line each.
        return {
            "tickvals": list(range(len(self.cells))),
            "ticktext": self.labels,
            "range": [len(self.cells) - 0.5, -0.5],
            "zeroline": False,
            "automargin": True,
            "ticklabelstandoff": 6,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dot:
    """A trial's value on its cell's line."""

    place: int
    x: float
    words: str


def _plot_label(cell: CellFigures) -> str:
    more = len(cell.cell.variants) - 1
    return lettering.for_plot(standing.label(cell)) + (f" (+{more})" if more > 0 else "")


def _dots(
    axis: _Axis, value: Callable[[TrialFigures], float | None], *, valid: bool = True
) -> list[_Dot]:
    return [
        _Dot(place=place, x=x, words=f"{label}<br>block {trial.record.block}")
        for place, (label, cell) in enumerate(zip(axis.labels, axis.cells, strict=True))
        for trial in cell.trials
        if trial.record.valid is valid and (x := value(trial)) is not None
    ]


def _marks(dots: Sequence[_Dot], name: str, written: str, marker: Json) -> Json:
    """Return dots as a trace; `written` is the hover text of a value, in plotly's template."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [dot.x for dot in dots],
        "y": [dot.place for dot in dots],
        "text": [dot.words for dot in dots],
        "hovertemplate": f"%{{text}}: {written}<extra>{name}</extra>",
        "marker": marker,
        "showlegend": bool(dots),
    }


def spread_plot(cells: Sequence[CellFigures], time: Time, id_: str) -> Plot:
    """Return p50 and p99 of every trial's time, each trial a dot."""

    def p99_ms(trial: TrialFigures) -> float | None:
        return _time_ms(trial, time, 99.0)

    def more_ms(trial: TrialFigures) -> float | None:
        bound_ns = latency.longer_than_ns(trial, time, 99.0)
        return None if bound_ns is None else bound_ns / NS_PER_MS

    axis, ms = _Axis(tuple(cells)), "%{x:.3~g} ms"
    p50 = {"symbol": "diamond-open", "size": 8, "color": traces.colour(2)}
    p99 = {"symbol": "circle", "size": 8, "color": traces.colour(0), "opacity": 0.75}
    arrow = {"symbol": "triangle-right", "size": 9, "color": traces.colour(1)}
    cross = {"symbol": "x-thin", "size": 8, "line": {"width": 2, "color": traces.colour(1)}}
    data = [
        *_intervals(axis, time_key(time, "p99")),
        _pairs(axis, p99_ms),
        _marks(_dots(axis, lambda t: _time_ms(t, time, 50.0)), "p50 of a trial", ms, p50),
        _marks(_dots(axis, p99_ms), "p99 of a trial", ms, p99),
        _marks(_dots(axis, more_ms), "p99 of a trial, more than", ms, arrow),
        _marks(_dots(axis, p99_ms, valid=False), "p99 of an invalid trial", ms, cross),
    ]
    shown = [x for trace in data for x in trace["x"] if x is not None]
    word = f"{time.replace('_', '-')} time, ms"
    layout = traces.layout(traces.log_axis(word, shown), axis.layout, legend=True)
    return Plot(
        id=id_,
        title="Spread over blocks",
        caption=(
            "Each trial is a dot; a thin line joins the p99 of one block, which are compared with "
            "each other; what the blocks tell apart, the table above says. The bar is the 90 % "
            "interval of the cell's p99 by itself where there are three valid trials. An arrow "
            "is a trial whose p99 is longer than that, for too many messages never came. A cross "
            "is an invalid trial, which no figure counts."
        ),
        document=traces.document(data, layout),
        height_px=axis.height_px,
        table=_spread_table(cells, time, f"{id_}-table"),
    )


def _pairs(axis: _Axis, value: Callable[[TrialFigures], float | None]) -> Json:
    """Return a line through the cells for each block; it is broken where a cell has no trial."""
    by_block = [
        {t.record.block: x for t in cell.trials if t.record.valid and (x := value(t)) is not None}
        for cell in axis.cells
    ]
    blocks = sorted({block for found in by_block for block in found})
    places = [*range(len(axis.cells)), None]  # None lifts the pen between two blocks
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "same block",
        "x": [x for block in blocks for x in (*(found.get(block) for found in by_block), None)],
        "y": places * len(blocks),
        "line": {"color": "rgba(128,136,148,0.4)", "width": 1},
        "hoverinfo": "skip",
        "showlegend": len(axis.cells) > 1 and bool(blocks),
    }


def _time_ms(trial: TrialFigures, time: Time, percentile: float) -> float | None:
    times = trial.times.get(time)
    value = times.percentiles_ns.get(percentile) if times else None
    return None if value is None else value / NS_PER_MS


def _intervals(axis: _Axis, key: str) -> list[Json]:
    bars: list[Json] = []
    for place, cell in enumerate(axis.cells):
        estimate = cell.estimates.get(key)
        if estimate is None or estimate.low is None or estimate.high is None:
            continue
        bars.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [estimate.low / NS_PER_MS, estimate.high / NS_PER_MS],
                "y": [place, place],
                "line": {"color": traces.translucent(traces.colour(0), 0.3), "width": 11},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    return bars


def _spread_table(cells: Sequence[CellFigures], time: Time, id_: str) -> Table:
    blocks = sorted({trial.record.block for cell in cells for trial in cell.trials})
    rows = tuple(
        Row(
            names=comparison.names(cell),
            entries=tuple(_block_entry(cell, time, block) for block in blocks),
        )
        for cell in cells
    )
    return Table(
        id=id_,
        caption=f"{time.replace('_', '-').capitalize()} p99 of each trial, ms",
        head="Variant",
        columns=tuple(Column(title=f"block {block}") for block in blocks),
        rows=rows,
    )


def _block_entry(cell: CellFigures, time: Time, block: int) -> Entry:
    trial = next((trial for trial in cell.trials if trial.record.block == block), None)
    if trial is None:
        return Entry(text="missing", tone=Tone.MUTED)
    value = _time_ms(trial, time, 99.0)
    written = text.NA if value is None else text.number(value)
    if value is None and (bound_ns := latency.longer_than_ns(trial, time, 99.0)) is not None:
        written = f"≥ {text.number(bound_ns / NS_PER_MS)}"
    if not trial.record.valid:
        return Entry(text=f"{written} invalid", tone=Tone.WARNING)
    return Entry(text=written, order=value)


def slope_plot(cells: Sequence[CellFigures], id_: str) -> Plot:
    """Return each cell's lag slope with its interval against the margin of "stable"."""
    axis = _Axis(tuple(cells))
    margin = MARGIN_SHARE * max(cell.cell.workload.publish.rate_msgs_per_s for cell in cells)
    title = "lag slope, msg/s (right: falling behind)"
    layout = traces.layout(
        traces.axis(title, zeroline=True, exponentformat="none"),
        axis.layout,
        legend=False,
        shapes=[traces.band(-margin, margin)],
    )
    dots = _dots(axis, lambda trial: trial.lag.slope_msgs_per_s if trial.lag else None)
    ring = {"symbol": "circle-open", "size": 7, "color": traces.AXIS_GREY}
    data = [_slope_intervals(axis), _marks(dots, "trial", "%{x:+.3~g} msg/s", ring)]
    return Plot(
        id=id_,
        title="Does the consumer keep up?",
        caption=(
            "Lag slope of each cell with its 90 % interval; rings are trials. Inside the band (±"
            f"{text.number(margin)} msg/s, 1 % of the offered rate each second) lag is stable."
        ),
        document=traces.document(data, layout),
        height_px=axis.height_px,
        table=_slope_table(cells, f"{id_}-table"),
    )


def _slope_intervals(axis: _Axis) -> Json:
    shown = [
        (place, cell.estimates[LAG_SLOPE].value, comparison.slope_interval(cell))
        for place, cell in enumerate(axis.cells)
        if LAG_SLOPE in cell.estimates
    ]
    dots = [_Dot(place=place, x=value, words=axis.labels[place]) for place, value, _ in shown]
    marker = {"symbol": "square", "size": 9, "color": traces.colour(0)}
    return _marks(dots, "cell", "%{x:+.3~g} msg/s", marker) | {
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [ends[1] - value if ends else 0.0 for _, value, ends in shown],
            "arrayminus": [value - ends[0] if ends else 0.0 for _, value, ends in shown],
            "thickness": 2,
            "width": 5,
            "color": traces.colour(0),
        }
    }


def _slope_table(cells: Sequence[CellFigures], id_: str) -> Table:
    return Table(
        id=id_,
        caption="Lag slope of each cell",
        head="Variant",
        columns=(
            Column(title="slope", unit="msg/s"),
            Column(title="90 % interval", unit="msg/s"),
            Column(title="verdict", numeric=False),
        ),
        rows=tuple(_slope_row(cell) for cell in cells),
    )


def _slope_row(cell: CellFigures) -> Row:
    estimate = cell.estimates.get(LAG_SLOPE)
    interval = comparison.slope_interval(cell)
    slope = text.slope(estimate.value) if estimate else text.NA
    ends = f"{text.slope(interval[0])} to {text.slope(interval[1])}" if interval else text.NA
    entries = (Entry(text=slope), Entry(text=ends), comparison.verdict_entry(cell))
    return Row(names=comparison.names(cell), entries=entries)


def cpu_plot(cells: Sequence[CellFigures], metrics: Sequence[Metric], id_: str) -> Plot:
    """Return CPU time per message, a bar for each that spends it."""
    axis = _Axis(tuple(cells))
    spent = [metric for metric in metrics if metric.unit == "µs/msg"]
    # Side by side and never stacked: a sum of "per stored" and "per received" is of nothing.
    data = [_cpu_bars(axis, metric, index) for index, metric in enumerate(spent)]
    layout = traces.layout(traces.axis("CPU time, µs"), axis.layout, legend=True)
    layout |= {"barmode": "group", "bargap": 0.3, "uniformtext": {"minsize": 9, "mode": "hide"}}
    return Plot(
        id=id_,
        title="What a message costs",
        caption=(
            "CPU time of the server and of all publishers for each stored message, of all "
            "consumers for each received one. They do not add up: a message that is delivered "
            "twice is received twice."
        ),
        document=traces.document(data, layout),
        height_px=axis.height_px + CPU_ROW_PX * len(cells),
        table=_cpu_table(cells, spent, f"{id_}-table"),
    )


def _cpu_table(cells: Sequence[CellFigures], spent: Sequence[Metric], id_: str) -> Table:
    return Table(
        id=id_,
        caption="CPU time for each message, means over valid trials with their 90 % interval",
        head="Variant",
        columns=tuple(Column(title=_spender(m), unit=f"µs per {_per(m)}") for m in spent),
        rows=tuple(
            Row(
                names=comparison.names(cell),
                entries=tuple(_cpu_entry(cell, metric) for metric in spent),
            )
            for cell in cells
        ),
    )


def _cpu_entry(cell: CellFigures, metric: Metric) -> Entry:
    estimate = cell.estimates.get(metric.key)
    if estimate is None:
        hint = comparison.missing_reason(cell, metric)
        return Entry(text=text.NA, hint=hint, tone=Tone.MUTED)
    ends = [text.number(end) for end in (estimate.low, estimate.high) if end is not None]
    return Entry(text=text.number(estimate.value), detail=" to ".join(ends))


def _spender(metric: Metric) -> str:
    return metric.title.split()[0]


def _per(metric: Metric) -> str:
    return "received" if _spender(metric) == "consumer" else "stored"


def _cpu_bars(axis: _Axis, metric: Metric, index: int) -> Json:
    name = f"{_spender(metric)}, per {_per(metric)} message"
    having = [(p, c) for p, c in enumerate(axis.cells) if metric.key in c.estimates]
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": [cell.estimates[metric.key].value for _, cell in having],
        "y": [place for place, _ in having],
        "hovertext": [axis.labels[place] for place, _ in having],
        "marker": {
            "color": traces.colour(index),
            "pattern": {
                "shape": _PATTERNS[index % len(_PATTERNS)],
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
        "hovertemplate": f"%{{hovertext}}<br>%{{x:.3~g}} µs/msg<extra>{name}</extra>",
    }
