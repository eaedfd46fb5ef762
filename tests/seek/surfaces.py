"""Made-up spaces whose best is known, and trials in them that scatter as real ones do.

Trials scatter by 4 % with a heavy tail, blocks by 10 % (METHOD-EVIDENCE 3.1 and 3.2).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from bench.seek.known import Known
from bench.seek.trying import Space, next_points, ranked
from bench.spec.space import Knob, Point, Value

BASE = Point(values=())

TRIAL_SCATTER, BLOCK_SCATTER = 0.04, 0.10
TAIL_SHARE, TAIL = 0.07, 0.25
"""So many trials are slower by so much more, on average: a hiccup of the host."""

BUDGET = 60


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A space and how bad each of its points truly is.

    Attributes:
        knobs: that are turned.
        worse: point -> how bad, as a logarithm; 0 is the best.
    """

    knobs: tuple[Knob, ...]
    worse: dict[Point, float]

    def space(self, base_at: Point) -> Space:
        pool = tuple(point for point in self.worse if point != base_at)
        return Space(
            knobs=self.knobs, listed=lambda: pool, valid=self.worse.__contains__, base_at=base_at
        )


def _points(knobs: Sequence[Knob]) -> Iterator[Point]:
    for values in product(*(knob.values for knob in knobs)):
        own = dict(zip((knob.key for knob in knobs), values, strict=True))
        if all(_turned(knob, own) or own[knob.key] == knob.values[0] for knob in knobs):
            yield Point(values=tuple((k.key, own[k.key]) for k in knobs if _turned(k, own)))


def _turned(knob: Knob, own: dict[str, Value]) -> bool:
    return all(own[key] in allowed for key, allowed in knob.when)


def _knob(key: str, count: int, **more: tuple[tuple[str, tuple[Value, ...]], ...]) -> Knob:
    return Knob(key=key, values=tuple(2**step for step in range(count)), ordered=True, **more)


PLAIN = (_knob("a", 10), _knob("b", 8), _knob("c", 5), _knob("d", 5))

_PULLED = (("mode", ("pull",)),)
BRANCHED = (
    Knob(key="mode", values=("pull", "push"), ordered=False),
    _knob("batch", 8, when=_PULLED),
    _knob("requests", 5, when=_PULLED),
    _knob("pending", 8),
    _knob("workers", 6),
)


def _valley(knobs: Sequence[Knob], rng: np.random.Generator) -> Callable[[Point], float]:
    """A sum of squares of logs, two knobs of which go together."""
    ordered = [knob for knob in knobs if knob.ordered]
    best = {knob.key: rng.uniform(0, 1) for knob in ordered}
    steep = {knob.key: rng.uniform(0.3, 1.5) for knob in ordered}
    first, second = ordered[0].key, ordered[1].key
    twist = rng.uniform(-0.8, 0.8)

    def worse(point: Point) -> float:
        off = {key: at - best[key] for key, at in _scaled(knobs, point).items()}
        together = twist * off[first] * off[second] if {first, second} <= off.keys() else 0.0
        return sum(steep[key] * each**2 for key, each in off.items()) + together

    return worse


def _scaled(knobs: Sequence[Knob], point: Point) -> dict[str, float]:
    own = dict(point.values)
    return {
        knob.key: knob.values.index(own[knob.key]) / (len(knob.values) - 1)
        for knob in knobs
        if knob.ordered and knob.key in own
    }


def valley(rng: np.random.Generator) -> Surface:
    return _surface(PLAIN, _valley(PLAIN, rng))


def cliff(rng: np.random.Generator) -> Surface:
    """Beyond a line all is 2.7 times as bad, such as where a budget of acks is too small."""
    below, edge = _valley(PLAIN, rng), rng.uniform(1.1, 1.4)

    def worse(point: Point) -> float:
        at = _scaled(PLAIN, point)
        return below(point) + (1.0 if at["a"] + at["b"] > edge else 0.0)

    return _surface(PLAIN, worse)


def branch(rng: np.random.Generator) -> Surface:
    """Two modes, one of which has knobs of its own."""
    below, slow = _valley(BRANCHED, rng), rng.choice(["pull", "push"])
    return _surface(
        BRANCHED, lambda point: below(point) + 0.25 * (dict(point.values)["mode"] == slow)
    )


def plateau(rng: np.random.Generator) -> Surface:
    """More helps until it is enough: the best is a corner in which all are alike."""
    enough = {knob.key: rng.uniform(0.55, 0.95) for knob in PLAIN}
    steep = {knob.key: rng.uniform(0.3, 1.5) for knob in PLAIN}

    def worse(point: Point) -> float:
        at = _scaled(PLAIN, point)
        return sum(steep[key] * max(0.0, enough[key] - each) for key, each in at.items())

    return _surface(PLAIN, worse)


def flat(rng: np.random.Generator) -> Surface:
    """Nothing matters."""
    del rng
    return _surface(PLAIN, lambda point: 0.0)


def _surface(knobs: tuple[Knob, ...], worse: Callable[[Point], float]) -> Surface:
    each = {point: worse(point) for point in _points(knobs)}
    least = min(each.values())
    return Surface(knobs=knobs, worse={point: bad - least for point, bad in each.items()})


PLANTED = {"valley": valley, "cliff": cliff, "branch": branch, "plateau": plateau}


@dataclass(kw_only=True)
class World:
    """Where trials are made.

    Attributes:
        surface: what is true.
        base_at: where the base lies.
        rng: draws what scatters.
        known: of what was tried.
        blocks: that were run.
    """

    surface: Surface
    base_at: Point
    rng: np.random.Generator
    known: dict[Point, Known] = field(default_factory=lambda: {BASE: Known(point=BASE)})
    blocks: int = 0

    @property
    def space(self) -> Space:
        return self.surface.space(self.base_at)

    @property
    def trials(self) -> int:
        return sum(each.trials for each in self.known.values())

    def true(self, point: Point) -> float:
        return self.surface.worse[point if point.values else self.base_at]

    def run(self, points: Sequence[Point]) -> None:
        self.blocks += 1
        drift = self.rng.normal(0.0, BLOCK_SCATTER)
        for point in points:
            old = self.known.get(point, Known(point=point))
            worse = {**old.worse, self.blocks: (self.true(point) + drift + self._noise(),)}
            self.known[point] = replace(old, worse=worse, trials=old.trials + 1)

    def _noise(self) -> float:
        slow = self.rng.exponential(TAIL) if self.rng.random() < TAIL_SHARE else 0.0
        return float(self.rng.normal(0.0, TRIAL_SCATTER)) + slow


def world(surface: Surface, seed: int) -> World:
    rng = np.random.default_rng([seed, 2])
    points = list(surface.worse)
    return World(surface=surface, base_at=points[int(rng.integers(len(points)))], rng=rng)


def searched(made: World, seed: int, budget: int = BUDGET) -> list[Point]:
    """Search with so many trials; return what was measured, the best first."""
    space = made.space
    while points := next_points(space, list(made.known.values()), budget - made.trials, seed):
        made.run(points)
    assert made.trials <= budget
    return [each.point for each in ranked(space, list(made.known.values()), seed)]


def drawn(made: World, budget: int = BUDGET) -> Point:
    """Return the best of so many points that chance chose, as they were measured."""
    points = list(made.surface.worse)
    chosen = made.rng.choice(len(points), size=min(budget, len(points)), replace=False)
    for start in range(0, len(chosen), 5):
        made.run([points[int(place)] for place in chosen[start : start + 5]])
    tried = [each for each in made.known.values() if each.worse]
    return min(tried, key=lambda each: min(worse[0] for worse in each.worse.values())).point


def beyond_best(made: World, point: Point) -> float:
    """Return by what share a point is worse than the best that there is."""
    return math.expm1(made.true(point))
