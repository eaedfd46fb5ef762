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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The variants of a config by their two axes.

    Attributes:
        config: its name.
        down, across: names of the axes.
        rows, columns: their values in the file's order.
        cells: (row, column) -> cell.
    """

    config: str
    down: str
    across: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], CellJudgement]


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
        found = _plane(config, cells)
        if found is not None:
            yield found


def _plane(config: str, cells: Mapping[str, CellJudgement]) -> Plane | None:
    settings = [_settings(variant) for variant in cells]
    keys = {tuple(key for key, _ in pairs) for pairs in settings}
    names = next(iter(keys), ())
    if len(keys) != 1 or len(names) != 2:
        return None
    rows, columns = (tuple(dict.fromkeys(pairs[axis][1] for pairs in settings)) for axis in (0, 1))
    if len(rows) < 2 or len(columns) < 2:
        return None
    placed = {
        (pairs[0][1], pairs[1][1]): cell
        for pairs, cell in zip(settings, cells.values(), strict=True)
    }
    return Plane(
        config=config, down=names[0], across=names[1], rows=rows, columns=columns, cells=placed
    )


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

    return Table(
        id=id_,
        caption=f"{metric.title}, {scale.unit}; down: {found.down}, across: {found.across}",
        head=found.down,
    ).of(
        found.rows,
        str,
        [Column(each, partial(entry, column=each), group=found.across) for each in found.columns],
    )
