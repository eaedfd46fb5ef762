"""An interval beside the limit that it is held against."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass

from markupsafe import Markup

from bench.draw import svg
from bench.draw.axis import Axis

WIDTH, HALF = 300, 9
_BARB = 5


@dataclass(frozen=True, slots=True)
class Held:
    """A figure and what is asked of it.

    Attributes:
        value: the figure.
        low, high: its 90 % interval; None for an end that cannot be told.
        limit: None where none is asked.
        beyond: the limit does not hold.
    """

    value: float
    low: float | None
    high: float | None
    _: KW_ONLY
    limit: float | None = None
    beyond: bool = False


def bar(
    style: str, ends: tuple[float | None, float | None], axis: Axis, width: int, barb: int
) -> Iterator[Markup]:
    """Yield an interval; an end that is None runs to the edge, with an arrow of that size."""
    low, high = ends
    left = 0 if low is None else axis.x(low, width)
    right = width if high is None else axis.x(high, width)
    yield svg.level(style, left, right, 0)
    if low is None:
        yield svg.path("open", f"M{barb}-{barb}L0 0l{barb} {barb}")
    if high is None:
        yield svg.path("open", f"M{width - barb}-{barb}L{width} 0l-{barb} {barb}")


def limit(found: Held, axis: Axis, label: str) -> Markup:
    """Return the interval as a bar, to the edge where its end cannot be told."""
    parts = [svg.upright("axis", axis.x(0, WIDTH), -HALF, HALF)]
    if found.limit is not None:
        parts.append(svg.upright("lim", axis.x(found.limit, WIDTH), -HALF, HALF))
    barred = found.low is not None or found.high is not None
    if barred:
        parts += bar("iv", (found.low, found.high), axis, WIDTH, _BARB)
    style = "mean" if barred else "alone"
    parts.append(svg.upright(style, axis.x(found.value, WIDTH), -HALF + 3, HALF - 3))
    style = "lb up" if found.beyond else "lb"
    return svg.drawing(style, (0, -HALF, WIDTH, 2 * HALF), label, parts, stretched=True)
