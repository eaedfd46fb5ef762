"""The search of a tuning by its records: how points stand, and which block is wanted next.

Small spaces are raced, large ones searched; both go by the same figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.seek import race, trying
from bench.seek.known import Known, effects
from bench.seek.trying import Space
from bench.spec.space import Point

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)  # without slots, so that the race is run once
class Searching:
    """A search and how far it is.

    Attributes:
        known: of every point that was tried, base first.
        raced: whether it is a race.
        left: trials that it may still make.
        seed: of the run.
        space: where it chooses from; of a race that is all there is.
    """

    known: tuple[Known, ...]
    raced: bool
    left: int
    seed: int
    space: Space

    @property
    def blocks(self) -> tuple[int, ...]:
        """Numbers of the blocks that have a valid trial."""
        return tuple(sorted({block for each in self.known for block in each.worse}))

    @cached_property
    def gone(self) -> dict[Point, int]:
        """What has left a race, after so many blocks."""
        if not self.raced or not self.blocks:
            return {}
        objectives = range(trying.objectives_of(self.known))
        out = [row for row, each in enumerate(self.known) if each.out]
        weak = [row for row, each in enumerate(self.known) if each.looks_broken]
        left = race.left([self._table(each) for each in objectives], out, weak)
        return {self.known[row].point: blocks for row, blocks in left.items()}

    def _table(self, objective: int) -> Array:
        table = np.full((len(self.known), len(self.blocks)), np.nan)
        for row, each in enumerate(self.known):
            for place, block in enumerate(self.blocks):
                if block in each.worse:
                    table[row, place] = each.worse[block][objective]
        return table

    @cached_property
    def order(self) -> tuple[Known, ...]:
        """What was measured and is not out, the best first, base among it.

        What has left a race comes after what stayed, and what looks to break a rule comes last.
        """
        if not self.raced:
            return tuple(trying.ranked(self.space, self.known, self.seed))
        stay = [each for each in self.known if each.worse and not each.out]
        sums = sum(effects(self.known, each) for each in range(trying.objectives_of(self.known)))
        bad = dict(zip((each.point for each in self.known), np.atleast_1d(sums), strict=True))

        def place(each: Known) -> tuple[bool, bool, float]:
            return each.looks_broken, each.point in self.gone, bad[each.point]

        return tuple(sorted(stay, key=place))

    @property
    def wanted(self) -> tuple[Point, ...]:
        """The points of the next block; none where the search is over."""
        if not self.raced:
            return trying.next_points(self.space, self.known, self.left, self.seed)
        return self._next_of_race()

    def _next_of_race(self) -> tuple[Point, ...]:
        base = self.known[0].point
        tried = {each.point: each for each in self.known}
        racing = [
            point
            for point in (base, *self.space.pool)
            if point not in self.gone and not (point in tried and tried[point].out)
        ]
        trials = {point: tried[point].trials if point in tried else 0 for point in racing}
        over = len(racing) < 2 or min(trials.values()) >= race.MOST_BLOCKS or racing == [base]
        if over or self.left < 2:
            return ()
        if len(racing) <= self.left:
            return tuple(racing)
        # A last block that does not fit is run of those alone that were never tried.
        new = [point for point in racing if not trials[point]]
        return (base, *[point for point in new if point != base][: self.left - 1]) if new else ()

    def finalists(self, most: int) -> tuple[Point, ...]:
        """Return what is to be confirmed, the best first; the base stands beside it anyway.

        Of what has left a race only what looks better than the base.
        """
        points = [each.point for each in self.order]
        base = self.known[0].point
        before = points[: points.index(base)] if base in points else points
        found = [e for e in self.order if e.point != base]
        found = [e for e in found if e.point not in self.gone or e.point in before]
        sound = [each for each in found if not each.looks_broken] or found
        if trying.objectives_of(self.known) > 1:
            sound = _front_first(self.known, sound)
        return tuple(each.point for each in sound[:most])


def _front_first(known: Sequence[Known], found: Sequence[Known]) -> list[Known]:
    """Return points with those first that none beats in every objective, as far as was seen."""
    rows = {each.point: row for row, each in enumerate(known)}
    each_bad = [effects(known, objective) for objective in range(trying.objectives_of(known))]
    bad = [[column[rows[each.point]] for column in each_bad] for each in found]
    beaten = [any(beats(other, own) for other in bad) for own in bad]
    return [found[place] for place in sorted(range(len(found)), key=lambda p: beaten[p])]


def beats(one: Sequence[float], other: Sequence[float]) -> bool:
    """Say whether one is nowhere worse than another and somewhere better; less is better."""
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
