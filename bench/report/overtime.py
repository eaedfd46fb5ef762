"""A workload over time: rate, p99, lag, its age, the server's CPU each second, a line a trial."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from bench.analysis.figures import Array
from bench.analysis.ranking import ranking_time
from bench.core import text
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.report import lettering, naming
from bench.report.drawn_trials import (
    Drawn,
    by_second,
    drawn,
    longest_window,
    marks_of,
    stacked,
)
from bench.report.model import Fold
from bench.report.plots import Line, Panel, document
from bench.report.tables import Column, Entry, Row, Table, untold

MOST_SPANS = 10
_SERVER = "server"


def fold(judged: WorkloadJudgement, id_: str) -> Fold:
    """Return the fold of a workload's course, drawn on one time axis, with its table."""
    cells = [each.cell for each in judged.cells]
    time = ranking_time(cells)
    panels = _panels(time)
    window = longest_window(cells)
    phases = [] if window is None else [window.window_start_ns, window.window_end_ns]
    axis = {
        "title": "time in the trial, s",
        "phases": [ns / NS_PER_S for ns in phases],
        "marks": [(mark.at_s, lettering.for_plot(mark.words)) for mark in marks_of(cells)],
    }
    names = [each.name for each in judged.cells]
    return Fold(
        f"{id_}-time",
        "Over time",
        (_table(judged, panels, time, f"{id_}-time-table"),),
        note="rate, p99, lag, its age and CPU in each second; drawn on opening",
        plots=document(names, panels, _lines(judged.cells, time), axis),
    )


def _panels(time: str) -> tuple[Panel, ...]:
    return (
        Panel(title="out, msg/s", unit="msg/s", factor=1),
        Panel(title=f"{naming.of_time(time)} p99, ms", unit="ms", factor=1000, log=True),
        Panel(title="lag, messages", unit="messages", factor=1),
        Panel(title="oldest not handled, ms", unit="ms", factor=1000),
        Panel(title="server, % of a core", unit="%", factor=10),
    )


def _lines(cells: Sequence[CellJudgement], time: str) -> Iterator[Line]:
    for name, judged in enumerate(cells):
        for each in drawn(judged.cell):
            block, valid = each.trial.record.block, each.trial.record.valid
            for panel, y in enumerate(_courses(judged, each, time)):
                if y.size:
                    yield Line(name=name, y=y, block=block, valid=valid, panel=panel)


def _courses(judged: CellJudgement, each: Drawn, time: str) -> tuple[Array, ...]:
    """Return what each panel shows of a trial, by second; empty where it was not kept."""
    series, none = each.series, np.empty(0)
    cpu = series.cpu_share.get(_SERVER)
    done = series.rates.get(judged.cell.cell.cast.done, none)
    return (
        done[:-1],  # the last slice is cut short by the drain
        series.p99_ns.get(time, none) / NS_PER_MS,
        by_second(series.sample_s, series.lag_msgs),
        by_second(series.sample_s, series.oldest_ns / NS_PER_MS) if series.oldest_ns.size else none,
        none if cpu is None else by_second(series.sample_s, cpu * 100),
    )


def _table(judged: WorkloadJudgement, panels: Sequence[Panel], time: str, id_: str) -> Table:
    """Return the panels below each other, a row for each variant, a column for each span."""
    of_cells = [_worst(each, time, len(panels)) for each in judged.cells]
    seconds = max((y.size for each in of_cells for y in each), default=0)
    width = max(1, -(-seconds // MOST_SPANS))
    columns = [
        Column(f"{start} to {min(start + width, seconds)}", partial(_entry, start, start + width))
        for start in range(0, seconds, width)
    ]
    rows: list[Row] = []
    for place, panel in enumerate(panels):
        rows.append(Row((panel.title,)))
        for each, of in zip(judged.cells, of_cells, strict=True):
            rows.append(naming.heading(each).across(columns, (of[place], place == 0)))
    caption = (
        f"Over valid trials, in each span of {width} s: the lowest rate of a second, else the "
        f"largest of any. Out is what was {text.listed(list(_done(judged)))}."
    )
    shown = tuple(rows) if seconds else ()
    return Table(id_, caption, "Variant", columns=tuple(columns), rows=shown)


def _done(judged: WorkloadJudgement) -> Sequence[str]:
    """Return the words of the ledger for what came out, each once."""
    done = dict.fromkeys(each.cell.cell.cast.done for each in judged.cells)
    return [" by ".join(reversed(name.split("."))).replace("_", " ") for name in done]


def _worst(judged: CellJudgement, time: str, panels: int) -> list[Array]:
    """Return for each panel the worst of the valid trials, second by second."""
    valid = [each for each in drawn(judged.cell) if each.trial.record.valid]
    courses = [_courses(judged, each, time) for each in valid]
    found = []
    for panel in range(panels):
        known = [each[panel] for each in courses if each[panel].size]
        worst = np.fmin if panel == 0 else np.fmax
        found.append(np.asarray(worst.reduce(stacked(known))) if known else np.empty(0))
    return found


def _entry(start: int, end: int, panel: tuple[Array, bool]) -> Entry:
    """Return the worst value of a span; the lowest one of the panel of rates."""
    values, lowest = panel
    told = values[start:end][~np.isnan(values[start:end])]
    if not told.size:
        return untold()
    return Entry(text.number(float(told.min() if lowest else told.max())))
