"""The folds of a workload: percentiles, block by block, where the time goes, over time."""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.analysis.figures import PERCENTILES, CellFigures
from bench.analysis.ranking import ranking_time
from bench.core import text
from bench.core.marks import State
from bench.core.text import Scale
from bench.core.units import NS_PER_MS, human_size
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.record.schema import ProcessUsage, Time
from bench.report import by_block, naming, overtime, plane, readings
from bench.report.model import Block, Fold, Points
from bench.report.plots import Line, Panel, document
from bench.report.tables import Column, Entry, Row, Table, Tone
from bench.spec.metrics import View, metric_of, shown_in

STEPS = (Time.SLIP, Time.RESPONSE, Time.DELIVERY, Time.COMPLETION, Time.END_TO_END)
_TICKS = (50.0, 90.0, 99.0, 99.9, 99.99)


def of_workload(judged: WorkloadJudgement, id_: str) -> tuple[Block, ...]:
    """Return the folds of a workload, the ones that are asked for first on top."""
    return (
        _percentiles(judged, id_),
        _blocks(judged, id_),
        _steps(judged, id_),
        overtime.fold(judged, id_),
        *plane.folds(judged, id_),
    )


def row_of(judged: CellJudgement, entries: Sequence[Entry]) -> Row:
    """Return a row of a fold's table, under the names of its cell."""
    return Row(names=naming.short_names(judged), tinted=judged.is_baseline, entries=tuple(entries))


def word_of(time: Time) -> str:
    """Return a time as people write it: `end-to-end`."""
    return time.replace("_", "-")


def _percentiles(judged: WorkloadJudgement, id_: str) -> Fold:
    cells = [each.cell for each in judged.cells]
    time = ranking_time(cells)
    scale = readings.scale_of([metric_of(f"{time}_ns_p50")], cells)
    metrics = shown_in(View.CELLS)
    scales = [(metric, readings.scale_of([metric], cells)) for metric in metrics]
    columns = (
        *(Column(title=f"p{p:g}", unit=scale.unit, group=word_of(time)) for p in PERCENTILES),
        *(Column(title=m.column, unit=of.unit, group=m.group) for m, of in scales),
    )
    rows = [
        row_of(
            each,
            [
                *(readings.pooled(each.cell, time, p, scale) for p in PERCENTILES),
                *(readings.entry(each.cell, metric, of) for metric, of in scales),
            ],
        )
        for each in judged.cells
    ]
    table = Table(
        id=f"{id_}-percentiles-table",
        caption=(
            f"{word_of(time).capitalize()} percentiles of all valid trials merged, and what the "
            "clients spend a message"
        ),
        head="Variant",
        columns=columns,
        rows=tuple(rows),
    )
    return Fold(
        id=f"{id_}-percentiles",
        title="All percentiles and client CPU",
        note=text.plural(len(rows), "variant"),
        blocks=(table, _processes(judged, id_)),
        plots=_curves(judged, time),
    )


def _curves(judged: WorkloadJudgement, time: Time) -> str:
    """Return the percentile curves: x is 1000 × log10 of how rare, from 1 in 1."""
    lines = [
        Line(
            name=place,
            block=0,
            valid=True,
            panel=0,
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
    panel = Panel(title=f"{word_of(time)} time, ms", unit="ms", factor=1000, log=True)
    return document([each.name for each in judged.cells], [panel], lines, axis)


def _processes(judged: WorkloadJudgement, id_: str) -> Table:
    cells = [each.cell for each in judged.cells]
    roles = list(
        dict.fromkeys(p.role for cell in cells for t in cell.trials for p in t.record.processes)
    )
    columns = [
        column
        for role in roles
        for column in (
            Column(title="CPU", unit="% of a core", group=role),
            Column(title="peak memory", group=role),
        )
    ]
    return Table(
        id=f"{id_}-processes",
        caption="Each process within the window: mean share of a core, largest resident set",
        head="Variant",
        columns=tuple(columns),
        rows=tuple(
            row_of(each, [entry for role in roles for entry in _process(each.cell, role)])
            for each in judged.cells
        ) if roles else (),
    )  # fmt: skip


def _process(cell: CellFigures, role: str) -> tuple[Entry, Entry]:
    used: list[ProcessUsage] = [
        usage
        for trial in cell.trials
        if trial.record.valid
        for usage in trial.record.processes
        if usage.role == role
    ]
    shares = [usage.cpu_share for usage in used if usage.cpu_share >= 0]
    peaks = [usage.rss_bytes_peak for usage in used if usage.rss_bytes_peak >= 0]
    unread = Entry(text=text.NA, hint="this process could not be read", tone=Tone.MUTED)
    share = sum(shares) / len(shares) if shares else 0.0
    return (
        Entry(text=text.number(share * 100)) if shares else unread,
        Entry(text=human_size(max(peaks))) if peaks else unread,
    )


def _blocks(judged: WorkloadJudgement, id_: str) -> Fold:
    trials = [trial for each in judged.cells for trial in each.cell.trials]
    invalid = sum(not trial.record.valid for trial in trials)
    points = tuple(by_block.invalid_points(judged))
    findings = by_block.findings_table(judged, f"{id_}-findings")
    return Fold(
        id=f"{id_}-blocks",
        title="Block by block",
        state=State.FAILS if invalid else None,
        note=f"{text.plural(len(trials), 'trial')}, "
        + (f"{invalid} invalid" if invalid else "all valid"),
        blocks=(
            *((Points(points=points),) if points else ()),
            by_block.trials_table(judged, f"{id_}-trials"),
            *((findings,) if findings.rows else ()),
        ),
    )


def _steps(judged: WorkloadJudgement, id_: str) -> Fold:
    cells = [each.cell for each in judged.cells]
    times = [time for time in STEPS if any(time in cell.times for cell in cells)]
    scales = {time: _scale(time, cells) for time in times}
    columns = tuple(
        Column(title=f"p{p:g}", unit=scales[time].unit, group=word_of(time))
        for time in times
        for p in (50.0, 99.0)
    )
    rows = tuple(
        row_of(
            each,
            [
                readings.pooled(each.cell, time, p, scales[time])
                for time in times
                for p in (50.0, 99.0)
            ],
        )
        for each in judged.cells
    )
    table = Table(
        id=f"{id_}-steps-table",
        caption=(
            "Each from the instant that a message was due, all valid trials merged: sent (slip), "
            "stored (response), received (delivery), handled (completion), acked (end-to-end)"
        ),
        head="Variant",
        columns=columns,
        rows=rows if columns else (),
    )
    note = "from the intended instant to the ack, step by step"
    return Fold(id=f"{id_}-steps", title="Where the time goes", note=note, blocks=(table,))


def _scale(time: Time, cells: Sequence[CellFigures]) -> Scale:
    told = list(_medians(time, cells))
    return text.time_scale(min(told, default=1.0))


def _medians(time: Time, cells: Sequence[CellFigures]) -> Iterator[int]:
    for cell in cells:
        value = cell.times[time].percentiles_ns.get(50.0) if time in cell.times else None
        if value is not None:
            yield value
