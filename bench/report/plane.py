"""A config of two axes as a map: a figure over every combination of their values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from bench.core.marks import State
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.report import readings
from bench.report.model import Fold
from bench.report.tables import Column, Entry, Table, marked, untold
from bench.spec.metrics import Metric


@dataclass(frozen=True, slots=True)
class Plane:
    """The variants of a config by their two axes.

    Attributes:
        config: its name.
        down, across: names of the axes.
        cells: (value of the axis down, of the one across) -> cell, in the file's order.
    """

    config: str
    down: str
    across: str
    cells: Mapping[tuple[str, str], CellJudgement]

    @property
    def rows(self) -> tuple[str, ...]:
        """Values of the axis down."""
        return tuple(dict.fromkeys(row for row, _ in self.cells))

    @property
    def columns(self) -> tuple[str, ...]:
        """Values of the axis across."""
        return tuple(dict.fromkeys(column for _, column in self.cells))


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


def planes(judged: WorkloadJudgement) -> Iterator[Plane]:
    """Yield the configs whose variants are named like `batch=1+max_ack_pending=50`.

    bench/spec/variants.py gives such names to a config's axes.
    """
    configs: dict[str, dict[str, CellJudgement]] = {}
    for cell in judged.cells:
        for name in cell.cell.cell.variants:
            configs.setdefault(name.config, {})[name.variant] = cell
    for config, cells in configs.items():
        found = [(_settings(variant), cell) for variant, cell in cells.items()]
        if {len(settings) for settings, _ in found} == {2}:
            (down, across), *others = {tuple(key for key, _ in each) for each, _ in found}
            placed = {(row, column): cell for ((_, row), (_, column)), cell in found}
            plane = Plane(config, down, across, placed)
            if not others and min(len(plane.rows), len(plane.columns)) > 1:
                yield plane


def _settings(variant: str) -> tuple[tuple[str, str], ...]:
    """Return the settings that a variant's name spells out; a part without `=` has an empty key."""
    parts = [part.rpartition("=") for part in variant.split("+")]
    return tuple((key, value) for key, _, value in parts)


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
