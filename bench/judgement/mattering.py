"""Which knobs mattered to an objective: main effects over everything that was tried, and pairs.

Trials of one block are held against each other alone. A knob with a scale of more than a few values
counts by its place on it and the square of that, any other by its values. What is said of a knob is
said of what was tried: an optimiser tries most where it hopes most.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import CellFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import readings
from bench.judgement.tried import Importance, Mattered, Objective
from bench.spec.metrics import Better
from bench.spec.space import Knob, Value
from bench.stats.effects import Array, Effect, Factor, fit

FEW = 4
"""Of so many values at most each is told by itself."""

SURE = 0.05
"""p below which an effect is clear, all that are looked at together."""

UNTURNED = "not turned"

Values = Mapping[str, str]
"""Of a point: knob -> what it is set to; absent where it is not turned."""


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Readings of all that was tried.

    Attributes:
        values: on a scale on which effects add up.
        blocks: of each.
        points: what was set.
    """

    values: Sequence[float]
    blocks: Sequence[int]
    points: Sequence[Values]


def written(value: Value) -> str:
    """Write a value as YAML does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def importance(
    objective: Objective, knobs: Sequence[Knob], tried: Sequence[tuple[Values, CellFigures]]
) -> Importance | None:
    """Return what mattered to an objective; None where nothing can be said.

    Args:
        objective: whose figure.
        knobs: that were turned.
        tried: what was set, and figures of its trials; an invalid trial is none.
    """
    outcomes = _outcomes(objective, tried)
    codes = [_Code.of(knob, outcomes.points) for knob in knobs]
    codes = [code for code in codes if len(code.levels) > 1]
    found = fit(outcomes.values, outcomes.blocks, [c.factor(outcomes.points) for c in codes])
    if found is None:
        return None
    many = len(found.main) + len(found.pairs)
    by_name = {code.name: code for code in codes}
    main = [_mattered(each, by_name[each.names[0]], objective, many) for each in found.main]
    pairs = [_mattered(each, None, objective, many) for each in found.pairs]
    return Importance(
        metric=objective.metric,
        trials=len(outcomes.values),
        blocks=len(set(outcomes.blocks)),
        main=tuple(sorted(main, key=lambda each: -each.share)),
        pairs=tuple(sorted((p for p in pairs if p.clear), key=lambda each: -each.share)),
        unexplained=found.unexplained,
    )


def _outcomes(objective: Objective, tried: Sequence[tuple[Values, CellFigures]]) -> _Outcomes:
    measure = measure_of(objective.metric.key)
    rows = [
        (reading.value, block, values)
        for values, cell in tried
        for block, reading in readings(measure, cell).items()
    ]
    found = [value for value, _, _ in rows]
    if measure.logarithmic and all(value > 0 for value in found):
        scaled = [math.log(value) for value in found]
    else:
        unit = abs(float(np.mean(found))) if found else 0.0
        scaled = [value / (unit or 1.0) for value in found]
    return _Outcomes(scaled, [block for _, block, _ in rows], [values for _, _, values in rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """How a knob is coded.

    Attributes:
        name: its key.
        levels: values that it had in what was tried, in their order; UNTURNED last.
        by_place: it counts by its place on the scale.
    """

    name: str
    levels: tuple[str, ...]
    by_place: bool

    @classmethod
    def of(cls, knob: Knob, points: Sequence[Values]) -> "_Code":
        """Return the code of a knob by what was tried of it."""
        had = {values.get(knob.key, UNTURNED) for values in points}
        levels = [each for each in map(written, knob.values) if each in had]
        levels += sorted(had - set(levels) - {UNTURNED})
        rest = [UNTURNED] if UNTURNED in had else []
        by_place = knob.ordered and len(levels) > FEW
        return cls(name=knob.key, levels=(*levels, *rest), by_place=by_place)

    def factor(self, points: Sequence[Values]) -> Factor:
        """Return the knob's columns of each outcome."""
        rows = [self._row(values.get(self.name, UNTURNED)) for values in points]
        return Factor(name=self.name, columns=np.array(rows, dtype=float))

    def _row(self, value: str) -> list[float]:
        place = self.levels.index(value)
        if not self.by_place:
            return [float(place == n) for n in range(1, len(self.levels))]
        unturned = [float(value == UNTURNED)] if UNTURNED in self.levels else []
        last = len(self.levels) - len(unturned) - 1
        at = 0.0 if value == UNTURNED else 2 * place / last - 1
        return [at, at**2, *unturned]

    def changes(self, slopes: Sequence[float]) -> Iterator[tuple[str, float]]:
        """Yield each value with where it puts an outcome, on the scale of outcomes."""
        weights: Array = np.asarray(slopes)
        for value in self.levels:
            yield value, float(np.asarray(self._row(value)) @ weights)


def _mattered(effect: Effect, code: _Code | None, objective: Objective, many: int) -> Mattered:
    sure = effect.low is None or effect.low > 0
    clear = effect.p * many < SURE and effect.share > 0 and sure
    return Mattered(
        names=effect.names,
        share=effect.share,
        low=effect.low,
        high=effect.high,
        clear=clear,
        levels=_levels(effect, code, objective) if clear and code is not None else (),
    )


def _levels(effect: Effect, code: _Code, objective: Objective) -> tuple[tuple[str, float], ...]:
    """Return what each value changes against the best one."""
    higher = objective.better is Better.HIGHER
    found = sorted(code.changes(effect.slopes), key=lambda each: -each[1] if higher else each[1])
    best = found[0][1]
    logarithmic = measure_of(objective.metric.key).logarithmic
    return tuple(
        (value, math.expm1(at - best) if logarithmic else at - best) for value, at in found
    )
