"""Lines over the time of a trial: one for each trial, medians over trials, tables by span."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import Array, CellFigures, Series, TrialFigures
from bench.core import text
from bench.record.schema import Window
from bench.report import lettering, traces
from bench.report.model import Column, Entry, Row, Table, Tone
from bench.report.traces import Json

HEIGHT_PX = 320
MOST_POINTS = 240
TABLE_ROWS = 12
MANY_LINES = 12

Cells = Mapping[str, CellFigures]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trial that broke off too early to be drawn is not among these."""

    trial: TrialFigures
    series: Series
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A trial's line: instants, s, ascending, and heights, NaN for gaps; both of shape (n,)."""

    trial: TrialFigures
    t_s: Array
    heights: Array


Lines = Mapping[str, Sequence[Line]]
"""Of each variant, one for each of its trials."""


def drawn(cell: CellFigures) -> list[Drawn]:
    """Return the trials of a cell that have a series."""
    return [
        Drawn(trial, trial.series, trial.record.window)
        for trial in cell.trials
        if trial.series is not None and trial.record.window is not None
    ]


def longest_window(cells: Cells) -> Window | None:
    """Return the phases of the trial whose drain took longest; None without any series."""
    windows = [each.window for cell in cells.values() for each in drawn(cell)]
    return max(windows, key=lambda window: window.drained_ns, default=None)


def layout(y: Json, window: Window) -> Json:
    """Return the layout of a plot over time, its phases shaded and named."""
    shapes, words = traces.phase_shapes(window)
    x = traces.axis("time in the trial, s", rangemode="tozero", zeroline=False)
    made = traces.layout(x, y, legend=True, shapes=shapes)
    legend = made["legend"] | {"y": 1.09}  # leaves a line for the names of the phases
    return made | {"annotations": words, "legend": legend}


def mid_slices(slices: int) -> Array:
    """Return the middle of each slice, s, shape (slices,)."""
    return np.arange(slices, dtype=np.float64) + 0.5


def of_trials_and_medians(lines: Lines, unit: str) -> list[Json]:
    """Return each trial as a faint line, and over them each variant's median as a bold one."""
    total = sum(len(of_variant) for of_variant in lines.values())
    opacity = 0.45 if total <= MANY_LINES else 0.15
    faint = [
        _trial_trace(lettering.for_plot(variant), index, line, unit) | {"opacity": opacity}
        for index, (variant, of_variant) in enumerate(lines.items())
        for line in of_variant
    ]
    return faint + medians(lines, unit)


def medians(lines: Lines, unit: str) -> list[Json]:
    """Return each variant's median over its valid trials, of the largest height of each second."""
    bold = []
    for index, (variant, of_variant) in enumerate(lines.items()):
        valid = [_by_second(line) for line in of_variant if line.trial.record.valid]
        if valid:
            bold.append(_median_trace(lettering.for_plot(variant), index, _median(valid), unit))
    return bold


def _median_trace(name: str, index: int, median: Array, unit: str) -> Json:
    kept = traces.thinned(median, MOST_POINTS)
    return traces.line(
        name,
        index,
        mid_slices(len(median))[kept],
        median[kept],
        line={"color": traces.colour(index), "width": 2, "dash": traces.dash(index)},
        hovertemplate=f"%{{x:.0f}} s: %{{y:.3~s}} {unit}<extra>%{{fullData.name}}, median</extra>",
    )


def _trial_trace(name: str, index: int, line: Line, unit: str) -> Json:
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


def thinning_words(of_variants: Iterable[Sequence[Line]]) -> str:
    """Say how many points stand for one; empty when every point is drawn."""
    points = max((len(line.heights) for lines in of_variants for line in lines), default=0)
    width = traces.group_width(points, MOST_POINTS)
    return f" Thinned: the largest of every {width} points is drawn." if width > 1 else ""


def _by_second(line: Line) -> Array:
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


def worst(lines: Lines) -> dict[str, Array]:
    """Return for each variant the largest height over its valid trials, second by second."""
    largest: dict[str, Array] = {}
    for variant, of_variant in lines.items():
        valid = [_by_second(line) for line in of_variant if line.trial.record.valid]
        if valid:
            largest[variant] = np.asarray(np.fmax.reduce(_stacked(valid)))
    return largest


def binned_table(
    columns: Mapping[str, Array],
    id_: str,
    caption: str,
    reduce: Callable[[Array], float],
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
