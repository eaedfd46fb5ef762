"""Which points of a large space are tried next, in one block; pure, as the race of small ones is.

A search begins with points that are spread over the space, goes on with what Optuna proposes and
what is likely to be best by what was learned so far, half of each, and ends by measuring the few
best once more: the best of sixty figures was lucky. In every block the incumbent stands beside
them, so that drifts of the host cancel out. `make tune-truth` simulates how near it comes: nearer
than Optuna alone, and less near where a cliff runs beside the best.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.plan.allotment import MOST_SEARCHED
from bench.seek.known import UNTOLD_RUN, Known, effects, placed
from bench.seek.optimiser import proposed
from bench.spec.space import Knob, Point
from bench.stats.likely import Likely, Places, learned

NEW = 4
"""Points in a block beside the incumbent."""

BY_OPTUNA = 2
"""Of those so many as Optuna proposes; the others are what is likely to be best."""

SPREAD = 12
"""Points that a search begins with."""

AGAIN_SHARE, MOST_AGAIN = 0.27, 40
"""Trials that measure the best once more: a share of all, and at most."""

BEST = 4
"""So many are measured once more in a block."""

DOUBT = 0.5
"""Of two points that look alike the one that was measured more often is the better: so much of how
unsure a point is counts against it."""

CURIOSITY = 1.0
"""And for it where new ones are chosen."""

FLAT = 0.1
"""So much of it is kept of how much worse than half of all a point is."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where a search chooses from.

    Attributes:
        knobs: that are turned.
        listed: returns valid points, all or a sample of them, without the base; may take long.
        valid: whether a point may be tried.
        base_at: where the base lies, as far as it has values that knobs have.
    """

    knobs: tuple[Knob, ...]
    listed: Callable[[], tuple[Point, ...]]
    valid: Callable[[Point], bool]
    base_at: Point

    @property
    def pool(self) -> tuple[Point, ...]:
        """The points to choose from."""
        return self.listed()

    def placed(self, points: Sequence[Point]) -> Places:
        """Return points on the scales of the knobs, the base where it lies."""
        return placed(self.knobs, [each if each.values else self.base_at for each in points])


def next_points(space: Space, known: Sequence[Known], left: int, seed: int) -> tuple[Point, ...]:
    """Return the points of the next block; none where the search is over.

    Args:
        space: where to choose from.
        known: of every point that was tried, base first; all that there is.
        left: trials that the search may still make.
        seed: of the run.
    """
    used = sum(each.trials for each in known)
    left = min(left, MOST_SEARCHED - used)
    again = min(round(AGAIN_SHARE * (used + left)), MOST_AGAIN)
    rng = np.random.default_rng([seed, used])
    if not used:
        return _begun(space, known[0], rng)[: max(left, 0)]
    best = ranked(space, known, seed)
    first = best[0].point if best else known[0].point
    if left - again >= NEW + 1:
        new = _new(space, known, rng, seed)
        if new:
            return tuple(dict.fromkeys((first, *new)))
    once_more = [each.point for each in best[: min(BEST, left)]]
    return tuple(once_more) if len(once_more) > 1 else ()


def _begun(space: Space, base: Known, rng: np.random.Generator) -> tuple[Point, ...]:
    return (base.point, *_spread(space, [], rng))


def ranked(space: Space, known: Sequence[Known], seed: int) -> list[Known]:
    """Return what was measured and holds as far as can be told, the best first.

    By the sum of the objectives; what looks to break a rule comes after all that does not.
    """
    fit = [each for each in known if each.worse and not each.out]
    if not fit:
        return []
    used = sum(each.trials for each in known)
    weights = np.ones(objectives_of(known))
    likely = _learned(space, known, weights, np.random.default_rng([seed, used, 1]))
    mean, unsure = likely.at(space.placed([each.point for each in fit]))
    order = np.argsort(mean + DOUBT * unsure, kind="stable")
    by_figure = [fit[int(place)] for place in order]
    return sorted(by_figure, key=lambda each: each.looks_broken)


def objectives_of(known: Sequence[Known]) -> int:
    """Return how many objectives there are."""
    return next((len(worse) for each in known for worse in each.worse.values()), 1)


def _new(
    space: Space, known: Sequence[Known], rng: np.random.Generator, seed: int
) -> tuple[Point, ...]:
    """Return points that are tried for the first time, and those that were invalid so far."""
    repeated = [e.point for e in known if not e.out and not e.worse and 0 < e.trials < UNTOLD_RUN]
    seen = {each.point for each in known}
    room = min(NEW - len(repeated[:NEW]), sum(point not in seen for point in space.pool))
    tried = [each for each in known if each.point.values]
    if len(tried) < SPREAD or not any(each.worse for each in known):
        found = list(_spread(space, known, rng))[:room]
    else:
        found = _proposed(space, known, count=min(BY_OPTUNA, room), seed=seed)
        found += _likely_best(space, known, rng, found)[: room - len(found)]
    return (*repeated[:NEW], *found)


def _spread(space: Space, known: Sequence[Known], rng: np.random.Generator) -> tuple[Point, ...]:
    """Return the points of the pool that are farthest from all that are known, and each other."""
    pool = space.placed(space.pool)
    at = np.where(np.isnan(pool.at), 0.5, pool.at)
    at = np.where(pool.ordered, at, at * 0.5)
    taken = [place for place, point in enumerate(space.pool) if point in {k.point for k in known}]
    apart = np.full(len(space.pool), np.inf)
    for place in taken:
        apart = np.minimum(apart, _distance(at, at[place]))
    found: list[int] = []
    while len(found) < min(NEW, len(space.pool) - len(taken)):
        drawn = rng.choice(len(space.pool), size=min(len(space.pool), 200), replace=False)
        place = int(drawn[np.argmax(apart[drawn])])
        if apart[place] <= 0:
            break
        found.append(place)
        apart = np.minimum(apart, _distance(at, at[place]))
    return tuple(space.pool[place] for place in found)


def _distance(at: Array, place: Array) -> Array:
    distance: Array = np.sum((at - place) ** 2, axis=1)
    return distance


def _proposed(space: Space, known: Sequence[Known], *, count: int, seed: int) -> list[Point]:
    objectives = range(objectives_of(known))
    columns = np.column_stack([effects(known, each) for each in objectives])
    columns -= next(row for row in columns if not np.isnan(row).any())
    told = [
        (replace(each, point=each.point if each.point.values else space.base_at), tuple(row))
        if each.worse
        else (each, ())
        for each, row in zip(known, columns.tolist(), strict=True)
    ]
    used = sum(each.trials for each in known)
    return proposed(space.knobs, told, space.valid, count=count, seed=(seed + used) % 2**32)


def _likely_best(
    space: Space,
    known: Sequence[Known],
    rng: np.random.Generator,
    beside: Sequence[Point],
) -> list[Point]:
    """Return points of the pool that nobody tried, the most promising first."""
    objectives = objectives_of(known)
    weights = np.ones(1) if objectives == 1 else rng.dirichlet(np.ones(objectives)) * objectives
    mean, unsure = _learned(space, known, weights, rng).at(space.placed(space.pool))
    seen = {each.point for each in known} | set(beside)
    order = np.argsort(mean - CURIOSITY * unsure, kind="stable")
    places = (int(place) for place in order[: len(seen) + NEW])
    return [space.pool[place] for place in places if space.pool[place] not in seen]


def _learned(
    space: Space, known: Sequence[Known], weights: Array, rng: np.random.Generator
) -> Likely:
    """Return what is learned of the weighted objectives; what breaks a rule is as bad as most."""
    rows = [
        (each, block, float(weights @ np.array(worse)))
        for each in known
        for block, worse in each.worse.items()
    ]
    blocks = np.array([block for _, block, _ in rows], dtype=float)
    figures = np.array([worse for _, _, worse in rows])
    broken = np.array([each.looks_broken for each, _, _ in rows])
    if broken.any():
        beyond = np.array([min(1.0, max((*each.beyond, 0.0))) for each, _, _ in rows])
        figures = np.where(
            broken, np.maximum(figures, np.quantile(figures, 0.75)) + beyond, figures
        )
    figures = _flattened(figures, blocks)
    return learned(space.placed([each.point for each, _, _ in rows]), figures, blocks, rng)


def _flattened(figures: Array, blocks: Array) -> Array:
    """Return figures of which the worse half hardly differ: how bad is bad teaches nothing of good.

    A cliff would else be taken for a slope that reaches far on either side.
    """
    own = {block: float(np.min(figures[blocks == block])) for block in set(blocks.tolist())}
    least = np.array([own[block] for block in blocks.tolist()])
    above = figures - least
    middle = float(np.median(above))
    flattened: Array = least + np.minimum(above, middle + FLAT * (above - middle))
    return flattened
