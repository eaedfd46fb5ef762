"""The trials of a cell over time: the lag lines of its row, and what its folds draw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import Array, CellFigures, Series, TrialFigures
from bench.core.units import NS_PER_S
from bench.draw.line import Box, Course
from bench.draw.ticks import round_up
from bench.plan.model import Cell
from bench.record.schema import Window
from bench.spec.disturbances import named


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trial that broke off too early to be drawn is not among these."""

    trial: TrialFigures
    series: Series
    window: Window


def drawn(cell: CellFigures) -> list[Drawn]:
    """Return the trials of a cell that have a series, by block."""
    return [
        Drawn(trial, trial.series, trial.record.window)
        for trial in cell.trials
        if trial.series is not None and trial.record.window is not None
    ]


@dataclass(frozen=True, slots=True)
class Mark:
    """What was done to the system at an instant, or befell it: a line in every plot over time."""

    at_s: float
    words: str


def marks_of(cells: Sequence[CellFigures]) -> list[Mark]:
    """Return what was to be done to the system in trials of these cells, each instant once."""
    found = {
        Mark(each.planned_ns / NS_PER_S, named(each.do, each.part))
        for cell in cells
        for trial in drawn(cell)
        for each in trial.trial.record.disturbances
    }
    found |= {mark for cell in cells if drawn(cell) for mark in _outages(cell.cell)}
    return sorted(found, key=lambda mark: (mark.at_s, mark.words))


def _outages(cell: Cell) -> Iterator[Mark]:
    """Yield when what handlers depend on was away, and when it was back."""
    for load in cell.workload.loads.values():
        for outage in load.outages:
            begin_ns, end_ns = (load.phases.warmup_ns + at for at in (outage.at_ns, outage.end_ns))
            yield Mark(begin_ns / NS_PER_S, "outage")
            yield Mark(end_ns / NS_PER_S, "end of the outage")


def longest_window(cells: Sequence[CellFigures]) -> Window | None:
    """Return the phases of the trial whose drain took longest; None without any series."""
    windows = [each.window for cell in cells for each in drawn(cell)]
    return max(windows, key=lambda window: window.drained_ns, default=None)


def lag_box(cells: Sequence[CellFigures]) -> Box | None:
    """Return the box that the lag of every valid trial fits in; None where none was sampled."""
    window = longest_window(cells)
    courses = [course.values for cell in cells for course in lag_courses(cell)]
    known = np.concatenate(courses) if courses else np.empty(0)
    if window is None or np.isnan(known).all():
        return None
    return Box(
        length_s=window.drained_ns / NS_PER_S,
        warmup_s=window.window_start_ns / NS_PER_S,
        top=round_up(max(float(np.nanmax(known)), 1.0)),
        marks=tuple(mark.at_s for mark in marks_of(cells)),
    )


def lag_courses(cell: CellFigures) -> list[Course]:
    """Return the lag of each valid trial."""
    return [
        Course(t_s=each.series.sample_s, values=each.series.lag_msgs)
        for each in drawn(cell)
        if each.trial.record.valid and each.series.sample_s.size
    ]


def by_second(t_s: Array, values: Array) -> Array:
    """Return the largest value of each second, shape (k,), NaN where there is none."""
    if not t_s.size:
        return np.empty(0)
    seconds = t_s.astype(int)
    largest = np.full(int(seconds[-1]) + 1, np.nan)
    np.fmax.at(largest, seconds, values)
    return largest


def stacked(arrays: Sequence[Array]) -> Array:
    """Return arrays as rows, cut to the shortest: trials end when their drain does."""
    shortest = min(len(array) for array in arrays)
    return np.array([array[:shortest] for array in arrays])
