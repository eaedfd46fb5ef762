"""A trend as a drawing: p50 and p99 of each run, and where anything else changed."""

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
from bench.judgement.trends import Point
from bench.report.model import Drawing
from bench.spec.metrics import Metric, metric_of, time_key

MS = Scale(unit="ms", factor=NS_PER_MS)

OFFSET = 5
"""How far left and right of its run p50 and p99 stand, so that their whiskers do not overlap."""

_WIDE, _NARROW = Size("tl desk", 960, 12), Size("tl phone", 360, 4)

_TIMES = ("end_to_end", "completion", "response")
"""The one that says most of a variant first."""


def ranked(points: Sequence[Point]) -> tuple[Metric, Metric]:
    """Return p50 and p99 of the time that these runs have and that says most of them."""
    known = dict.fromkeys(key for point in points for key in point.cell.figures)
    wanted = [time_key(time, "p99") for time in _TIMES]
    found = [key for want in wanted for key in known if key.rpartition(".")[2] == want]
    p99 = next(iter(found), wanted[0])
    return metric_of(p99.removesuffix("99") + "50"), metric_of(p99)


def drawing(points: Sequence[Point]) -> Drawing | None:
    """Return p99 and p50 of each run, oldest first; None where no run has one."""
    p50, p99 = ranked(points)
    told = [point.cell.figures.get(each.key, ()) for point in points for each in (p50, p99)]
    y = of_times([end for figure in told for end in figure if end], MS)
    if y is None:
        return None
    days = enumerate(point.run.started_utc[:10] for point in points)
    ticks = tuple(Tick(place + 0.5, day) for place, day in days)
    x = Axis(low=0, high=len(points), spacing=Spacing.EVEN, ticks=ticks)
    time = capital(p99.title.removesuffix(f" {p99.column}"))
    label = f"{time} p50 and p99 of {len(points)} runs; the table below has the figures"
    return Drawing(
        id="trend",
        title=f"{time} time of each run, ms",
        caption=(
            "Filled: p99; hollow: p50; the bar is the 90 % interval over the run's trials where "
            "there are three. Runs stand in order, not to scale of time. A dotted line says that "
            f"something else changed, too; {State.FAILS.mark} that messages fell short, "
            f"{State.DOUBTFUL.mark} that nobody can tell whether they did; no time shows it."
        ),
        svg=charts(
            (x, "day of the run"), y, label, lambda field: _parts(points, field), (_WIDE, _NARROW)
        ),
    )


def _parts(points: Sequence[Point], field: Field) -> Iterator[Markup]:
    p50, p99 = ranked(points)
    for place, point in enumerate(points):
        x = field.across(place + 0.5)
        yield from _time(point.cell, p50, x - OFFSET, field)
        yield from _time(point.cell, p99, x + OFFSET, field)
        if state := point.cell.short_state:
            yield svg.words(x, field.top + 12, state.mark, "middle")
        if point.changed:
            yield from _changed(point, place, field)
    for name, x in (("p50", field.right - 110), ("p99", field.right - 50)):
        yield svg.dot(x, 6, 4.5, name)
        yield svg.words(x + 10, 10, name)


def _time(cell: CellSummary, metric: Metric, x: float, field: Field) -> Iterator[Markup]:
    value, low, high = cell.figures.get(metric.key, (0, None, None))
    if value <= 0:
        return
    style = metric.column
    if low and high:
        yield svg.upright(f"{style} whisker", x, field.down(high), field.down(low))
    yield svg.dot(x, field.down(value), 4.5, style)


def _changed(point: Point, place: int, field: Field) -> Iterator[Markup]:
    """Yield a line before the run; its words where there is room for any."""
    yield field.upright("change", place)
    if field.right > _NARROW.width:
        yield svg.words(field.across(place) + 4, field.top + 12, ", ".join(point.changed))
