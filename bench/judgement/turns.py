"""Turns of a trend: where the level of its figures changed, and what else changed there.

Told and never judged: a turn that another host explains is called so, and no gate asks for one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.judgement.trends import CPU, HOST, Change, Point, Trend, followed
from bench.spec.figure import Better
from bench.spec.metrics import Metric
from bench.stats.steps import LEAST_AFTER, LEAST_HISTORY, middle, steps_of

NEAR = 2
"""A step nearly always stands so close to its true place: what changed up to there is named."""

LEAST_RUNS = LEAST_HISTORY + LEAST_AFTER
"""With fewer no step can be told."""

ENDS = 20
"""Runs at either end of a history that its drift is told by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A figure whose level changed.

    Attributes:
        metric: the figure.
        place: index of the first run of the new level.
        seen: index of the run with which it was seen first.
        before, after: levels to either side, medians of runs.
        strength: how far it stands out of what runs differ by; negative downwards.
    """

    metric: Metric
    place: int
    seen: int
    before: float
    after: float
    strength: float

    @property
    def worse(self) -> bool | None:
        """Whether the new level is the worse one; None where neither is better."""
        if self.metric.better is Better.NEITHER:
            return None
        return (self.strength > 0) == (self.metric.better is Better.LOWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A place in a trend where the level of one figure or of several changed.

    Attributes:
        place: index of the run where the strongest of them changed.
        moved: strongest first.
        changes: what else changed there or up to NEAR runs beside, oldest first.
        runs: of the new level.
        short: of them those in which messages fell short, or nobody can tell whether they did.
    """

    place: int
    moved: tuple[Moved, ...]
    changes: tuple[Change, ...]
    runs: int
    short: int

    @property
    def elsewhere(self) -> bool:
        """Whether runs were measured on another host or CPU from there on: no regression then."""
        return any(change.word in (HOST, CPU) for change in self.changes)

    @property
    def worse(self) -> bool:
        """Whether any figure is worse since, on the same host."""
        return not self.elsewhere and any(moved.worse for moved in self.moved)


def turns_of(trend: Trend) -> tuple[Turn, ...]:
    """Return the turns of a trend, oldest first."""
    found = [moved for metric in followed(trend.points) for moved in _moved(trend.points, metric)]
    groups = list(_grouped(found))
    ends = [*(group[0].place for group in groups[1:]), len(trend.points)]
    pairs = zip(groups, ends, strict=False)  # without groups there is an end alone
    return tuple(_turn(trend.points, group, end) for group, end in pairs)


def told_runs(trend: Trend) -> int:
    """Return how many runs have a figure that is followed."""
    keys = [metric.key for metric in followed(trend.points)]
    return sum(any(point.figure(key) is not None for key in keys) for point in trend.points)


def drift_of(trend: Trend) -> tuple[tuple[Metric, float, float], ...]:
    """Return each figure at either end of a history, medians of ENDS runs; none of a short one."""
    series = ((metric, _series(trend.points, metric)) for metric in followed(trend.points))
    return tuple(
        (metric, middle(list(values.values())[:ENDS]), middle(list(values.values())[-ENDS:]))
        for metric, values in series
        if len(values) >= 2 * ENDS
    )


def _series(points: Sequence[Point], metric: Metric) -> dict[int, float]:
    """Return the figure of each run that has it, by the run's index."""
    found = ((place, point.figure(metric.key)) for place, point in enumerate(points))
    return {place: value for place, value in found if value is not None}


def _moved(points: Sequence[Point], metric: Metric) -> Iterator[Moved]:
    series = _series(points, metric)
    places = list(series)
    for step in steps_of(list(series.values())):
        yield Moved(
            metric=metric,
            place=places[step.place],
            seen=places[step.seen],
            before=step.before,
            after=step.after,
            strength=step.strength,
        )


def _grouped(found: Sequence[Moved]) -> Iterator[list[Moved]]:
    """Yield what moved within a few runs: one event seldom moves one figure alone."""
    group: list[Moved] = []
    for moved in sorted(found, key=lambda moved: moved.place):
        if group and moved.place - group[0].place >= LEAST_AFTER:
            yield group
            group = []
        group.append(moved)
    if group:
        yield group


def _turn(points: Sequence[Point], group: Sequence[Moved], end: int) -> Turn:
    moved = sorted(group, key=lambda moved: -abs(moved.strength))
    first, last = group[0].place - NEAR, group[-1].place + NEAR
    changes = [change for point in points[max(first, 0) : last + 1] for change in point.changes]
    level = points[moved[0].place : end]
    return Turn(
        place=moved[0].place,
        moved=tuple(moved),
        changes=tuple(dict.fromkeys(changes)),
        runs=len(level),
        short=sum(point.cell.short_state is not None for point in level),
    )
