"""The folds of a workload: percentiles, block by block, where the time goes, over time."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from bench.analysis.figures import PERCENTILES, CellFigures
from bench.analysis.ranking import ranking_time
from bench.core import text
from bench.core.marks import State
from bench.core.text import Scale
from bench.core.units import NS_PER_MS
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.record.schema import ProcessUsage
from bench.report import by_block, crashed, disturbed, naming, overtime, plane, readings
from bench.report.model import Block, Fold, Points
from bench.report.plots import Line, Panel, document
from bench.report.tables import Column, Entry, Table, untold
from bench.spec.cast import spans, tail
from bench.spec.metrics import NETWORK_FIGURES, PROCESS_FIGURES, Metric, View, metric_of, of_casts

_UNREAD = untold("this process could not be read")
_UNSEEN = untold("the connections of this process could not be seen")
_TICKS = (50.0, 90.0, 99.0, 99.9, 99.99)


def of_workload(judged: WorkloadJudgement, id_: str) -> tuple[Block, ...]:
    """Return the folds of a workload, the ones that are asked for first on top."""
    return (
        _percentiles(judged, id_),
        *crashed.folds(judged, id_),
        *disturbed.folds(judged, id_),
        _blocks(judged, id_),
        _steps(judged, id_),
        overtime.fold(judged, id_),
        *plane.folds(judged, id_),
    )


def _percentiles(judged: WorkloadJudgement, id_: str) -> Fold:
    cells = [each.cell for each in judged.cells]
    time, casts = ranking_time(cells), [cell.cell.cast for cell in cells]
    scale = readings.scale_of([metric_of(f"{time}_ns_p50")], cells)
    table = naming.by_variant(
        f"{id_}-percentiles-table",
        f"{naming.of_time(time).capitalize()} percentiles of the messages of all valid trials "
        "together: no mean over blocks as in the table above, so they differ from it. Then "
        "what the clients spend a message, how they ask for them, and how the stream grows",
        judged.cells,
        (
            *(_pooled(time, percentile, scale) for percentile in PERCENTILES),
            *(_column(metric, cells) for metric in of_casts(casts) if View.CELLS in metric.shown),
        ),
    )
    return Fold(
        f"{id_}-percentiles",
        "All percentiles and client CPU",
        (table, _processes(judged, id_)),
        note=text.plural(len(cells), "variant"),
        plots=_curves(judged, time),
    )


def _pooled(time: str, percentile: float, scale: Scale) -> Column[CellJudgement]:
    return Column(
        f"p{percentile:g}",
        lambda judged: readings.pooled(judged.cell, time, percentile, scale),
        unit=scale.unit,
        group=naming.of_time(time),
    )


def _column(metric: Metric, cells: Sequence[CellFigures]) -> Column[CellJudgement]:
    scale = readings.scale_of([metric], cells)
    return Column(
        metric.column,
        lambda judged: readings.entry(judged.cell, metric, scale),
        unit=scale.unit,
        group=metric.group,
    )


def _curves(judged: WorkloadJudgement, time: str) -> str:
    """Return the percentile curves: x is 1000 × log10 of how rare, from 1 in 1."""
    lines = [
        Line(
            name=place,
            x=1000 * np.log10(100 / (100 - np.array([p for p, _ in curve]))),
            y=np.array([ns / NS_PER_MS for _, ns in curve]),
        )
        for place, each in enumerate(judged.cells)
        if (found := each.cell.times.get(time))
        and (curve := [(p, ns) for p, ns in found.spectrum if p < 100])
    ]
    axis = {
        "title": "percentile",
        "ticks": [[round(1000 * np.log10(100 / (100 - p))), f"p{p:g}"] for p in _TICKS],
        "factor": 1,
    }
    panel = Panel(title=f"{naming.of_time(time)} time, ms", unit="ms", factor=1000, log=True)
    return document([each.name for each in judged.cells], [panel], lines, axis)


def _processes(judged: WorkloadJudgement, id_: str) -> Table:
    trials = [trial for each in judged.cells for trial in each.cell.trials]
    roles = dict.fromkeys(usage.role for trial in trials for usage in trial.record.processes)
    return naming.by_variant(
        f"{id_}-processes",
        "Each process within the window: its share of a core, on the mean and in its busiest "
        "second, its resident set, and what went over its connections; of the valid trials the "
        "mean of means, the largest of peaks",
        judged.cells if roles else (),
        [column for role in roles for column in _of_process(role)],
    )


def _of_process(role: str) -> Iterator[Column[CellJudgement]]:
    for figure, title in naming.OF_PROCESS.items():
        *_, unit = PROCESS_FIGURES[figure]
        entry = partial(_used, role=role, figure=figure, unit=unit)
        yield Column(title, entry, unit="% of a core" if unit == "share" else "", group=role)


def _used(judged: CellJudgement, *, role: str, figure: str, unit: str) -> Entry:
    told = [value for each in _usages(judged, role) if (value := getattr(each, figure)) >= 0]
    if not told:
        return _UNSEEN if figure in NETWORK_FIGURES else _UNREAD
    used = max(told) if figure.endswith("_peak") else sum(told) / len(told)
    return Entry(text.number(used * 100) if unit == "share" else text.in_unit(used, unit))


def _usages(judged: CellJudgement, role: str) -> list[ProcessUsage]:
    records = [trial.record for trial in judged.cell.trials if trial.record.valid]
    return [usage for record in records for usage in record.processes if usage.role == role]


def _blocks(judged: WorkloadJudgement, id_: str) -> Fold:
    trials = [trial for each in judged.cells for trial in each.cell.trials]
    invalid = sum(not trial.record.valid for trial in trials)
    points = tuple(by_block.invalid_points(judged))
    findings = by_block.findings_table(judged, f"{id_}-findings")
    return Fold(
        f"{id_}-blocks",
        "Block by block",
        (
            *((Points(points),) if points else ()),
            by_block.trials_table(judged, f"{id_}-trials"),
            *((findings,) if findings.rows else ()),
        ),
        state=State.FAILS if invalid else None,
        note=f"{text.plural(len(trials), 'trial')}, "
        + (f"{invalid} invalid" if invalid else "all valid"),
    )


def _from_due(cells: Sequence[CellFigures]) -> Sequence[str]:
    """Return the times that these cells have and that begin when an operation was due."""
    whole = [name for cell in cells for name in cell.cell.cast.whole]
    return [time for time in dict.fromkeys(whole) if any(time in cell.times for cell in cells)]


def _steps(judged: WorkloadJudgement, id_: str) -> Fold:
    cells = [each.cell for each in judged.cells]
    every = _from_due(cells)
    times = _few(every, cells)
    folded = " (of many parts the first and the slowest)" if len(times) < len(every) else ""
    table = naming.by_variant(
        f"{id_}-steps-table",
        f"Each from the instant that a message was due, all valid trials merged{folded}: "
        + ", ".join(dict.fromkeys(_ends(cells, times))),
        judged.cells if times else (),
        [_pooled(time, p, _scale(time, cells)) for time in times for p in (50.0, 99.0)],
    )
    note = "from the intended instant to the end, step by step"
    return Fold(f"{id_}-steps", "Where the time goes", (table,), note=note)


def _few(times: Sequence[str], cells: Sequence[CellFigures]) -> Sequence[str]:
    """Return these times; of those that many parts have, the first part's and the slowest one's."""
    by_tail: dict[str, list[str]] = {}
    for time in times:
        by_tail.setdefault(tail(time), []).append(time)
    chosen: set[str] = set()
    for each in by_tail.values():
        many = len(each) > by_block.MOST_APART
        chosen |= {each[0], max(each, key=lambda time: _slowest(time, cells))} if many else {*each}
    return [time for time in times if time in chosen]


def _slowest(time: str, cells: Sequence[CellFigures]) -> float:
    """Return the longest p99 of a time, or p50 where that alone is known; 0 where neither is."""
    known = (
        readings.percentile_ns(cell.times, time, p) or 0.0 for cell in cells for p in (99.0, 50.0)
    )
    return max(known, default=0.0)


def _ends(cells: Sequence[CellFigures], times: Sequence[str]) -> Iterator[str]:
    """Yield what each of these times ends with: `stored (response)`."""
    for cast in (cell.cell.cast for cell in cells):
        for name in (each for each in cast.whole if each in times):
            part, span = spans(cast)[name]
            yield f"{cast.instant(part, span.end)} ({naming.of_time(name)})"


def _scale(time: str, cells: Sequence[CellFigures]) -> Scale:
    medians = [readings.percentile_ns(cell.times, time, 50.0) for cell in cells]
    return text.time_scale(min((ns for ns in medians if ns is not None), default=1.0))
