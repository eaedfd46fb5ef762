"""Whether one cell differs from another by a metric: the one place that says so.

Headline, tables, plots, answer and terminal ask here, so that they cannot disagree. What is said is
allowed for the choice of the best, for every pair of cells, for every metric and for every
workload of the run: in at most 10 % of runs of equal cells is any of them told apart
(MEASUREMENT.md R17).
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analysis import shortfalls
from bench.analysis.decision import Decision
from bench.analysis.figures import CellFigures, LagVerdict
from bench.analysis.metrics import Measure, measures_of
from bench.analysis.paired import lacking, readings
from bench.analysis.validity import reproach_of
from bench.spec.metrics import Better, Metric
from bench.stats.simultaneous import all_pairs

RUN_LEVEL = 0.10
"""Share of runs of equal cells in which any may be told apart."""

Array = NDArray[np.float64]


def decisions(
    cells: Sequence[CellFigures], *, asked: Collection[str] = (), workloads: int = 1
) -> Mapping[str, Decision]:
    """Return, by metric key, what the blocks tell of the cells of a workload.

    Of a cell with too many invalid trials they tell nothing (MEASUREMENT.md R12).

    Args:
        cells: of one workload.
        asked: keys of the figures that the run ranks by. They take half of what may err, so that
            looking at twenty figures does not cost the one that was asked for.
        workloads: of the run; they share what may err.
    """
    sound = [cell for cell in cells if not reproach_of(cell)]
    measures = measures_of(trial.record.cast for cell in sound for trial in cell.trials)
    tables = [table for measure in measures if (table := _table(measure, sound)) is not None]
    # What never differs by as much as it resolves cannot be told apart, and needs no allowance.
    varying = [table.key for table in tables if table.varies]
    counts = Counter(key in asked for key in varying)
    half = RUN_LEVEL / workloads / 2
    return {
        table.key: _decided(table, half / max(1, counts[table.key in asked])) for table in tables
    }


def contends(cell: CellFigures) -> bool:
    """Say whether a cell may stand before others by any figure.

    Not one that is invalid by itself, had messages lost, refused, unconfirmed or not sent, or falls
    behind, be it in one trial: its figures tell how long was measured, or of whom little was asked.
    """
    behind = cell.lag_verdict is LagVerdict.GROWING or trials_behind(cell) > 0
    return not behind and not reproach_of(cell) and not shortfalls.of_cell(cell)


def trials_behind(cell: CellFigures) -> int:
    """Return in how many valid trials of a cell the lag surely grew: each is a fact, no sample."""
    lags = [trial.lag for trial in cell.trials if trial.record.valid]
    return sum(lag is not None and lag.verdict is LagVerdict.GROWING for lag in lags)


def leader(metric: Metric, cells: Sequence[CellFigures]) -> CellFigures | None:
    """Return the cell with the best estimate of those that contend: a rank, not a proof.

    None where fewer than two of them have one, and where neither way is better.
    """
    having = [cell for cell in cells if contends(cell) and metric.key in cell.estimates]
    if len(having) < 2 or metric.better is Better.NEITHER:
        return None
    best = max if metric.better is Better.HIGHER else min
    return best(having, key=lambda cell: cell.estimates[metric.key].value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A metric of the cells that have it: values by cells and blocks, NaN where there is none.

    Of `silent` ones some valid trial has none.
    """

    measure: Measure
    ids: tuple[str, ...]
    blocks: tuple[int, ...]
    values: Array
    too_low: NDArray[np.bool_]
    silent: frozenset[str]

    @property
    def key(self) -> str:
        return self.measure.metric.key

    @property
    def means(self) -> Array:
        means: Array = np.nanmean(self.values, axis=1)
        return means

    @property
    def logarithmic(self) -> bool:
        return self.measure.logarithmic and not bool((self.values <= 0).any())

    @property
    def scaled(self) -> Array:
        return np.log(self.values) if self.logarithmic else self.values

    @property
    def resolution(self) -> float:
        share = self.measure.resolution
        return math.log1p(share) if self.logarithmic else share * float(np.abs(self.means).max())

    @property
    def varies(self) -> bool:
        spans = np.nanmax(self.scaled, axis=0) - np.nanmin(self.scaled, axis=0)
        return bool((spans > self.resolution).any())


def _table(measure: Measure, cells: Sequence[CellFigures]) -> _Table | None:
    found = {cell.cell.id: each for cell in cells if (each := readings(measure, cell))}
    blocks = sorted({block for each in found.values() for block in each})
    if not blocks:
        return None
    values = np.full((len(found), len(blocks)), np.nan)
    too_low = np.zeros(values.shape, dtype=bool)
    for row, each in enumerate(found.values()):
        places = [blocks.index(block) for block in each]
        values[row, places] = [reading.value for reading in each.values()]
        too_low[row, places] = [reading.at_least for reading in each.values()]
    # Messages that never came are later than all that came, of whichever cell in that block.
    longest = np.max(np.where(np.isnan(values) | too_low, -np.inf, values), axis=0)
    values = np.where(too_low, np.maximum(values, longest), values)
    return _Table(
        measure=measure,
        ids=tuple(found),
        blocks=tuple(blocks),
        values=values,
        too_low=too_low,
        silent=frozenset(cell.cell.id for cell in cells if lacking(measure, cell)),
    )


def _decided(table: _Table, level: float) -> Decision:
    steady = np.count_nonzero(table.too_low, axis=1) == 0
    shared = table.too_low[:, None, :] & ~np.isnan(table.values)[None, :, :]
    pairs = all_pairs(table.scaled, level=level, scatter_of=steady)
    return Decision(
        metric=table.measure.metric,
        ids=table.ids,
        blocks=table.blocks,
        values=table.scaled,
        pairs=pairs,
        bounded=np.count_nonzero(shared, axis=2) > 0,
        silent=table.silent,
        means=table.means,
        logarithmic=table.logarithmic,
        resolution=table.resolution,
    )
