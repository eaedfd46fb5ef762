"""An interval beside the limit that it is held against."""

from dataclasses import dataclass

from markupsafe import Markup

from bench.report.draw import svg
from bench.report.draw.axis import Axis

WIDTH, HALF = 300, 9
_BARB = 5


@dataclass(frozen=True, slots=True, kw_only=True)
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
    limit: float | None
    beyond: bool


def limit(found: Held, axis: Axis, label: str) -> Markup:
    """Return the interval as a bar, to the edge where its end cannot be told."""
    left = 0 if found.low is None else axis.x(found.low, WIDTH)
    right = WIDTH if found.high is None else axis.x(found.high, WIDTH)
    parts = [svg.upright("axis", axis.x(0, WIDTH), -HALF, HALF)]
    if found.limit is not None:
        parts.append(svg.upright("lim", axis.x(found.limit, WIDTH), -HALF, HALF))
    barred = found.low is not None or found.high is not None
    if barred:
        parts.append(svg.level("iv", left, right, 0))
    if found.low is None and found.high is not None:
        parts.append(svg.path("open", f"M{_BARB}-{_BARB}L0 0l{_BARB} {_BARB}"))
    if found.high is None and found.low is not None:
        parts.append(svg.path("open", f"M{WIDTH - _BARB}-{_BARB}L{WIDTH} 0l-{_BARB} {_BARB}"))
    parts.append(
        svg.upright("mean" if barred else "alone", axis.x(found.value, WIDTH), -HALF + 3, HALF - 3)
    )
    style = "lb up" if found.beyond else "lb"
    return svg.drawing(style, (0, -HALF, WIDTH, 2 * HALF), label, parts, stretched=True)
