"""The points that a search chooses from: all that are valid, or a sample of too many."""

from bench.plan.model import Cell, Tuning
from bench.plan.points import is_turned, valid_points
from bench.seek.trying import Space
from bench.spec.base import MisfitError
from bench.spec.pointed import setting_at, settled
from bench.spec.space import Knob, Point, Value

_listed: dict[str, tuple[tuple[Cell, tuple[Knob, ...]], tuple[Point, ...]]] = {}
"""By a base's id what was listed last: it takes seconds, and a search asks in each block."""


def space_of(tuning: Tuning) -> Space:
    """Return where a tuning chooses from."""
    return Space(
        knobs=tuning.knobs,
        listed=lambda: _all_listed(tuning),
        valid=lambda point: _is_valid(tuning, point),
        base_at=_base_at(tuning),
    )


def _all_listed(tuning: Tuning) -> tuple[Point, ...]:
    of = tuning.base, tuning.knobs
    before, pool = _listed.get(tuning.base.id, (None, ()))
    if before != of:
        pool = tuple(valid_points(tuning))
        _listed[tuning.base.id] = of, pool
    return pool


def _is_valid(tuning: Tuning, point: Point) -> bool:
    """Say whether a point may be tried; of what comes to the same, where all are listed, one."""
    listed = _all_listed(tuning)
    if len(listed) >= tuning.points:
        return point in set(listed)
    try:
        settled(tuning.base.workload, tuning.base.settings, point)
    except MisfitError:
        return False
    return True


def _base_at(tuning: Tuning) -> Point:
    """Return where the base lies, as far as it has values that the knobs have."""
    values: dict[str, Value] = {}
    for knob in tuning.knobs:
        own = setting_at(tuning.base.settings, knob.key)
        if own in knob.values and is_turned(knob, values):
            values[knob.key] = knob.values[knob.values.index(own)]
    return Point(values=tuple(values.items()))
