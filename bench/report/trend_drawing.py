"""A trend as a drawing: p50 and p99 of each run, their steps, and where anything else changed."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bench.core.marks import State
from bench.core.text import Scale
from bench.core.units import NS_PER_MS
from bench.draw import svg
from bench.draw.axis import Axis, Spacing, Tick, of_times
from bench.draw.chart import Field, Size, charts
from bench.judgement.choosing import capital
from bench.judgement.summary import CellSummary
from bench.judgement.trends import Point, ranked
from bench.judgement.turns import Turn
from bench.report.model import Drawing
from bench.spec.metrics import Metric

MS = Scale(unit="ms", factor=NS_PER_MS)

OFFSET = 5
"""How far left and right of its run p50 and p99 stand, so that their whiskers do not overlap."""

RADIUS = 4.5
_SMALLEST = 1.2

_WIDE, _NARROW = Size("tl desk", 960, 12), Size("tl phone", 360, 4)

_ROOM = 90
"""Words that stand closer than that to those before them would run into them."""

_WHISKERS_FROM = 0.3
"""Share of its full size from which a dot has a whisker: narrower ones would hide each other."""

_LEAST_NS, _MOST_NS = 1e-3, 1e18

_CAPTION = (
    "Filled: p99; hollow: p50; the bar is the 90 % interval over the run's trials where there are "
    "three, and room. Runs stand in order, not to scale of time. A broad line is a step, level "
    "lines beside it what runs came to. A dotted line says that something else changed; "
    f"{State.FAILS.mark} that messages fell short, {State.DOUBTFUL.mark} that nobody can tell "
    f"whether they did; no time shows it. {State.UNKNOWN.mark} at the bottom: the run has no such "
    "figure."
)


def drawing(points: Sequence[Point], turns: Sequence[Turn] = ()) -> Drawing | None:
    """Return p99 and p50 of each run, oldest first; None where no run has one."""
    p50, p99 = ranked(points)
    told = [point.cell.figures.get(each.key, ()) for point in points for each in (p50, p99)]
    y = of_times([end for figure in told for end in figure if end and _drawable(end)], MS)
    if y is None:
        return None
    days = enumerate(point.run.started_utc[:10] for point in points)
    ticks = tuple(Tick(place + 0.5, day) for place, day in days)
    x = Axis(low=0, high=len(points), spacing=Spacing.EVEN, ticks=ticks)
    time = capital(p99.title.removesuffix(f" {p99.column}"))
    steps = f", {len(turns)} places where figures stepped" if turns else ""
    return Drawing(
        id="trend",
        title=f"{time} time of each run, ms",
        caption=_CAPTION,
        svg=charts(
            (x, "day of the run"),
            y,
            f"{time} p50 and p99 of {len(points)} runs{steps}; the tables below have the figures",
            lambda field: _parts(points, turns, field),
            (_WIDE, _NARROW),
        ),
    )


def _drawable(time_ns: float) -> bool:
    """Say whether a time has a place on an axis; a report that somebody wrote may have any."""
    return _LEAST_NS <= time_ns <= _MOST_NS


def _parts(points: Sequence[Point], turns: Sequence[Turn], field: Field) -> Iterator[Markup]:
    times = ranked(points)
    for turn in turns:
        yield field.upright("step", turn.place)
    for metric in times:
        yield from _levels(turns, metric, len(points), field)
    share = min((field.right - field.left) / len(points) / (2 * (RADIUS + OFFSET)), 1.0)
    for place, point in enumerate(points):
        yield from _run(point, field.across(place + 0.5), times, share, field)
    yield from _changes(points, field)
    for name, x in (("p50", field.right - 110), ("p99", field.right - 50)):
        yield svg.dot(x, 6, RADIUS, name)
        yield svg.words(x + 10, 10, name)


def _levels(turns: Sequence[Turn], metric: Metric, runs: int, field: Field) -> Iterator[Markup]:
    """Yield the level of a figure to either side of each of its steps."""
    steps = [moved for turn in turns for moved in turn.moved if moved.metric.key == metric.key]
    ends = [0, *(moved.place for moved in steps), runs]
    for begin, moved, end in zip(ends, steps, ends[2:], strict=False):
        yield from _level(metric, (begin, moved.place), moved.before, field)
        yield from _level(metric, (moved.place, end), moved.after, field)


def _level(metric: Metric, ends: tuple[int, int], value: float, field: Field) -> Iterator[Markup]:
    if _drawable(value):
        left, right = map(field.across, ends)
        yield svg.level(f"{metric.column} level", left, right, field.down(value))


def _run(
    point: Point, x: float, times: tuple[Metric, Metric], share: float, field: Field
) -> Iterator[Markup]:
    for metric, offset in zip(times, (-OFFSET, OFFSET), strict=True):
        yield from _time(point.cell, metric, (x + offset * share, share), field)
    if state := point.cell.short_state:
        yield svg.words(x, field.top + 12, state.mark, "middle")
    if all(point.figure(metric.key) is None for metric in times):
        yield svg.words(x, field.bottom - 4, State.UNKNOWN.mark, "middle")


def _time(
    cell: CellSummary, metric: Metric, place: tuple[float, float], field: Field
) -> Iterator[Markup]:
    """Yield a dot and, where dots have room for them, a whisker."""
    value, low, high = cell.figures.get(metric.key, (0, None, None))
    if not _drawable(value):
        return
    (x, share), style = place, metric.column
    if low and high and _drawable(low) and _drawable(high) and share > _WHISKERS_FROM:
        yield svg.upright(f"{style} whisker", x, field.down(high), field.down(low))
    yield svg.dot(x, field.down(value), max(RADIUS * share, _SMALLEST), style)


def _changes(points: Sequence[Point], field: Field) -> Iterator[Markup]:
    """Yield a line before each run that something changed at; its words where they have room."""
    free = field.left if field.right > _NARROW.width else field.right
    for place, point in enumerate(points):
        if not point.changed:
            continue
        yield field.upright("change", place)
        if (x := field.across(place)) >= free:
            yield svg.words(x + 4, field.top + 12, ", ".join(point.changed))
            free = x + _ROOM
