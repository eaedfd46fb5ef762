"""The points of a tuning as a search goes by them, from the figures of their trials."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from bench.analysis.comparison import estimates
from bench.analysis.figures import CellFigures
from bench.analysis.lag import over_parts
from bench.analysis.metrics import Measure
from bench.analysis.paired import lacking, readings
from bench.analysis.validity import reproach_of, trials_of
from bench.core import text
from bench.seek.constrained import Held, Holds, beyond, held
from bench.seek.known import UNTOLD_RUN, Known
from bench.spec.criteria import Criterion
from bench.spec.metrics import Better
from bench.spec.space import Point

LEAST = 0.5
"""Nothing at all, where more is better, counts as so much of the least that was ever seen."""


class Fate(StrEnum):
    """What became of a point."""

    BASE = "base"
    LEFT = "left"
    BREAKS = "breaks"
    INVALID = "invalid"
    OPEN = "open"
    FINALIST = "finalist"
    INCUMBENT = "incumbent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figured:
    """A point and what its trials of the search say.

    Attributes:
        point: what is set.
        cell: figures of those trials.
        fate: BREAKS, INVALID or OPEN.
        why: of that.
        beyond: as `Known.beyond`.
    """

    point: Point
    cell: CellFigures
    fate: Fate
    why: str
    beyond: tuple[float, ...]


def figured(
    point: Point, cell: CellFigures, measures: Sequence[Measure], rules: Sequence[Criterion]
) -> Figured:
    """Return what the trials of a point say of it by itself."""
    fate, why = _fate(cell, measures, rules)
    return Figured(point=point, cell=cell, fate=fate, why=why, beyond=beyond(rules, cell))


def borne(measures: Sequence[Measure], rules: Sequence[Criterion], cell: CellFigures) -> Held:
    """Return whether a point may be taken: what falls behind in an objective breaks a rule, too."""
    said = held(rules, cell)
    if said.holds is Holds.BREAKS:
        return said
    behind = next(filter(None, (_behind(measure, cell) for measure in measures)), "")
    return Held(holds=Holds.BREAKS, why=behind) if behind else said


def _fate(
    cell: CellFigures, measures: Sequence[Measure], rules: Sequence[Criterion]
) -> tuple[Fate, str]:
    said = borne(measures, rules, cell)
    if said.holds is Holds.BREAKS:
        return Fate.BREAKS, said.why
    trials = trials_of(cell)
    if len(cell.trials) >= UNTOLD_RUN and not trials.valid:
        return Fate.INVALID, reproach_of(cell)
    if trials.invalid >= UNTOLD_RUN and trials.reproach:
        return Fate.INVALID, reproach_of(cell)
    return Fate.OPEN, ""


def _behind(measure: Measure, cell: CellFigures) -> str:
    """Return why a cell is worse than its figures say; empty where it is not."""
    fell = sum(each.fell_behind for each in readings(measure, cell).values())
    if fell:
        of = f"in {text.plural(fell, 'trial')} the true {measure.metric.title}"
        return f"it fell behind: {of} is worse than can be told"
    if silent := lacking(measure, cell):
        return f"{text.plural(silent, 'valid trial')} without {measure.metric.title}"
    return ""


def known(found: Sequence[Figured], measures: Sequence[Measure]) -> list[Known]:
    """Return points as a search goes by them, in the order given."""
    scales = [_scaled(measure, found) for measure in measures]
    return [
        Known(
            point=each.point,
            worse=_together([scale[row] for scale in scales]),
            trials=len(each.cell.trials),
            out=each.fate is not Fate.OPEN,
            beyond=each.beyond,
        )
        for row, each in enumerate(found)
    ]


def _together(of_each: Sequence[Mapping[int, float]]) -> dict[int, tuple[float, ...]]:
    """Return the objectives of each block that has them all."""
    shared = set.intersection(*(set(each) for each in of_each))
    return {block: tuple(each[block] for each in of_each) for block in sorted(shared)}


def _scaled(measure: Measure, found: Sequence[Figured]) -> list[dict[int, float]]:
    """Return by point and block how bad a metric was: logarithms, or shares of what is usual."""
    rows = [
        {block: reading.value for block, reading in readings(measure, each.cell).items()}
        for each in found
    ]
    values = [value for row in rows for value in row.values()]
    sign = -1.0 if measure.metric.better is Better.HIGHER else 1.0
    positive = [value for value in values if value > 0]
    if measure.logarithmic and positive:
        least = LEAST * min(positive)
        return [{b: sign * math.log(value or least) for b, value in r.items()} for r in rows]
    usual = float(np.mean(np.abs(values))) if values else 0.0
    return [{b: sign * value / (usual or 1.0) for b, value in row.items()} for row in rows]


def within(cell: CellFigures, blocks: range) -> CellFigures:
    """Return a cell by the trials of some blocks alone; histograms stay with the whole."""
    trials = tuple(trial for trial in cell.trials if trial.record.block in blocks)
    return replace(
        cell,
        trials=trials,
        estimates=estimates(trials),
        lag_verdict=over_parts(trials),
        times={},
        shapes={},
    )
