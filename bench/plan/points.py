"""The points of a space: how many there are, and which are valid. None of it takes long."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.plan.expand import in_effect
from bench.plan.model import Tuning
from bench.spec.base import MisfitError
from bench.spec.pointed import settled
from bench.spec.space import Knob, Point, Value
from bench.spec.variant import Settings
from bench.spec.workload import Workload

COUNTED = 3_000
"""Points that are looked at one by one, which takes some 5 s; of more a sample is."""

DRAWN = 1_000
"""Points of a sample; as long as none was valid more are drawn, up to COUNTED."""

OFTEN = 30
"""Never valid in so many points, a value hardly ever is."""

MOST_STATES = 10_000
"""Ways to set what others depend on; of more the points are counted as if none did."""

_SEED = 20_261_128
"""Of samples: a space comes to the same whoever looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What a space comes to.

    Attributes:
        written: points, valid or not.
        looked_at: of those.
        valid: of those looked at; what comes to the same once, and what comes to the base never.
        refused: why others are not valid -> how many, the commonest first; of reasons about one
            setting the first stands for all.
        unused: key of a knob -> values that no valid point has; of a space that was not counted
            those that OFTEN of the looked at had.
    """

    written: int
    looked_at: int
    valid: int
    refused: Mapping[str, int]
    unused: Mapping[str, tuple[Value, ...]]

    @property
    def counted(self) -> bool:
        """Whether every point was looked at."""
        return self.looked_at == self.written

    @property
    def points(self) -> int:
        """Valid points, reckoned where they were not counted."""
        return self.written * self.valid // max(1, self.looked_at)


def census(workload: Workload, base: Settings, knobs: Sequence[Knob]) -> Census:
    """Return what a space comes to over a base and under a workload."""
    looked_at, refusals = 0, Counter[str]()
    first: dict[str, str] = {}
    had, used = Counter[tuple[str, Value]](), Counter[tuple[str, Value]]()
    least = 0 if _is_counted(knobs) else OFTEN
    seen = {in_effect(base)}
    for point in _looked_at(knobs):
        if looked_at >= DRAWN and len(seen) > 1 and not _is_counted(knobs):
            break
        looked_at += 1
        had.update(point.values)
        try:
            settings = settled(workload, base, point)
        except MisfitError as error:
            key = ".".join(error.key)
            first.setdefault(key, f"{key}: {error}")
            refusals[key] += 1
            continue
        seen.add(in_effect(settings))
        used.update(point.values)
    return Census(
        written=written_count(knobs),
        looked_at=looked_at,
        valid=len(seen) - 1,
        refused={first[key]: times for key, times in refusals.most_common()},
        unused={knob.key: never for knob in knobs if (never := _never(knob, had, used, least))},
    )


def _never(
    knob: Knob,
    had: Mapping[tuple[str, Value], int],
    used: Mapping[tuple[str, Value], int],
    least: int,
) -> tuple[Value, ...]:
    pairs = [(knob.key, value) for value in knob.values]
    return tuple(pair[1] for pair in pairs if not used[pair] and had[pair] >= least)


def valid_points(tuning: Tuning) -> Iterator[Point]:
    """Yield the valid points of a space in their order, without what comes to the base.

    What comes to the same is yielded once. Of a space too large to be counted those of a sample.
    """
    base = tuning.base
    seen = {in_effect(base.settings)}
    for point in _looked_at(tuning.knobs):
        try:
            effect = in_effect(settled(base.workload, base.settings, point))
        except MisfitError:
            continue
        if effect not in seen:
            seen.add(effect)
            yield point


def is_turned(knob: Knob, values: Mapping[str, Value]) -> bool:
    """Say whether a knob is turned at all, by the values of those that stand before it."""
    return all(key in values and values[key] in allowed for key, allowed in knob.when)


def written_count(knobs: Sequence[Knob]) -> int:
    """Return how many points a space has, valid or not."""
    asked = [{key for knob in knobs[place:] for key, _ in knob.when} for place in range(len(knobs))]
    states: dict[frozenset[tuple[str, Value]], int] = {frozenset(): 1}
    for place, knob in enumerate(knobs):
        later = asked[place + 1] if place + 1 < len(knobs) else set[str]()
        if len(states) * len(knob.values) > MOST_STATES and knob.key in later:
            return _product(knobs)
        grown = Counter[frozenset[tuple[str, Value]]]()
        for state, times in states.items():
            kept = frozenset(pair for pair in state if pair[0] in later)
            if not is_turned(knob, dict(state)):
                grown[kept] += times
            elif knob.key in later:
                for value in knob.values:
                    grown[kept | {(knob.key, value)}] += times
            else:
                grown[kept] += times * len(knob.values)
        states = grown
    return sum(states.values())


def _product(knobs: Sequence[Knob]) -> int:
    return int(np.prod([len(knob.values) for knob in knobs], dtype=object))


def _is_counted(knobs: Sequence[Knob]) -> bool:
    return written_count(knobs) <= COUNTED


def _looked_at(knobs: Sequence[Knob]) -> Iterator[Point]:
    """Yield all points of a space, or of too many COUNTED at most that are drawn."""
    return _all(knobs, {}) if _is_counted(knobs) else _sample(knobs)


def _all(knobs: Sequence[Knob], values: Mapping[str, Value]) -> Iterator[Point]:
    if not knobs:
        yield Point(values=tuple(values.items()))
    elif not is_turned(knobs[0], values):
        yield from _all(knobs[1:], values)
    else:
        for value in knobs[0].values:
            yield from _all(knobs[1:], {**values, knobs[0].key: value})


def _sample(knobs: Sequence[Knob]) -> Iterator[Point]:
    rng = np.random.default_rng(_SEED)
    seen = set[Point]()
    for _ in range(4 * COUNTED):
        point = drawn(knobs, rng)
        if point not in seen:
            seen.add(point)
            yield point
        if len(seen) == COUNTED:
            return


def drawn(knobs: Sequence[Knob], rng: np.random.Generator) -> Point:
    """Return a point, valid or not: each knob that is turned has any of its values."""
    values: dict[str, Value] = {}
    for knob in knobs:
        if is_turned(knob, values):
            values[knob.key] = knob.values[int(rng.integers(len(knob.values)))]
    return Point(values=tuple(values.items()))
