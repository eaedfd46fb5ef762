"""Where the level of a history changed: a figure from run to run, looked at after each of them.

The mean of the newest runs is held against the runs before them, in units of what such a difference
would scatter by. That takes account of tails (values far out count up to a bound), of runs that
take after their neighbours (an AR(1) whose coefficient is allowed its own error), and of a new
level that scatters more. A look asks of its own day alone, so what was seen once stays seen. The
limit holds for all looks of a year: see `make history-truth` and docs/adr/0051.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_HISTORY = 30
"""Runs before a first step: with fewer nobody knows what runs differ by."""

LEAST_LEVEL = 8
"""Runs of a level before the step that ends it, once the scatter is known."""

LEAST_AFTER = 5
"""Runs of a new level: fewer are a spike."""

MOST_AFTER = 20
LEVEL_RUNS = 40
"""So many runs before tell the level that was left: a longer memory takes slow drift for a step."""

MEMORY_RUNS = 180
"""So many tell how runs take after each other."""

LEAST_CHANGE = math.log(1.05)
"""A smaller step is nobody's concern, as a logarithm."""

FIGURES = 4
"""So many of a cell are looked at, and share the false alarms that are allowed."""

LIMIT = 5.6
"""Of the difference in units of its own scatter; for a year of looks at FIGURES."""

FARTHEST = 3.5
"""How far out a value counts, in robust standard deviations."""

_FARTHEST_APART = 10.0
"""How far out it counts where it is asked what the new runs differ by among themselves."""

_LEAST_SCATTER = 0.02
"""Of runs that are all alike any difference would be a step; large enough that the bound on values
lets a least change through."""

_LEAST_VARIANCE = 0.5
_STRONGEST = 0.95
"""The largest coefficient from one run to the next: beyond it there is no level."""

_LEAST = 1e-12
"""What a figure of 0 counts as where logarithms are taken: far out on any history."""

_TO_DEVIATION = 1.4826
"""Standard deviations in a median of distances from the median of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change of level.

    Attributes:
        place: index of the first value of the new level; may move by a few as more come.
        seen: index of the value with which it was seen first.
        before, after: medians of up to LEVEL_RUNS values to either side.
        strength: the difference in units of its scatter; negative downwards.
    """

    place: int
    seen: int
    before: float
    after: float
    strength: float


class _Seen(NamedTuple):
    place: int
    seen: int
    strength: float


def steps_of(values: Sequence[float]) -> tuple[Step, ...]:
    """Return where the level of a history changed, oldest first.

    Args:
        values: finite, 0 or more, oldest first, shape (n,).
    """
    logs = np.log(np.maximum(np.asarray(values, dtype=np.float64), _LEAST))
    found: list[_Seen] = []
    level = _Level(logs=logs, start=0, known=np.zeros(0))
    while seen := level.end():
        found.append(seen)
        level = level.next(seen.place)
    ends = (0, *(step.place for step in found), logs.size)
    return tuple(
        Step(
            place=seen.place,
            seen=seen.seen,
            before=middle(values[max(begin, seen.place - LEVEL_RUNS) : seen.place]),
            after=middle(values[seen.place : min(end, seen.place + LEVEL_RUNS)]),
            strength=seen.strength,
        )
        for begin, seen, end in zip(ends, found, ends[2:], strict=False)
    )


def middle(values: Sequence[float]) -> float:
    """Return the median; halves are added, for a sum of two may be too large for a number."""
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half] / 2 + ordered[-half - 1] / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """A stretch of a history that begins with a new level.

    Attributes:
        logs: of all values.
        start: index of its first.
        known: what values of earlier levels differed from them by, the newest last.
    """

    logs: Array
    start: int
    known: Array

    def next(self, place: int) -> "_Level":
        """Return the level that begins there."""
        own = self.logs[self.start : place]
        known = np.concatenate((self.known, own - _median(own)))[-MEMORY_RUNS:]
        return _Level(logs=self.logs, start=place, known=known)

    def end(self) -> _Seen | None:
        """Return the step that ends it, as seen on the first day that shows one."""
        best: _Seen | None = None
        for place in self._places():
            if best is not None and place + LEAST_AFTER - 1 > best.seen:
                break
            best = _earlier(best, self._seen(place))
        return best and self._placed(best)

    def _places(self) -> range:
        first = self.start + max(LEAST_LEVEL, LEAST_HISTORY - self.known.size)
        return range(first, self.logs.size - LEAST_AFTER + 1)

    def _seen(self, place: int) -> _Seen | None:
        """Return the first day that shows a step at a place."""
        strengths = self._strengths(place)
        days = np.flatnonzero(np.abs(strengths) > LIMIT)
        if not days.size:
            return None
        return _Seen(place, place + int(days[0]), float(strengths[days[0]]))

    def _placed(self, found: _Seen) -> _Seen:
        """Return a step where two levels fit best the runs to either side of it, known by now."""
        strengths = np.abs(self._strengths(found.place))
        best = int(np.argmax(strengths))
        begin, end = max(self.start, found.place - MOST_AFTER), found.place + best + 1
        values = self._scatter(found.place).bounded(self.logs[begin:end])
        near = range(max(begin + 1, found.place - LEAST_AFTER), found.place + LEAST_AFTER)
        place = max(near, key=lambda place: _parted(values, place - begin))
        return _Seen(place, found.seen, math.copysign(strengths[best], found.strength))

    def _scatter(self, place: int) -> "_Scatter":
        """Return what runs before a place differ by."""
        return _Scatter.of(self.logs[max(self.start, place - MEMORY_RUNS) : place], self.known)

    def _strengths(self, place: int) -> Array:
        """Return how strong a step at a place looks after 1, 2, … runs; 0 where none may be told.

        Returns:
            Shape (n,), n up to MOST_AFTER.
        """
        scatter = self._scatter(place)
        after = self.logs[place : place + MOST_AFTER]
        lengths = np.arange(1, after.size + 1)
        means = np.cumsum(scatter.bounded(after)) / lengths
        own = _variances(scatter.bounded(after, _FARTHEST_APART))
        errors = np.maximum(own, scatter.variance) * scatter.of_mean(lengths)
        runs = np.array([min(place - self.start, LEVEL_RUNS)])
        errors += scatter.variance * float(scatter.of_mean(runs)[0])
        differences = means - scatter.mean
        small = np.abs(differences) * scatter.deviation < LEAST_CHANGE
        strengths = np.where(small, 0.0, differences / np.sqrt(errors))
        strengths[: LEAST_AFTER - 1] = 0.0
        return strengths


def _parted(values: Array, place: int) -> float:
    """Return by how much two levels, parted there, fit values better than one does."""
    left, right = values[:place], values[place:]
    apart = float(np.mean(left) - np.mean(right))
    return apart**2 * left.size * right.size / values.size


def _earlier(one: _Seen | None, other: _Seen | None) -> _Seen | None:
    """Return what was seen on the earlier day; of one day the stronger."""
    found = [each for each in (one, other) if each is not None]
    return min(found, key=lambda each: (each.seen, -abs(each.strength)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scatter:
    """What runs of a level differ by.

    Attributes:
        middle: of the level, as a logarithm.
        deviation: a robust standard deviation, as a logarithm.
        mean, variance: of the level's values, bounded, in deviations from the middle.
        coefficient: from one run to the next, with an allowance for its error.
    """

    middle: float
    deviation: float
    mean: float
    variance: float
    coefficient: float

    @classmethod
    def of(cls, before: Array, known: Array) -> "_Scatter":
        """Return that of a level after others; the larger where old and new tell differently.

        Args:
            before: runs of the level so far, up to MEMORY_RUNS.
            known: what values of earlier levels differed from them by.
        """
        level = before[-LEVEL_RUNS:]
        middle = _median(level)
        apart = np.concatenate((known, before - middle))[-MEMORY_RUNS:]
        stretches = {
            level.size,
            min(apart.size, LEVEL_RUNS),
        }  # the level's runs, and as many as may
        deviation = max(_LEAST_SCATTER, *(_deviation(apart[-runs:]) for runs in stretches))
        bounded = np.clip(apart / deviation, -FARTHEST, FARTHEST)
        return cls(
            middle=middle,
            deviation=deviation,
            mean=float(bounded[-level.size :].mean()),
            variance=max(_LEAST_VARIANCE, *(_variance(bounded[-runs:]) for runs in stretches)),
            coefficient=_coefficient(bounded),
        )

    def bounded(self, logs: Array, farthest: float = FARTHEST) -> Array:
        """Return values in deviations from the middle, none farther than that."""
        return np.clip((logs - self.middle) / self.deviation, -farthest, farthest)

    def of_mean(self, lengths: NDArray[np.int64]) -> Array:
        """Return the variance of means of so many runs in a row, as a share of one run's."""
        phi = self.coefficient
        sums = (1 + phi) / (1 - phi) - 2 * phi * (1 - phi**lengths) / (lengths * (1 - phi) ** 2)
        found: Array = sums / lengths
        return found


def _variances(values: Array) -> Array:
    """Return the variance of the first 1, 2, … values, shape (n,); 0 of one alone."""
    lengths = np.arange(1, values.size + 1)
    squares = np.cumsum(values**2) - np.cumsum(values) ** 2 / lengths
    found: Array = squares / np.maximum(lengths - 1, 1)
    return found


def _median(values: Array) -> float:
    """Return the median, in a fifth of the time that numpy takes for so few."""
    ordered, half = np.sort(values), values.size // 2
    return float(ordered[half] + ordered[-half - 1]) / 2


def _deviation(differences: Array) -> float:
    return _TO_DEVIATION * _median(np.abs(differences))


def _variance(values: Array) -> float:
    apart = values - values.mean()
    return float(apart @ apart) / (values.size - 1)


def _coefficient(values: Array) -> float:
    """Return how far a value takes after the one before, less its bias, more its standard error."""
    apart = values - values.mean()
    squares = float(apart @ apart)
    phi = float(apart[1:] @ apart[:-1]) / squares if squares > 0 else 0.0
    bias = (1 + 3 * phi) / values.size
    error = math.sqrt(max(1 - phi * phi, 0.2) / values.size)
    return min(max(phi + bias + error, 0.0), _STRONGEST)
