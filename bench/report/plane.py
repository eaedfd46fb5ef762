"""A config of two axes as a map: a figure over every combination of their values."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from bench.core.marks import State
from bench.judgement.model import WorkloadJudgement
from bench.judgement.planes import Plane, planes
from bench.report import readings
from bench.report.model import Fold
from bench.report.tables import Column, Entry, Table, marked, untold
from bench.spec.metrics import Metric


def folds(judged: WorkloadJudgement, id_: str) -> Iterator[Fold]:
    """Yield a fold for each config of two axes: the time that cells are ranked by, and its price.

    A number is marked where its cell does not hold.
    """
    for place, found in enumerate(planes(judged), start=1):
        part = f"{id_}-map-{place}"
        metrics = (judged.primary, judged.price)
        tables = tuple(_table(found, metric, f"{part}-{metric.key}") for metric in metrics)
        title = f"{found.down} against {found.across}"
        yield Fold(part, title, tables, note=f"the map of {found.config}")


def _table(found: Plane, metric: Metric, id_: str) -> Table:
    scale = readings.scale_of([metric], [cell.cell for cell in found.cells.values()])

    def entry(row: str, column: str) -> Entry:
        cell = found.cells.get((row, column))
        if cell is None:
            return untold("not in this run")
        told = readings.entry(cell.cell, metric, scale)
        if cell.state is not State.FAILS:
            return told
        return replace(marked(State.FAILS, told.text), hint=cell.reasons[0] if cell.reasons else "")

    caption = f"{metric.title}, {scale.unit}; down: {found.down}, across: {found.across}"
    return Table(id_, caption, found.down).of(
        found.rows,
        str,
        [Column(each, partial(entry, column=each), group=found.across) for each in found.columns],
    )
