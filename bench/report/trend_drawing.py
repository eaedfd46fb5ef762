"""A trend as a drawing: p50 and p99 of each run, and where anything else changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.core.marks import State
from bench.core.text import Scale
from bench.core.units import NS_PER_MS
from bench.report.draw import svg
from bench.report.draw.axis import Axis, Spacing, Tick, of_times
from bench.report.draw.chart import Field, Size, charts
from bench.report.model import Drawing

MS = Scale(unit="ms", factor=NS_PER_MS)

OFFSET = 5
"""How far left and right of its run p50 and p99 stand, so that their whiskers do not overlap."""

_WIDE, _NARROW = Size("tl desk", 960, 12), Size("tl phone", 360, 4)

Figure = tuple[float, float | None, float | None]
"""Value and 90 % interval, ns; the ends are None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One run in a drawing.

    Attributes:
        when: day of the run.
        p99, p50: end-to-end times; None without one.
        changed: what else is not as in the run before.
        short: messages were lost or refused, say.
    """

    when: str
    p99: Figure | None
    p50: Figure | None
    changed: tuple[str, ...]
    short: bool = False


def drawing(marks: Sequence[Mark]) -> Drawing | None:
    """Return p99 and p50 of each run, oldest first; None where no run has one."""
    y = of_times([end for m in marks for each in (m.p50, m.p99) for end in each or () if end], MS)
    if y is None:
        return None
    days = tuple(Tick(place + 0.5, mark.when) for place, mark in enumerate(marks))
    x = Axis(low=0, high=len(marks), spacing=Spacing.EVEN, ticks=days)
    label = f"End-to-end p50 and p99 of {len(marks)} runs; the table below has the figures"
    return Drawing(
        id="trend",
        title="End-to-end time of each run, ms",
        caption=(
            "Filled: p99; hollow: p50; the bar is the 90 % interval over the run's trials where "
            "there are three. Runs stand in order, not to scale of time. A dotted line says that "
            f"something else changed, too; {State.FAILS.mark} that messages fell short, which "
            "no time shows."
        ),
        svg=charts(
            (x, "day of the run"), y, label, lambda field: _parts(marks, field), (_WIDE, _NARROW)
        ),
    )


def _parts(marks: Sequence[Mark], field: Field) -> Iterator[Markup]:
    for place, mark in enumerate(marks):
        x, _ = field.at(place + 0.5, field.y.low)
        yield from _time(mark.p50, x - OFFSET, "p50", field)
        yield from _time(mark.p99, x + OFFSET, "p99", field)
        if mark.short:
            yield svg.words(x, field.top + 12, State.FAILS.mark, "middle")
        if mark.changed:
            yield from _changed(mark, place, field)
    for name, x in (("p50", field.right - 110), ("p99", field.right - 50)):
        yield svg.dot(x, 6, 4.5, name)
        yield svg.words(x + 10, 10, name)


def _time(figure: Figure | None, x: float, name: str, field: Field) -> Iterator[Markup]:
    if figure is None or figure[0] <= 0:
        return
    value, low, high = (None if ns is None else field.at(0, ns)[1] for ns in figure)
    if low and high:
        yield svg.upright(f"{name} whisker", x, high, low)
    yield svg.dot(x, value or 0.0, 4.5, name)


def _changed(mark: Mark, place: int, field: Field) -> Iterator[Markup]:
    """Yield a line before the run; its words where there is room for any."""
    x, _ = field.at(place, field.y.low)
    yield svg.upright("change", x, field.top, field.bottom)
    if field.right > _NARROW.width:
        yield svg.words(x + 4, field.top + 12, ", ".join(mark.changed))
