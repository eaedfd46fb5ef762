"""What is known of a point of a space, as a search goes by it; plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.spec.space import Knob, Point, Value
from bench.stats.likely import Places

Array = NDArray[np.float64]

UNTOLD_RUN = 3
"""So many trials without a valid one, and a point cannot be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a point.

    Attributes:
        point: what is set.
        worse: block -> how bad it was there, one for each objective; less is better, and what is
            alike in all trials of a block cancels out. Valid trials alone.
        trials: so many were made, invalid ones among them.
        out: it breaks a rule, fell behind, or cannot be measured: nothing more is asked of it.
        beyond: by how much it looks to break rules, of each as far as its trials tell; 0 and less
            hold. Empty without rules.
    """

    point: Point
    worse: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    trials: int = 0
    out: bool = False
    beyond: tuple[float, ...] = ()

    @property
    def looks_broken(self) -> bool:
        """Whether it breaks a rule as far as can be told."""
        return self.out or any(each > 0 for each in self.beyond)


def placed(knobs: Sequence[Knob], points: Sequence[Point]) -> Places:
    """Return points as places on the scales of the knobs."""
    at = [[_place(knob, dict(point.values)) for knob in knobs] for point in points]
    return Places(
        at=np.array(at, dtype=float).reshape(len(points), len(knobs)),
        ordered=np.array([knob.ordered for knob in knobs], dtype=bool),
    )


def _place(knob: Knob, values: Mapping[str, Value]) -> float:
    if knob.key not in values or values[knob.key] not in knob.values:
        return float("nan")
    index = knob.values.index(values[knob.key])
    return index / max(1, len(knob.values) - 1) if knob.ordered else float(index)


def effects(known: Sequence[Known], objective: int) -> Array:
    """Return how bad points are, apart from what their blocks have in common; NaN without trials.

    Points that share no block are compared by the ones that stand in both, so that each is told
    by its difference to the incumbents of its blocks. Only differences mean anything.

    Args:
        known: k points.
        objective: which.

    Returns:
        Shape (k,).
    """
    rows = [
        (row, block, worse[objective])
        for row, each in enumerate(known)
        for block, worse in each.worse.items()
    ]
    blocks = {block: place for place, block in enumerate(sorted({row[1] for row in rows}))}
    sums = np.zeros((len(rows), len(known) + len(blocks)))
    for place, (row, block, _) in enumerate(rows):
        sums[place, row] = sums[place, len(known) + blocks[block]] = 1.0
    figures = np.array([row[2] for row in rows])
    found = np.linalg.lstsq(sums, figures, rcond=None)[0][: len(known)]
    return np.where([bool(each.worse) for each in known], found, np.nan)
