"""What the blocks tell of every two cells of a workload by one metric; plain data.

`bench.analysis.deciding` makes it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from bench.core import text
from bench.spec.metrics import Better, Metric
from bench.stats.simultaneous import AllPairs


class Told(Enum):
    """What the blocks say of a cell beside another."""

    MORE = "more"
    LESS = "less"
    ALIKE = "not told apart"
    NOTHING = "too few shared blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A cell beside another by one metric, within the blocks that both have.

    Attributes:
        told: whether the cell has more or less of the metric.
        blocks: shared.
        relative: changes are shares of the other; else differences in the metric's unit.
        change: of the cell against the other; None without a shared block, and where both have
            values that are too low.
        low, high: its interval, allowed for every comparison of the run; None where told is
            NOTHING, and for an end that is open.
        smallest_visible: smallest true increase that would be told in 80 % of cases; None where
            told is NOTHING, and where an end is open: bounds do not scatter as figures do.
        at_least: whether the cell, and whether the other, has values that are too low, because
            too many messages never came so far.
        open_ends: whether the true change may be less, and whether more, than all that is told:
            values are too low, or a valid trial of the side that would look better tells nothing.
        by_block: block -> change in that block, of which `change` is the mean; a value that is too
            low counts as what it surely exceeds.
    """

    told: Told
    blocks: int
    relative: bool = True
    change: float | None = None
    low: float | None = None
    high: float | None = None
    smallest_visible: float | None = None
    at_least: tuple[bool, bool] = (False, False)
    open_ends: tuple[bool, bool] = (False, False)
    by_block: Mapping[int, float] = field(default_factory=dict)

    def written(self, metric: Metric) -> str:
        """Write the change: `+8.0 %`, `≥ +8.0 %` of what fell behind; `n/a` without one."""
        if self.change is None:
            return text.NA
        cell, other = self.at_least
        sign = "≥ " if cell else "≤ " if other else ""
        return sign + self._written(self.change, metric)

    def interval(self, metric: Metric) -> str:
        """Write the interval: `+4.0 % to +12 %`, or `+4.0 % or more` where it has one end."""
        if self.low is not None and self.high is not None:
            return metric.written_interval(self.low, self.high, relative=self.relative)
        return text.ends(self.low, self.high, lambda end: self._written(end, metric))

    def visible(self, metric: Metric) -> str:
        """Write the smallest change that would be told: `8.0 %`; `n/a` where nothing is told."""
        return self._written(self.smallest_visible, metric).lstrip("+")

    def _written(self, amount: float | None, metric: Metric) -> str:
        if amount is None:
            return text.NA
        return metric.written_change(amount, relative=self.relative)


NOTHING_TOLD = Difference(told=Told.NOTHING, blocks=0)
"""Of cells that lack the metric, or share no block, or have too many invalid trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Every two cells of a workload by one metric.

    Attributes:
        metric: compared.
        ids: of the cells that have the metric, in the order of the arrays.
        blocks: numbers of those in which any cell has a value.
        values: of cells by `blocks`, NaN where there is none, shape (k, n).
        pairs: differences of `values`; both are logarithms where `logarithmic`.
        bounded: (i, j): some value of i in a block that it shares with j is too low.
        silent: ids of cells of which some valid trial has no value: for a bad reason, perhaps, and
            then the others flatter.
        means: of the cells, in the metric's unit, shape (k,).
        logarithmic: the scale of `values` and `pairs`.
        resolution: on that scale; up to it two values are the same value.
    """

    metric: Metric
    ids: tuple[str, ...]
    blocks: tuple[int, ...]
    values: NDArray[np.float64]
    pairs: AllPairs
    bounded: NDArray[np.bool_]
    silent: frozenset[str]
    means: NDArray[np.float64]
    logarithmic: bool
    resolution: float

    def between(self, cell_id: str, other_id: str) -> Difference:
        """Return how a cell stands to another; NOTHING is told where one lacks the metric."""
        if cell_id == other_id or not {cell_id, other_id} <= set(self.ids):
            return NOTHING_TOLD
        return _difference(self, (self.ids.index(cell_id), self.ids.index(other_id)))

    def worse(self, cell_id: str, other_id: str) -> bool:
        """Say whether the blocks tell that a cell is worse than another."""
        worse = Told.LESS if self.metric.better is Better.HIGHER else Told.MORE
        return self.between(cell_id, other_id).told is worse


def _difference(decision: Decision, pair: tuple[int, int]) -> Difference:
    mirrored = pair[::-1]
    blocks = int(decision.pairs.blocks[pair])
    at_least = bool(decision.bounded[pair]), bool(decision.bounded[mirrored])
    if not blocks:
        return NOTHING_TOLD
    mean, reach = float(decision.pairs.mean[pair]), float(decision.pairs.reach[pair])
    base = float(decision.means[pair[1]])
    relative = decision.logarithmic or base > 0
    open_ends = less, more = _open_ends(decision, pair, at_least)
    told = _told(decision, mean, reach, open_ends)
    known = told is not Told.NOTHING

    def back(change: float) -> float:
        if decision.logarithmic:
            return math.expm1(min(change, 700.0))
        return change / base if relative else change

    return Difference(
        told=told,
        blocks=blocks,
        relative=relative,
        change=None if all(at_least) else back(mean),
        low=back(mean - reach) if known and not less else None,
        high=back(mean + reach) if known and not more else None,
        smallest_visible=(
            back(float(decision.pairs.visible[pair])) if known and not any(open_ends) else None
        ),
        at_least=at_least,
        open_ends=open_ends,
        by_block={block: back(each) for block, each in _by_block(decision, pair).items()},
    )


def _by_block(decision: Decision, pair: tuple[int, int]) -> dict[int, float]:
    each = decision.values[pair[0]] - decision.values[pair[1]]
    return {
        block: float(difference)
        for block, difference in zip(decision.blocks, each, strict=True)
        if not math.isnan(difference)
    }


def _open_ends(
    decision: Decision, pair: tuple[int, int], at_least: tuple[bool, bool]
) -> tuple[bool, bool]:
    """Return whether the true change may be less, and whether more, than the blocks tell.

    Neither side looks better by a trial that tells nothing.
    """
    cell, other = (decision.ids[place] in decision.silent for place in pair)
    less, more = (cell, other) if decision.metric.better is Better.HIGHER else (other, cell)
    return at_least[1] or less, at_least[0] or more


def _told(decision: Decision, mean: float, reach: float, open_ends: tuple[bool, bool]) -> Told:
    if math.isnan(reach):
        return Told.NOTHING
    if abs(mean) <= max(reach, decision.resolution):
        return Told.ALIKE
    # What fell behind is longer than its value says, so it can be told to be longer alone.
    may_be_less, may_be_more = open_ends
    if mean > 0:
        return Told.ALIKE if may_be_less else Told.MORE
    return Told.ALIKE if may_be_more else Told.LESS
